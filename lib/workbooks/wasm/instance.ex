defmodule Workbooks.Wasm.Instance do
  @moduledoc """
  An instance of a component or a core module: its memory, and at most one call at a
  time. It lives in a store, alone or, core modules that are linked, with others; the
  instances of one store take turns and end together. It ends with its owner, the
  process that made it (or the one named by `owner:`), as a port or an ETS table
  does; any process may call it.
  """

  @enforce_keys [:ref, :program, :host]
  defstruct [:ref, :program, :host, mode: :caller]

  @type t :: %__MODULE__{
          ref: reference,
          program: Workbooks.Wasm.Component.t() | Workbooks.Wasm.Module.t(),
          host: tuple,
          mode: :caller | :isolated
        }

  defimpl Inspect do
    def inspect(instance, _options) do
      names = for export <- instance.program.exports, do: export |> elem(0) |> Enum.join("#")
      state = Workbooks.Native.state(instance.ref)
      kib = div(Workbooks.Native.memory_size(instance.ref), 1024)
      "#Workbooks.Wasm.Instance<#{Enum.join(names, ", ")}; #{state}; #{kib} KiB>"
    end
  end
end
