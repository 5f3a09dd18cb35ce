defmodule Workbooks.Workflow.Place do
  @moduledoc false
  # From a problem in a block's own source to the error of a step, with its place in the
  # Org file.

  alias Workbooks.Build.Problem
  alias Workbooks.Workflow.{Excerpt, SourceMap}

  @doc "The error of a step whose block has that problem. Only one document a process."
  @spec error(String.t(), Problem.t(), map) :: Workbooks.Run.step_error()
  def error(org, problem, world) do
    {line, column} = locate(world, problem.line, problem.column)
    # What has no place of its own is shown at the block's beginning.
    line = line || world["position"]["line"]

    %{
      kind: problem.kind,
      message: problem.message,
      line: line,
      column: column,
      excerpt: line && Excerpt.new(lines(org), line, column),
      notes: notes(Map.get(problem, :notes) || [], world)
    }
  end

  @doc "The error of a step for which its block is not to blame: the line is that of the block's beginning."
  @spec heading(atom, String.t(), map) :: Workbooks.Run.step_error()
  def heading(kind, message, world) do
    %{kind: kind, message: message, line: world["position"]["line"], column: nil, excerpt: nil, notes: []}
  end

  @doc "What a compiler said of a block, with its places in the Org file."
  @spec notes([Problem.note()], map) :: [Problem.note()]
  def notes(notes, world), do: for(note <- notes, do: note(note, world))

  defp note(note, world) do
    {line, column} = locate(world, note[:line], note[:column])
    %{line: line, column: column, message: note[:message]}
  end

  defp locate(world, line, column) do
    {line, column} = within(line, column, world["src"])
    SourceMap.locate(world["lines"] || [], line, column)
  end

  # What a compiler expected after the end is shown at the end of the last line there is.
  defp within(nil, _column, _source), do: {nil, nil}

  defp within(line, column, source) do
    lines = source |> String.trim_trailing() |> String.split("\n")

    case length(lines) do
      last when line > last -> {last, String.length(List.last(lines)) + 1}
      _ -> {line, column}
    end
  end

  # They are made once in a run's process, and only when one is asked for: most runs fail nowhere.
  defp lines(org) do
    with nil <- Process.get(__MODULE__) do
      lines = org |> String.split(["\r\n", "\n"]) |> List.to_tuple()
      Process.put(__MODULE__, lines)
      lines
    end
  end
end
