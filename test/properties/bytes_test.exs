defmodule Workbooks.Properties.BytesTest do
  # Whatever the bytes are, there is an answer.
  use ExUnit.Case, async: true

  import Workbooks.TestProperty
  alias Workbooks.{TestBits, TestGuests, Wasm}
  alias Workbooks.Wasm.{Component, Error, Module}

  @moduletag timeout: :infinity

  @words ~w|( ( ( ) ) ) module component func export "f" import "a" param result i32 i64 f32 f64 v128 externref
            local.get 0 1 -1 0xFFFFFFFFFFFFFFFF memory table global mut i32.const i32.add call loop br block end if then
            else core instance instantiate $m $f with type list string u8 record "x" canon lift lower data elem start
            unreachable ref.null extern func resource rep own borrow enum variant flags option tuple stream future
            (;  ;) ;; "\\00" "\\" nan:0x1 offset= align=3 tag throw rec sub struct array i31 memory.grow package world
            interface : ; -> { } % @0.0.1 use include|

  # Programs that are right, to be made wrong.
  defp seeds do
    module =
      Workbooks.Wasm.componentize!(
        ~S"""
        (module
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8))
          (func (export "f") (param i32 i32) (result i32) (i32.const 8)))
        """,
        wit: "package a:b; world w { export f: func(x: list<string>) -> result<u8, string>; }"
      )

    core =
      <<0, "asm", 1, 0, 0, 0, 1, 7, 1, 0x60, 2, 0x7F, 0x7F, 1, 0x7F, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 7, 1, 3, "add", 0, 0,
        10, 9, 1, 7, 0, 0x20, 0, 0x20, 1, 0x6A, 0x0B>>

    %{module: core, component: module}
  end

  defp text, do: list_of(fn -> one_of(@words) end, 60) |> Enum.join(" ")

  # One change, or a few.
  defp mutated(bytes), do: Enum.reduce(1..int(1..4), bytes, fn _, bytes -> mutate(bytes, byte_size(bytes)) end)

  defp mutate("", _), do: bytes(4)

  defp mutate(bytes, size) do
    at = draw(size)
    {before, byte, rest} = TestBits.around(bytes, at)

    any_of([
      fn -> <<before::binary, Bitwise.bxor(byte, 1 + draw(255)), rest::binary>> end,
      fn -> <<before::binary, draw(256), byte, rest::binary>> end,
      fn -> before <> rest end,
      fn -> before end,
      fn -> <<before::binary, byte, before::binary, rest::binary>> end,
      # A number that says there is much more.
      fn -> <<before::binary, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, rest::binary>> end
    ])
  end

  defp any_bytes(seeds) do
    any_of([
      fn -> bytes(60) end,
      fn -> text() end,
      fn -> "(module " <> text() end,
      fn -> "(component " <> text() end,
      fn -> <<0, "asm", 1, 0, 0, 0>> <> bytes(60) end,
      fn -> <<0, "asm", 0x0D, 0, 1, 0>> <> bytes(60) end,
      fn -> mutated(seeds.module) end,
      fn -> mutated(seeds.component) end
    ])
  end

  defp answered!({:ok, value}), do: value

  defp answered!({:error, %Error{kind: kind, message: message}}) do
    assert kind in Error.kinds()
    refute kind == :internal
    assert String.valid?(message) and message != ""
    nil
  end

  test "compile" do
    seeds = seeds()

    check "compile", runs: runs(150, 20_000) do
      bytes = note("bytes", any_bytes(seeds))

      case answered!(Wasm.compile(bytes, cache: draw(2) == 0, fuel: draw(2) == 0)) do
        nil ->
          :ok

        %kind{} = program when kind in [Component, Module] ->
          # What compiles can be looked at, and started or not.
          assert is_map(Wasm.exports(program)) and is_map(Wasm.imports(program))
          assert is_binary(inspect(program))
          instance = answered!(Wasm.instantiate(program, timeout: 200, limits: [memory: 1_000_000]))
          if instance, do: Wasm.close(instance)
      end
    end
  end

  test "compile what is nested deeper than anybody would" do
    check "nesting", runs: runs(20, 300) do
      depth = note("depth", draw(runs(3_000, 30_000)))
      repeat = &String.duplicate(&1, depth)

      bytes =
        any_of([
          fn -> repeat.("(") end,
          fn -> repeat.("(component ") <> repeat.(")") end,
          fn -> "(module (func " <> repeat.("block ") <> repeat.("end ") <> "))" end,
          fn -> "(module (func (drop " <> repeat.("(i32.eqz ") <> "(i32.const 1)" <> repeat.(")") <> ")))" end,
          fn -> repeat.("(;") <> repeat.(";)") <> "(module)" end,
          fn -> "(component (type " <> repeat.("(list ") <> "u8" <> repeat.(")") <> "))" end,
          fn -> Enum.reduce(0..depth, "", fn _, inner -> component_of(inner) end) end
        ])

      answered!(Wasm.compile(bytes, cache: false))
    end

    assert {:ok, _} = Wasm.compile(Enum.reduce(0..99, "", fn _, inner -> component_of(inner) end))

    assert {:error, %Error{kind: :compile, message: message}} =
             Wasm.compile(Enum.reduce(0..200, "", fn _, inner -> component_of(inner) end))

    assert message =~ "nesting too deep"
  end

  # A component that holds one.
  defp component_of(""), do: <<0, "asm", 0x0D, 0, 1, 0>>
  defp component_of(inner), do: component_of("") <> <<4>> <> leb(byte_size(inner)) <> inner

  defp leb(number) when number < 128, do: <<number>>
  defp leb(number), do: <<1::1, rem(number, 128)::7>> <> leb(div(number, 128))

  test "componentize" do
    seeds = seeds()

    check "componentize", runs: runs(100, 10_000) do
      bytes = note("bytes", any_bytes(seeds))

      options =
        any_of([
          fn -> [] end,
          fn -> [name: one_of(["f", "add", "", <<0>>, "ü"]), func: text()] end,
          fn -> [name: "add", func: "func(a: s32, b: s32) -> s32"] end,
          fn -> [wit: text()] end,
          fn -> [wit: "package a:b; world w { " <> text() <> " }"] end
        ])

      note("options", options)
      component = answered!(Wasm.componentize(bytes, options))
      if component, do: answered!(Wasm.compile(component))
    end
  end

  test "deserialize" do
    whole = [Wasm.serialize!(TestGuests.counting()), Wasm.precompile!("(module (func (export \"f\")))")]

    check "deserialize", runs: runs(150, 20_000) do
      code = one_of(whole)
      end_of_it = binary_part(code, byte_size(code) - 88, 88)

      bytes =
        any_of([
          fn -> bytes(200) end,
          fn -> mutated(code) end,
          # In what stands at its end, and says what it is.
          fn -> binary_part(code, 0, byte_size(code) - 88) <> mutated(end_of_it) end,
          fn -> bytes(100) <> end_of_it end,
          fn -> code <> code end,
          fn -> bytes(20) <> code end
        ])

      # Several changes may undo one another.
      if bytes in whole do
        assert {:ok, _} = Wasm.deserialize(bytes)
      else
        assert {:error, %Error{kind: :compile, message: message}} = Wasm.deserialize(bytes)
        assert String.valid?(message)
      end
    end
  end
end
