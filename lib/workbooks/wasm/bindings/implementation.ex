defmodule Workbooks.Wasm.Bindings.Implementation do
  @moduledoc false
  # A module in the place of an imported interface's functions.

  alias Workbooks.Wasm.Bindings.Names

  # Under this name the module for functions that the world itself imports.
  @root "$root"

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

  @doc """
  `imports` with the functions of modules in the place of modules, for a component that
  imports `signatures`. A function that a module lacks is not there, as in a map.
  """
  def expand(signatures, imports) do
    {root, imports} = Map.pop(imports, @root, %{})
    names = Enum.group_by(signatures, &interface/1, fn {path, params, _result} -> {List.last(path), length(params)} end)

    imports
    |> Map.new(fn {interface, given} -> {interface, functions(given, names_of(names, interface))} end)
    |> Map.merge(functions(root, Map.get(names, nil, [])))
  end

  defp interface({[interface, _name], _params, _result}), do: interface
  defp interface({_path, _params, _result}), do: nil

  # An interface may be named without its version.
  defp names_of(names, interface) do
    names[interface] ||
      Enum.find_value(names, [], fn {name, of_it} -> name && hd(String.split(name, "@")) == interface && of_it end)
  end

  defp functions(module, names) when is_atom(module) and module != nil do
    for {name, arity} <- names, {:ok, function} <- [fetch(module, name, arity)], into: %{}, do: {name, function}
  end

  defp functions(given, _names), do: given
end
