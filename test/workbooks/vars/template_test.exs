defmodule Workbooks.Vars.TemplateTest do
  use ExUnit.Case, async: true

  import Workbooks.TestProperty

  alias Workbooks.Vars.Template

  @most 50_000_000

  defp fill(text, most \\ @most) do
    Template.fill(text, most, fn
      {:any, "a"} -> {:ok, "A"}
      {:any, "long"} -> {:ok, :binary.copy("{{a}}", 1_000)}
      {_kind, "s"} -> :keep
      _other -> :unknown
    end)
  end

  # Each of these makes a reader that looks again and again take minutes.
  test "hostile templates take as long as they are" do
    million = 1_000_000

    for text <- [
          String.duplicate("{{", million),
          String.duplicate("{", 2 * million),
          String.duplicate("{{ ", million),
          "{{" <> String.duplicate(" ", million),
          "{{a" <> String.duplicate(" ", million),
          String.duplicate("{{" <> String.duplicate(" ", 1_000), 1_000),
          String.duplicate("{{a", million),
          String.duplicate("{{secret:", million),
          String.duplicate("{{a}", million),
          String.duplicate("}}", million),
          "{{" <> String.duplicate("a", million),
          String.duplicate("{{s}}", million)
        ] do
      assert fill(text) == {:ok, text}
    end

    assert fill(String.duplicate("{{a}}", million)) == {:ok, String.duplicate("A", million)}
    assert {:error, {:unknown, ["x"]}} = fill(String.duplicate("{{x}}", million))
    assert {:error, {:unknown, names}} = fill(Enum.map_join(1..100_000, &"{{x#{&1}}}"))
    assert length(names) == 100_000
  end

  test "what would be too large is not made" do
    assert {:error, %{kind: :too_large}} = fill(String.duplicate("{{long}}", 1_000_000))
    assert {:error, %{kind: :too_large}} = fill("{{a}}{{a}}{{a}}", 2)
    assert fill("{{a}}{{a}}{{a}}", 3) == {:ok, "AAA"}
  end

  # A reader that is too slow to be used, and easy to see through.
  defp plainly(text) do
    Regex.replace(~r/\{\{[ \t]*(secret:)?([a-z]+)[ \t]*\}\}/, text, fn
      _, "", "a" -> "A"
      written, _, "s" -> written
      written, _, _ -> "<" <> String.trim(written, "{}") <> ">"
    end)
  end

  test "it reads what a regular expression reads" do
    check "as by a regular expression", runs: runs(2_000, 100_000) do
      pieces = ["{{", "}}", "{", "}", " ", "\t", "a", "s", "x", "secret:", "secret", ":", "\n", "ab"]
      text = note("text", Enum.join(list_of(fn -> one_of(pieces) end, 30)))

      case fill(text) do
        {:ok, filled} -> assert filled == plainly(text)
        {:error, {:unknown, names}} -> assert Enum.all?(names, &(plainly(text) =~ &1)) and plainly(text) =~ "<"
      end
    end
  end
end
