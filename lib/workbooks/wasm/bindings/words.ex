defmodule Workbooks.Wasm.Bindings.Words do
  @moduledoc false
  # Words of a WIT document for a component's world, which came without.

  alias Workbooks.Wasm.Error

  @doc "The component's world with the words of `wit`; an error where the WIT exports what the component does not."
  def add(world, wit, file) do
    missing =
      for %{name: name, functions: functions} <- wit.exports,
          own = Enum.find(world.exports, %{functions: []}, &(&1.name == name)),
          function <- functions,
          not Enum.any?(own.functions, &(&1.name == function.name and &1.wit == function.wit)),
          do: if(name, do: "#{name}#", else: "") <> function.wit

    case missing do
      [] ->
        {:ok,
         %{
           world
           | name: wit.name,
             docs: world.docs || wit.docs,
             imports: interfaces(world.imports, wit.imports),
             exports: interfaces(world.exports, wit.exports),
             files: world.files ++ wit.files
         }}

      missing ->
        message =
          "#{file} does not export what the WIT says: #{Enum.join(missing, "; ")}. " <>
            "Build the component anew, or give the WIT it was built from"

        {:error, Error.new(:compile, message)}
    end
  end

  defp interfaces(interfaces, with_words) do
    merge(interfaces, with_words, fn interface, words ->
      %{
        interface
        | types: merge(interface.types, words.types, &definition/2),
          functions: merge(interface.functions, words.functions, fn function, _words -> function end)
      }
    end)
  end

  defp definition(%{type: {kind, members}} = type, %{type: {kind, words}}) when is_list(members) do
    %{type | type: {kind, merge(members, words, fn member, _words -> member end)}}
  end

  defp definition(type, _words), do: type

  defp merge(items, with_words, inner) do
    for item <- items do
      case Enum.find(with_words, &(&1.name == item.name)) do
        nil -> item
        words -> inner.(%{item | docs: item.docs || words.docs}, words)
      end
    end
  end
end
