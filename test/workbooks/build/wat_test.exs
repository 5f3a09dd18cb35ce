defmodule Workbooks.Build.WatTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Build, Wasm}
  alias Workbooks.Build.{Call, Source}

  defp compile(text, parts \\ []),
    do: Build.compile(struct!(%Source{id: "t/block", language: "wat", text: text}, parts))

  defp call!(text, sig, inputs) do
    {:ok, artifact} = compile(text, sig: sig)
    Build.call(artifact, inputs)
  end

  @point """
  (module (memory (export "memory") 1)
    (func (export "mirror_point") (param f64 f64) (result i32)
      (f64.store (i32.const 0) (local.get 1))
      (f64.store (i32.const 8) (local.get 0))
      (i32.const 0)))
  """

  test "a record in and out, by the names of the :sig:" do
    sig = "mirrorPoint(p: record{firstX: f64, y: f64}) -> record{x: f64, newY: f64}"
    assert call!(@point, sig, [%{"firstX" => 1, "y" => 2.5}]) == {:ok, %{"x" => 2.5, "newY" => 1.0}}

    assert {:error, %{kind: :type, message: "p: the field y is missing: it is f64"}} =
             call!(@point, sig, [%{"firstX" => 1}])
  end

  test "records in lists and records" do
    text = """
    (module (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 1024))
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (i32.and (i32.add (local.get 3) (i32.const 15)) (i32.const -16)))))
      (func (export "total") (param $at i32) (param $n i32) (result f64) (local $sum f64)
        (block $done (loop $more
          (br_if $done (i32.eqz (local.get $n)))
          (local.set $sum (f64.add (local.get $sum)
            (f64.mul (f64.load (local.get $at)) (f64.convert_i32_u (i32.load8_u offset=8 (local.get $at))))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $more)))
        (local.get $sum)))
    """

    sig = "total(rows: list<record{price: record{net: f64}, pieces: u8}>) -> f64"
    row = &%{"price" => %{"net" => &1}, "pieces" => &2}
    assert call!(text, sig, [[row.(1.5, 2), row.(10, 3)]]) == {:ok, 33.0}

    assert {:error, %{message: "rows[1].pieces: 256 does not fit u8"}} = call!(text, sig, [[row.(1, 2), row.(1, 256)]])
  end

  test "a module that asks WASI for random numbers and the time gets those of the run" do
    text = """
    (module
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func $time (param i32 i64 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "draw") (result i64)
        (drop (call $random (i32.const 8) (i32.const 8)))
        (drop (call $time (i32.const 0) (i64.const 1) (i32.const 16)))
        (i64.add (i64.load (i32.const 8)) (i64.load (i32.const 16)))))
    """

    {:ok, artifact} = compile(text)
    draw = fn seed -> Build.call(artifact, [], Call.environment(seed: seed)) end
    assert {:ok, number} = draw.(1)
    assert draw.(1) == {:ok, number}
    refute draw.(2) == {:ok, number}
    refute draw.(nil) == draw.(nil)

    {:ok, typed} = compile(text, sig: "draw() -> s64")
    assert Build.call(typed, [], Call.environment(seed: 1)) == {:ok, number}
  end

  test "what is neither WASI's nor the :sig:'s cannot be imported" do
    assert {:error, %{kind: :import, message: message}} = compile(~S|(module (import "env" "f" (func)))|)
    assert message =~ "imports f from env"

    assert {:error, %{kind: :compile, message: message}} =
             compile(~S|(module (import "env" "f" (func)) (func (export "g")))|, sig: "g()")

    assert message =~ "env"
  end

  test "a component's text has types of its own, which the :sig: must say" do
    {:ok, component} = Wasm.componentize(~S|(module (func (export "f") (param i32) (result i32) (local.get 0)))|)
    # A component's bytes stand for its text.
    assert {:ok, _artifact} = compile(component, sig: "f(n: s32) -> s32")
    assert {:error, %{kind: :signature, message: message}} = compile(component, sig: "f(n: string) -> s32")
    assert message == "the :sig: says f(n: string) -> s32, the component exports f(p0: s32) -> s32"
  end

  test "a :sig: that is no WIT is refused before anything is assembled" do
    assert {:error, %{kind: :signature}} = compile(@point, sig: "größe() -> f64")
    assert {:error, %{kind: :compile, message: message}} = compile(@point, sig: "mirrorPoint(x: string) -> f64")
    assert message =~ "mirror-point"
  end
end
