defmodule Workbooks.Wasm.Component do
  @moduledoc """
  A compiled component. Any process may hold it and instantiate it; it lives as
  long as somebody does.
  """

  @enforce_keys [:ref, :exports, :imports]
  defstruct [:ref, :exports, :imports]

  @typedoc "A WIT type: an atom such as `:string`, or a tuple such as `{:list, :u8}`."
  @type wit_type :: atom | tuple
  @typedoc "Where a function is (its interface and name, or its name), its parameters and its result."
  @type signature :: {[String.t()], [{String.t(), wit_type}], wit_type | nil}
  @typedoc "As a signature, with what it is: `:func`, `:resource` for what hears of a resource's end, or the name of something values cannot give."
  @type import :: {[String.t()], [{String.t(), wit_type}], wit_type | nil, :func | :resource | String.t()}
  @type t :: %__MODULE__{ref: reference, exports: [signature], imports: [import]}

  @doc false
  def new(ref) do
    %__MODULE__{ref: ref, exports: Workbooks.Native.exports(ref), imports: Workbooks.Native.imports(ref)}
  end

  defimpl Inspect do
    def inspect(component, _options) do
      names = for {path, _, _} <- component.exports, do: Enum.join(path, "#")
      "#Workbooks.Wasm.Component<#{Enum.join(names, ", ")}>"
    end
  end
end
