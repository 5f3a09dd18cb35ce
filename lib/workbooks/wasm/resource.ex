defmodule Workbooks.Wasm.Resource do
  @moduledoc """
  A resource of a component's own, held outside: what its functions give as `own<…>`.

  It is given back as an argument: lent where a `borrow<…>` is expected, handed over
  for good where an `own<…>` is. `drop/2` runs the component's destructor; where
  nobody does, it runs with the next call after the last process forgot the resource.
  """

  alias Workbooks.Native
  alias Workbooks.Wasm.{Driver, Error, Instance}

  @enforce_keys [:ref, :name]
  defstruct [:ref, :name, :instance]

  @typedoc "`instance` is where it lives, for a resource that was a call's result; inside other values it is `nil`."
  @type t :: %__MODULE__{ref: reference, name: String.t(), instance: Instance.t() | nil}

  @doc """
  Ends a resource: its component's destructor runs as a call does. What was handed over
  or dropped before is left alone. Option `:timeout`, 5,000 ms.
  """
  @spec drop(Instance.t(), t, keyword) :: :ok | {:error, Error.t()}
  def drop(%Instance{} = instance, %__MODULE__{ref: ref}, options \\ []) do
    timeout = Driver.timeout(options, "Resource.drop/3")

    with {:ok, nil} <-
           Driver.run(Native.drop_resource(instance.ref, ref, timeout), instance, Driver.context(instance, timeout)) do
      :ok
    end
  end

  defimpl Inspect do
    def inspect(resource, _options), do: "#Workbooks.Wasm.Resource<#{resource.name}>"
  end
end
