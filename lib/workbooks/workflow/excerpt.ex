defmodule Workbooks.Workflow.Excerpt do
  @moduledoc false
  # The place of an error in the Org file, as a person wants to see it:
  #
  #       14 | const x = y.z.w
  #          |           ^

  # A minified program is one line: what stands around the place is enough.
  @width 120

  @doc """
  The line with its number and, where the column is known, a caret below it; `nil` for a line
  that the document does not have.

      iex> lines = {"* A", "\\tlet x = y"}
      iex> Workbooks.Workflow.Excerpt.new(lines, 2, 6)
      "  2 | \\tlet x = y\\n    | \\t    ^"
      iex> Workbooks.Workflow.Excerpt.new(lines, 1, nil)
      "  1 | * A"
      iex> Workbooks.Workflow.Excerpt.new(lines, 3, 1)
      nil
  """
  @spec new(tuple, pos_integer, pos_integer | nil) :: String.t() | nil
  def new(lines, line, column) when line >= 1 and line <= tuple_size(lines) do
    text = lines |> elem(line - 1) |> String.trim_trailing()
    {text, column} = window(text, column)
    gutter = "  #{line} | "
    shown = gutter <> text

    if column do
      below = String.duplicate(" ", String.length(gutter) - 2) <> "| "
      shown <> "\n" <> below <> padding(text, column - 1) <> "^"
    else
      shown
    end
  end

  def new(_lines, _line, _column), do: nil

  defp window(text, column) do
    # A column beyond the end is one past the last character: what was expected there is missing.
    length = String.length(text)
    column = column && min(max(column, 1), length + 1)
    start = if column, do: max(0, column - 1 - div(@width, 2)), else: 0

    if length <= @width do
      {text, column}
    else
      start = min(start, length - @width)
      before = if start > 0, do: "…", else: ""
      behind = if start + @width < length, do: "…", else: ""
      {before <> String.slice(text, start, @width) <> behind, column && column - start + String.length(before)}
    end
  end

  # Tabs are kept: they are as wide here as there.
  defp padding(text, count) do
    kept = text |> String.slice(0, count) |> String.graphemes() |> Enum.map(&if(&1 == "\t", do: "\t", else: " "))
    [kept, List.duplicate(" ", max(0, count - length(kept)))] |> IO.iodata_to_binary()
  end
end
