defmodule Workbooks.Wast.Spectest do
  @moduledoc """
  The module `spectest`, which the specification's tests import. Its functions print what they are
  given; nobody reads that here, so they do nothing and the whole is WebAssembly itself.
  """

  alias Workbooks.Wasm

  @wat """
  (module
    (func (export "print"))
    (func (export "print_i32") (param i32))
    (func (export "print_i64") (param i64))
    (func (export "print_f32") (param f32))
    (func (export "print_f64") (param f64))
    (func (export "print_i32_f32") (param i32 f32))
    (func (export "print_f64_f64") (param f64 f64))
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref)
    (table (export "table64") i64 10 20 funcref)
    (memory (export "memory") 1 2))
  """

  @doc "An instance of it, in a store of its own."
  @spec instantiate!(keyword) :: Wasm.Instance.t()
  def instantiate!(options), do: @wat |> Wasm.compile!() |> Wasm.instantiate!(options)
end
