defmodule Workbooks.TestGuests do
  @moduledoc false
  # Small components made from text, for the tests of the bridge.

  alias Workbooks.Wasm

  @doc "Compiles a core module of that WIT world."
  def component!(wat, options \\ []) do
    wat |> Wasm.componentize!(options) |> Wasm.compile!()
  end

  @doc "A component whose `echo` answers a list of what it was given."
  def echo(type, declarations \\ "") do
    component!(
      """
      (module
        (memory (export "memory") 1)
        #{allocator()}
        (func (export "echo") (param i32 i32) (result i32)
          (i32.store (i32.const 1024) (local.get 0))
          (i32.store (i32.const 1028) (local.get 1))
          (i32.const 1024)))
      """,
      wit: """
      package test:echo;
      world w {
        #{declarations}
        export echo: func(x: list<#{type}>) -> list<#{type}>;
      }
      """
    )
  end

  @doc "A component of functions that behave badly, and one that behaves."
  def misbehaving(options \\ []), do: misbehaving_wat() |> Wasm.componentize!() |> Wasm.compile!(options)

  @doc "The same as a core module; `grow-or-trap` is `grow_or_trap` there."
  def misbehaving_module(options \\ []), do: Wasm.compile!(misbehaving_wat(), options)

  defp misbehaving_wat do
    """
    (module
      (memory (export "memory") 1)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "spin") (loop (br 0)))
      (func $turns (export "turns") (param i64)
        (loop
          (local.set 0 (i64.sub (local.get 0) (i64.const 1)))
          (br_if 0 (i64.gt_s (local.get 0) (i64.const 0)))))
      (func (export "boom") unreachable)
      (func $recurse (export "recurse") (call $recurse))
      (func (export "recurse_later") (param i64) (call $turns (local.get 0)) (call $recurse))
      (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
      (func (export "peek") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "grow_or_trap") (param i32)
        (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then unreachable))))
    """
  end

  @doc "Counts its calls, in a global: an instance that remembers. It misbehaves too."
  def counting do
    component!("""
    (module
      (global $n (mut i32) (i32.const 0))
      (func (export "count") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.get $n))
      (func (export "spin") (loop (br 0)))
      (func (export "boom") unreachable))
    """)
  end

  @doc "A component that calls `host:math/ops#apply` with its argument and adds one."
  def calling_host do
    component!(
      """
      (module
        (import "host:math/ops@1.0.0" "apply" (func $apply (param i64) (result i64)))
        (func (export "run") (param i64) (result i64)
          (i64.add (call $apply (local.get 0)) (i64.const 1))))
      """,
      wit: """
      package test:host;
      world w {
        import host:math/ops@1.0.0;
        export run: func(x: s64) -> s64;
      }
      package host:math@1.0.0 {
        interface ops { apply: func(x: s64) -> s64; }
      }
      """
    )
  end

  @doc "A component whose `length` asks `host:text/source#get` for a string and answers its bytes."
  def asking_for_text do
    component!(
      """
      (module
        (import "host:text/source" "get" (func $get (param i32)))
        (memory (export "memory") 1)
        #{allocator()}
        (func (export "length") (result i32)
          (call $get (i32.const 1024))
          (i32.load (i32.const 1028))))
      """,
      wit: """
      package test:text;
      world w {
        import host:text/source;
        export length: func() -> u32;
      }
      package host:text {
        interface source { get: func() -> string; }
      }
      """
    )
  end

  # Gives memory and never takes it back.
  defp allocator do
    """
        (global $next (mut i32) (i32.const 4096))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (local $at i32)
          (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
          (global.set $next (i32.add (local.get $at) (local.get 3)))
          (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
            (then (drop (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get 3) (i32.const 65536)))))))
          (local.get $at))
    """
  end
end
