defmodule Workbooks.Workflow.SourceMap do
  @moduledoc false
  # From a place in a block's source to the place in the Org file. A world's
  # "lines" are runs: from source line "src" on, Org line "org" and following, each
  # with "column" characters of indentation taken off.

  @doc """
      iex> lines = [%{"src" => 1, "org" => 10, "column" => 2}, %{"src" => 3, "org" => 30, "column" => 0}]
      iex> Workbooks.Workflow.SourceMap.locate(lines, 2, 5)
      {11, 7}
      iex> Workbooks.Workflow.SourceMap.locate(lines, 4, 5)
      {31, 5}
      iex> Workbooks.Workflow.SourceMap.locate(lines, nil, nil)
      {nil, nil}
  """
  @spec locate([map], pos_integer | nil, pos_integer | nil) :: {pos_integer | nil, pos_integer | nil}
  def locate(_lines, nil, _column), do: {nil, nil}

  def locate(lines, line, column) do
    case lines |> Enum.take_while(&(&1["src"] <= line)) |> List.last() do
      nil -> {nil, nil}
      run -> {run["org"] + line - run["src"], column && column + run["column"]}
    end
  end
end
