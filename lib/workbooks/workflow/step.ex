defmodule Workbooks.Workflow.Step do
  @moduledoc false
  # One component of the plan, run to its outputs. Runs in a process of its own,
  # which is what limits and kills act on.

  alias Workbooks.Build
  alias Workbooks.Build.{Call, Problem, Source}
  alias Workbooks.Workflow.{Log, SourceMap}

  @doc """
  Runs a component: `{outputs | nil, step}`, the step as `Workbooks.Run` has it.
  `org` is the document's lines, for the excerpt.
  """
  @spec run(map, map, [term], map) :: {map | nil, Workbooks.Run.step()}
  def run(component, world, inputs, %{org: org} = limits) do
    begun = System.monotonic_time()
    limits = %{deadline: limits.deadline, memory: limits.memory, log: Log.start()}
    outcome = outputs(component, world, inputs, limits)
    ms = elapsed(begun)

    step = %{component: component["id"], lang: world["lang"], ms: ms, cached: false, log: Log.text()}

    case outcome do
      {:ok, outputs} -> {outputs, Map.merge(step, %{status: :ok, error: nil})}
      {:error, problem} -> {nil, Map.merge(step, failure(problem, world, org))}
    end
  end

  @doc "A step that never ran, or was cut off, with the reason and what is known of it: `:ms`, `:log`."
  @spec ended(map, map, :skipped | :timeout | :failed, {atom, String.t()}, keyword) :: Workbooks.Run.step()
  def ended(component, world, status, {kind, message}, known \\ []) do
    error = %{kind: kind, message: message, line: world["position"]["line"], column: nil, excerpt: nil}
    step = %{component: component["id"], lang: world["lang"], status: status, cached: false, error: error}
    Map.merge(step, %{ms: Keyword.get(known, :ms, 0.0), log: Keyword.get(known, :log, "")})
  end

  @doc "Milliseconds since a monotonic time."
  @spec elapsed(integer) :: float
  def elapsed(begun) do
    System.convert_time_unit(System.monotonic_time() - begun, :native, :microsecond) / 1000
  end

  defp outputs(component, world, inputs, limits) do
    with {:ok, artifact} <- Build.compile(Source.new(world, component), deadline: limits.deadline),
         {:ok, value} <- Build.call(artifact, inputs, Call.environment(limits)) do
      name_outputs(component["out"], value)
    end
  rescue
    # A fault of ours must not take the run along.
    exception -> {:error, Problem.new(:internal, Exception.message(exception))}
  end

  # What the function returned, by the names of `:out:`.
  defp name_outputs([], _value), do: {:ok, %{}}

  defp name_outputs([name], value) do
    case value do
      %{^name => output} -> {:ok, %{name => output}}
      bare -> {:ok, %{name => bare}}
    end
  end

  # A `:sig:` with several outputs answers a tuple, in their order.
  defp name_outputs(names, value) when is_list(value) and length(value) == length(names) do
    {:ok, names |> Enum.zip(value) |> Map.new()}
  end

  defp name_outputs(names, value) when is_map(value) do
    case Enum.reject(names, &is_map_key(value, &1)) do
      [] ->
        {:ok, Map.take(value, names)}

      missing ->
        returned = value |> Map.keys() |> Enum.join(", ")

        message =
          "the result lacks #{Enum.join(missing, ", ")}: it has #{if returned == "", do: "no key", else: returned}"

        {:error, Problem.new(:output, message)}
    end
  end

  defp name_outputs(names, _value) do
    {:error, Problem.new(:output, "the block has several outputs: return an object with #{Enum.join(names, ", ")}")}
  end

  defp failure(problem, world, org) do
    {line, column} = SourceMap.locate(world["lines"] || [], within(problem.line, world["src"]), problem.column)
    status = if problem.kind == :timeout, do: :timeout, else: :failed

    error = %{
      kind: problem.kind,
      message: problem.message,
      line: line || world["position"]["line"],
      column: column,
      excerpt: line && excerpt(org, line)
    }

    %{status: status, error: error}
  end

  # What a compiler expected after the end is shown at the last line there is.
  defp within(nil, _source), do: nil
  defp within(line, source), do: min(line, source |> String.trim_trailing() |> String.split("\n") |> length())

  defp excerpt(org, line) do
    case Enum.at(org, line - 1) do
      nil -> nil
      text -> String.trim(text)
    end
  end
end
