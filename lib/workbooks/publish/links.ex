defmodule Workbooks.Publish.Links do
  @moduledoc false
  # Links in what the kernel rendered, which is well-formed: a `<` that begins no tag is written `&lt;`,
  # attributes stand in double quotes.

  alias Workbooks.Site
  alias Workbooks.Site.Paths

  @tags ~r/<(?:a|img|video|audio|source|object|image)\s[^>]*>/
  @attribute ~r/\b(href|src|poster|data)="([^"]*)"/

  @doc "The HTML with each link that `fun` answers anew: `fun.(href)` is the href to write, unescaped."
  @spec map(String.t(), (String.t() -> String.t())) :: String.t()
  def map(html, fun) do
    Regex.replace(@tags, html, fn tag ->
      Regex.replace(@attribute, tag, fn whole, name, value ->
        href = unescape(value)

        case fun.(href) do
          ^href -> whole
          other -> ~s(#{name}="#{escape(other)}")
        end
      end)
    end)
  end

  @doc "Where the links lead, in their order."
  @spec all(String.t()) :: [String.t()]
  def all(html) do
    for [tag] <- Regex.scan(@tags, html), [_all, _name, href] <- Regex.scan(@attribute, tag), do: unescape(href)
  end

  @doc "Headings and links in their order, as text."
  @spec outline(String.t()) :: [{:heading, String.t()} | {:link, String.t(), String.t()}]
  def outline(html) do
    for found <- Regex.scan(~r{<h[1-6][^>]*>(.*?)</h[1-6]>|<a\s[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>}s, html) do
      case found do
        [_all, heading] -> {:heading, heading |> without_tags_of_org() |> text()}
        [_all, "", href, label] -> {:link, unescape(href), text(label)}
      end
    end
  end

  # Org's own tags, not HTML's.
  defp without_tags_of_org(heading), do: Regex.replace(~r{(&#xa0;)*<span class="tag">.*}s, heading, "")

  @doc "What stands in HTML as text."
  @spec text(String.t()) :: String.t()
  def text(html), do: ~r/<[^>]*>/ |> Regex.replace(html, "") |> unescape() |> String.trim()

  @doc """
  Where a link leads: `{:path, path, "?query#fragment"}`, decoded, `{:fragment, id}` within the page, `:elsewhere`.

      iex> alias Workbooks.Publish.Links
      iex> Links.target("a%20b.html#c")
      {:path, "a b.html", "#c"}
      iex> Links.target("#c")
      {:fragment, "c"}
      iex> Enum.map(["https://x.example", "mailto:a@b.example", "//x.example/y", "%ff"], &Links.target/1)
      [:elsewhere, :elsewhere, :elsewhere, :elsewhere]
  """
  @spec target(String.t()) :: {:path, String.t(), String.t()} | {:fragment, String.t()} | :elsewhere
  def target("#" <> id), do: {:fragment, decoded(id) || id}
  def target("//" <> _host), do: :elsewhere

  def target(href) do
    [_all, path, rest] = Regex.run(~r/\A([^?#]*)(.*)\z/s, href)
    path = if path =~ ~r/\A[A-Za-z][A-Za-z0-9+.-]*:/, do: nil, else: decoded(path)
    if path in [nil, ""], do: :elsewhere, else: {:path, path, rest}
  end

  defp decoded(text) do
    text = URI.decode(text)
    if String.valid?(text), do: text
  rescue
    ArgumentError -> nil
  end

  @doc """
  A path as seen from a folder of the site, which it has to stay in.

      iex> Workbooks.Publish.Links.below("docs", "../img/./tea.png")
      {:ok, "img/tea.png"}
      iex> Workbooks.Publish.Links.below("docs", "../../up.html")
      :error
  """
  @spec below(String.t(), String.t()) :: {:ok, String.t()} | :error
  def below(folder, path) do
    from = if String.starts_with?(path, "/"), do: [], else: folder |> String.split("/", trim: true) |> Enum.reverse()

    path
    |> String.split("/", trim: true)
    |> Enum.reduce_while(from, fn
      ".", to -> {:cont, to}
      "..", [_last | to] -> {:cont, to}
      "..", [] -> {:halt, :error}
      name, to -> {:cont, [name | to]}
    end)
    |> case do
      :error -> :error
      to -> {:ok, to |> Enum.reverse() |> Enum.join("/")}
    end
  end

  @doc "The link from a page's file to another, with or without its `.html`."
  @spec address(String.t(), String.t(), boolean) :: String.t()
  # It is shown at any path.
  def address("404.html", to, clean?), do: "/" <> Paths.escaped(served(to, clean?))
  def address(from, to, clean?), do: relative(served(from, clean?), served(to, clean?))

  defp served(path, true), do: Site.clean(path)
  defp served(path, false), do: path

  @doc """
  The link from one path of the site to another, as it is written.

      iex> alias Workbooks.Publish.Links
      iex> {Links.relative("docs/deep.html", "about.html"), Links.relative("index.html", "a b.html")}
      {"../about.html", "a%20b.html"}
      iex> {Links.relative("docs/deep", ""), Links.relative("about", "docs/")}
      {"../", "docs/"}
      iex> {Links.relative("a", ""), Links.relative("docs/x", "docs/")}
      {"./", "./"}
  """
  @spec relative(String.t(), String.t()) :: String.t()
  def relative(from, to) do
    {from, [_page]} = from |> String.split("/") |> Enum.split(-1)
    {to, [name]} = to |> String.split("/") |> Enum.split(-1)
    {from, to} = without_common(from, to)
    link = Enum.map_join(List.duplicate("..", length(from)) ++ to, &(Paths.escaped(&1) <> "/")) <> Paths.escaped(name)
    # A colon in what comes first would make a scheme of it.
    if link == "" or link =~ ~r/\A[^\/]*:/, do: "./" <> link, else: link
  end

  defp without_common([same | from], [same | to]), do: without_common(from, to)
  defp without_common(from, to), do: {from, to}

  @doc "The ids that links may lead to."
  @spec ids(String.t()) :: MapSet.t(String.t())
  def ids(html),
    do: for([_all, id] <- Regex.scan(~r/<[a-z][^>]*?\sid="([^"]*)"/, html), into: MapSet.new(), do: unescape(id))

  @entities %{"amp" => "&", "lt" => "<", "gt" => ">", "quot" => "\"", "apos" => "'"}

  defp unescape(text) do
    Regex.replace(~r/&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]+));/, text, fn
      whole, "", "", name -> Map.get(@entities, name, whole)
      whole, "", decimal, _name -> character(String.to_integer(decimal), whole)
      whole, hex, _decimal, _name -> character(String.to_integer(hex, 16), whole)
    end)
  end

  defp character(code, _whole) when code in 0x20..0xD7FF or code in 0xE000..0x10FFFF, do: <<code::utf8>>
  defp character(_code, whole), do: whole

  defp escape(text),
    do:
      text
      |> String.replace("&", "&amp;")
      |> String.replace("<", "&lt;")
      |> String.replace(">", "&gt;")
      |> String.replace("\"", "&quot;")
end
