defmodule Workbooks.Publish.Navigation do
  @moduledoc false
  # What surrounds one page of several: all of them beside it, the one before and the next below it.

  alias Workbooks.Page
  alias Workbooks.Page.Escape
  alias Workbooks.Publish.Links

  @doc "The whole page."
  @spec html(map, map) :: String.t()
  def html(page, site) do
    around = %{title: site.title, pages: pages(page, site), neighbours: neighbours(page, site)}
    Page.html(page.html, Keyword.merge(page.said, title: page.title, site: around))
  end

  defp pages(page, site) do
    {items, _part} = site |> listed() |> Enum.map_reduce(nil, &item(&1, &2, page, site))

    [
      "<nav class=\"site-pages\" aria-label=\"Pages\">\n",
      title(page, site),
      ["<ul>\n", items, "</ul>\n</nav>\n"]
    ]
  end

  # Where the first page is called as the site is, it stands for it.
  defp title(page, site) do
    if Enum.any?(site.pages, &(&1.path == "index.html" and &1.label == site.title)),
      do: [],
      else: ["<p><a href=\"", link(page, "index.html", site), "\">", Escape.text(site.title), "</a></p>\n"]
  end

  defp item(one, part, page, site) do
    current = if one.path == page.path, do: " aria-current=\"page\"", else: ""

    part_of =
      if one.part not in [nil, part], do: ["<li class=\"site-part\">", Escape.text(one.part), "</li>\n"], else: []

    {[
       part_of,
       ["<li><a href=\"", link(page, one.path, site), "\"", current, ">", Escape.text(one.label), "</a></li>\n"]
     ], one.part}
  end

  defp neighbours(page, site) do
    all = listed(site)
    at = Enum.find_index(all, &(&1.path == page.path))
    before = if at && at > 0, do: Enum.at(all, at - 1)
    next = at && Enum.at(all, at + 1)

    if before || next,
      do: [
        "<nav class=\"site-neighbours\" aria-label=\"Before and next\">\n",
        neighbour(before, "prev", "← ", "", page, site),
        neighbour(next, "next", "", " →", page, site),
        "</nav>\n"
      ],
      else: []
  end

  defp neighbour(nil, _rel, _before, _behind, _page, _site), do: []

  defp neighbour(one, rel, before, behind, page, site) do
    [
      "<a rel=\"",
      rel,
      "\" href=\"",
      link(page, one.path, site),
      "\">",
      before,
      Escape.text(one.label),
      behind,
      "</a>\n"
    ]
  end

  # One that is shown where there is nothing is nobody's neighbour.
  defp listed(site), do: Enum.reject(site.pages, &(&1.path == "404.html"))

  defp link(page, path, site), do: page.path |> Links.address(path, site.clean?) |> Escape.text()
end
