defmodule Workbooks.WasmTest do
  use ExUnit.Case, async: true
  doctest Workbooks.Wasm
  doctest Workbooks.Wasm.Error
  doctest Workbooks.Options

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.Error

  defp echo(type, values, declarations \\ "") do
    instance = type |> TestGuests.echo(declarations) |> Wasm.instantiate!()
    Wasm.call(instance, "echo", [values])
  end

  describe "values cross both ways" do
    test "numbers, at the edges of their ranges" do
      for {type, values} <- [
            {"s8", [-128, 0, 127]},
            {"u16", [0, 65_535]},
            {"s16", [-32_768, 32_767]},
            {"s32", [-2_147_483_648, 2_147_483_647]},
            {"u32", [0, 4_294_967_295]},
            {"s64", [-9_223_372_036_854_775_808, 9_223_372_036_854_775_807]},
            {"u64", [0, 18_446_744_073_709_551_615]},
            {"f64", [0.1, -1.5e300, :nan, :infinity, :neg_infinity]},
            {"f32", [0.5, -2.0, :nan]},
            {"bool", [true, false]}
          ] do
        assert {type, echo(type, values)} == {type, {:ok, values}}
      end
    end

    test "an integer is taken where a float is expected" do
      assert echo("f64", [1, 2.5]) == {:ok, [1.0, 2.5]}
    end

    test "strings, characters and bytes" do
      assert echo("string", ["", "Ünïcödé", "𝄞"]) == {:ok, ["", "Ünïcödé", "𝄞"]}
      assert echo("char", ["a", "𝄞"]) == {:ok, ["a", "𝄞"]}
      assert echo("u8", <<0, 255, 7>>) == {:ok, <<0, 255, 7>>}
      assert echo("list<u8>", [<<1, 2>>, <<>>]) == {:ok, [<<1, 2>>, <<>>]}
    end

    test "large ones too, which a dirty scheduler passes on" do
      text = String.duplicate("0123456789", 100_000)
      assert echo("string", [text, "b"]) == {:ok, [text, "b"]}
      assert echo("u8", text) == {:ok, text}
      numbers = Enum.to_list(1..50_000)
      assert echo("u32", numbers) == {:ok, numbers}
      assert echo("tuple<list<u32>, string>", [{numbers, text}]) == {:ok, [{numbers, text}]}
    end

    test "tuples, options, results, nested" do
      assert echo("tuple<s32, string>", [{1, "a"}]) == {:ok, [{1, "a"}]}
      assert echo("option<s32>", [nil, 3]) == {:ok, [nil, 3]}
      assert echo("option<option<s32>>", [nil, {:some, nil}, {:some, 3}]) == {:ok, [nil, {:some, nil}, {:some, 3}]}

      assert echo("result<s32, string>", [{:ok, 1}, {:error, "no"}]) == {:ok, [{:ok, 1}, {:error, "no"}]}
      assert echo("result", [:ok, {:ok, nil}, :error]) == {:ok, [{:ok, nil}, {:ok, nil}, {:error, nil}]}
      assert echo("list<list<string>>", [[["a"], []]]) == {:ok, [[["a"], []]]}
    end

    test "records: string keys out; string, atom and snake_case keys in" do
      declarations = "record point { x-axis: f64, label: option<string> }"
      point = %{"x-axis" => 1.5, "label" => nil}

      assert echo("point", [point, %{:x_axis => 1.5}, %{"x-axis" => 1.5, label: nil}], declarations) ==
               {:ok, [point, point, point]}
    end

    test "variants, enums and flags" do
      declarations = """
      variant shape { circle(f64), empty }
      enum color { red, deep-blue }
      flags rights { read, write }
      """

      assert echo("shape", [{"circle", 2.0}, "empty", :empty], declarations) ==
               {:ok, [{"circle", 2.0}, "empty", "empty"]}

      assert echo("color", ["red", :deep_blue], declarations) == {:ok, ["red", "deep-blue"]}
      assert echo("rights", [["read", "write"], []], declarations) == {:ok, [["read", "write"], []]}
    end
  end

  describe "a value that does not fit" do
    test "is named by its parameter, with the path inside it" do
      for {type, values, expected} <- [
            {"s8", [128], "at [0]: expected s8, got 128"},
            {"u32", [1, -1], "at [1]: expected u32, got -1"},
            {"string", [<<255>>], "at [0]: expected string, got a binary that is not UTF-8"},
            {"char", ["ab"], ~s(at [0]: expected char, got "ab")},
            {"tuple<s32, string>", [{1, 2}], "at [0].1: expected string, got 2"},
            {"tuple<s32>", [{1, 2}], "at [0]: expected tuple<s32>, got a tuple of 2"},
            {"result<s32, string>", [{:error, 1}], "at [0].error: expected string, got 1"},
            {"list<s32>", [[1], [2, :x]], "at [1][1]: expected s32, got :x"},
            {"u8", [1, 256], "at [1]: expected u8, got 256"},
            {"s32", %{}, "expected list<s32>, got a map"},
            {"s32", [1 | 2], "expected list<s32>, got an improper list"}
          ] do
        assert {:error, %Error{kind: :type, message: message}} = echo(type, values)
        assert message == "argument x of echo: " <> expected
      end
    end

    test "names a missing field" do
      assert {:error, %Error{kind: :type, message: message}} = echo("point", [%{}], "record point { x: f64 }")
      assert message =~ "at [0].x: expected f64, got no such field"
    end

    test "leaves the instance as it was" do
      instance = Wasm.instantiate!(TestGuests.echo("s32"))
      assert {:error, %Error{kind: :type}} = Wasm.call(instance, "echo", ["no"])
      assert {:error, %Error{kind: :type, message: message}} = Wasm.call(instance, "echo", [])
      assert message =~ "echo takes 1 argument(s) (x: list<s32>), got 0"
      assert Wasm.call(instance, "echo", [[1]]) == {:ok, [1]}
    end

    test "a component's names never make atoms" do
      name = "field#{System.unique_integer([:positive])}x"
      assert echo("point", [%{name => 1.0}], "record point { #{name}: f64 }") == {:ok, [%{name => 1.0}]}
      assert_raise ArgumentError, fn -> String.to_existing_atom(name) end
    end
  end

  describe "compile/2" do
    test "says what is wrong and where" do
      assert {:error, %Error{kind: :compile, message: message}} = Wasm.compile("(component\n  (nonsense))")
      assert message =~ "2:4"
      assert {:error, %Error{kind: :compile}} = Wasm.compile(<<0, "asm", 0, 0, 0, 0, 1>>)
      assert {:error, %Error{kind: :compile}} = Wasm.compile("")
    end

    test "refuses what is too large" do
      assert {:error, %Error{kind: :limit}} = Wasm.compile("(component)", max_bytes: 5)
    end

    test "leaves no message behind when it times out" do
      functions = for n <- 1..20_000, do: "(func (export \"f#{n}\") (result i32) (i32.const #{n}))"
      bytes = Wasm.componentize!("(module (func (export \"a\")) (func (export \"b\") (result i32) (i32.const 1)))")
      big = "(component (core module #{functions}))"
      assert {:error, %Error{kind: :timeout}} = Wasm.compile(big, timeout: 1)
      assert {:ok, _} = Wasm.compile(bytes)
      refute_received _
    end

    test "from a file that is not there" do
      assert {:error, %Error{kind: :not_found}} = Wasm.compile_file("/nowhere/x.wasm")
    end

    test "an unknown option is named with those there are" do
      assert_raise ArgumentError, ~r/no option :timeuot: it knows :timeout, :max_bytes/, fn ->
        Wasm.compile("(component)", timeuot: 1)
      end
    end
  end

  describe "ahead-of-time code" do
    test "loads without compiling and answers the same" do
      code = TestGuests.misbehaving() |> Wasm.serialize!()
      instance = code |> Wasm.deserialize!() |> Wasm.instantiate!()
      assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
    end

    test "of something else is refused" do
      assert {:error, %Error{kind: :compile}} = Wasm.deserialize("not native code")
      assert {:error, %Error{kind: :not_found}} = Wasm.load_file("/nowhere/x.cwasm")
    end
  end

  describe "imports" do
    test "are functions that run in the caller's process" do
      me = self()

      imports = %{
        "host:math/ops@1.0.0" => %{
          "apply" => fn x ->
            send(me, {:applied, self(), x})
            x * 2
          end
        }
      }

      instance = Wasm.instantiate!(TestGuests.calling_host(), imports: imports)
      assert Wasm.call(instance, "run", [20]) == {:ok, 41}
      assert_received {:applied, ^me, 20}
    end

    test "may be named without their version" do
      imports = %{"host:math/ops" => %{"apply" => &(&1 - 1)}}
      instance = Wasm.instantiate!(TestGuests.calling_host(), imports: imports)
      assert Wasm.call(instance, "run", [5]) == {:ok, 5}
    end

    test "that are missing or of another arity are named" do
      component = TestGuests.calling_host()
      assert {:error, %Error{kind: :import, message: message}} = Wasm.instantiate(component)
      assert message =~ "host:math/ops@1.0.0#apply"

      imports = %{"host:math/ops" => %{"apply" => fn -> 1 end}}
      assert {:error, %Error{kind: :link, message: message}} = Wasm.instantiate(component, imports: imports)
      assert message =~ "function of 1 argument"
    end

    test "are shown with their types" do
      assert Wasm.imports(TestGuests.calling_host()) ==
               %{"host:math/ops@1.0.0" => %{"apply" => {:func, [{"x", :s64}], :s64}}}
    end

    test "may answer with much" do
      imports = &%{"host:text/source" => %{"get" => fn -> String.duplicate("x", &1) end}}

      for bytes <- [0, 1_000, 2_000_000] do
        instance = Wasm.instantiate!(TestGuests.asking_for_text(), imports: imports.(bytes))
        assert Wasm.call(instance, "length", []) == {:ok, bytes}
      end
    end

    test "may call other instances" do
      other = Wasm.instantiate!(TestGuests.misbehaving())
      imports = %{"host:math/ops" => %{"apply" => fn x -> Wasm.call!(other, "add", [x, 10]) end}}
      instance = Wasm.instantiate!(TestGuests.calling_host(), imports: imports)
      assert Wasm.call(instance, "run", [1]) == {:ok, 12}
    end
  end

  describe "exports" do
    test "that are not there: the error lists those that are" do
      instance = Wasm.instantiate!(TestGuests.misbehaving())
      assert {:error, %Error{kind: :export, message: message}} = Wasm.call(instance, "nope", [])
      assert message =~ "grow-or-trap"
      assert {:error, %Error{kind: :export}} = Wasm.call(instance, ["a:b/c", "d"], [])
      assert {:error, %Error{kind: :export}} = Wasm.call(instance, :add, [])
      assert {:error, %Error{kind: :type}} = Wasm.call(instance, "add", [1 | 2])
    end
  end

  test "errors: Elixir and Rust know the same kinds" do
    native = MapSet.new(Workbooks.Native.error_kinds())
    documented = MapSet.new(Error.kinds())
    # The pool is Elixir's alone.
    assert MapSet.difference(documented, native) == MapSet.new([:pool_timeout])
    assert MapSet.subset?(native, documented)
    {:docs_v1, _, _, _, %{"en" => moduledoc}, _, _} = Code.fetch_docs(Error)
    for kind <- documented, do: assert(moduledoc =~ "| `:#{kind}` |")
  end

  test "bang functions raise the error" do
    assert_raise Error, ~r/no file/, fn -> Wasm.compile_file!("/nowhere") end
  end

  test "inspect shows what a person needs" do
    instance = Wasm.instantiate!(TestGuests.calling_host(), imports: %{"host:math/ops" => %{"apply" => & &1}})
    assert inspect(instance) == "#Workbooks.Wasm.Instance<run; idle; 0 KiB>"
    assert inspect(instance.program) == "#Workbooks.Wasm.Component<run>"
  end
end
