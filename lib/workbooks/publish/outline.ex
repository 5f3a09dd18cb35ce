defmodule Workbooks.Publish.Outline do
  @moduledoc false
  # What `site.org` says: the pages of a site in their order, and what they are called.
  #
  # They are the files that its links lead to, below the heading that is tagged `:publish:` or, without one,
  # anywhere. The headings between them are parts of the sidebar. `site.org` itself is the first page, unless
  # there is an `index.org` among them.

  alias Workbooks.{Error, OQL, Page}
  alias Workbooks.Publish.{Files, Links}

  @typedoc "`label` is what the sidebar calls it; nil where the page's own title is to."
  @type page :: %{
          source: String.t(),
          path: String.t(),
          org: String.t(),
          label: String.t() | nil,
          part: String.t() | nil
        }

  @index "site.org"

  @doc "`{:ok, %{title:, pages:, broken:}}` of a folder."
  @spec read(Path.t()) :: {:ok, map} | {:error, Error.t()}
  def read(folder) do
    with {:ok, org} <- Files.read(folder, @index),
         {:ok, named} <- named(org) do
      wanted =
        Enum.uniq_by(if(Enum.any?(named, &(&1.source == "index.org")), do: [], else: [first()]) ++ named, & &1.source)

      extra = if Files.regular?(folder, "404.org"), do: [%{source: "404.org", label: nil, part: nil}], else: []
      {pages, broken} = opened(folder, Enum.uniq_by(wanted ++ extra, & &1.source))
      {:ok, %{title: Page.keywords(org)[:title] || "Workbook", pages: pages, broken: broken}}
    end
  end

  defp first, do: %{source: @index, label: nil, part: nil}

  @doc "What a file's page is called: `index.html` for `site.org`."
  @spec path(String.t()) :: String.t()
  def path(@index), do: "index.html"
  def path(source), do: String.replace_suffix(source, ".org", ".html")

  defp named(org) do
    with {:ok, part} <- part(org),
         {:ok, html} <- rendered(part) do
      {:ok, html |> Links.outline() |> pages()}
    end
  end

  # The kernel's links to other Org files end in .html; one to a page that somebody wrote in HTML does too, and is
  # told apart by there being no Org file, later.
  defp pages(outline) do
    {pages, _part} =
      Enum.flat_map_reduce(outline, nil, fn
        {:heading, text}, _part -> {[], text}
        {:link, href, text}, part -> {page(href, text, part), part}
      end)

    pages
  end

  defp page(href, text, part) do
    with {:path, path, _rest} <- Links.target(href),
         {:ok, path} <- Links.below("", path),
         true <- String.ends_with?(path, ".html") do
      source = String.replace_suffix(path, ".html", ".org")
      [%{source: source, part: part, label: if(text != "" and text != href, do: text)}]
    else
      _elsewhere -> []
    end
  end

  defp opened(folder, wanted) do
    {pages, broken} =
      wanted
      |> Enum.map(fn page ->
        case Files.read(folder, page.source) do
          {:ok, org} -> {:ok, Map.merge(page, %{org: org, path: path(page.source)})}
          {:error, error} -> {:broken, %{file: @index, link: page.source, why: error.message}}
        end
      end)
      |> Enum.split_with(&match?({:ok, _page}, &1))

    {Keyword.values(pages), Keyword.values(broken)}
  end

  defp part(org) do
    with {:ok, headings} <- kernel(OQL.parse_headlines(org)) do
      case Enum.find(headings, &("publish" in &1["tags"])) do
        nil -> {:ok, org}
        %{"position" => %{"start" => from, "end" => to}} -> {:ok, binary_part(org, from, to - from)}
      end
    end
  end

  defp rendered(org), do: kernel(OQL.render(org, num: false))

  defp kernel({:ok, value}), do: {:ok, value}
  defp kernel({:error, error}), do: Error.tuple(:bad_value, "#{@index} cannot be read: #{error.message}")
end
