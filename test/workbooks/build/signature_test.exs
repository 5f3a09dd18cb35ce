defmodule Workbooks.Build.SignatureTest do
  use ExUnit.Case, async: true
  import Workbooks.TestProperty

  doctest Workbooks.Build.Signature

  alias Workbooks.{OQL, Wasm}
  alias Workbooks.Build.{Signature, Types}

  @primitives ~w(bool s8 s16 s32 s64 u8 u16 u32 u64 f32 f64 char string)a

  defp type(0), do: one_of(@primitives)

  defp type(depth) do
    any_of([
      fn -> one_of(@primitives) end,
      fn -> {:list, type(depth - 1)} end,
      fn -> {:option, type(depth - 1)} end,
      fn -> {:tuple, for(_ <- 1..int(1..3), do: type(depth - 1))} end,
      fn -> {:result, maybe(depth), maybe(depth)} end,
      fn -> {:record, fields(depth, 1)} end
    ])
  end

  defp maybe(depth), do: if(draw(3) == 0, do: nil, else: type(depth - 1))

  defp fields(depth, least),
    do: for(name <- some_of(~w(a b list use_r type firstName x2), least), do: {name, type(depth - 1)})

  defp signature do
    %Signature{name: one_of(~w(score moving_average movingAverage record)), params: fields(3, 0), result: maybe(3)}
  end

  test "a signature's text is read as what it is, by the kernel and here" do
    check "read", runs: runs(100, 5_000) do
      signature = signature()
      text = note("text", Signature.text(signature))
      assert Signature.parse(text) == {:ok, signature}

      ports = Enum.map_join(signature.params, " ", &elem(&1, 0))

      org = """
      * Book
      :PROPERTIES:
      :WORKBOOK_VERSION: 1
      :END:
      ** One
      :PROPERTIES:
      :in: #{ports}
      :out: one
      :sig: #{text}
      :END:
      #+begin_src wat
      #+end_src
      """

      assert OQL.validate(org) == :ok
    end
  end

  test "each signature has a world that a module can be given" do
    check "world", runs: runs(40, 1_000) do
      signature = signature()
      {:ok, wit} = Signature.to_wit(signature)
      note("wit", wit)
      # The module lacks the function, which is what is wrong: not the world.
      assert {:error, %{kind: :compile, message: message}} = Wasm.componentize("(module)", wit: wit)
      assert message =~ "failed to find export"
    end
  end

  test "called functions follow the result" do
    assert {:ok, signature} = Signature.parse("score(items: list<f64>) -> f64 using twice(x: f64) -> f64, stop()")

    assert [%{name: "twice", params: [{"x", :f64}], result: :f64}, %{name: "stop", params: [], result: nil}] =
             signature.using

    assert {:ok, wit} = Signature.to_wit(signature)
    assert wit =~ "import %twice: func(%x: f64) -> f64;"
    assert wit =~ "import %stop: func();"
    assert {:ok, %{name: "using", using: []}} = Signature.parse("using()")
    assert {:ok, %{result: nil, using: [_]}} = Signature.parse("f() using using()")
  end

  test "what cannot be read says what was expected" do
    for {text, said} <- [
          {"f(a: f64", "expected `)` at the end"},
          {"f(a f64)", "expected `:` at `f64)`"},
          {"f(a: float)", "`float` is no type"},
          {"f(a: u8, a: u8)", "`a` stands there twice"},
          {"f() -> record{}", "a record needs at least one field"},
          {"f() -> u8 and more", "expected the end at `and more`"},
          {"f() using", "expected a function name at the end"},
          {"", "expected a function name at the end"},
          {"f() -> " <> String.duplicate("list<", 100), "types nest deeper than 32"}
        ] do
      assert {:error, %{kind: :signature, message: message}} = Signature.parse(text)
      assert message == "the :sig: cannot be read: " <> said
    end
  end

  test "names that are none in WIT are refused where there is a world" do
    for {text, said} <- [
          {"größe() -> u8", "the name größe of the :sig: is none in WIT"},
          {"f(aB: u8, a_b: u8)", "two names of the :sig: are a-b in WIT"},
          {"f(a: record{x__y: u8})", "the name x__y of the :sig: is none in WIT"}
        ] do
      assert {:ok, signature} = Signature.parse(text)
      assert {:error, %{kind: :signature, message: message}} = Signature.to_wit(signature)
      assert message =~ said
    end
  end

  test "records of the same content have the same name" do
    {:ok, signature} = Signature.parse("f(a: record{aB: u8}, b: record{a_b: u8}) -> record{x: record{a-b: u8}}")
    {:ok, wit} = Signature.to_wit(signature)
    assert wit |> String.split("record r") |> length() == 3
    assert Types.same?({:record, [{"aB", :u8}]}, {:record, [{"a_b", :u8}]})
  end
end
