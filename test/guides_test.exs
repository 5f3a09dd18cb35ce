defmodule Workbooks.GuidesTest do
  # What guides/format.md shows is run here, so that it cannot drift.
  use ExUnit.Case, async: true

  alias Workbooks.{JSON, OQL}
  alias Workbooks.Build.Problem
  alias Workbooks.Wasm.Error

  @root Path.expand("..", __DIR__)
  @guide Path.join(@root, "guides/format.md")
  @kernel Path.join(@root, "native/guests/oql/src")

  # Every fence: {language, text, line}.
  guide = File.read!(@guide)

  fences =
    ~r/^```(\w+)\n(.*?)^```$/ms
    |> Regex.scan(guide, return: :index)
    |> Enum.map(fn [{start, _} | parts] ->
      [language, text] = Enum.map(parts, fn {at, length} -> binary_part(guide, at, length) end)
      {language, text, guide |> binary_part(0, start) |> String.split("\n") |> length()}
    end)

  # The same with the workbook that stands before it.
  {workbooks, _last} =
    Enum.map_reduce(fences, nil, fn
      {"org", text, line}, _before -> {{:org, text, line}, text}
      {language, text, line}, org -> {{language, org, text, line}, org}
    end)

  for {:org, org, line} <- workbooks do
    test "line #{line}: the workbook has no issue" do
      assert OQL.lint!(unquote(org)) == []
    end
  end

  for {"elixir", org, code, line} <- workbooks do
    test "line #{line}: the code answers what the comments say" do
      # A line that begins with `#` belongs to the expected value of what stands before it.
      unquote(code)
      |> String.split("\n", trim: true)
      |> Enum.chunk_by(&String.starts_with?(&1, "#"))
      |> Enum.chunk_every(2)
      |> Enum.reduce([org: unquote(org)], fn [code, expected], binding ->
        {answer, binding} = code |> Enum.join("\n") |> Code.eval_string(binding)
        {shown, _} = expected |> Enum.map_join("\n", &String.trim_leading(&1, "#")) |> Code.eval_string()
        assert answer == shown
        binding
      end)
    end
  end

  # The plan stands in a section of its own and belongs to the first workbook.
  {:org, tea, _line} = Enum.find(workbooks, &match?({:org, _, _}, &1))

  for {"json", _org, json, line} <- workbooks do
    test "line #{line}: the plan is the kernel's" do
      assert Workbooks.plan!(unquote(tea)) == JSON.decode!(unquote(json))
    end
  end

  @tag :tmp_dir
  test "the line of the step log has the keys of a real one, in their order", %{tmp_dir: tmp_dir} do
    assert [{"jsonl", _org, shown, _line}] =
             for({"jsonl", _, _, _} = fence <- unquote(Macro.escape(workbooks)), do: fence)

    Workbooks.run!(unquote(tea), inputs: %{"tea" => "green"}, workdir: tmp_dir, cache: false)
    [first | _] = tmp_dir |> Path.join("_steps.jsonl") |> File.stream!() |> Enum.to_list()

    # What differs from run to run is made the same.
    same = fn line ->
      line
      |> String.replace(~r/"(run|ts)":"[^"]+"/, ~S("\1":"…"))
      |> String.replace(~r/"(ms|memory_peak)":[\d.]+/, ~S("\1":0))
    end

    assert same.(first) == same.(shown)
  end

  test "the languages are those that the build knows" do
    rows = table("tag", "today")
    tags = fn state -> for [tags, today] <- rows, today =~ state, tag <- code(tags), do: tag end

    assert Enum.sort(tags.(~r/^runs/)) == Enum.sort(Workbooks.Build.languages())
    for language <- Workbooks.Build.languages(), do: assert(Workbooks.OQL.validate(block(language)) == :ok)

    assert [%{"code" => "unknown_language"}] = OQL.lint!(block("python"))
  end

  describe "the table of lint codes" do
    # A document for each code, with that issue and no other.
    version = ":PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n"

    component = fn title, properties, arguments ->
      "** #{title}\n:PROPERTIES:\n#{properties}\n:END:\n#+begin_src js#{arguments}\n1\n#+end_src\n"
    end

    book = "* W\n" <> version

    @documents %{
      "missing_version" => "* W\n",
      "several_roots" => book <> "* V\n" <> version,
      "missing_block" => book <> "** A\n:PROPERTIES:\n:out: a\n:END:\n",
      "unknown_language" =>
        book <> String.replace(component.("A", ":out: a", ""), "#+begin_src js", "#+begin_src python"),
      "bad_sig" => book <> component.("A", ":sig: a(", ""),
      "unknown_dep" => book <> component.("A", ":deps: nothing", ""),
      "duplicate_output" => book <> component.("A", ":out: a", "") <> component.("B", ":out: a", ""),
      "cycle" => book <> component.("A", ":in: b\n:out: a", "") <> component.("B", ":in: a\n:out: b", ""),
      "bad_noweb" => book <> String.replace(component.("A", ":out: a", " :noweb yes"), "\n1\n", "\n<<no>>\n"),
      "unclosed_block" => book <> "#+begin_quote\n",
      "unclosed_drawer" => book <> ":notes:\n",
      "bad_header_arg" => book <> component.("A", ":out: a", " :no-such yes"),
      "dangling_input" => book <> component.("A", ":out: a", "") <> component.("B", ":in: b\n:deps: a", ""),
      "unused_output" => "#+EXPORTS: a\n" <> book <> component.("A", ":out: a b", ""),
      "unknown_export" => "#+EXPORTS: a b\n" <> book <> component.("A", ":out: a", ""),
      "duplicate_name" => book <> "#+NAME: t\n| 1 |\n\n#+NAME: t\n| 2 |\n"
    }

    test "has, with that of upgrades, every code of the kernel's source, and no other" do
      assert Enum.sort(guide_codes() ++ upgrade_codes()) == kernel_codes()
    end

    test "says how bad each is, as the kernel does" do
      assert Enum.sort(Map.keys(@documents)) == guide_codes()

      for [code, level, _when, _hint] <- lint_table() do
        [code] = code(code)
        assert [%{"code" => ^code, "level" => ^level}] = OQL.lint!(@documents[code])
      end
    end

    # Two versions for each code of an upgrade, with that issue and no other.
    plain = book <> component.("A", ":out: a", "")

    @upgrades %{
      "component_removed" => {plain <> component.("B", ":in: a\n:out: b", ""), book <> component.("A", ":out: b", "")},
      "export_removed" => {book <> component.("A", ":out: a b", ""), plain},
      "export_type_changed" =>
        {book <> component.("A", ":sig: a() -> u8", ""), book <> component.("A", ":sig: a() -> u16", "")},
      "import_added" => {plain, book <> component.("A", ":in: x\n:out: a", "")},
      "import_type_changed" =>
        {book <> component.("A", ":sig: a(x: u8) -> u8", ""), book <> component.("A", ":sig: a(x: u16) -> u8", "")},
      "capability_added" => {plain, book <> component.("A", ":out: a\n:CAPS: net", "")}
    }

    test "and that of upgrades say how bad each is, as the kernel does" do
      assert Enum.sort(Map.keys(@upgrades)) == upgrade_codes()

      for [code, level, _when, _hint] <- upgrade_table() do
        [code] = code(code)
        {old, new} = @upgrades[code]
        assert [%{"code" => ^code, "level" => ^level}] = OQL.check_upgrade!(old, new)
      end
    end

    test "gives hints in the kernel's words" do
      source = kernel_source() |> Enum.join("\n") |> String.replace("#+end_{name}", "#+end_src")

      for [code, _level, _when, hint] <- lint_table() ++ upgrade_table() do
        assert String.contains?(source, ~s("#{hint}")), "#{code} has another hint in the source than: #{hint}"
      end
    end
  end

  test "JavaScript has what the guide says it has" do
    assert [[there, missing]] = table("there", "not there")
    # Of the others in the table, `async`, `await` and `import` are no names but syntax.
    names = fn cell -> code(cell) -- ["async", "await", "import"] end
    source = fn names -> Enum.map_join(names, ", ", &"#{&1}: typeof #{&1}") end
    types = fn names -> run_js("({ #{source.(names)} })") |> Map.values() |> Enum.uniq() end

    refute "undefined" in types.(names.(there))
    assert types.(names.(missing)) == ["undefined"]
  end

  test "a :var is what the guide says behind it" do
    org = """
    #{block("js :var a=3 b=2.5 c=\"text\" d=true e=nil f=[1, {\"k\": 2}] g='(1 (2 \"x\")) h=lines i=items j=t k=b.p l=b:q m=c n=[1 2] o=fixed p=t[2,1] q=t[,0] r=items[-1]")}
    #+NAME: fixed
    : 42

    #+NAME: lines
    #+begin_example
      one
    #+end_example

    #+NAME: items
    - first
    - second

    #+NAME: t
    | n | <l> |
    |---+-----|
    | 1 | 2e3 |
    |---+-----|
    | x |     |

    ** B
    :PROPERTIES:
    :out: p q
    :END:
    #+begin_src js
    #+end_src
    ** C
    :PROPERTIES:
    :out: r
    :END:
    #+begin_src js
    #+end_src
    """

    component = fn org -> hd(Workbooks.plan!(org)["components"]) end

    assert component.(org)["values"] == %{
             "a" => 3,
             "b" => 2.5,
             "c" => "text",
             "d" => true,
             "e" => nil,
             "f" => [1, %{"k" => 2}],
             "g" => [1, [2, "x"]],
             "h" => "one\n",
             "i" => ["first", "second"],
             "j" => [[1, 2000.0], ["x", ""]],
             "n" => [1, 2],
             "o" => 42,
             "p" => 2000.0,
             "q" => [1, "x"],
             "r" => "second"
           }

    ports = for edge <- Workbooks.plan!(org)["edges"], do: {edge["to"]["port"], edge["from"]["port"]}
    assert ports == [{"k", "p"}, {"l", "q"}, {"m", "r"}]

    rows = fn colnames -> component.(String.replace(org, "js :var", "js :colnames #{colnames} :var"))["values"]["j"] end
    assert rows.("no") == [["n", "<l>"], [1, 2000.0], ["x", ""]]
    assert rows.("yes") == [%{"n" => 1, "<l>" => 2000.0}, %{"n" => "x", "<l>" => ""}]
  end

  test "the options are those that the functions take" do
    run = for [option, _default, _] <- table("option", "default", after: "## Running"), do: hd(code(option))
    assert run == options(fn -> Workbooks.run("", no_such: 1) end)

    render = for [option, _default, _] <- table("option", "default", after: "## Rendering"), do: hd(code(option))
    assert Enum.sort(render) == Enum.sort(options(fn -> Workbooks.render("", no_such: 1) end))
  end

  test "the defaults are those of the source" do
    source = File.read!(Path.join(@root, "lib/workbooks.ex"))
    rows = table("option", "default", after: "## Running")

    for name <- ~w(timeout step_timeout memory) do
      [_, default] = Regex.run(~r/^    #{name}: \{:\w+, ([\d_ *]+)\}/m, source)
      {value, _} = Code.eval_string(default)
      shown = Enum.find_value(rows, fn [option, default, _] -> code(option) == [":" <> name] && default end)
      assert shown |> String.replace(",", "") |> String.to_integer() == value
    end
  end

  test "the kinds of a step's error are kinds that there are" do
    ours = ~w(exception entry output language signature skipped eval cancelled capability nondeterministic)
    kinds = for [kind, _] <- table("kind", ""), do: hd(code(kind))
    assert kinds -- (ours ++ Enum.map(Error.kinds(), &to_string/1)) == []

    # Those that this library adds to the bridge's are all there.
    {:docs_v1, _, _, _, %{"en" => doc}, _, _} = Code.fetch_docs(Problem)
    documented = for [_, kind] <- Regex.scan(~r/`:(\w+)` \(/, doc), do: kind
    assert documented != [] and documented -- kinds == []
    assert ours -- kinds == []
  end

  test "the fields of a headline are the kernel's" do
    fields = for [names, _] <- table("field", ""), name <- code(names), do: name
    assert [headline] = OQL.parse_headlines!("* A")
    assert Enum.sort(fields) == Enum.sort(Map.keys(headline))
  end

  test "links within the guide lead somewhere" do
    guide = File.read!(@guide)
    headings = for [_, title] <- Regex.scan(~r/^##+ (.+)$/m, guide), do: title
    anchors = for title <- headings, do: title |> String.downcase() |> String.replace(" ", "-")
    for [_, anchor] <- Regex.scan(~r/\]\(#([^)]+)\)/, guide), do: assert(anchor in anchors)
  end

  defp run_js(expression) do
    org = String.replace(block("js"), "#+end_src", "export const a = () => #{expression}\n#+end_src")
    Workbooks.run!(org).exports["a"]
  end

  defp block(language) do
    """
    * W
    :PROPERTIES:
    :WORKBOOK_VERSION: 1
    :END:
    ** A
    :PROPERTIES:
    :out: a
    :END:
    #+begin_src #{language}
    #+end_src
    """
  end

  defp lint_table, do: table("code", "level")
  defp upgrade_table, do: table("upgrade", "level")
  defp upgrade_codes, do: Enum.sort(for [code | _] <- upgrade_table(), do: hd(code(code)))
  defp guide_codes, do: Enum.sort(for [code | _] <- lint_table(), do: hd(code(code)))

  # The codes are the snake_case strings of the files that make issues, and what
  # stands behind a level.
  defp kernel_codes do
    files = Enum.filter(kernel_source(), &(&1 =~ "Level::"))
    snake = for file <- files, [_, code] <- Regex.scan(~r/"([a-z]+(?:_[a-z]+)+)"/, file), do: code
    behind = for file <- files, [_, code] <- Regex.scan(~r/Level::\w+,\s*"([a-z_]+)"/, file), do: code
    (snake ++ behind) |> Enum.uniq() |> Enum.sort()
  end

  defp kernel_source do
    for file <- Path.wildcard(Path.join(@kernel, "**/*.rs")), do: File.read!(file)
  end

  defp options(call) do
    error = assert_raise ArgumentError, call
    [_, known] = String.split(error.message, "it knows ")
    String.split(known, ", ")
  end

  # The rows of the first table whose header begins with these cells, behind a heading if one is named.
  defp table(first, second, options \\ []) do
    guide = File.read!(@guide)
    [_, guide] = String.split(guide, options[:after] || "# The workbook format", parts: 2)

    [_header, _rule | rows] =
      guide
      |> String.split("\n")
      |> Enum.drop_while(&(not match?([^first, ^second | _], cells(&1))))
      |> Enum.take_while(&String.starts_with?(&1, "|"))

    Enum.map(rows, &cells/1)
  end

  defp cells("|" <> row), do: row |> String.trim_trailing("|") |> String.split(" | ") |> Enum.map(&String.trim/1)
  defp cells(_line), do: []

  # What stands between backquotes.
  defp code(cell), do: for([_, code] <- Regex.scan(~r/`([^`]+)`/, cell), do: code)
end
