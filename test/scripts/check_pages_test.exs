Code.require_file("../../scripts/check_pages.exs", __DIR__)

defmodule CheckPagesTest do
  @moduledoc "Proves that `scripts/check-pages` lets a good page pass and can fail for each reason."
  use ExUnit.Case, async: true

  @page """
  <!doctype html>
  <html lang="en">
  <head>
  <meta charset="utf-8"/>
  <meta name="viewport" content="width=device-width, initial-scale=1"/>
  <meta name="color-scheme" content="light dark"/>
  <title>Hello &amp; more</title>
  <style>:root { --ink: #111 } @media (prefers-color-scheme: dark) { :root { --ink: #eee } } a > b { color: var(--ink) }</style>
  </head>
  <body>
  <!-- a comment may hold <anything> & all -->
  <h1 id="top">Hello</h1>
  <p>Elsewhere: <a href="https://example.com/?a=1&amp;b=2">there</a>, <a href="#top">up</a><br/>BODY</p>
  <svg viewBox="0 0 1 1"><path d="M0 0"/><use href="#top"/></svg>
  <img alt="" src="data:image/png;base64,AAAA">
  </body>
  </html>
  """

  test "a good page passes" do
    assert CheckPages.check(@page, ".") == []
  end

  for {name, from, to, complaint} <- [
        {"no doctype", "<!doctype html>\n", "", "does not begin with"},
        {"no language", ~s( lang="en"), "", "has no lang"},
        {"an empty language", ~s(lang="en"), ~s(lang=""), "has no lang"},
        {"no character set", ~s(<meta charset="utf-8"/>), "", "charset"},
        {"no title", "Hello &amp; more", " ", "<title>"},
        {"no viewport", ~s(name="viewport"), ~s(name="view"), "viewport"},
        {"no colour scheme", "light dark", "light", "color-scheme"},
        {"no dark colours", "prefers-color-scheme: dark", "print", "dark"},
        {"a script", "BODY", "<script>1</script>", "has a <script>"},
        {"a handler", "BODY", ~s|<b onclick="f()">b</b>|, "script in onclick"},
        {"a script behind a link", "BODY", ~s|<a href="javascript:f()">a</a>|, "script in <a href>"},
        {"a script behind a reference", "BODY", ~s|<a href="&#106;avascript:f()">a</a>|, "script in <a href>"},
        {"a frame", "BODY", ~s(<iframe srcdoc="x"></iframe>), "has an <iframe>"},
        {"a picture from elsewhere", "BODY", ~s(<img src="https://example.com/a.png"/>), "fetches by <img src>"},
        {"a picture beside the page", "BODY", ~s(<img src="a.png"/>), "fetches by <img src>"},
        {"a style sheet", "BODY", ~s(<link rel="stylesheet" href="a.css"/>), "fetches by <link href>"},
        {"an SVG image", "BODY", ~s(<svg><image xlink:href="//example.com/a"/></svg>), "fetches by <image xlink:href>"},
        {"an import", "a > b", "@import 'a.css'; a > b", "fetches by CSS"},
        {"an address in CSS", "a > b", "i { background: url(a.png) } a > b", "fetches by CSS"},
        {"an address in a style", "BODY", ~s{<b style="background: url('//a/b')">b</b>}, "fetches by CSS"},
        {"a refresh", "BODY", ~s(<meta http-equiv="Refresh" content="1"/>), "refreshes itself"},
        {"an id twice", "BODY", ~s(<b id="top">b</b>), "has the id top twice"},
        {"a link into nothing", "BODY", ~s(<a href="#nowhere">a</a>), "links to #nowhere"},
        {"a link to no page", "BODY", ~s(<a href="no.html#x">a</a>), "links to no.html"},
        {"an open element", "BODY", "<b>", "line 13: </p> where <b> is open"},
        {"an end too many", "</html>", "</html></html>", "closes nothing"},
        {"an end missing", "</html>", "", "<html> is never closed"},
        {"a bare ampersand", "BODY", "this & that", "line 13: a bare &"},
        {"a bare <", "BODY", "1 < 2", "line 13: a bare <"},
        {"an attribute without quotes", "BODY", "<b class=a>b</b>", "line 13: a bare <, or a tag"},
        {"an attribute twice", "BODY", ~s(<b class="a" class="b">b</b>), "has class twice"},
        {"a comment without an end", "& all -->", "", "a comment without an end"}
      ] do
    test name do
      page = String.replace(@page, unquote(from), unquote(to))
      assert page != @page

      assert [complaint] = CheckPages.check(page, ".")
      assert complaint =~ unquote(complaint)
    end
  end

  test "the script says which page, and that there is none" do
    folder = Path.join(System.tmp_dir!(), "workbooks pages #{System.unique_integer([:positive])}")
    on_exit(fn -> File.rm_rf!(folder) end)
    File.mkdir_p!(folder)

    assert {output, 1} = check_pages(folder)
    assert output =~ "has no pages"

    File.write!(Path.join(folder, "good.html"), @page)
    assert {output, 0} = check_pages(folder)
    assert output =~ "pages: 1"

    File.write!(Path.join(folder, "bad.html"), String.replace(@page, "BODY", "<script></script>"))
    assert {output, 1} = check_pages(folder)
    assert output =~ "bad.html: has a <script>"
    refute output =~ "good.html"
  end

  defp check_pages(folder) do
    script = Path.expand("../../scripts/check-pages", __DIR__)
    System.cmd(script, [folder], stderr_to_stdout: true)
  end
end
