defmodule Workbooks.Wasm.Instance do
  @moduledoc """
  A component's instance: a store of its own, its memory, and at most one call at
  a time. It ends with its owner, the process that made it (or the one named by
  `owner:`), as a port or an ETS table does; any process may call it.
  """

  @enforce_keys [:ref, :component, :host]
  defstruct [:ref, :component, :host]

  @type t :: %__MODULE__{ref: reference, component: Workbooks.Wasm.Component.t(), host: tuple}

  defimpl Inspect do
    def inspect(instance, _options) do
      names = for {path, _, _} <- instance.component.exports, do: Enum.join(path, "#")
      state = Workbooks.Native.state(instance.ref)
      kib = div(Workbooks.Native.memory_size(instance.ref), 1024)
      "#Workbooks.Wasm.Instance<#{Enum.join(names, ", ")}; #{state}; #{kib} KiB>"
    end
  end
end
