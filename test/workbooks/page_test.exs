Code.require_file("../../scripts/check_pages.exs", __DIR__)

defmodule Workbooks.PageTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Page, Run}
  alias Workbooks.Page.{Escape, Report, Terminal}

  doctest Page
  doctest Escape
  doctest Report
  doctest Terminal

  @hostile "</title></style><script>alert('x')</script>\" onload=\"x &amp; <!-- ]]> \e[31m\0\uFFFE\u0085" <>
             <<255, 254>>

  describe "a page" do
    test "is complete, well-formed and self-contained" do
      page = page("<p>Hello</p>", title: "Hello", description: "A greeting", author: "Ada", date: "1843")

      assert page =~ "<h1 class=\"title\">Hello</h1>"
      assert page =~ "<p class=\"lead\">A greeting</p>"
      assert page =~ "<span>Ada</span> · <span>1843</span>"
      assert page =~ "<meta name=\"description\" content=\"A greeting\" />"
      assert page =~ "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
      refute page =~ "What ran"
    end

    test "needs no option at all" do
      page = page("")
      assert page =~ "<title>Workbook</title>"
      refute page =~ "<header>"
      refute page =~ "<footer>"
    end

    test "is called after its source when it has no title" do
      page = page("", source: "a & b.org")
      assert page =~ "<title>a &amp; b.org</title>"
      assert page =~ "Made from <code>a &amp; b.org</code>"
    end

    test "leaves the first heading to a fragment that has one" do
      page = page("<h1 class=\"title\">Mine</h1>", title: "Mine")
      assert length(String.split(page, "<h1")) == 2
    end

    test "takes a language for a language only" do
      assert page("", lang: "pt_BR") =~ "<html lang=\"pt-BR\">"
      assert page("", lang: "\"><script>") =~ "<html lang=\"en\">"
      assert page("", lang: "de\n") =~ "<html lang=\"en\">"
    end

    test "shows any text as text" do
      all = for key <- [:title, :description, :author, :date, :lang, :source], do: {key, @hostile}
      page = page("<p>x</p>", all ++ [run: hostile_run()])

      refute page =~ "<script"
      refute page =~ "\" onload"
    end

    test "refuses an option it does not know" do
      assert_raise ArgumentError, ~r/no option :titel: it knows :title/, fn -> Page.html("", titel: "x") end
      assert_raise ArgumentError, ~r/:title .* must be a string/, fn -> Page.html("", title: :x) end
    end

    test "has a stylesheet that is no markup" do
      [_, css] = Regex.run(~r{<style>(.*?)</style>}s, Page.html(""))
      assert Regex.scan(~r/[<&]/, css) == []
    end
  end

  describe "what ran" do
    test "lists every step" do
      page = page("", run: run(:ok, [step("book/one", :ok, ms: 1.84), step("book/two", :ok, cached: true)]))

      assert page =~ "2 steps in 2.5 ms"
      assert text(page) =~ ~r{book/one javascript ok 1\.8 ms no}
      assert text(page) =~ ~r{book/two javascript ok 0\.00 ms yes}
      assert page =~ "Run r1."
    end

    test "keeps the logs, and no place for an empty one" do
      steps = [step("book/one", :ok, log: "a < b\nc\n"), step("book/two", :ok, log: "")]
      page = page("", run: run(:ok, steps))

      assert page =~ "<pre>a &lt; b\nc\n</pre>"
      assert text(page) =~ "Log of book/one 2 lines"
      refute text(page) =~ "Log of book/two"
    end

    test "says why a step failed, where, and what was skipped" do
      excerpt = "  41 | grow(\"x\")\n     | ^"
      notes = [%{line: 40, column: 1, message: "declared <here>"}]
      error = %{kind: :memory_limit, message: "too <much>", line: 41, column: 1, excerpt: excerpt, notes: notes}
      skipped = %{kind: :skipped, message: "not run: book/one failed", line: 50, column: nil, excerpt: nil}
      steps = [step("book/one", :failed, error: error), step("book/two", :skipped, error: skipped)]
      page = page("", run: run(:failed, steps))

      assert page =~ "0 of 2 steps"
      assert text(page) =~ "book/one memory limit: too &lt;much&gt; (line 41)"
      assert page =~ "<pre class=\"excerpt\">  41 | grow(&quot;x&quot;)\n     | ^</pre>"
      assert text(page) =~ "declared &lt;here&gt; (line 40)"
      assert text(page) =~ "book/two not run: book/one failed"
      assert text(page) =~ ~r{book/two javascript skipped – no}
    end

    test "tells what a refused workbook was refused for" do
      issues = [
        %{"code" => "cycle", "message" => "a → b → a", "line" => 7, "hint" => "break the circle"},
        %{"code" => "missing_input", "message" => "the input name was not given", "line" => nil}
      ]

      page = page("", run: %{run(:invalid, []) | error: issues, html: nil})

      assert page =~ "No step ran"
      assert text(page) =~ "cycle a → b → a (line 7) break the circle"
      assert text(page) =~ "missing input the input name was not given"
      refute page =~ "<table class=\"steps\">"
    end

    test "has a word for every status" do
      for status <- [:ok, :failed, :timeout, :cancelled, :invalid] do
        page = page("", run: run(status, []))
        assert page =~ "status-#{status}"
      end
    end
  end

  describe "keywords" do
    test "stand anywhere but in blocks" do
      org = """
      #+title: Tea
      #+TITLE: and biscuits
      * A heading
      #+BEGIN_EXAMPLE
      #+AUTHOR: nobody
      #+end_example
      #+DATE:   2026-11-21
      #+OPTIONS: num:nil
      #+LANGUAGE:
      """

      assert Page.keywords(org) == [title: "Tea and biscuits", date: "2026-11-21"]
    end

    test "are read from lines that end as on Windows" do
      assert Page.keywords("#+TITLE: Tea\r\n#+AUTHOR: Ada\r\n") == [title: "Tea", author: "Ada"]
    end
  end

  describe "of a run" do
    test "takes the document's own words, and the caller's before them" do
      org = "#+TITLE: Tea\n#+AUTHOR: Ada\n"
      page = checked(Page.of_run(%{run(:ok, []) | html: "<p>Earl Grey</p>"}, org, author: "Grace"))

      assert page =~ "<title>Tea</title>"
      assert page =~ "<span>Grace</span>"
      assert page =~ "<p>Earl Grey</p>"
    end

    test "shows the bare document where the run was refused" do
      page = checked(Page.of_run(%{run(:invalid, []) | html: nil}, "* A heading & more\n"))
      assert page =~ "A heading &amp; more</h2>"
    end
  end

  describe "in a terminal" do
    test "a run is a line for each step, its error below" do
      error = %{kind: :exception, message: "no", line: 3, column: 1, excerpt: "  3 | throw x\n    | ^", notes: []}
      steps = [step("book/one", :failed, ms: 2.0, error: error), step("book/three", :ok, cached: true)]
      run = %{run(:failed, steps) | exports: %{"b" => [1, 2], "a" => "x"}}

      assert Terminal.run(run) == """
             failed, in 2.5 ms
               book/one    failed   2.0 ms
                 exception at line 3: no
                 3 | throw x
                   | ^
               book/three  ok       0.00 ms  cached
               a = "x"
               b = [1,2]\
             """
    end

    test "a long value is cut, and one without JSON form inspected" do
      assert String.length(Terminal.value(String.duplicate("é", 1000))) < 80
      assert Terminal.value({1, :nan}) == "{1, :nan}"
    end
  end

  defp run(status, steps), do: %Run{id: "r1", status: status, steps: steps, ms: 2.5}

  defp step(component, status, more) do
    step = %{component: component, lang: "javascript", status: status, ms: 0.0, cached: false, log: "", error: nil}
    Map.merge(step, Map.new(more))
  end

  defp hostile_run do
    error = %{kind: :exception, message: @hostile, line: 1, column: 1, excerpt: @hostile}
    notes = [%{line: 1, column: nil, message: @hostile}]
    step = step(@hostile, :failed, lang: @hostile, log: @hostile, notes: notes, error: error)
    issue = %{"code" => @hostile, "message" => @hostile, "line" => 1, "hint" => @hostile}
    %{run(:failed, [step]) | id: @hostile, error: [issue]}
  end

  # What a reader sees of it, on one line.
  defp text(page) do
    page
    |> String.replace(~r{</?(?:span|strong|p)\b[^>]*>}, "")
    |> String.replace(~r{<[^>]*>}, " ")
    |> String.replace(~r{\s+}, " ")
  end

  defp page(fragment, options \\ []), do: checked(Page.html(fragment, options))

  # A sound page, without its stylesheet.
  defp checked(page) do
    assert CheckPages.check(page, "/") == []
    "<!DOCTYPE html>\n" <> xml = page

    # Debian packages xmerl apart from Erlang.
    if Code.ensure_loaded?(:xmerl_scan) do
      {root, _rest} = apply(:xmerl_scan, :string, [:binary.bin_to_list(xml), [quiet: true]])
      assert elem(root, 1) == :html
    end

    String.replace(page, ~r{<style>.*?</style>}s, "")
  end
end
