defmodule Workbooks.Build.JavaScript do
  @moduledoc """
  JavaScript blocks: ES modules, run by QuickJS inside WebAssembly.

  Each run has an engine of its own that can log, read the clock and nothing else.
  Inputs and results cross as JSON. `console.*` goes to the step's log.
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.{Guests, JSON, Wasm}
  alias Workbooks.Build.{Deadline, Entry, Problem}

  @impl true
  def languages, do: ~w(javascript js)

  @impl true
  def compile(world, component) do
    case Guests.component(:js) do
      {:ok, engine} -> {:ok, %{engine: engine, source: world["src"], component: component}}
      {:error, error} -> {:error, Problem.from_wasm(error)}
    end
  end

  @impl true
  def run(unit, inputs, limits) do
    with {:ok, arguments} <- encode(inputs),
         {:ok, engine} <- instantiate(unit.engine, limits) do
      try do
        with {:ok, functions} <- ask(engine, "load", [unit.component["id"], unit.source], limits),
             {:ok, entry} <- Entry.find(functions, unit.component),
             {:ok, json} <- ask(engine, "call", [entry, arguments], limits) do
          decode(json)
        end
      after
        Wasm.close(engine)
      end
    end
  end

  defp instantiate(engine, limits) do
    host = %{"log" => &log(limits.log, &1, &2), "now-us" => fn -> System.os_time(:microsecond) / 1 end}

    options = [
      imports: %{"workbooks:js/host" => host},
      limits: [memory: limits.memory],
      timeout: Deadline.left(limits.deadline)
    ]

    with {:error, error} <- Wasm.instantiate(engine, options), do: {:error, Problem.from_wasm(error)}
  end

  defp log(write, level, line) when level in ["warn", "error"], do: write.("[#{level}] #{line}")
  defp log(write, _level, line), do: write.(line)

  defp ask(engine, function, arguments, limits) do
    case Wasm.call(engine, function, arguments, timeout: Deadline.left(limits.deadline)) do
      {:ok, {:ok, answer}} -> {:ok, answer}
      {:ok, {:error, thrown}} -> {:error, thrown(thrown, limits)}
      {:error, error} -> {:error, Problem.from_wasm(error)}
    end
  end

  # QuickJS reports a refused allocation as an exception; here it is the limit's doing.
  defp thrown(%{"name" => "InternalError", "message" => "out of memory"} = thrown, limits) do
    message = "the block needs more than its #{div(limits.memory, 1024 * 1024)} MiB of memory"
    Problem.new(:memory_limit, message, line: thrown["line"], column: thrown["column"])
  end

  defp thrown(%{"name" => name, "message" => message} = thrown, _limits) do
    text = if name in ["", nil], do: message, else: "#{name}: #{message}"
    Problem.new(:exception, text, line: thrown["line"], column: thrown["column"])
  end

  defp encode(inputs) do
    with {:error, message} <- JSON.encode(inputs) do
      {:error, Problem.new(:type, "the inputs cannot be passed to JavaScript: #{message}")}
    end
  end

  defp decode(json) do
    with {:error, message} <- JSON.decode(json) do
      {:error, Problem.new(:type, "the result cannot be taken over: #{message}")}
    end
  end
end
