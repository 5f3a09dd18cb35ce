defmodule Workbooks.Wasm.Reference do
  @moduledoc """
  A reference to something inside a store, as core modules with garbage collection or
  exceptions give it. It keeps what it refers to alive, and only instances of that
  store take it back. `value` is the number that an `:i31` is.
  """

  @enforce_keys [:ref, :kind]
  defstruct [:ref, :kind, :value]

  @type t :: %__MODULE__{
          ref: reference,
          kind: :i31 | :struct | :array | :exn | :extern | :any,
          value: integer | nil
        }
end
