defmodule Workbooks.Bang do
  @moduledoc false
  # Functions that raise what their namesakes answer as an error.

  @doc """
  Defines `name!` for each `name: arity` of a module's functions that answer
  `{:ok, value}` or `{:error, exception}`.
  """
  defmacro defbang(functions) do
    for {name, arity} <- functions do
      bang = :"#{name}!"
      arguments = Macro.generate_arguments(arity, __MODULE__)
      types = List.duplicate(quote(do: term), arity)
      doc = "As `#{name}/#{arity}`; raises `Workbooks.Wasm.Error`."

      quote do
        @doc unquote(doc)
        @spec unquote(bang)(unquote_splicing(types)) :: term
        def unquote(bang)(unquote_splicing(arguments)) do
          case unquote(name)(unquote_splicing(arguments)) do
            {:ok, value} -> value
            {:error, error} -> raise error
          end
        end
      end
    end
  end
end
