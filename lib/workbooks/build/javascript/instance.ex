defmodule Workbooks.Build.JavaScript.Instance do
  @moduledoc false
  # One instance of the JavaScript engine, for one block and one environment.

  alias Workbooks.{Guests, Wasm}
  alias Workbooks.Build.{Call, Deadline, Problem}
  alias Workbooks.Build.JavaScript.Host

  @doc "The engine's component."
  @spec engine :: {:ok, Wasm.Component.t()} | {:error, Problem.t()}
  def engine do
    with {:error, error} <- Guests.component(:js), do: {:error, Problem.from_wasm(error)}
  end

  @doc "The engine's digest: bytecode is for the engine that made it and no other."
  @spec version :: {:ok, String.t()} | {:error, Problem.t()}
  def version do
    case Guests.digest(:js) do
      {:ok, digest} ->
        {:ok, Base.encode16(digest, case: :lower)}

      {:error, reason} ->
        {:error, Problem.new(:io, "the JavaScript engine cannot be read: #{:file.format_error(reason)}")}
    end
  end

  @doc "What `use` answers of an instance that is closed afterwards."
  @spec with(Wasm.Component.t(), Workbooks.Build.Call.environment(), (tuple -> result)) ::
          result | {:error, Problem.t()}
        when result: {:ok, term} | {:error, Problem.t()}
  def with(engine, environment, use) do
    options = [
      imports: %{"workbooks:js/host" => Host.functions(environment)},
      limits: [memory: environment.memory],
      timeout: Deadline.left(environment.deadline)
    ]

    case Wasm.instantiate(engine, options) do
      {:ok, instance} ->
        try do
          use.({instance, environment})
        after
          environment.meter.(%{memory_peak: Wasm.memory_size(instance)})
          Wasm.close(instance)
        end

      {:error, error} ->
        {:error, Call.problem(error, environment)}
    end
  end

  @doc "Calls one of the engine's own functions."
  @spec ask(tuple, String.t(), list) :: {:ok, term} | {:error, Problem.t()}
  def ask({instance, environment}, function, arguments) do
    case Wasm.call(instance, function, arguments, timeout: Deadline.left(environment.deadline)) do
      {:ok, {:ok, answer}} -> {:ok, answer}
      {:ok, {:error, thrown}} -> {:error, problem(thrown, environment)}
      {:error, error} -> {:error, Call.problem(error, environment)}
    end
  end

  # QuickJS reports a refused allocation as an exception; here it is the limit's doing.
  defp problem(%{"name" => "InternalError", "message" => "out of memory"} = thrown, environment) do
    Problem.new(:memory_limit, Call.needs_more(environment), place(thrown))
  end

  defp problem(%{"name" => name, "message" => message} = thrown, _environment) do
    text = if name in ["", nil], do: message, else: "#{name}: #{message}"
    Problem.new(:exception, text, place(thrown))
  end

  # Where it was thrown is told already; the notes say how it got there.
  defp place(%{"line" => line, "column" => column, "frames" => frames}) do
    notes =
      for frame <- Enum.drop(frames, 1),
          do: %{line: frame["line"], column: frame["column"], message: called_by(frame["function"])}

    [line: line, column: column, notes: notes]
  end

  defp called_by(""), do: "called from here"
  defp called_by(function), do: "called by #{function}"
end
