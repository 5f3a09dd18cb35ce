defmodule Workbooks.Build.Call.Engine do
  @moduledoc """
  Calls a function of a JavaScript block, in an engine of its own that can log, read the clock
  and nothing else. Inputs and results cross as JSON; `console.*` goes to the log.

  The artifact's bytes are the module's source, its data the component's id and `:sig:`.
  """

  @behaviour Workbooks.Build.Call

  alias Workbooks.{Guests, JSON, Wasm}
  alias Workbooks.Build.{Artifact, Deadline, Entry, Problem}

  @impl true
  def prepare(%Artifact{} = artifact, _deadline) do
    case Guests.component(:js) do
      {:ok, engine} -> {:ok, %{artifact | program: engine}}
      {:error, error} -> {:error, Problem.from_wasm(error)}
    end
  end

  @impl true
  def call(%Artifact{data: block} = artifact, inputs, environment) do
    with {:ok, arguments} <- encode(inputs),
         {:ok, engine} <- instantiate(artifact.program, environment) do
      try do
        with {:ok, functions} <- ask(engine, "load", [block.id, artifact.bytes], environment),
             {:ok, entry} <- Entry.find(functions, block),
             {:ok, json} <- ask(engine, "call", [entry, arguments], environment) do
          decode(json)
        end
      after
        environment.meter.(%{memory_peak: Wasm.memory_size(engine)})
        Wasm.close(engine)
      end
    end
  end

  defp instantiate(engine, environment) do
    host = %{"log" => &log(environment.log, &1, &2), "now-us" => fn -> System.os_time(:microsecond) / 1 end}

    options = [
      imports: %{"workbooks:js/host" => host},
      limits: [memory: environment.memory],
      timeout: Deadline.left(environment.deadline)
    ]

    with {:error, error} <- Wasm.instantiate(engine, options), do: {:error, Problem.from_wasm(error)}
  end

  defp log(write, level, line) when level in ["warn", "error"], do: write.("[#{level}] #{line}")
  defp log(write, _level, line), do: write.(line)

  defp ask(engine, function, arguments, environment) do
    case Wasm.call(engine, function, arguments, timeout: Deadline.left(environment.deadline)) do
      {:ok, {:ok, answer}} -> {:ok, answer}
      {:ok, {:error, thrown}} -> {:error, thrown(thrown, environment)}
      {:error, error} -> {:error, Problem.from_wasm(error)}
    end
  end

  # QuickJS reports a refused allocation as an exception; here it is the limit's doing.
  defp thrown(%{"name" => "InternalError", "message" => "out of memory"} = thrown, environment) do
    message = "the block needs more than its #{div(environment.memory, 1024 * 1024)} MiB of memory"
    Problem.new(:memory_limit, message, line: thrown["line"], column: thrown["column"])
  end

  defp thrown(%{"name" => name, "message" => message} = thrown, _environment) do
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
