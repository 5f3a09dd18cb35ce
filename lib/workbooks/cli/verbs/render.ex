defmodule Workbooks.CLI.Verbs.Render do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Files, Remote, Start, Verb, Workbook}
  alias Workbooks.{OQL, Page}

  @impl true
  def name, do: "render"
  @impl true
  def summary, do: "a document as a page, without running it"
  @impl true
  def usage, do: ["render WORKBOOK [--out PAGE.html] [--fragment] [--toc]"]

  @impl true
  def about do
    """
    Prints one HTML file that needs nothing else: no script, its stylesheet inside. With --fragment it is the
    document alone, for a page of your own. wb run --out writes the page with results.

    WORKBOOK is a file, - for standard input or, with a control plane, the id of a stored workbook.
    """
  end

  @impl true
  def options do
    [
      {{:out, :o}, :string, "PAGE.html", "write it to this file"},
      {:fragment, :boolean, "", "the document without the page around it"},
      {:toc, :boolean, "", "begin with a table of contents"}
    ] ++ Verb.remote_options()
  end

  @impl true
  def examples do
    [
      {"wb render tea.org --out tea.html", "a page"},
      {"wb render - --fragment < notes.org", "what stands between <body> and </body>"}
    ]
  end

  @impl true
  def run(arguments, options) do
    with {:ok, workbook} <- Workbook.only(arguments, options, hd(usage())),
         {:ok, html} <- html(workbook, options) do
      if options.out, do: write(options.out, html), else: {:ok, {[html, ?\n], %{html: html}}}
    end
  end

  defp write(path, html) do
    with :ok <- Files.write(path, html), do: {:ok, {[path, ?\n], %{file: path, bytes: byte_size(html)}}}
  end

  # What a page is made of is the document and what it says of itself: the server has both.
  defp html(%Workbook{kind: :stored} = workbook, %{fragment: true} = options) do
    body = %{toc: options.toc || false}

    with {:ok, answer} <- Remote.json(workbook.remote, :post, Workbook.path(workbook, ["render"]), body) do
      {:ok, answer["html"]}
    end
  end

  defp html(workbook, options) do
    with {:ok, %{org: org} = workbook} <- Workbook.with_source(workbook),
         :ok <- Start.kernel(),
         {:ok, fragment} <- OQL.render(org, toc: options.toc || false) do
      if options.fragment,
        do: {:ok, fragment},
        else: {:ok, Page.html(fragment, Page.keywords(org) ++ [source: Path.basename(Workbook.shown(workbook))])}
    end
  end
end
