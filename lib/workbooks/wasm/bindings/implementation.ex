defmodule Workbooks.Wasm.Bindings.Implementation do
  @moduledoc false
  # A module in the place of an imported interface's functions.

  alias Workbooks.Wasm.Bindings.Names

  @doc """
  The function of `module` for the import called `name`, WIT's name, with so many parameters.

      iex> {:ok, function} = Workbooks.Wasm.Bindings.Implementation.fetch(String, "to-integer", 1)
      iex> function.("12")
      12
      iex> Workbooks.Wasm.Bindings.Implementation.fetch(String, "to-nothing", 1)
      :error
  """
  def fetch(module, name, arity) do
    # What is no atom is no function's name either.
    function = String.to_existing_atom(Names.callback(name))

    if Code.ensure_loaded?(module) and function_exported?(module, function, arity),
      do: {:ok, Function.capture(module, function, arity)},
      else: :error
  rescue
    ArgumentError -> :error
  end
end
