defmodule Workbooks.Wasm.Module do
  @moduledoc """
  A compiled core module. Any process may hold it and instantiate it; it lives as
  long as somebody does.
  """

  @enforce_keys [:ref, :exports, :imports]
  defstruct [:ref, :exports, :imports]

  @typedoc "Where something is (its name, or its module's name and its own) and its type, such as `{:func, [:i32], [:i32]}`."
  @type extern :: {[String.t()], tuple}
  @type t :: %__MODULE__{ref: reference, exports: [extern], imports: [extern]}

  @doc false
  def new(ref) do
    %__MODULE__{ref: ref, exports: Workbooks.Native.exports(ref), imports: Workbooks.Native.imports(ref)}
  end

  defimpl Inspect do
    def inspect(module, _options) do
      names = for {[name], _type} <- module.exports, do: name
      "#Workbooks.Wasm.Module<#{Enum.join(names, ", ")}>"
    end
  end
end
