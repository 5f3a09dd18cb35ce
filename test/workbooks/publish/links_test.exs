defmodule Workbooks.Publish.LinksTest do
  use ExUnit.Case, async: true

  import Workbooks.TestProperty
  alias Workbooks.Publish.Links

  doctest Links

  test "a link that was written leads to where it should, from everywhere" do
    check "relative/2 and a browser agree" do
      path = fn ->
        Enum.join(
          list_of(fn -> one_of(["a", "b c", "ä", "c:d", "e?f#g", "%h"]) end, 3) ++ [one_of(["x", "y.html", ""])],
          "/"
        )
      end

      {from, to} = {note(:from, path.()), note(:to, path.())}
      base = "http://site.example/" <> Workbooks.Site.Paths.escaped(from)
      assert URI.merge(base, Links.relative(from, to)).path == "/" <> Workbooks.Site.Paths.escaped(to)
    end
  end

  test "a link is changed as text, and what only looks like one is left alone" do
    html = ~s(<a href="a&amp;b.html">x</a> href="a&amp;b.html" &lt;a href="c"&gt; <img src="d.png" alt="e" />)
    assert Links.all(html) == ["a&b.html", "d.png"]
    assert Links.map(html, & &1) == html

    assert Links.map(html, &(&1 <> ~s(<">))) ==
             ~s(<a href="a&amp;b.html&lt;&quot;&gt;">x</a> href="a&amp;b.html" &lt;a href="c"&gt; <img src="d.png&lt;&quot;&gt;" alt="e" />)
  end
end
