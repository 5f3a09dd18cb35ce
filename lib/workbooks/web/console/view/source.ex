defmodule Workbooks.Web.Console.View.Source do
  @moduledoc false
  # A source with its line numbers, what is wrong with a line below it. Long sources come in pages, so that
  # none is too much for a browser, and long lines are cut.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.HTML

  @page 2_000
  @longest 2_000

  @type mark :: %{level: String.t(), text: HTML.t()}

  @doc """
  Where a line of a workbook is shown.

      iex> Workbooks.Web.Console.View.Source.href("tea", 12)
      "/workbooks/tea/source#L12"
      iex> Workbooks.Web.Console.View.Source.href("tea", 4_100, version: 3)
      "/workbooks/tea/source?version=3&from=4001#L4100"
  """
  @spec href(String.t(), pos_integer, keyword) :: String.t()
  def href(id, line, query \\ []) do
    from = div(line - 1, @page) * @page + 1
    path(["workbooks", id, "source"], query ++ [from: if(from > 1, do: from)]) <> "#L#{line}"
  end

  @doc "The page of a source that begins with the line `from`, with marks by line, and links to the pages beside it."
  @spec page(String.t(), pos_integer, %{pos_integer => [mark]}, (pos_integer -> String.t())) :: HTML.t()
  def page(source, from, marks, page_href) do
    {lines, more?} = window(source, from, @page)
    before = if from > 1, do: el(:a, [href: page_href.(max(1, from - @page))], "Lines before")
    behind = if more?, do: el(:a, [href: page_href.(from + @page)], "Lines after")

    [
      el(
        :div,
        [class: "scroll code", role: "region", "aria-label": "Source", tabindex: "0"],
        listing(lines, from, marks)
      ),
      (before || behind) && el(:nav, [class: "pages", "aria-label": "Parts of the source"], [before, " ", behind])
    ]
  end

  @doc "Some lines around one, which is marked."
  @spec excerpt(String.t(), pos_integer, [mark]) :: HTML.t()
  def excerpt(source, line, marks) do
    from = max(1, line - 3)
    {lines, _more?} = window(source, from, line - from + 3)
    label = "Source around line #{line}"

    el(:div, [class: "scroll code excerpt", role: "region", "aria-label": label, tabindex: "0"], [
      listing(lines, from, %{line => marks}, nil)
    ])
  end

  defp listing(lines, from, marks, id \\ "L") do
    rows = for {line, n} <- Enum.with_index(lines, from), do: row(line, n, marks[n] || [], id)
    el(:pre, [], el(:code, [], rows))
  end

  # Line numbers are links for the mouse: two thousand of them would be in the way of the tab key.
  defp row(line, n, marks, id) do
    number =
      if id,
        do: el(:a, [class: "n", href: "##{id}#{n}", tabindex: "-1", "aria-label": "line #{n}"], n),
        else: el(:span, [class: "n"], n)

    level = level(marks)

    [
      el(:span, [class: "l#{level && " l-" <> level}", id: id && "#{id}#{n}"], [number, cut(line), "\n"]),
      for(%{level: level, text: text} <- marks, do: el(:span, [class: "remark remark-#{level}"], [text, "\n"]))
    ]
  end

  defp level([]), do: nil
  defp level(marks), do: if(Enum.any?(marks, &(&1.level == "error")), do: "error", else: "warning")

  defp cut(line) when byte_size(line) <= @longest, do: line

  defp cut(line) do
    shown = String.slice(line, 0, @longest)
    rest = byte_size(line) - byte_size(shown)
    if rest == 0, do: line, else: [shown, el(:span, [class: "cut"], " … #{rest} bytes more")]
  end

  @doc """
  `count` lines from the line `from` on, and whether there are more. Never all of them: a source has as many
  lines as bytes.

      iex> Workbooks.Web.Console.View.Source.window("a\\nb\\nc\\n", 2, 1)
      {["b"], true}
      iex> Workbooks.Web.Console.View.Source.window("a\\nb", 2, 9)
      {["b"], false}
      iex> Workbooks.Web.Console.View.Source.window("a\\nb", 7, 9)
      {[], false}
  """
  @spec window(String.t(), pos_integer, non_neg_integer) :: {[String.t()], boolean}
  def window(source, from, count), do: skip(source, from - 1) |> take(count, [])

  defp skip(rest, 0), do: rest

  defp skip(rest, n) do
    case :binary.match(rest, "\n") do
      {at, 1} -> rest |> binary_part(at + 1, byte_size(rest) - at - 1) |> skip(n - 1)
      :nomatch -> ""
    end
  end

  defp take("", _count, lines), do: {Enum.reverse(lines), false}
  defp take(_rest, 0, lines), do: {Enum.reverse(lines), true}

  defp take(rest, count, lines) do
    case :binary.match(rest, "\n") do
      {at, 1} ->
        rest |> binary_part(at + 1, byte_size(rest) - at - 1) |> take(count - 1, [binary_part(rest, 0, at) | lines])

      :nomatch ->
        {Enum.reverse([rest | lines]), false}
    end
  end
end
