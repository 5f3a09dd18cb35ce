defmodule Workbooks.Page do
  @moduledoc """
  A complete page around a rendered workbook: one HTML file that needs nothing else.

      iex> page = Workbooks.Page.html("<p>Six times seven is 42.</p>", title: "Answers", lang: "en")
      iex> page =~ "<title>Answers</title>"
      true

  The stylesheet stands in the page; there is no script, and a content security
  policy that allows none and fetches nothing. The page is HTML and well-formed XML
  at once, as long as the fragment is.

  Under the document stands what ran: each step with its status and time, its log,
  and its error with the line of the Org file.
  """

  alias Workbooks.{OQL, Options, Run}
  alias Workbooks.Page.{Escape, Report}

  @external_resource css = Path.expand("../../priv/page/page.css", __DIR__)
  @css File.read!(css)
  @external_resource site_css = Path.expand("../../priv/page/site.css", __DIR__)
  @site_css File.read!(site_css)

  @policy "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

  @schema [
    title: {:string, nil},
    description: {:string, nil},
    author: {:string, nil},
    date: {:string, nil},
    lang: {:string, nil},
    source: {:string, nil},
    run: {:any, nil},
    site: {:any, nil}
  ]

  @doc """
  The page around `fragment`, which is taken over as it is: give only what
  `Workbooks.render/2` or a run made.

  Options, all of them text but the last two:

    * `:title` - of the page, and its first heading unless the fragment brings one
    * `:description` - for search engines, and under the title
    * `:author`, `:date` - under the title
    * `:lang` - of the text, as a language tag; `en`
    * `:source` - the Org file's name, for the title where there is none, and the foot
    * `:run` - the `%Workbooks.Run{}` to report on
    * `:site` - what surrounds one page of several: `%{title: text, pages: html, neighbours: html}`; the HTML
      stands before and behind the document and is taken over as it is. Such a page may show pictures of its site

  An option that is `nil` is as good as none.
  """
  @spec html(String.t(), keyword) :: String.t()
  def html(fragment, options \\ []) when is_binary(fragment) do
    options = options |> given() |> Options.validate!(@schema, "Workbooks.Page.html/2")
    title = options.title || options.source || "Workbook"

    IO.iodata_to_binary([
      "<!DOCTYPE html>\n",
      ["<html lang=\"", language(options.lang), "\">\n"],
      head(title, options),
      if(options.site, do: ["<body class=\"site\">\n", options.site.pages], else: "<body>\n"),
      "<main>\n",
      header(fragment, options),
      ["<article>\n", fragment, "\n</article>\n"],
      "</main>\n",
      if(options.site, do: options.site.neighbours, else: []),
      report(options.run),
      footer(options),
      "</body>\n</html>\n"
    ])
  end

  @doc """
  The page of a run of `org`, with what the document says of itself. `options` are
  those of `html/2` and go before.

  A run that was refused has no document with results: the bare one stands in.
  """
  @spec of_run(Run.t(), String.t(), keyword) :: String.t()
  def of_run(%Run{} = run, org, options \\ []) when is_binary(org) do
    html(run.html || bare(org), org |> keywords() |> Keyword.merge(options) |> Keyword.put(:run, run))
  end

  defp bare(org) do
    case OQL.render(org) do
      {:ok, fragment} -> fragment
      # What the kernel cannot read is shown as it was written.
      {:error, _} -> ["<pre class=\"example\">\n", Escape.text(org), "</pre>"] |> IO.iodata_to_binary()
    end
  end

  @doc """
  What a document says of itself, as options for `html/2`. A document the kernel
  cannot read says nothing.

      iex> Workbooks.Page.keywords("#+TITLE: Tea\\n#+LANGUAGE: en")
      [title: "Tea", lang: "en"]
  """
  @spec keywords(String.t()) :: keyword(String.t())
  def keywords(org) when is_binary(org) do
    with {:ok, metadata} <- OQL.metadata(org) do
      for {option, name} <-
            [title: "title", description: "description", author: "author"] ++
              [date: "date", lang: "language"],
          value = metadata[name],
          do: {option, value}
    else
      {:error, _} -> []
    end
  end

  defp given(options) do
    if Keyword.keyword?(options), do: Keyword.reject(options, fn {_, value} -> is_nil(value) end), else: options
  end

  defp head(title, options) do
    [
      "<head>\n<meta charset=\"utf-8\" />\n",
      ["<meta http-equiv=\"Content-Security-Policy\" content=\"", policy(options), "\" />\n"],
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n",
      "<meta name=\"color-scheme\" content=\"light dark\" />\n",
      ["<title>", Escape.text(window_title(title, options.site)), "</title>\n"],
      for name <- [:description, :author], content = options[name] do
        ["<meta name=\"", Atom.to_string(name), "\" content=\"", Escape.text(content), "\" />\n"]
      end,
      "<meta name=\"generator\" content=\"Workbooks\" />\n",
      ["<style>\n", @css, if(options.site, do: @site_css, else: []), "</style>\n</head>\n"]
    ]
  end

  defp window_title(title, %{title: site}) when site != title, do: "#{title} – #{site}"
  defp window_title(title, _site), do: title

  defp policy(%{site: nil}), do: @policy
  defp policy(_site), do: [@policy, " 'self'; media-src 'self'"]

  # A fragment rendered with `title: true` has its heading.
  defp header(fragment, options) do
    title = unless String.contains?(fragment, "<h1"), do: options.title
    byline = for text <- [options.author, options.date], text, do: ["<span>", Escape.text(text), "</span>"]

    parts = [
      if(title, do: ["<h1 class=\"title\">", Escape.text(title), "</h1>\n"], else: []),
      if(options.description, do: ["<p class=\"lead\">", Escape.text(options.description), "</p>\n"], else: []),
      if(byline == [], do: [], else: ["<p class=\"byline\">", Enum.intersperse(byline, " · "), "</p>\n"])
    ]

    if Enum.all?(parts, &(&1 == [])), do: [], else: ["<header>\n", parts, "</header>\n"]
  end

  defp report(nil), do: []
  defp report(%Run{} = run), do: Report.html(run)

  defp footer(%{source: nil, run: nil}), do: []

  defp footer(%{source: source, run: run}) do
    source = if source, do: [" from <code>", Escape.text(source), "</code>"], else: []
    run = if run, do: [" Run ", Escape.text(to_string(run.id)), "."], else: []
    ["<footer>\n<p>Made", source, " by Workbooks.", run, "</p>\n</footer>\n"]
  end

  # Whatever else a document says there would be no language.
  defp language(lang) do
    if lang && lang =~ ~r/\A[A-Za-z]{1,8}([-_][A-Za-z0-9]{1,8})*\z/, do: String.replace(lang, "_", "-"), else: "en"
  end
end
