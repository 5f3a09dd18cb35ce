defmodule Workbooks.Publish.Pages do
  @moduledoc false
  # The files of a site of several pages: each page run and rendered, its links leading to the others, and
  # whatever else of the folder the pages link to. Nothing that no page links to gets there.

  alias Workbooks.{Error, OQL, Page, Run}
  alias Workbooks.Publish.{Files, Links, Navigation, Outline}

  @type broken :: %{file: String.t(), link: String.t(), why: String.t()}
  @type built :: %{title: String.t(), files: %{String.t() => binary}, pages: [String.t()], broken: [broken]}

  @doc "`options`: `title`, `clean?` for links without `.html`, `run` for `Workbooks.run/2`."
  @spec build(Path.t(), map) :: {:ok, built} | {:error, Error.t()}
  def build(folder, options) do
    with {:ok, outline} <- Outline.read(folder),
         title = options.title || outline.title,
         {:ok, pages} <- all(outline.pages, &page(&1, title, folder, options)) do
      site = %{
        folder: folder,
        title: title,
        clean?: options.clean?,
        pages: pages,
        by_path: Map.new(pages, &{&1.path, &1})
      }

      {pages, found} = Enum.map_reduce(pages, {%{}, []}, &linked(&1, &2, site))
      {assets, broken} = found
      html = for page <- pages, into: %{}, do: {page.path, Navigation.html(page, site)}
      # Where `site.org` is a page itself its links were looked at already.
      outlined = if Enum.any?(pages, &(&1.source == "site.org")), do: [], else: outline.broken
      broken = outlined ++ Enum.reverse(broken)
      {:ok, %{title: site.title, files: Map.merge(assets, html), pages: Enum.map(pages, & &1.path), broken: broken}}
    end
  end

  # --- a page --------------------------------------------------------------------------------------

  defp page(%{source: source, org: org} = page, site_title, folder, options) do
    with {:ok, html} <- content(org, source, folder, options) do
      said = Page.keywords(org)
      title = if source == "site.org", do: site_title, else: said[:title] || page.label || Path.basename(source, ".org")
      {:ok, Map.merge(page, %{html: html, said: said, title: title, label: page.label || title, ids: Links.ids(html)})}
    end
  end

  # What has nothing to run is prose, and needs not be a workbook.
  defp content(org, source, folder, options) do
    case OQL.tangle_plan(org) do
      {:ok, %{"components" => []}} -> prose(org, source)
      {:ok, _plan} -> run(org, source, folder, options)
      {:error, error} -> refused(source, [%{line: nil, message: error.message}])
    end
  end

  defp prose(org, source) do
    with {:error, error} <- OQL.render(org), do: refused(source, [%{line: nil, message: error.message}])
  end

  defp run(org, source, folder, options) do
    case Workbooks.run(org, Keyword.put_new(options.run, :folder, Path.dirname(Path.join(folder, source)))) do
      {:ok, %Run{html: html}} -> {:ok, html}
      {:error, %Run{} = run} -> refused(source, problems(run))
    end
  end

  defp problems(%Run{error: [_ | _] = issues}),
    do: for(issue <- issues, do: %{line: issue["line"], message: issue["message"]})

  defp problems(%Run{steps: steps, status: status}) do
    failed =
      for %{status: failed, error: %{} = error} = step <- steps, failed != :skipped do
        %{line: error.line, message: "#{step.component}: #{error.message}"}
      end

    if failed == [], do: [%{line: nil, message: "the run ended #{status}"}], else: failed
  end

  defp refused(source, [first | _] = problems) do
    problems = for problem <- problems, do: Map.put(problem, :file, source)
    line = if first.line, do: ":#{first.line}", else: ""
    Error.tuple(:bad_value, "#{source}#{line}: #{first.message}", %{problems: problems})
  end

  defp all(list, fun) do
    Enum.reduce_while(list, {:ok, []}, fn one, {:ok, done} ->
      case fun.(one) do
        {:ok, made} -> {:cont, {:ok, [made | done]}}
        error -> {:halt, error}
      end
    end)
    |> then(&with {:ok, done} <- &1, do: {:ok, Enum.reverse(done)})
  end

  # --- its links -----------------------------------------------------------------------------------

  defp linked(page, {assets, broken}, site) do
    found = for href <- page.html |> Links.all() |> Enum.uniq(), into: %{}, do: {href, link(href, page, site)}
    html = Links.map(page.html, &written(found[&1], &1))
    assets = for {_href, {:asset, _link, path, content}} <- found, into: assets, do: {path, content}

    problems =
      for {href, broken} <- found,
          elem(broken, 0) == :broken,
          do: %{file: page.source, link: href, why: elem(broken, 1)}

    {%{page | html: html}, {assets, Enum.reverse(Enum.sort(problems)) ++ broken}}
  end

  defp written({:link, link}, _href), do: link
  defp written({:asset, link, _path, _content}, _href), do: link
  defp written({:broken, _why, link}, _href), do: link
  defp written(_kept_or_broken, href), do: href

  # `{:kept}`, `{:link, as written}`, `{:asset, as written, path, content}`, `{:broken, why}` or, where the page is
  # there, `{:broken, why, as written}`.
  defp link(href, page, site) do
    case Links.target(href) do
      {:path, path, rest} ->
        path_link(path, rest, page, site)

      {:fragment, id} ->
        if id == "" or id in page.ids, do: {:kept}, else: {:broken, "nothing on the page has that name"}

      :elsewhere ->
        if href =~ ~r/\Afile:/i, do: {:broken, "it leads to this machine's files"}, else: {:kept}
    end
  end

  defp path_link(path, rest, page, site) do
    case page.source |> Path.dirname() |> String.replace_prefix(".", "") |> Links.below(path) do
      {:ok, to} ->
        if target = site.by_path[renamed(to)],
          do: page_link(target, rest, page, site),
          else: asset(to, rest, page, site)

      :error ->
        {:broken, "it leads out of the site's folder"}
    end
  end

  # `site.org` is rendered as the first page.
  defp renamed("site.html"), do: "index.html"
  defp renamed(path), do: path

  defp page_link(target, rest, page, site) do
    case String.split(rest, "#", parts: 2) do
      [_query, id] when id != "" ->
        if URI.decode(id) in target.ids,
          do: {:link, address(page, target.path, site) <> rest},
          else: {:broken, "nothing in #{target.source} has that name", address(page, target.path, site)}

      _whole ->
        {:link, address(page, target.path, site) <> rest}
    end
  end

  defp asset(to, rest, page, site) do
    source = String.replace_suffix(to, ".html", ".org")

    case Files.read(site.folder, to) do
      {:ok, content} ->
        {:asset, address(page, to, site) <> rest, to, content}

      {:error, error} ->
        cond do
          source == to -> {:broken, error.message}
          Files.regular?(site.folder, source) -> {:broken, "#{source} is not among the pages of site.org"}
          true -> {:broken, "there is neither #{source} nor #{to}"}
        end
    end
  end

  defp address(page, to, site), do: Links.address(page.path, to, site.clean?)
end
