defmodule Bench.Hostile do
  @moduledoc false
  # Documents that nobody writes, unless to do harm.

  alias Bench.Documents

  # Repeated as often as fits.
  @repeated [
    {"markers, nested: *b /i ", "*b /i "},
    {"markers, nested and closed", "*/_+a+_/* "},
    {"*a, unclosed", "*a "},
    {"/a, unclosed", "/a "},
    {"_a, unclosed", "_a "},
    {"+a, unclosed", "+a "},
    {"=a, unclosed", "=a "},
    {"~a, unclosed", "~a "},
    {"*, a run of it", "*"},
    {"=*= ~*~ between others", "*a =b* c= "},
    {"[", "["},
    {"]", "]"},
    {"[[", "[["},
    {"[[a][", "[[a]["},
    {"[[a][b]] and a half", "[[a][b]] [[a]"},
    {"[fn:", "[fn:"},
    {"[fn::a, inline, nested", "[fn::a "},
    {"[fn:1] called again and again", "a[fn:1] "},
    {"[1/2] cookies", "[1/2] [50%] [/"},
    {"<", "<"},
    {"<<", "<<"},
    {"<<a>> targets", "<<a>> "},
    {"<<<a>>> radio targets", "<<<a>>> a "},
    {"{{{", "{{{"},
    {"{{{a( macros", "{{{a("},
    {"{{{title}}} macros", "{{{title}}} "},
    {"src_a{", "src_a{"},
    {"src_a[ b", "src_a[b "},
    {"call_a(", "call_a("},
    {"@@html:", "@@html:"},
    {"\\(", "\\("},
    {"\\[", "\\[a "},
    {"\\begin{a} inline", "\\begin{a} "},
    {"\\begin{a} lines", "\\begin{a}\n"},
    {"$", "$"},
    {"$a", "$a "},
    {"$$a", "$$a "},
    {"_{", "a_{"},
    {"a_b", "a_b "},
    {"^{", "a^{"},
    {"^", "^"},
    {"\\alpha entities", "\\alpha{}\\beta "},
    {"backslashes", "\\"},
    {"what HTML escapes", "&<>\"'"},
    {"-- and ...", "a--b---c... "},
    {"active timestamps", "<2024-03-01 Fri 10:00 +1w>--<2024-03-02 Sat> "},
    {"timestamps, unclosed", "<2024-03-01 Fri "},
    {"https: bare links", "https://a "},
    {":", ":"},
    {"one line", "some words and "},
    {"one word", "a"},
    {"spaces", " "},
    {"tabs", "\t"},
    {"line ends", "\n"},
    {"CR LF", "some words\r\n"},
    {"NUL", "\0"},
    {"right to left", "שלום עולם \u200F"},
    {"combining characters", "e\u0301\u0302\u0303"},
    {"emoji, joined", "👩‍👩‍👧 "},
    {"headings", "* a\n"},
    {"headings with tags", "* TODO [#A] a :b:c:\n"},
    {"headings, duplicate ids, properties", "* a\n:PROPERTIES:\n:b: c\n:END:\n"},
    {"planning", "* a\nSCHEDULED: <2024-03-01 Fri> DEADLINE: <2024-03-01 Fri>\n"},
    {"stars", "*** "},
    {"items", "- a\n"},
    {"items, numbered", "1. a\n"},
    {"items, described", "- a :: b\n"},
    {"items, checkboxes", "- [ ] a\n"},
    {"items, out and in", "- a\n  - b\n    - c\n"},
    {"a giant table", "| a | b | c |\n"},
    {"a table of one row", "| a "},
    {"table rules", "|---+---|\n"},
    {"table formulas", "| a |\n#+TBLFM: $1=1\n"},
    {"#+begin_quote, unclosed", "#+begin_quote\n"},
    {"#+begin_src, unclosed", "#+begin_src a\n"},
    {"#+begin_a #+end_b", "#+begin_a\n#+end_b\n"},
    {"#+end_quote", "#+end_quote\n"},
    {"#+begin: unclosed", "#+begin: a\n"},
    {":drawer: unclosed", ":a:\n"},
    {":PROPERTIES: unclosed", ":PROPERTIES:\n:a: b\n"},
    {":END:", ":END:\n"},
    {"footnote definitions", "[fn:1] a\n\n"},
    {"#+a: keywords", "#+a: b\n"},
    {"#+name:", "#+name: a\n"},
    {"#+caption:", "#+caption: a *b*\n"},
    {"#+attr_html:", "#+attr_html: :a b\n"},
    {"#+header:", "#+header: :a b\n"},
    {"#+property: header-args", "#+property: header-args :var a=b\n"},
    {"#+todo:", "#+todo: A B | C\n"},
    {"#+macro:", "#+macro: a b$1\n"},
    {"#+include:", "#+include: \"a\"\n"},
    {"#+call:", "#+call: a(b=1)\n"},
    {"#+results:", "#+results: a\n: 1\n"},
    {"#+title:", "#+title: a\n"},
    {"#+options:", "#+options: toc:t\n"},
    {"#+", "#+"},
    {"comments", "# a\n"},
    {"fixed width", ": a\n"},
    {"rules", "-----\n"},
    {"clocks", "CLOCK: [2024-03-01 Fri 10:00]--[2024-03-01 Fri 11:00] =>  1:00\n"},
    {"source blocks", "#+begin_src js :var a=b :exports both\n1\n#+end_src\n"},
    {"source blocks in results", "#+begin_src js\n#+end_src\n\n#+results:\n"}
  ]

  @doc "`{name, function of a number of bytes}` for each."
  def all do
    repeated = for {name, unit} <- @repeated, do: {name, &repeat(unit, &1)}

    repeated ++
      [
        {"items, ever deeper", &deeper(&1, fn level -> [List.duplicate(" ", level), "- a\n"] end)},
        {"headings, ever deeper", &deeper(&1, fn level -> [List.duplicate("*", level + 1), " a\n"] end)},
        {"lines of all lengths", &deeper(&1, fn level -> [List.duplicate("a", level), "\n"] end)},
        {"blocks, nested, closed", &around(&1, fn _ -> "#+begin_quote\n" end, fn _ -> "#+end_quote\n" end)},
        {"blocks of other names, nested, closed",
         &around(&1, fn n -> "#+begin_a#{n}\n" end, fn n -> "#+end_a#{n}\n" end)},
        {"brackets, nested, closed", &around(&1, fn _ -> "[" end, fn _ -> "]" end)},
        {"braces, nested, closed", &around(&1, fn _ -> "a_{" end, fn _ -> "}" end)},
        {"footnotes, each its own", &numbered(&1, fn n -> "a[fn:#{n}]\n\n[fn:#{n}] b\n\n" end)},
        {"footnotes, each in the one before", &numbered(&1, fn n -> "[fn:#{n}] b[fn:#{n + 1}]\n\n" end)},
        {"links to headings", &numbered(&1, fn n -> "* a#{n}\n[[*a#{n + 1}]] [[#b]]\n" end)},
        {"radio targets, each its own", &numbered(&1, fn n -> "<<<a#{n}>>> a#{n - 1}\n" end)},
        {"keywords of its own, TODO", &numbered(&1, fn n -> "#+todo: A#{n}\n* A#{n} b\n" end)},
        {"macros, each of the one before", &macros/1},
        {"components in a chain", &wired(&1, fn n -> {n - 1, n} end)},
        {"components, all of one name", &wired(&1, fn _ -> {1, 1} end)},
        {"noweb, each of the one before twice", &noweb/1}
      ]
  end

  @doc "What all others are measured by."
  def prose(bytes), do: Documents.prose(bytes)

  defp repeat(unit, bytes), do: String.duplicate(unit, div(bytes, byte_size(unit)) + 1)

  # Each line is longer by one than the one before.
  defp deeper(bytes, line) do
    levels = round(:math.sqrt(2 * bytes))
    IO.iodata_to_binary(for level <- 0..levels, do: line.(level))
  end

  defp around(bytes, open, close) do
    count = div(bytes, byte_size(open.(1_000) <> close.(1_000)))
    IO.iodata_to_binary([for(n <- 1..count, do: open.(n)), "a\n", for(n <- count..1//-1, do: close.(n))])
  end

  defp numbered(bytes, part) do
    count = div(bytes, byte_size(part.(10_000)))
    IO.iodata_to_binary(for n <- 1..count, do: part.(n))
  end

  # What they would become doubles with each.
  defp macros(bytes) do
    doubling = for n <- 1..50, do: "#+macro: m#{n} {{{m#{n - 1}}}}{{{m#{n - 1}}}}\n"
    head = IO.iodata_to_binary(["#+macro: m0 a\n", doubling, "\n"])
    head <> repeat("{{{m50}}} a\n", bytes - byte_size(head))
  end

  defp wired(bytes, ports) do
    root = "* a\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n"

    part = fn n ->
      {input, output} = ports.(n)
      "** b\n:PROPERTIES:\n:in: v#{input}\n:out: v#{output}\n:END:\n#+begin_src js\n#+end_src\n"
    end

    root <> numbered(bytes, part)
  end

  defp noweb(bytes) do
    numbered(bytes, fn n ->
      "#+name: n#{n}\n#+begin_src js :noweb yes\n<<n#{n - 1}>>\n<<n#{n - 1}>>\n#+end_src\n"
    end)
  end
end
