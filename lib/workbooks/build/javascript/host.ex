defmodule Workbooks.Build.JavaScript.Host do
  @moduledoc false
  # What the engine asks of us: lines to log, the time, chance, and the functions that a
  # block imports from "host".

  alias Workbooks.JSON
  alias Workbooks.Build.{Call, Deadline}

  # As `Workbooks.Wasm.WASI` has it: a virtual clock begins in 2020 and goes on by a
  # microsecond whenever it is read.
  @start_us 1_577_836_800_000_000

  @doc "The functions of the interface `workbooks:js/host`, for one instance."
  @spec functions(Call.environment()) :: %{String.t() => function}
  def functions(%{log: log, seed: seed, functions: functions, deadline: deadline}) do
    Map.merge(ambient(seed, deadline), %{
      "log" => &log(log, &1, &2),
      "functions" => fn -> names(functions) end,
      "call" => &call(functions, &1, &2)
    })
  end

  defp log(write, level, line) when level in ["warn", "error"], do: write.("[#{level}] #{line}")
  defp log(write, _level, line), do: write.(line)

  defp ambient(nil, deadline) do
    %{
      "now-us" => fn -> System.os_time(:microsecond) / 1 end,
      "wait-until" => &sleep(&1, deadline),
      "seed" => fn -> :binary.decode_unsigned(:crypto.strong_rand_bytes(8)) end
    }
  end

  defp ambient(seed, _deadline) do
    clock = :atomics.new(1, [])

    %{
      "now-us" => fn -> (@start_us + :atomics.add_get(clock, 1, 1)) / 1 end,
      # Nothing else is left to do until then.
      "wait-until" => fn us -> :atomics.put(clock, 1, max(:atomics.get(clock, 1), trunc(us) - @start_us)) end,
      "seed" => fn -> Bitwise.band(seed, 0xFFFF_FFFF_FFFF_FFFF) end
    }
  end

  # The longest that the timers of a process can wait.
  @longest 0xFFFF_FFFF

  # A call whose time is over is ended when this comes back: not before it is.
  defp sleep(us, deadline) do
    left = ceil((us - System.os_time(:microsecond)) / 1000)
    if left > 0, do: Process.sleep(min(left, longest(deadline)))
    :ok
  end

  defp longest(:infinity), do: @longest
  defp longest(deadline), do: min(Deadline.left(deadline) + 10, @longest)

  # A name that is none in JavaScript goes by its camelCase too.
  defp names(functions) do
    names = functions |> Map.keys() |> Enum.sort()
    Enum.uniq(names ++ Enum.map(names, &camel/1))
  end

  defp camel(name) do
    [first | rest] = String.split(name, ["-", "_", "/"])
    Enum.join([first | Enum.map(rest, &capital/1)])
  end

  defp capital(<<first, rest::binary>>) when first in ?a..?z, do: <<first - 32, rest::binary>>
  defp capital(part), do: part

  defp call(functions, name, arguments) do
    function = functions[name] || Enum.find_value(functions, fn {key, function} -> camel(key) == name && function end)

    with {:ok, arguments} <- JSON.decode(arguments),
         {:ok, value} <- apply_to(function, name, arguments),
         {:ok, json} <- JSON.encode(value) do
      {:ok, json}
    else
      {:error, message} when is_binary(message) -> {:error, message}
      {:error, reason} -> {:error, inspect(reason)}
    end
  end

  defp apply_to(function, name, arguments) do
    if is_function(function, length(arguments)) do
      # A function that fails is the block's to handle, as any it calls.
      try do
        answer(apply(function, arguments))
      rescue
        exception -> {:error, Exception.message(exception)}
      end
    else
      {:arity, arity} = Function.info(function, :arity)
      {:error, "#{name} takes #{arity} arguments, not #{length(arguments)}"}
    end
  end

  defp answer({:ok, value}), do: {:ok, value}
  defp answer({:error, reason}), do: {:error, reason}
  defp answer(value), do: {:ok, value}
end
