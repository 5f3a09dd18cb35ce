defmodule CheckPages do
  @moduledoc """
  Holds written pages to what the README promises of them: well-formed, self-contained (no script,
  nothing fetched from anywhere), readable on a phone, in the dark and by a screen reader.

  Well-formed means here: XML's rules, with HTML's doctype, void elements and `<style>` as plain
  text. OTP's xmerl would do some of it, but is a package of its own on Debian.
  """

  @void ~w(area base br col embed hr img input link meta source track wbr)
  @entities ~w(amp lt gt quot apos nbsp)
  # Attributes whose value a browser fetches; href is one on everything but a link to click.
  @fetching ~w(src srcset poster data background manifest href xlink:href)

  @doc "Checks every page of a folder."
  def main([folder]) do
    pages = folder |> Path.join("**/*.html") |> Path.wildcard()

    complaints =
      for page <- pages, complaint <- check(File.read!(page), Path.dirname(page)) do
        "#{page}: #{complaint}"
      end

    cond do
      pages == [] ->
        IO.puts(:stderr, "#{folder} has no pages: has 'make demo' run?")
        System.halt(1)

      complaints != [] ->
        Enum.each(complaints, &IO.puts(:stderr, &1))
        System.halt(1)

      true ->
        IO.puts("pages: #{length(pages)} in #{folder}, all as they should be")
    end
  end

  @doc "What is wrong with a page, as sentences; its links to other files are looked up in `folder`."
  def check(html, folder) do
    case scan(html) do
      {:ok, elements, styles} ->
        Enum.uniq(shape(html, elements, styles) ++ contained(elements, styles) ++ links(elements, folder))

      {:error, offset, reason} ->
        line = html |> binary_part(0, offset) |> String.split("\n") |> length()
        ["line #{line}: #{reason}"]
    end
  end

  # --- what is asked of a page -----------------------------------------------------------------

  defp shape(html, elements, styles) do
    metas = for {"meta", attributes} <- elements, do: attributes
    css = Enum.join(styles, "\n")
    dark? = css =~ ~r/prefers-color-scheme:\s*dark/ or css =~ "light-dark("

    scheme? =
      css =~ ~r/(?<!prefers-)color-scheme:[^;}]*dark/ or
        Enum.any?(metas, &(&1["name"] == "color-scheme" and (&1["content"] || "") =~ "dark"))

    [
      {String.valid?(html), "is not UTF-8"},
      {html =~ ~r/\A<!doctype html>/i, "does not begin with <!doctype html>"},
      {Enum.any?(metas, &(String.downcase(&1["charset"] || "") == "utf-8")), "has no <meta charset=\"utf-8\">"},
      {Enum.any?(elements, &match?({"html", %{"lang" => <<_, _::binary>>}}, &1)), "has no lang on <html>"},
      {html =~ ~r{<title>\s*[^\s<]}, "has no <title>, or an empty one"},
      {Enum.any?(metas, &(&1["name"] == "viewport")), "has no viewport: a phone would show it tiny"},
      {scheme?, "does not declare color-scheme with dark: form controls and scroll bars stay white"},
      {dark?, "has no colours for the dark (prefers-color-scheme or light-dark())"}
    ]
    |> for_each_failed()
    |> Kernel.++(twice(elements))
  end

  defp contained(elements, styles) do
    from_elements =
      for {name, attributes} <- elements,
          {key, value} <- [{"", ""} | Map.to_list(attributes)],
          complaint = element(name, key, String.trim(value)),
          do: complaint

    inline = for {_, %{"style" => css}} <- elements, do: css

    from_styles =
      for css <- styles ++ inline,
          css = String.replace(css, ~r{/\*.*?\*/}s, ""),
          [found] <-
            Regex.scan(~r/@import[^;]*/i, css) ++
              Regex.scan(~r/url\(\s*["']?(?!data:|#)[^)]*\)?/i, css) ++
              Regex.scan(~r/image-set\(\s*["'](?!data:)[^)]*/i, css) do
        "fetches by CSS: #{String.slice(found, 0, 80)}"
      end

    from_elements ++ from_styles
  end

  defp element("script", "", _), do: "has a <script>"

  defp element(frame, "", _) when frame in ~w(iframe frame object embed base),
    do: "has an <#{frame}>"

  defp element("meta", "http-equiv", value),
    do: if(String.downcase(value) == "refresh", do: "refreshes itself")

  defp element(_, "on" <> _ = key, _), do: "has a script in #{key}"

  defp element(name, key, value) when key in @fetching do
    cond do
      value =~ ~r/^\s*(javascript|vbscript):/i -> "has a script in <#{name} #{key}>"
      name in ["a", "area"] and key in ["href", "xlink:href"] -> nil
      # <object data> is ruled out above; a data attribute elsewhere is no address.
      key == "data" -> nil
      value =~ ~r/^(data:|#)/i -> nil
      true -> "fetches by <#{name} #{key}>: #{String.slice(value, 0, 80)}"
    end
  end

  defp element(_, _, _), do: nil

  defp twice(elements) do
    ids = for {_, %{"id" => id}} <- elements, do: id
    for id <- Enum.uniq(ids -- Enum.uniq(ids)), do: "has the id #{id} twice"
  end

  defp links(elements, folder) do
    ids = for {_, %{"id" => id}} <- elements, into: MapSet.new(), do: id

    for {name, attributes} <- elements,
        name in ["a", "use"],
        target = attributes["href"] || attributes["xlink:href"],
        complaint = link(URI.decode(target), ids, folder),
        do: complaint
  end

  defp link("#", _ids, _folder), do: nil

  defp link("#" <> id, ids, _folder),
    do: if(id not in ids, do: "links to ##{id}, which is not on the page")

  defp link(target, _ids, folder) do
    [path | _] = String.split(target, ["#", "?"], parts: 2)

    if not (target =~ ~r/^([a-z][a-z0-9+.-]*:|\/\/)/i) and
         not File.exists?(Path.expand(path, folder)),
       do: "links to #{path}, which is not there"
  end

  defp for_each_failed(list), do: for({false, complaint} <- list, do: complaint)

  # --- reading ---------------------------------------------------------------------------------

  # {:ok, [{name, attributes}], [css]}, or where it stops being well-formed.
  defp scan(html), do: text(html, 0, [], [], [])

  # `open` is the way down to here, innermost first.
  defp text(html, at, open, elements, styles) do
    case :binary.match(html, ["<", "&"], scope: {at, byte_size(html) - at}) do
      :nomatch when open == [] ->
        {:ok, Enum.reverse(elements), Enum.reverse(styles)}

      :nomatch ->
        {:error, byte_size(html), "<#{hd(open)}> is never closed"}

      {at, 1} ->
        markup(binary_part(html, at, byte_size(html) - at), html, at, open, elements, styles)
    end
  end

  defp markup("&" <> _ = rest, html, at, open, elements, styles) do
    if reference?(rest),
      do: text(html, at + 1, open, elements, styles),
      else: {:error, at, "a bare & (write &amp;)"}
  end

  defp markup("<!--" <> _, html, at, open, elements, styles) do
    case :binary.match(html, "-->", scope: {at + 4, byte_size(html) - at - 4}) do
      {stop, 3} -> text(html, stop + 3, open, elements, styles)
      :nomatch -> {:error, at, "a comment without an end"}
    end
  end

  defp markup("<!" <> _ = rest, html, at, open, elements, styles) do
    case Regex.run(~r/\A<!doctype html\s*>/i, rest) do
      [doctype] -> text(html, at + byte_size(doctype), open, elements, styles)
      nil -> {:error, at, "a declaration other than the doctype"}
    end
  end

  defp markup("</" <> _ = rest, html, at, open, elements, styles) do
    case {Regex.run(~r{\A</([A-Za-z][\w:.-]*)\s*>}, rest), open} do
      {[tag, name], [name | outer]} -> text(html, at + byte_size(tag), outer, elements, styles)
      {[_, name], [inner | _]} -> {:error, at, "</#{name}> where <#{inner}> is open"}
      {[_, name], []} -> {:error, at, "</#{name}> closes nothing"}
      {nil, _} -> {:error, at, "a bare < (write &lt;)"}
    end
  end

  defp markup(rest, html, at, open, elements, styles) do
    pattern = ~r{\A<([A-Za-z][\w:.-]*)((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'))?)*)\s*(/?)>}

    case Regex.run(pattern, rest) do
      [tag, name, attributes, slash] ->
        with {:ok, attributes} <- attributes(attributes, name, at) do
          after_tag(
            name,
            slash,
            html,
            at + byte_size(tag),
            open,
            [{name, attributes} | elements],
            styles
          )
        end

      nil ->
        {:error, at, "a bare <, or a tag with an attribute that is not in quotes: #{String.slice(rest, 0, 40)}"}
    end
  end

  defp after_tag("style", "", html, at, open, elements, styles) do
    case :binary.match(html, "</style>", scope: {at, byte_size(html) - at}) do
      {stop, length} ->
        text(html, stop + length, open, elements, [binary_part(html, at, stop - at) | styles])

      :nomatch ->
        {:error, at, "<style> is never closed"}
    end
  end

  defp after_tag(name, slash, html, at, open, elements, styles) do
    if slash == "/" or name in @void,
      do: text(html, at, open, elements, styles),
      else: text(html, at, [name | open], elements, styles)
  end

  defp attributes(text, name, at) do
    list =
      for [_, key | value] <- Regex.scan(~r/([^\s"'<>\/=]+)(?:\s*=\s*("[^"]*"|'[^']*'))?/, text) do
        {String.downcase(key), value |> Enum.join() |> String.slice(1..-2//1)}
      end

    keys = Enum.map(list, &elem(&1, 0))

    cond do
      keys != Enum.uniq(keys) ->
        {:error, at, "<#{name}> has #{hd(keys -- Enum.uniq(keys))} twice"}

      bad = Enum.find(list, fn {_, value} -> value =~ "<" or bare_ampersand?(value) end) ->
        {:error, at, "<#{name} #{elem(bad, 0)}> has a bare < or & in its value"}

      true ->
        {:ok, Map.new(list, fn {key, value} -> {key, unescape(value)} end)}
    end
  end

  defp bare_ampersand?(value) do
    value |> String.split("&") |> tl() |> Enum.any?(&(not reference?("&" <> &1)))
  end

  # XML knows five names; the sixth is common in HTML and harmless.
  defp reference?(text) do
    case Regex.run(~r/\A&(?:#\d+|#x[0-9a-fA-F]+|(\w+));/, text) do
      [_] -> true
      [_, name] -> name in @entities
      nil -> false
    end
  end

  # An address may hide behind references: &#106;avascript: is a script too.
  defp unescape(value) do
    Regex.replace(~r/&(#x[0-9a-fA-F]+|#\d+|\w+);/, value, fn
      _, "#x" <> hex -> character(hex, 16)
      _, "#" <> decimal -> character(decimal, 10)
      _, "amp" -> "&"
      _, "lt" -> "<"
      _, "gt" -> ">"
      _, "quot" -> "\""
      _, "apos" -> "'"
      _, _ -> " "
    end)
  end

  defp character(digits, base) do
    case String.to_integer(digits, base) do
      code when code in 0xD800..0xDFFF or code > 0x10FFFF -> "\uFFFD"
      code -> <<code::utf8>>
    end
  end
end
