# What does a byte cost that was written to do harm?
#
# Each kind of document is rendered, planned, linted and read for its headings at 1, 2, 4 and
# 8 MB. The row is the call of these that costs the most beside what it costs for prose: CPU time
# per byte at 8 MB, the exponent by which the time grows with the size (1 is linear), and
# the memory at its peak, instance and all, less what an empty document takes.
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
    floor = Map.new(@functions, &{&1, measure(kernel, &1, fn bytes -> Hostile.prose(bytes) end)})
    prose = for function <- @functions, do: row("prose (#{function})", floor[function], nil)

    hostile =
      for {name, make} <- Hostile.all(), wanted?(name) do
        {function, measured} =
          @functions
          |> Enum.map(&{&1, measure(kernel, &1, make)})
          |> Enum.max_by(fn {function, measured} -> badness(measured, floor[function]) end)

        # It takes minutes: somebody may be watching.
        IO.write(:stderr, if(fine?(measured, floor[function]), do: ".", else: "!"))
        row("#{name} (#{function})", measured, floor[function])
      end

    prose ++ Enum.sort_by(hostile, &(-(&1.ratio || 1.0e9)))
  end

  defp wanted?(name) do
    case System.argv() do
      [first | _] = parts when first != "--markdown" -> Enum.any?(parts, &String.contains?(name, &1))
      _ -> true
    end
  end

  defp badness(%{failed: _}, _floor), do: 1.0e9
  defp badness(measured, floor), do: max(measured.per_byte / floor.per_byte / 3, measured.memory)

  defp fine?(%{failed: _}, _floor), do: false
  defp fine?(measured, floor), do: badness(measured, floor) <= 1

  # A call at each size, twice at the last for what the machine did meanwhile.
  defp measure(kernel, function, make) do
    texts = for bytes <- @sizes, do: make.(bytes)

    points =
      Enum.reduce_while(texts ++ [List.last(texts)], [], fn text, points ->
        case call(kernel, function, text) do
          {:ok, point} -> {:cont, [point | points]}
          {:error, error} -> {:halt, {:failed, error.kind}}
        end
      end)

    with [last | others] <- points do
      last = %{last | us: min(last.us, hd(others).us)}
      points = [last | tl(others)]
      memory = points |> Enum.map(&(&1.memory / (30 * &1.in + 4 * &1.out))) |> Enum.max()
      %{per_byte: last.us * 1_000 / last.in, slope: slope(points), memory: memory, last: last}
    else
      {:failed, kind} -> %{failed: kind}
    end
  end

  defp call(kernel, function, text) do
    instance = Wasm.instantiate!(kernel, limits: [memory: @memory])
    none = Wasm.memory_size(instance)
    arguments = if function == "render", do: [text, "{}"], else: [text]

    with {:ok, answer, used} <- Wasm.call(instance, function, arguments, timeout: @most, metrics: true) do
      Wasm.close(instance)
      out = if function == "render", do: byte_size(elem(answer, 1)), else: byte_size(answer)
      {:ok, %{in: byte_size(text), out: out, us: max(1, used.cpu_us), memory: used.memory_peak - none}}
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

  defp row(name, %{failed: kind}, _floor) do
    %{name: name, figure: "#{kind}", spread: "", floor: "prose", ratio: nil, goal: {"≤ 3 × floor", false}}
  end

  defp row(name, measured, floor) do
    ratio = floor && measured.per_byte / floor.per_byte
    %{last: last} = measured
    spread = "n^#{two(measured.slope)}, memory #{two(last.memory / last.in)} × in, out #{two(last.out / last.in)}"

    %{
      name: name,
      figure: "#{two(measured.per_byte)} ns",
      spread: spread,
      floor: if(floor, do: "prose", else: ""),
      ratio: ratio,
      goal: {"≤ 3 ×, 30 in + 4 out", (is_nil(ratio) or ratio <= 3) and measured.memory <= 1}
    }
  end

  defp two(number), do: :erlang.float_to_binary(number / 1, decimals: 2)
end

Bench.run(Bench.HostileInput)
