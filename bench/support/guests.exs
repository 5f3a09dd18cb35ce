defmodule Bench.Guests do
  @moduledoc false
  # What the benchmarks call.

  alias Workbooks.Wasm

  @add ~S"""
  (module
    (memory (export "memory") 16)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "spin") (loop (br 0))))
  """

  @doc "`add` of two numbers and `spin`, which never ends; a megabyte of memory."
  def module, do: Wasm.compile!(@add)

  @doc "The same as a component."
  def component, do: @add |> Wasm.componentize!() |> Wasm.compile!()

  @run ~S"""
  (module
    (import "test:host/ops" "apply" (func $apply (param i64) (result i64)))
    (func (export "run") (param i64) (result i64) (call $apply (local.get 0))))
  """

  @doc "`run` calls the host's `apply` once."
  def calling_module, do: Wasm.compile!(@run)

  @doc "The same as a component."
  def calling_component do
    wit = """
    package test:bench;
    world w { import test:host/ops; export run: func(x: s64) -> s64; }
    package test:host { interface ops { apply: func(x: s64) -> s64; } }
    """

    @run |> Wasm.componentize!(wit: wit) |> Wasm.compile!()
  end

  # Each call's arguments are put where those of the call before were.
  @echo ~S"""
  (module
    (memory (export "memory") 4)
    (global $free (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.get $at))
    (func $echo (param $at i32) (param $length i32) (result i32)
      (global.set $free (i32.const 1024))
      (i32.store (i32.const 16) (local.get $at))
      (i32.store (i32.const 20) (local.get $length))
      (i32.const 16))
    (export "test:echo/api#text" (func $echo))
    (export "test:echo/api#bytes" (func $echo))
    (export "test:echo/api#numbers" (func $echo))
    (export "test:echo/api#items" (func $echo)))
  """

  @doc "Functions of test:echo/api that answer what they are given."
  def echo do
    wit = """
    package test:echo;
    interface api {
      record item { id: u32, name: string, score: f64 }
      text: func(it: string) -> string;
      bytes: func(it: list<u8>) -> list<u8>;
      numbers: func(it: list<f64>) -> list<f64>;
      items: func(it: list<item>) -> list<item>;
    }
    world w { export api; }
    """

    @echo |> Wasm.componentize!(wit: wit) |> Wasm.compile!()
  end

  @doc "A module of so many functions, of which no two programs have the same."
  def large(functions) do
    salt = System.unique_integer([:positive])

    body =
      for i <- 1..12 do
        "(local.set 0 (i64.rotl (i64.add (i64.mul (local.get 0) (i64.const #{i * 7919})) (local.get 1)) (i64.const #{i})))" <>
          "(if (i64.gt_u (local.get 0) (local.get 1)) (then (local.set 1 (i64.xor (local.get 0) (i64.const #{i})))))"
      end

    functions =
      for i <- 1..functions do
        "(func (export \"f#{i}\") (param i64 i64) (result i64) #{body} (i64.add (local.get 0) (i64.const #{i * 31 + salt})))"
      end

    Wasm.componentize!(IO.iodata_to_binary(["(module ", functions, ")"]))
  end

  @doc "So many processes, each in a call that does not end by itself; they run when this returns."
  def spinners(0, _component), do: []

  def spinners(count, component) do
    fibers = Wasm.stats().fibers
    pids = for _ <- 1..count, do: spawn(fn -> spin(component) end)
    wait(fn -> Wasm.stats().fibers == fibers + count end)
    pids
  end

  defp spin(component), do: component |> Wasm.instantiate!() |> Wasm.call("spin", [], timeout: :infinity)

  @doc "Ends them, and returns when nothing is left of them."
  def stop(pids) do
    for pid <- pids, do: Process.exit(pid, :kill)
    wait(fn -> Wasm.stats().fibers == 0 and not Enum.any?(pids, &Process.alive?/1) end)
  end

  @doc "Until it is so; half a minute at most."
  def wait(so, tries \\ 30_000) do
    cond do
      so.() ->
        :ok

      tries == 0 ->
        raise "what a benchmark waited for did not come about"

      true ->
        Process.sleep(1)
        wait(so, tries - 1)
    end
  end
end
