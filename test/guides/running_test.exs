defmodule Workbooks.Guides.RunningTest do
  # What guides/running.md shows.
  use ExUnit.Case, async: true
  import Workbooks.TestGuide

  alias Workbooks.TestHostileBlocks

  guide("guides/running.md")

  @guide File.read!("guides/running.md")

  # The rows of a section's first table, without its header.
  defp rows(section) do
    [_, text] = String.split(@guide, "\n## #{section}\n", parts: 2)

    text
    |> String.split("\n")
    |> Enum.drop_while(&(not String.starts_with?(&1, "|")))
    |> Enum.take_while(&String.starts_with?(&1, "|"))
    |> Enum.drop(2)
    |> Enum.map(fn row -> row |> String.split(" | ") |> Enum.map(&String.trim(&1, "| ")) end)
  end

  defp code(cell), do: for([_, code] <- Regex.scan(~r/`([^`]+)`/, cell), do: code)

  test "the options are those that there are, with their defaults" do
    error = assert_raise ArgumentError, fn -> Workbooks.run("", no_such: 1) end
    [_, known] = String.split(error.message, "it knows ")
    assert Enum.map(rows("Options"), fn [option | _] -> hd(code(option)) end) == String.split(known, ", ")

    source = File.read!("lib/workbooks.ex")

    for [option, default, _] <- rows("Options"), default =~ ~r/^[\d,]+$/ do
      [":" <> name] = code(option)
      [_, written] = Regex.run(~r/^    #{name}: \{:\w+, ([\d_ *]+)\}/m, source)
      {value, _} = Code.eval_string(written)
      assert default |> String.replace(",", "") |> String.to_integer() == value
    end
  end

  @tag :tmp_dir
  test "the keys of the step log are those of a line", %{tmp_dir: folder} do
    org =
      "* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n** A\n:PROPERTIES:\n:out: a\n:END:\n#+begin_src js\nexport const a = () => 1\n#+end_src\n"

    Workbooks.run!(org, workdir: folder)
    line = folder |> Path.join("_steps.jsonl") |> File.read!()
    keys = for [_, key] <- Regex.scan(~r/"(\w+)":/, line), do: key
    assert Enum.flat_map(rows("The step log"), fn [names | _] -> code(names) end) == keys
  end

  test "the kinds that hostile blocks come to are all told" do
    told = Enum.flat_map(rows("When a block means harm"), fn [_, kinds, _] -> code(kinds) end)

    for language <- TestHostileBlocks.families(),
        which <- [:running, :compiling],
        hostile <- apply(TestHostileBlocks, which, [language]) do
      assert {hostile.name, to_string(hostile.kind) in told} == {hostile.name, true}
    end
  end

  test "links within the guide lead somewhere" do
    headings = for [_, title] <- Regex.scan(~r/^##+ (.+)$/m, @guide), do: title

    anchors =
      for title <- headings, do: title |> String.downcase() |> String.replace(",", "") |> String.replace(" ", "-")

    for [_, anchor] <- Regex.scan(~r/\]\(#([^)]+)\)/, @guide), do: assert(anchor in anchors)
  end
end
