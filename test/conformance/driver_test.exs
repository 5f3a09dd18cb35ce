defmodule Workbooks.Conformance.DriverTest do
  # That the driver of the suites notices what is wrong: all else in this folder rests on it.
  use ExUnit.Case, async: true

  alias Workbooks.Wast
  alias Workbooks.Wast.{Expect, Suite, Value}
  alias Workbooks.Wasm.Error

  @component """
  (component
    (core module $m
      (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
      (func (export "trap") unreachable))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
    (func (export "trap") (canon lift (core func $i "trap"))))
  """

  @wast """
  #{@component}
  (assert_return (invoke "add" (u32.const 1) (u32.const 2)) (u32.const 3))
  (assert_return (invoke "add" (u32.const 1) (u32.const 2)) (u32.const 4))
  (assert_return (invoke "trap"))
  (assert_trap (invoke "add" (u32.const 1) (u32.const 2)) "unreachable")
  #{@component}
  (assert_trap (invoke "trap") "integer overflow")
  #{@component}
  (assert_trap (invoke "trap") "unreachable")
  (assert_invalid (component (core module)) "nothing is wrong with it")
  (assert_malformed (component quote "(component") "the end is missing")
  (assert_malformed (component quote "(component)") "nothing is wrong with it")
  (assert_invalid (component (core module (func (result i32)))) "type mismatch")
  (component (import "f" (func)))
  (invoke "f")
  """

  # Each pair: as it is, and wrong.
  @core """
  (module $m
    (global (export "g") (mut f32) (f32.const nan:0x200001))
    (func (export "-0") (result f64) (f64.const -0))
    (func (export "nan") (param f32) (result f32) (local.get 0))
    (func (export "two") (result i32 i64) (i32.const -1) (i64.const 0x8000000000000000))
    (func (export "vector") (result v128) (v128.const i32x4 1 2 3 4))
    (func (export "extern") (param externref) (result externref) (local.get 0))
    (tag $t) (func (export "throw") (throw $t))
    (func $deep (export "deep") (call $deep)))
  (register "m" $m)
  (assert_return (get "g") (f32.const nan:0x200001))
  (assert_return (get "g") (f32.const nan:canonical))
  (assert_return (invoke "-0") (f64.const -0))
  (assert_return (invoke "-0") (f64.const 0))
  (assert_return (invoke "nan" (f32.const -nan:0x400001)) (f32.const nan:arithmetic))
  (assert_return (invoke "nan" (f32.const -nan:0x200001)) (f32.const nan:0x200001))
  (assert_return (invoke $m "two") (i32.const -1) (i64.const 0x8000000000000000))
  (assert_return (invoke $m "two") (i32.const -1))
  (assert_return (invoke "vector") (v128.const i8x16 1 0 0 0 2 0 0 0 3 0 0 0 4 0 0 0))
  (assert_return (invoke "vector") (v128.const i8x16 1 0 0 0 2 0 0 0 3 0 0 0 4 0 0 1))
  (assert_return (invoke "extern" (ref.extern 1)) (ref.extern 1))
  (assert_return (invoke "extern" (ref.null extern)) (ref.extern))
  (assert_exception (invoke "throw"))
  (assert_exception (invoke "deep"))
  (assert_exhaustion (invoke "deep") "call stack exhausted")
  (assert_trap (invoke "throw") "unreachable")
  (assert_unlinkable (module (import "m" "g" (func))) "incompatible import type")
  (assert_unlinkable (module (import "m" "g" (global (mut f32)))) "nothing is wrong with it")
  (assert_trap (module (memory 0) (data (i32.const 0) "x")) "out of bounds memory access")
  (assert_trap (module (memory 1) (data (i32.const 0) "x")) "nothing is wrong with it")
  (assert_malformed (module quote "(func") "unexpected end")
  (assert_malformed (module quote "(func)") "nothing is wrong with it")
  (assert_invalid (module (func (result i32))) "type mismatch")
  (assert_trap (module (import "m" "nothing" (func))) "it does not trap, it does not link")
  """

  test "of components each assertion is run, and those that do not hold are named by their lines" do
    assert %{run: 10, failures: failures} = run(@wast)

    assert [
             "line 10: assert_return: answered 3" <> _,
             "line 11: assert_return: trap (unreachable)" <> _,
             "line 12: assert_trap: closed" <> _,
             "line 21: assert_trap: trap (unreachable)" <> _,
             "line 31: assert_invalid: answered" <> _,
             "line 33: assert_malformed: answered" <> _,
             "line 35: module: import" <> _,
             "line 36: action: there is no instance" <> _
           ] = failures
  end

  test "of core modules, too" do
    assert %{run: 24, failures: failures} = run(@core)

    assert [
             "line 12: assert_return: answered {:nan, 2141192193}" <> _,
             "line 14: assert_return: answered -0.0" <> _,
             "line 16: assert_return: answered {:nan, 4288675841}" <> _,
             "line 18: assert_return: answered {-1, -9223372036854775808}" <> _,
             "line 20: assert_return: answered <<1, 0, 0, 0, 2," <> _,
             "line 22: assert_return: answered nil" <> _,
             "line 24: assert_exception: trap (stack_overflow)" <> _,
             "line 26: assert_trap: trap (uncaught_exception)" <> _,
             "line 28: assert_unlinkable: answered" <> _,
             "line 30: assert_uninstantiable: answered" <> _,
             "line 32: assert_malformed: answered" <> _,
             "line 34: assert_uninstantiable: " <> _
           ] = failures
  end

  test "a file that cannot be read says where" do
    assert %{"broken" => {:error, reason}} = convert("(assert_nothing)", "broken").files
    assert reason =~ "broken:1:2"
  end

  defp run(wast), do: wast |> convert("deep/script") |> Wast.run("deep/script")

  defp convert(wast, name) do
    from = Path.join(System.tmp_dir!(), "workbooks-driver-test-#{System.pid()}-#{System.unique_integer([:positive])}")
    path = Path.join(from, name <> ".wast")
    File.mkdir_p!(Path.dirname(path))
    on_exit(fn -> File.rm_rf!(from) end)
    File.write!(path, wast)
    Suite.convert(Path.basename(from), from, :folder)
  end

  test "floats go both ways by their bits" do
    for {bits, term} <- [
          {0x3FC00000, 1.5},
          {0x80000000, -0.0},
          {0x7F800000, :infinity},
          {0xFF800000, :neg_infinity},
          {0x7FC00001, {:nan, 0x7FC00001}},
          {0xFF800001, {:nan, 0xFF800001}}
        ] do
      value = %{"type" => "f32", "value" => to_string(bits)}
      assert Value.given(value) === term
      assert Value.matches?(value, term)
      refute Value.matches?(%{value | "value" => to_string(Bitwise.bxor(bits, 0x80000000))}, term)
    end

    assert Value.given(%{"type" => "f64", "value" => to_string(0x7FF0000000000001)}) == {:nan, 0x7FF0000000000001}
    refute Value.matches?(%{"type" => "f64", "value" => "0"}, -0.0)
    refute Value.matches?(%{"type" => "f64", "value" => "0"}, 0)
  end

  test "a canonical NaN is one NaN or its negative, an arithmetic one is quiet" do
    canonical = %{"type" => "f64", "value" => "nan:canonical"}
    arithmetic = %{"type" => "f64", "value" => "nan:arithmetic"}

    for {bits, is_canonical, is_arithmetic} <- [
          {0x7FF8000000000000, true, true},
          {0xFFF8000000000000, true, true},
          {0x7FF8000000000001, false, true},
          {0xFFFFFFFFFFFFFFFF, false, true},
          {0x7FF0000000000001, false, false}
        ] do
      assert Value.matches?(canonical, {:nan, bits}) == is_canonical
      assert Value.matches?(arithmetic, {:nan, bits}) == is_arithmetic
    end

    for not_a_nan <- [:infinity, :neg_infinity, 1.0, 0x7FF8000000000000] do
      refute Value.matches?(arithmetic, not_a_nan)
    end
  end

  test "vectors are compared lane by lane" do
    integers = %{"type" => "v128", "lane_type" => "i16", "value" => ~w(-1 2 3 4 5 6 7 -32768)}

    bytes =
      <<0xFFFF::little-16, 2::little-16, 3::little-16, 4::little-16, 5::little-16, 6::little-16, 7::little-16, 0, 0x80>>

    assert Value.given(integers) == bytes
    assert Value.matches?(integers, bytes)
    refute Value.matches?(integers, <<0, binary_part(bytes, 1, 15)::binary>>)

    floats = %{"type" => "v128", "lane_type" => "f64", "value" => ["nan:canonical", "4607182418800017408"]}
    assert Value.matches?(floats, <<0xFFF8000000000000::little-64, 1.0::little-float-64>>)
    refute Value.matches?(floats, <<0xFFF8000000000001::little-64, 1.0::little-float-64>>)
    refute Value.matches?(floats, <<0xFFF8000000000000::little-64, 2.0::little-float-64>>)
  end

  test "references: null, the host's, any" do
    assert Value.given(%{"type" => "externref", "value" => "null"}) == nil
    one = %{"type" => "externref", "value" => "1"}
    assert Value.matches?(one, Value.given(one))
    refute Value.matches?(one, Value.given(%{one | "value" => "2"}))
    assert Value.matches?(%{"type" => "externref"}, Value.given(one))

    for expected <- [%{"type" => "externref"}, %{"type" => "funcref"}, %{"type" => "eqref"}, one] do
      refute Value.matches?(expected, nil)
    end

    for expected <- [%{"type" => "refnull"}, %{"type" => "nullfuncref"}, %{"type" => "anyref", "value" => "null"}] do
      assert Value.matches?(expected, nil)
      refute Value.matches?(expected, {:host, 1})
    end
  end

  test "either of several, and what components have" do
    either = %{"type" => "either", "values" => [%{"type" => "i32", "value" => "1"}, %{"type" => "i32", "value" => "2"}]}
    assert Enum.map([1, 2, 3], &Value.matches?(either, &1)) == [true, true, false]

    u8 = &%{"type" => "u8", "value" => &1}
    assert Value.given(%{"type" => "list", "value" => [u8.("1"), u8.("255")]}) == <<1, 255>>
    some = %{"type" => "option", "value" => %{"type" => "option", "value" => u8.("1")}}
    assert Value.given(some) == {:some, 1}
    assert Value.given(%{"type" => "result", "value" => %{"Err" => nil}}) == {:error, nil}
    assert Value.given(%{"type" => "variant", "value" => %{"case" => "a", "payload" => u8.("1")}}) == {"a", 1}
    assert Value.given(%{"type" => "record", "value" => [["a", u8.("1")]]}) == %{"a" => 1}
    assert Value.matches?(%{"type" => "flags", "value" => ["a", "b"]}, ["b", "a"])
    refute Value.matches?(%{"type" => "flags", "value" => ["a", "b"]}, ["b"])
  end

  test "as many values as are expected, and errors of the right kind" do
    one = %{"type" => "i32", "value" => "1"}
    assert Expect.values({:ok, nil}, []) == :ok
    assert Expect.values({:ok, {1, 1}}, [one, one]) == :ok
    assert {:error, _} = Expect.values({:ok, 1}, [])
    assert {:error, _} = Expect.values({:ok, 1}, [one, one])
    assert {:error, _} = Expect.values({:ok, {1, 1, 1}}, [one, one])
    assert {:error, _} = Expect.values({:ok, nil}, [one])

    trap = {:error, Error.new(:trap, "wasm trap: unaligned pointer", %{code: :other})}
    assert Expect.trap(trap, "unaligned pointer") == :ok
    assert {:error, _} = Expect.trap(trap, "deadlock")
    # That text stands for a code, whatever the words are.
    assert {:error, _} = Expect.trap({:error, Error.new(:trap, "unreachable", %{code: :other})}, "unreachable")
    assert {:error, _} = Expect.kind({:error, Error.new(:internal, "?")}, [:compile], "type mismatch")
    assert {:error, _} = Expect.exception(trap)
  end
end
