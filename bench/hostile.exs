# What does a byte cost that was written to do harm?
#
# Each kind of document is rendered, planned, linted and read for its headings at 1, 2, 4 and
# 8 MB. A row has what the four calls take together beside what they take for prose: CPU time per
# byte at 8 MB, the exponent by which the time grows with the size (1 is linear), and, of the call
# that takes the most, the memory at its peak beyond what an instance has at first.
#
#     mix run bench/hostile.exs              # all, some minutes
#     mix run bench/hostile.exs "#+" table   # those whose names have one of these

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/documents.exs", __DIR__)
Code.require_file("support/hostile.exs", __DIR__)

defmodule Bench.HostileInput do
  alias Bench.Hostile
  alias Workbooks.Wasm

  @sizes for mib <- [1, 2, 4, 8], do: mib * 1_000_000
  @functions ~w(render tangle-plan lint parse-headlines)
  # What costs more than this is as bad as can be, and not waited for.
  @most 10_000
  @memory 4 * 1024 * 1024 * 1024

  def question, do: "A byte of hostile input beside one of prose"

  def rows do
    {:ok, kernel} = Workbooks.Guests.component(:oql)
    floor = measure(kernel, &Hostile.prose/1)

    hostile =
      for {name, make} <- Hostile.all(), wanted?(name) do
        row = row(name, measure(kernel, make), floor)
        # It takes minutes: somebody may be watching.
        IO.write(:stderr, if(elem(row.goal, 1), do: ".", else: "!"))
        row
      end

    IO.write(:stderr, "\n")
    [row("prose", floor, floor) | Enum.sort_by(hostile, &(-(&1.ratio || 1.0e9)))]
  end

  defp wanted?(name) do
    case System.argv() do
      [first | _] = parts when first != "--markdown" -> Enum.any?(parts, &String.contains?(name, &1))
      _ -> true
    end
  end

  # The calls at each size, twice at the last for what the machine did meanwhile.
  defp measure(kernel, make) do
    texts = for bytes <- @sizes, do: make.(bytes)

    points =
      Enum.reduce_while(texts ++ [List.last(texts)], [], fn text, points ->
        case together(kernel, text) do
          {:ok, point} -> {:cont, [point | points]}
          failed -> {:halt, failed}
        end
      end)

    with [last, same | others] <- points do
      last = %{last | us: min(last.us, same.us)}
      %{per_byte: last.us * 1_000 / last.in, slope: slope([last | others]), last: last}
    end
  end

  defp together(kernel, text) do
    Enum.reduce_while(@functions, {:ok, %{in: byte_size(text), us: 0, share: 0, memory: 0, out: 0}}, fn function,
                                                                                                        {_, sum} ->
      case call(kernel, function, text) do
        {:ok, one} ->
          sum = %{sum | us: sum.us + one.us}
          share = one.memory / (30 * sum.in + 4 * one.out)

          {:cont,
           {:ok,
            if(share > sum.share, do: Map.merge(sum, %{share: share, memory: one.memory, out: one.out}), else: sum)}}

        {:error, error} ->
          {:halt, {:failed, "#{error.kind} of #{function}"}}
      end
    end)
  end

  defp call(kernel, function, text) do
    instance = Wasm.instantiate!(kernel, limits: [memory: @memory])
    none = Wasm.memory_size(instance)
    arguments = if function == "render", do: [text, "{}"], else: [text]

    with {:ok, answer, used} <- Wasm.call(instance, function, arguments, timeout: @most, metrics: true) do
      Wasm.close(instance)
      out = if function == "render", do: byte_size(elem(answer, 1)), else: byte_size(answer)
      {:ok, %{out: out, us: used.cpu_us, memory: used.memory_peak - none}}
    end
  end

  # Least squares of the logarithms.
  defp slope(points) do
    logs = for point <- points, do: {:math.log(point.in), :math.log(point.us)}
    n = length(logs)
    {x, y} = {Enum.sum(for {x, _} <- logs, do: x) / n, Enum.sum(for {_, y} <- logs, do: y) / n}
    up = Enum.sum(for {a, b} <- logs, do: (a - x) * (b - y))
    up / Enum.sum(for {a, _} <- logs, do: (a - x) * (a - x))
  end

  defp row(name, {:failed, how}, _floor) do
    %{name: name, figure: "", spread: how, floor: "prose", ratio: nil, goal: {"≤ 3 ×, 30 in + 4 out", false}}
  end

  defp row(name, %{last: last} = measured, floor) do
    ratio = measured.per_byte / floor.per_byte

    %{
      name: name,
      figure: "#{two(measured.per_byte)} ns",
      spread: "n^#{two(measured.slope)}, #{two(last.memory / last.in)} in, #{two(last.out / last.in)} out",
      floor: "prose",
      ratio: ratio,
      goal: {"≤ 3 ×, 30 in + 4 out", ratio <= 3 and last.share <= 1}
    }
  end

  defp two(number), do: :erlang.float_to_binary(number / 1, decimals: 2)
end

Bench.run(Bench.HostileInput)
