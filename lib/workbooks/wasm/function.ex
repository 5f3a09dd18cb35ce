defmodule Workbooks.Wasm.Function do
  @moduledoc """
  A function reference of a core instance: a `funcref` value. `Workbooks.Wasm.call/4`
  takes it in a name's stead, and so do the tables and functions of its store.
  """

  @enforce_keys [:ref]
  defstruct [:ref]

  @type t :: %__MODULE__{ref: reference}
end
