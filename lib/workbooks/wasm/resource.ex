defmodule Workbooks.Wasm.Resource do
  @moduledoc """
  A resource of a component's own, held outside: what its functions give as `own<…>`.

  It is given back as an argument: lent where a `borrow<…>` is expected, handed over
  for good where an `own<…>` is. `Workbooks.Wasm.drop/3` runs the component's destructor;
  where nobody does, it runs with the next call after the last process forgot the resource.
  """

  @enforce_keys [:ref, :name]
  defstruct [:ref, :name, :instance]

  @typedoc "`instance` is where it lives, for a resource that was a call's result; inside other values it is `nil`."
  @type t :: %__MODULE__{ref: reference, name: String.t(), instance: Workbooks.Wasm.Instance.t() | nil}

  defimpl Inspect do
    def inspect(resource, _options), do: "#Workbooks.Wasm.Resource<#{resource.name}>"
  end
end
