defmodule Workbooks.Web.Console.View.Issues do
  @moduledoc false
  # What the kernel, or a run, says is wrong with a workbook, each with a link to its line.

  import Workbooks.Web.Console.HTML, only: [el: 3]

  alias Workbooks.Web.Console.HTML
  alias Workbooks.Web.Console.View.Source

  # A hostile document has as many issues as lines.
  @most 200

  @doc "A list of issues; `href` makes an address of a line."
  @spec list([map], (pos_integer -> String.t())) :: HTML.t()
  def list(issues, href) do
    more = length(issues) - @most

    [
      el(:ul, [class: "issues"], for(issue <- Enum.take(issues, @most), do: item(issue, href))),
      if(more > 0, do: el(:p, [class: "hint"], "And #{more} more."), else: [])
    ]
  end

  defp item(issue, href) do
    level = level(issue)

    el(:li, [class: "issue issue-#{level}"], [
      el(:strong, [], words(issue["code"] || level)),
      " ",
      to_string(issue["message"]),
      if(line = issue["line"], do: [" ", el(:a, [href: href.(line)], "line #{line}")], else: []),
      if(hint = issue["hint"], do: el(:span, [class: "hint"], hint), else: [])
    ])
  end

  @doc "The same by line, for the source itself."
  @spec marks([map]) :: %{pos_integer => [Source.mark()]}
  def marks(issues) do
    for(%{"line" => line} = issue when is_integer(line) <- Enum.take(issues, @most), do: issue)
    |> Enum.group_by(& &1["line"], &%{level: level(&1), text: "#{level(&1)}: #{&1["message"]}"})
  end

  # Whatever else a level may be called one day, it is no name of a class before it is known here.
  defp level(%{"level" => "error"}), do: "error"
  defp level(_other), do: "warning"

  defp words(code), do: String.replace(code, "_", " ")
end
