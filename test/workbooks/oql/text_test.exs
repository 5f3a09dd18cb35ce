defmodule Workbooks.OQL.TextTest do
  # What a document may be: any text, of any length.
  use ExUnit.Case, async: true

  alias Workbooks.OQL
  alias Workbooks.Wasm.Error

  @functions [:render, :parse_headlines, :metadata, :tangle_plan, :lint, :validate]

  for function <- @functions do
    test "#{function} says where a document is not UTF-8" do
      for {org, offset} <- [
            {<<255>>, 0},
            {"* Ünder\n" <> <<0xC3, 0x28>>, 9},
            {"cut in a character: " <> <<0xE2, 0x82>>, 20},
            {"a surrogate: " <> <<0xED, 0xA0, 0x80>>, 13},
            {"too long: " <> <<0xC0, 0x80>>, 10},
            {String.duplicate("word ", 100_000) <> <<128>> <> " and on", 500_000}
          ] do
        assert {:error, %Error{kind: :type, details: %{offset: ^offset}} = error} = apply(OQL, unquote(function), [org])
        assert error.message =~ "UTF-8"
        assert error.message =~ "offset #{offset}"
      end
    end

    test "#{function} takes no other term" do
      for term <- [nil, :atom, 1, ~c"chars", ["io", "data"], <<1::3>>, %{}] do
        assert_raise FunctionClauseError, fn -> apply(OQL, unquote(function), [term]) end
      end
    end
  end

  test "a bang form raises the same error" do
    assert_raise Error, ~r/offset 2/, fn -> OQL.render!("ab" <> <<255>>) end
  end

  test "NUL is a character as others are" do
    org = "* He\0ad\nbody \0 of *bo\0ld*\n"
    assert {:ok, [%{"position" => %{"start" => 0}} = heading]} = OQL.parse_headlines(org)
    assert heading["title"] == "He\0ad"
    # Where it stands in HTML it is no character of XML's.
    assert {:ok, html} = OQL.render(org)
    refute html =~ "\0"
    assert {:ok, _} = OQL.lint(org)
    assert {:ok, _} = OQL.tangle_plan(String.duplicate("\0", 10_000))
  end

  test "an empty document has nothing, and that is no error" do
    assert OQL.parse_headlines("") == {:ok, []}
    assert {:ok, _} = OQL.render("")
  end

  @tag timeout: 180_000
  test "10 MB go through one call" do
    line = "Some *prose*, ~code~ and a [[https://example.org][link]] -- \\alpha.\n"
    part = "* Heading\n" <> String.duplicate(line, 20) <> "\n- one\n- two\n\n| a | b |\n| 1 | 2 |\n\n"
    count = div(10_000_000, byte_size(part)) + 1
    org = String.duplicate(part, count)
    assert {:ok, html} = OQL.render(org)
    assert byte_size(html) > byte_size(org)
    assert length(:binary.matches(html, "<table")) == count
    assert {:ok, headings} = OQL.parse_headlines(org)
    assert length(headings) == count
    assert %{"line" => line, "start" => start} = List.last(headings)["position"]
    assert start == (count - 1) * byte_size(part)
    assert line == (count - 1) * length(:binary.matches(part, "\n")) + 1
    assert {:ok, _} = OQL.tangle_plan(org)
    assert {:ok, _} = OQL.lint(org)
  end
end
