defmodule Workbooks.Wasm.Module do
  @moduledoc """
  A compiled core module. Any process may hold it and instantiate it; it lives as
  long as somebody does.
  """

  @enforce_keys [:ref, :exports, :imports]
  defstruct [:ref, :exports, :imports]

  @typedoc "What is exported or imported: a name, or a module's name and a name, and its type."
  @type extern :: {String.t() | [String.t()], tuple}
  @type t :: %__MODULE__{ref: reference, exports: [extern], imports: [extern]}

  @doc false
  def new(ref) do
    %__MODULE__{ref: ref, exports: Workbooks.Native.module_exports(ref), imports: Workbooks.Native.module_imports(ref)}
  end

  defimpl Inspect do
    def inspect(module, _options) do
      names = for {name, _type} <- module.exports, do: name |> List.wrap() |> Enum.join("#")
      "#Workbooks.Wasm.Module<#{Enum.join(names, ", ")}>"
    end
  end
end
