defmodule Workbooks.Wasm.Extern do
  @moduledoc """
  An export of a core instance that another may import: a function, memory, global,
  table or tag. `Workbooks.Wasm.export/2` makes it.
  """

  @enforce_keys [:instance, :name, :type]
  defstruct [:instance, :name, :type]

  @type t :: %__MODULE__{instance: Workbooks.Wasm.Instance.t(), name: String.t(), type: tuple}

  defimpl Inspect do
    def inspect(extern, _options), do: "#Workbooks.Wasm.Extern<#{elem(extern.type, 0)} #{extern.name}>"
  end
end
