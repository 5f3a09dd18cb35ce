defmodule Workbooks.Wasm.Bindings.Types do
  @moduledoc false
  # WIT types as Elixir's.

  alias Workbooks.Wasm.Bindings.Names

  @integers %{
    u8: {0, 0xFF},
    u16: {0, 0xFFFF},
    u32: {0, 0xFFFF_FFFF},
    u64: {0, 0xFFFF_FFFF_FFFF_FFFF},
    s8: {-0x80, 0x7F},
    s16: {-0x8000, 0x7FFF},
    s32: {-0x8000_0000, 0x7FFF_FFFF},
    s64: {-0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF}
  }

  @doc """
  The definitions of an interface's types for its module.

  `scope` says where: `%{names: names, side: :exports | :imports, module: module}`.
  """
  def definitions(types, scope) do
    for %{name: name} = type <- types do
      quote do
        @typedoc unquote(typedoc(type, scope))
        @type unquote({Names.type(name), [], []}) :: unquote(definition(type.type, scope))
      end
    end
  end

  @doc "A type as it is used, in a specification."
  def ast(type, scope)
  def ast(:bool, _scope), do: quote(do: boolean)
  def ast(:char, _scope), do: quote(do: String.t())
  def ast(:string, _scope), do: quote(do: String.t())
  def ast(float, _scope) when float in [:f32, :f64], do: quote(do: float | :nan | :infinity | :neg_infinity)

  def ast(integer, _scope) when is_map_key(@integers, integer) do
    {first, last} = @integers[integer]
    quote(do: unquote(first)..unquote(last))
  end

  def ast({:list, :u8}, _scope), do: quote(do: binary)
  def ast({:list, item}, scope), do: [ast(item, scope)]
  def ast({:fixed_list, item, _length}, scope), do: [ast(item, scope)]

  def ast({:tuple, items}, scope), do: {:{}, [], Enum.map(items, &ast(&1, scope))}

  # One option in another has to tell the inner nil from the outer.
  def ast({:option, {:option, _} = inner}, scope), do: union([{:some, ast(inner, scope)}, nil])
  def ast({:option, some}, scope), do: union([ast(some, scope), nil])

  def ast({:result, ok, error}, scope) do
    quote(do: {:ok, unquote(side(ok, scope))} | {:error, unquote(side(error, scope))})
  end

  def ast({:map, key, value}, scope) do
    quote(do: %{optional(unquote(ast(key, scope))) => unquote(ast(value, scope))})
  end

  def ast({handle, name}, scope) when handle in [:own, :borrow, :named], do: named(name, scope)
  # Futures, streams: nothing is known of their values.
  def ast(_other, _scope), do: quote(do: term)

  @doc "As `ast/2`; what has no value is nil."
  def side(nil, _scope), do: nil
  def side(type, scope), do: ast(type, scope)

  defp named({_interface, name} = type, %{names: names, side: side, module: here}) do
    case Names.type_module(names, side, type) do
      nil -> quote(do: term)
      ^here -> {Names.type(name), [], []}
      module -> {{:., [], [module, Names.type(name)]}, [], []}
    end
  end

  defp definition({:record, []}, _scope), do: quote(do: %{})

  defp definition({:record, fields}, scope) do
    quote(do: %{required(String.t()) => unquote(union(for(field <- fields, do: ast(field.type, scope))))})
  end

  defp definition({:variant, cases}, scope) do
    content = for %{type: type} <- cases, type != nil, do: ast(type, scope)
    plain = if Enum.any?(cases, &is_nil(&1.type)), do: [quote(do: String.t())], else: []
    union(plain ++ if(content == [], do: [], else: [quote(do: {String.t(), unquote(union(content))})]))
  end

  defp definition({:enum, _cases}, _scope), do: quote(do: String.t())
  defp definition({:flags, _flags}, _scope), do: quote(do: [String.t()])
  defp definition(:resource, _scope), do: quote(do: Workbooks.Wasm.Resource.t())
  defp definition({:alias, type}, scope), do: ast(type, scope)

  defp union([]), do: quote(do: term)

  defp union(types) do
    # `a | b | c` is `a | (b | c)`.
    [last | others] = types |> Enum.flat_map(&members/1) |> Enum.uniq_by(&Macro.to_string/1) |> Enum.reverse()
    Enum.reduce(others, last, fn type, union -> quote(do: unquote(type) | unquote(union)) end)
  end

  defp members({:|, _, [first, others]}), do: members(first) ++ members(others)
  defp members(type), do: [type]

  defp typedoc(%{docs: docs, type: type, name: name}, scope) do
    [docs, contents(type, name, scope)] |> Enum.reject(&is_nil/1) |> Enum.join("\n\n")
  end

  defp contents({:record, fields}, name, scope), do: list("The record `#{name}`, a map with these keys:", fields, scope)
  defp contents({:variant, cases}, name, scope), do: list("The variant `#{name}`, one of:", cases, scope)
  defp contents({:enum, cases}, name, scope), do: list("The enum `#{name}`, one of:", cases, scope)
  defp contents({:flags, flags}, name, scope), do: list("The flags `#{name}`, a list of any of:", flags, scope)
  defp contents(:resource, name, _scope), do: "The resource `#{name}`."
  defp contents({:alias, _type}, _name, _scope), do: nil

  defp list(title, members, scope) do
    lines =
      for %{name: name, type: type, docs: docs} <- members do
        type = if type, do: " - `#{Macro.to_string(ast(type, scope))}`"
        docs = if docs, do: ": " <> String.replace(docs, ~r/\s*\n\s*/, " ")
        ~s(  * `"#{name}"`#{type}#{docs})
      end

    Enum.join([title, "" | lines], "\n")
  end
end
