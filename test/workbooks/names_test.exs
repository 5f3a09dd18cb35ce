defmodule Workbooks.NamesTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Error, Names}

  doctest Workbooks.Error
  doctest Workbooks.Names

  @bad [
    "",
    "\0",
    "a\0b",
    "../a",
    "a/b",
    ".",
    "..",
    ".hidden",
    "-rf",
    " a",
    "a ",
    "a\n",
    "a:b",
    "{{a}}",
    "a\u202Eb",
    "a\u200Bb",
    <<255>>,
    String.duplicate("a", 129),
    String.duplicate("ä", 65),
    nil,
    :atom,
    1,
    ~c"list",
    <<1::3>>
  ]

  test "what could lead elsewhere or pass for another is no name" do
    for name <- @bad, check <- [&Names.tenant/1, &Names.workbook/1, &Names.variable/1] do
      assert {:error, %Error{kind: :bad_name, message: message}} = check.(name)
      assert String.valid?(message) and byte_size(message) < 500
    end
  end

  test "tenants and workbooks are ASCII, variables any script's, composed" do
    for name <- ["a", "_a", "9", "A.b-c_d", String.duplicate("x", 64)] do
      assert Names.tenant(name) == :ok
      assert Names.workbook(name) == :ok
      assert Names.variable(name) == :ok
    end

    assert {:error, _} = Names.tenant(String.duplicate("x", 65))
    assert {:error, _} = Names.tenant("größe")
    assert {:error, _} = Names.workbook("größe")
    for name <- ["größe", "переменная", "変数", "नमस्ते"], do: assert(Names.variable(name) == :ok)
    assert {:error, _} = Names.variable(:unicode.characters_to_nfd_binary("größe"))
  end

  test "a very long name costs nothing" do
    long = String.duplicate("a", 100_000_000)
    assert {:error, %Error{message: message}} = Names.variable(long)
    assert message =~ "(100000000 bytes)"
  end
end
