defmodule Workbooks.OQLTest do
  # The kernel through its pool. What it answers to which document is its own tests' matter.
  use ExUnit.Case, async: true

  alias Workbooks.OQL
  alias Workbooks.Wasm.Error

  @book "* Book\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n"

  test "the kernel imports nothing" do
    {:ok, kernel} = Workbooks.Guests.component(:oql)
    assert Workbooks.Wasm.imports(kernel) == %{}
  end

  test "the JavaScript engine imports what its host has for it, and nothing else" do
    {:ok, engine} = Workbooks.Guests.component(:js)
    assert %{"workbooks:js/host@0.1.0" => functions} = Workbooks.Wasm.imports(engine)
    assert Map.keys(functions) == ["call", "functions", "log", "now-us", "seed", "wait-until"]
  end

  test "validate/2 answers the errors alone" do
    assert OQL.validate(@book) == :ok
    twice = @book <> "** A\n:PROPERTIES:\n:out: x\n:END:\n#+begin_src cobol\n#+end_src\n"
    assert {:error, [%{"level" => "error", "code" => "unknown_language", "line" => line}]} = OQL.validate(twice)
    assert is_integer(line)
  end

  test "render/2 shows LaTeX for MathJax, or as it is written" do
    org = "A $x^2$ b"
    assert OQL.render!(org) =~ "\\(x^2\\)"
    assert OQL.render!(org, math: :plain) =~ "$x^2$"
    assert_raise ArgumentError, ~r/math/, fn -> OQL.render(org, math: :pictures) end
  end

  test "the same document gives the same answer from every instance" do
    org = File.read!(Path.expand("../../examples/statistics.org", __DIR__))
    answers = 1..20 |> Task.async_stream(fn _ -> {OQL.tangle_plan!(org), OQL.render!(org)} end) |> Enum.uniq()
    assert [{:ok, {%{"components" => [_ | _]}, "<div" <> _}}] = answers
  end

  describe "check_upgrade/3" do
    @component "** A\n:PROPERTIES:\n:in: n\n:out: a\n:END:\n#+begin_src js\n1\n#+end_src\n"

    test "answers what breaks, errors and warnings alike" do
      old = @book <> @component
      new = String.replace(old, ":in: n\n:out: a", ":in: n m\n:out: b\n:caps: net")

      assert {:ok, [removed, added, capability]} = OQL.check_upgrade(old, new)
      assert %{"code" => "export_removed", "level" => "error", "line" => 8, "column" => 7} = removed
      assert %{"code" => "import_added", "level" => "error", "line" => 7, "column" => 8} = added
      assert %{"code" => "capability_added", "level" => "warning", "heading" => "a"} = capability
      for issue <- [removed, added, capability], do: assert(is_binary(issue["message"]) and is_binary(issue["hint"]))

      assert OQL.check_upgrade!(old, old) == []
      assert OQL.check_upgrade!(old, new, timeout: 10_000) == [removed, added, capability]
    end

    test "takes text alone, and says which options it knows" do
      assert {:error, %Error{kind: :type}} = OQL.check_upgrade(@book, <<255>>)
      assert {:error, %Error{kind: :type}} = OQL.check_upgrade(<<255>>, @book)
      assert_raise Error, fn -> OQL.check_upgrade!(@book, <<255>>) end
      assert_raise ArgumentError, ~r/timeout/, fn -> OQL.check_upgrade(@book, @book, no_such: 1) end
      assert_raise FunctionClauseError, fn -> OQL.check_upgrade(@book, nil) end
    end
  end

  test "hostile nesting and a long document end" do
    for text <- [String.duplicate("*b /i ", 20_000), String.duplicate("[", 100_000), String.duplicate("- a\n", 20_000)] do
      assert {:ok, _} = OQL.render(text, timeout: 30_000)
      assert {:ok, _} = OQL.lint(text, timeout: 30_000)
    end
  end

  test "what is no text, no option, no time is an error of the caller's" do
    assert {:error, %Error{kind: :type}} = OQL.render(<<255>>)
    assert {:error, %Error{kind: :type}} = OQL.render("x", results: %{"a" => self()})
    assert {:error, %Error{kind: :type, message: message}} = OQL.render("x", toc: "yes")
    assert message =~ "toc"
    assert_raise ArgumentError, ~r/no option :tok/, fn -> OQL.render("x", tok: 1) end
    assert {:error, %Error{kind: kind}} = OQL.render(String.duplicate("*a* /b/ [[c]] ", 500_000), timeout: 1)
    assert kind in [:timeout, :pool_timeout]
    assert_raise Error, fn -> OQL.render!(<<255>>) end
    assert {:ok, _} = OQL.render("it goes on")
  end

  test "results are placed, escaped, and pictures never inline" do
    org = @book <> "** Draw\n:PROPERTIES:\n:out: pic\n:END:\n#+begin_src javascript\n1\n#+end_src\n"
    svg = ~s(<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1\)</script></svg>)
    html = OQL.render!(org, results: %{"book/draw" => %{"pic" => svg}})
    assert html =~ ~s(src="data:image/svg+xml;base64,)
    refute html =~ "<script"
    html = OQL.render!(org, results: %{"book/draw" => %{"pic" => "<b>\"bold\"</b>"}})
    refute html =~ "<b>"
  end
end
