defmodule Workbooks.Wasm.Bindings.Functions do
  @moduledoc false
  # Functions that call exports, and callbacks for imports.

  alias Workbooks.Wasm.Bindings.{Names, Types}

  @doc """
  Functions of `module` for `functions` of `interface` (`nil` for the world): each with options,
  documented and specified, and its bang form.
  """
  def definitions(functions, interface, module, scope) do
    for {name, function} <- Names.functions(functions, module, scope.names) do
      definition(name, function, if(interface, do: [interface, function.name], else: function.name), scope)
    end
  end

  defp definition(name, function, path, scope) do
    {on, on_type, params} = subject(function)
    variables = Names.variables(params, ["options", on])
    on = on |> String.to_atom() |> Macro.var(Names)
    arguments = if match?({:method, _}, function.kind), do: [on | variables], else: variables
    types = [on_type | Enum.map(params, fn {_name, type} -> Types.ast(type, scope) end)]
    result = Types.side(function.result, scope)
    bang = :"#{name}!"
    as = "As `#{name}/#{length(types) + 1}`; raises `Workbooks.Wasm.Error`."

    quote do
      @doc unquote(doc(function))
      @spec unquote(name)(unquote_splicing(types)) :: {:ok, unquote(result)} | {:error, Workbooks.Wasm.Error.t()}
      @spec unquote(name)(unquote_splicing(types), keyword) :: Workbooks.Wasm.Bindings.answer(unquote(result))
      def unquote({:unquote, [], [name]})(unquote(on), unquote_splicing(variables), options \\ []) do
        Workbooks.Wasm.Bindings.Runtime.call(unquote(on), unquote(path), unquote(arguments), options)
      end

      @doc unquote(as)
      @spec unquote(bang)(unquote_splicing(types)) :: unquote(result)
      @spec unquote(bang)(unquote_splicing(types), keyword) :: unquote(result) | {unquote(result), map}
      def unquote(bang)(unquote(on), unquote_splicing(variables), options \\ []) do
        Workbooks.Wasm.Bindings.Runtime.call!(unquote(on), unquote(path), unquote(arguments), options)
      end
    end
  end

  # What a function is called on.
  defp subject(%{kind: {:method, resource}, params: [_self | params]}) do
    name = String.replace(resource, "-", "_")
    {name, quote(do: Workbooks.Wasm.Resource.t()), params}
  end

  defp subject(%{params: params}), do: {"instance", quote(do: Workbooks.Wasm.Bindings.target()), params}

  @doc "Callbacks for the functions of an imported interface, and which of them need not be there."
  def callbacks(%{functions: functions, types: types}, scope) do
    dropped = for %{name: name, type: :resource} <- types, do: drop(name)
    named = for function <- functions, do: {String.to_atom(Names.callback(function.name)), function}

    callbacks =
      for {name, function} <- Enum.uniq_by(named, fn {name, function} -> {name, length(function.params)} end) do
        params = for {variable, type} <- variables(function.params), do: {:"::", [], [variable, Types.ast(type, scope)]}
        result = if function.result, do: Types.ast(function.result, scope), else: quote(do: term)

        quote do
          @doc unquote(doc(function))
          @callback unquote(name)(unquote_splicing(params)) :: unquote(result)
        end
      end

    callbacks ++ dropped
  end

  defp variables(params) do
    Enum.zip(Names.variables(params, []), Enum.map(params, &elem(&1, 1)))
  end

  defp drop(resource) do
    name = String.to_atom(Names.callback("[resource-drop]" <> resource))

    quote do
      @doc unquote("The guest has dropped its last handle of a `#{resource}`. Need not be there.")
      @callback unquote(name)(term) :: term
      @optional_callbacks [{unquote(name), 1}]
    end
  end

  defp doc(%{docs: docs, wit: wit, async: async}) do
    waits = if async, do: "It may wait: WIT declares it `async`."
    [docs, "    " <> wit, waits] |> Enum.reject(&is_nil/1) |> Enum.join("\n\n")
  end
end
