defmodule Workbooks.Build.Values do
  @moduledoc """
  What ports carry, and what typed functions take and give.

  Between components values are JSON-like: `nil`, booleans, numbers, strings, lists, maps
  with string keys. By its type each is a WIT value, and back:

  | WIT | JSON-like |
  | --- | --- |
  | `bool`, `string` | itself |
  | integers | a number in range; `3.0` is taken for `3` |
  | `f32`, `f64` | a number. One that is none (`NaN`, infinite) becomes `nil`, as in JSON, and `nil` is not taken for one |
  | `char` | a string of one character |
  | `list<u8>` | a binary; a list of numbers is taken |
  | `list`, `tuple` | a list; for a tuple, Elixir's is taken |
  | `record` | a map; a field that is an option may be left out, no other may be there |
  | `option` | `nil`, or the value |
  | `result` | `%{"ok" => value}`, `%{"error" => value}` |
  | `variant` | its case's name, or `%{name => value}` |
  | `enum` | a name |
  | `flags` | a list of names |
  """

  alias Workbooks.Build.{Problem, Types}

  @integers %{
    s8: {-0x80, 0x7F},
    u8: {0, 0xFF},
    s16: {-0x8000, 0x7FFF},
    u16: {0, 0xFFFF},
    s32: {-0x8000_0000, 0x7FFF_FFFF},
    u32: {0, 0xFFFF_FFFF},
    s64: {-0x8000_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF},
    u64: {0, 0xFFFF_FFFF_FFFF_FFFF}
  }
  @none [:nan, :infinity, :neg_infinity]
  # What is nearer to the greatest float of 32 bits than to the next that would follow.
  @beyond_f32 3.4028235677973366e38
  @max_f64 0x1FFFFFFFFFFFFF * Bitwise.bsl(1, 971)

  @doc """
  The WIT value of a type for a JSON-like one; `name` is what the value is called in what is
  said when there is none.

      iex> alias Workbooks.Build.Values
      iex> Values.to_wit(%{"price" => 3, "tags" => []}, {:record, [{"price", :f64}, {"tags", {:list, :string}}]}, "item")
      {:ok, %{"price" => 3.0, "tags" => []}}
      iex> {:error, problem} = Values.to_wit([%{"price" => 300}], {:list, {:record, [{"price", :u8}]}}, "items")
      iex> {problem.kind, problem.message}
      {:type, "items[0].price: 300 does not fit u8"}
  """
  @spec to_wit(term, Types.t(), String.t()) :: {:ok, term} | {:error, Problem.t()}
  def to_wit(value, type, name) do
    {:ok, to(value, type, [name])}
  catch
    {:unfit, path, message} -> {:error, Problem.new(:type, place(path) <> ": " <> message)}
  end

  @doc """
  As `to_wit/3` for a function's arguments and its parameters.

      iex> Workbooks.Build.Values.arguments([1, "x"], [{"n", :f64}, {"text", :string}])
      {:ok, [1.0, "x"]}
  """
  @spec arguments([term], [{String.t(), Types.t()}]) :: {:ok, [term]} | {:error, Problem.t()}
  def arguments(values, params) when length(values) == length(params) do
    {:ok, Enum.zip_with(values, params, fn value, {name, type} -> to(value, type, [name]) end)}
  catch
    {:unfit, path, message} -> {:error, Problem.new(:type, place(path) <> ": " <> message)}
  end

  def arguments(values, params) do
    takes = if params == [], do: "nothing", else: Enum.map_join(params, ", ", &elem(&1, 0))
    {:error, Problem.new(:type, "the function takes #{takes}, and is given #{length(values)} values")}
  end

  # --- to WIT --------------------------------------------------------------------------------

  defp to(value, :any, _path), do: value
  defp to(value, :bool, _path) when is_boolean(value), do: value

  defp to(value, :string, path) when is_binary(value) do
    if String.valid?(value), do: value, else: unfit(path, "these bytes are no text, which is UTF-8")
  end

  defp to(value, type, path) when is_map_key(@integers, type) and is_integer(value) do
    {min, max} = @integers[type]
    if value >= min and value <= max, do: value, else: unfit(path, "#{shown(value)} does not fit #{type}")
  end

  defp to(value, type, path) when is_map_key(@integers, type) and is_float(value) do
    if Float.floor(value) == value,
      do: to(trunc(value), type, path),
      else: unfit(path, "#{shown(value)} is no whole number, which #{type} is")
  end

  defp to(value, type, _path) when type in [:f32, :f64] and value in @none, do: value
  defp to(value, :f64, _path) when is_float(value), do: value
  defp to(value, :f32, _path) when is_float(value) and abs(value) < @beyond_f32, do: value

  defp to(value, type, path) when type in [:f32, :f64] and is_integer(value) and abs(value) <= @max_f64 do
    to(value * 1.0, type, path)
  end

  defp to(value, type, path) when type in [:f32, :f64] and is_number(value) do
    unfit(path, "#{shown(value)} does not fit #{type}")
  end

  defp to(<<_::utf8>> = value, :char, _path), do: value
  defp to(value, {:list, :u8}, _path) when is_binary(value), do: value
  defp to(value, {:list, :u8}, path), do: value |> items(:u8, {:list, :u8}, path) |> :erlang.list_to_binary()
  defp to(value, {:list, type} = list, path), do: items(value, type, list, path)

  defp to(value, {:list, type, size} = list, path) do
    items = items(value, type, list, path)
    if length(items) == size, do: items, else: unfit(path, "#{shown(value)} does not fit #{Types.text(list)}")
  end

  defp to(value, {:tuple, _types} = tuple, path) when is_tuple(value), do: value |> Tuple.to_list() |> to(tuple, path)

  defp to(value, {:tuple, types} = tuple, path) do
    if proper?(value) and length(value) == length(types) do
      value
      |> Enum.zip(types)
      |> Enum.with_index()
      |> Enum.map(fn {{item, type}, i} -> to(item, type, [i | path]) end)
      |> List.to_tuple()
    else
      expected(value, tuple, path)
    end
  end

  defp to(value, {:record, fields} = record, path) when is_map(value) and not is_struct(value) do
    if map_size(value) == length(fields) and Enum.all?(fields, fn {name, _type} -> is_map_key(value, name) end) do
      Map.new(fields, fn {name, type} -> {Types.wit_name(name), to(Map.fetch!(value, name), type, [name | path])} end)
    else
      otherwise_named(value, record, path)
    end
  end

  defp to(nil, {:option, _type}, _path), do: nil
  defp to(value, {:option, {:option, _} = type}, path), do: {:some, to(value, type, path)}
  defp to(value, {:option, type}, path), do: to(value, type, path)

  defp to(value, {:result, ok, error} = result, path) when is_map(value) and map_size(value) == 1 do
    case Map.to_list(value) do
      [{"ok", value}] -> {:ok, content(value, ok, ["ok" | path])}
      [{"error", value}] -> {:error, content(value, error, ["error" | path])}
      _ -> expected(value, result, path)
    end
  end

  defp to(name, {:variant, cases} = variant, path) when is_binary(name) do
    case List.keyfind(cases, name, 0) do
      {name, nil} -> name
      {name, type} -> unfit(path, "the case #{name} has a value, of type #{short(type)}: give %{\"#{name}\" => value}")
      nil -> expected(name, variant, path)
    end
  end

  defp to(value, {:variant, cases} = variant, path) when is_map(value) and map_size(value) == 1 do
    [{name, content}] = Map.to_list(value)

    case List.keyfind(cases, name, 0) do
      {name, type} when type != nil -> {name, to(content, type, [name | path])}
      _ -> expected(value, variant, path)
    end
  end

  defp to(name, {:enum, names} = enum, path) when is_binary(name) do
    if name in names, do: name, else: expected(name, enum, path)
  end

  defp to(value, {:flags, names} = flags, path) do
    cond do
      not proper?(value) -> expected(value, flags, path)
      unknown = Enum.find(value, &(&1 not in names)) -> expected(unknown, flags, path)
      true -> Enum.filter(names, &(&1 in value))
    end
  end

  defp to(value, {:map, :string, type}, path) when is_map(value) and not is_struct(value) do
    Map.new(value, fn {key, item} -> {to(key, :string, path), to(item, type, [to_string(key) | path])} end)
  end

  defp to(value, {:map, key, type} = map, path) do
    pairs = items(value, {:tuple, [key, type]}, map, path)
    Map.new(pairs)
  end

  defp to(value, type, path), do: expected(value, type, path)

  defp items(value, type, list, path) do
    if proper?(value), do: items(value, 0, type, path, []), else: expected(value, list, path)
  end

  defp items([], _at, _type, _path, done), do: Enum.reverse(done)

  defp items([item | rest], at, type, path, done),
    do: items(rest, at + 1, type, path, [to(item, type, [at | path]) | done])

  defp proper?(value), do: is_list(value) and List.improper?(value) == false

  # With a field that is called otherwise, or missing, or too much.
  defp otherwise_named(value, {:record, fields}, path) do
    given = Map.new(value, fn {key, item} -> {key(key, path), {key, item}} end)
    known = MapSet.new(fields, fn {name, _type} -> Types.wit_name(name) end)

    case Enum.find(given, fn {name, _item} -> name not in known end) do
      {_name, {key, _item}} -> unfit(path, "there is no field #{cut("#{key}", 30)} in #{short({:record, fields})}")
      nil -> Map.new(fields, &field(&1, given, path))
    end
  end

  defp field({name, type}, given, path) do
    wit = Types.wit_name(name)

    case {given, type} do
      {%{^wit => {_key, item}}, _type} -> {wit, to(item, type, [name | path])}
      {_, {:option, _}} -> {wit, nil}
      _ -> unfit(path, "the field #{name} is missing: it is #{short(type)}")
    end
  end

  defp key(key, _path) when is_binary(key), do: Types.wit_name(key)
  defp key(key, _path) when is_atom(key), do: Types.wit_name(Atom.to_string(key))
  defp key(key, path), do: unfit(path, "#{shown(key)} is no field's name")

  defp content(nil, nil, _path), do: nil
  defp content(value, nil, path), do: unfit(path, "no value is expected here, got #{shown(value)}")
  defp content(value, type, path), do: to(value, type, path)

  # --- what is wrong ---------------------------------------------------------------------------

  @spec expected(term, Types.t(), list) :: no_return
  defp expected(value, type, path), do: unfit(path, "expected #{short(type)}, got #{shown(value)}")

  @spec unfit(list, String.t()) :: no_return
  defp unfit(path, message), do: throw({:unfit, path, message})

  defp place(path) do
    [name | steps] = Enum.reverse(path)

    IO.iodata_to_binary([
      name,
      for(step <- steps, do: if(is_integer(step), do: "[#{step}]", else: [".", step]))
    ])
  end

  defp short(type), do: type |> Types.text() |> cut(60)

  defp shown(nil), do: "nothing (null)"
  defp shown(value) when is_integer(value) and abs(value) > 0xFFFF_FFFF_FFFF_FFFF, do: "a number beyond 64 bits"
  defp shown(value) when is_number(value) or is_boolean(value), do: inspect(value)

  defp shown(value) when is_binary(value) do
    if String.valid?(value), do: "the text #{inspect(cut(value, 30))}", else: "#{byte_size(value)} bytes"
  end

  defp shown(value) when is_list(value) do
    if proper?(value), do: "a list of #{length(value)}", else: "no list"
  end

  defp shown(%{} = value) when map_size(value) == 0, do: "an object without keys"

  defp shown(value) when is_map(value) and not is_struct(value) do
    keys = value |> Map.keys() |> Enum.take(5) |> Enum.map_join(", ", &if(is_binary(&1), do: &1, else: inspect(&1)))
    "an object with #{cut(keys, 60)}"
  end

  defp shown(value), do: value |> inspect(limit: 5, printable_limit: 30) |> cut(60)

  defp cut(text, most), do: if(String.length(text) > most, do: String.slice(text, 0, most) <> "…", else: text)

  # --- from WIT --------------------------------------------------------------------------------

  @doc """
  The JSON-like value for a WIT value of a type.

      iex> Workbooks.Build.Values.from_wit({1, :nan}, {:tuple, [:s32, :f64]})
      [1, nil]
      iex> Workbooks.Build.Values.from_wit([{:error, "no"}], {:list, {:result, :s32, :string}})
      [%{"error" => "no"}]
  """
  @spec from_wit(term, Types.t() | nil) :: term
  def from_wit(value, {:list, :u8}), do: value
  def from_wit(value, {:list, type}), do: Enum.map(value, &from_wit(&1, type))
  def from_wit(value, {:list, type, _size}), do: Enum.map(value, &from_wit(&1, type))
  def from_wit(value, {:tuple, types}), do: value |> Tuple.to_list() |> Enum.zip_with(types, &from_wit/2)
  def from_wit(nil, {:option, _type}), do: nil
  def from_wit({:some, value}, {:option, {:option, _} = type}), do: from_wit(value, type)
  def from_wit(value, {:option, type}), do: from_wit(value, type)
  def from_wit({:ok, value}, {:result, type, _}), do: %{"ok" => from_wit(value, type)}
  def from_wit({:error, value}, {:result, _, type}), do: %{"error" => from_wit(value, type)}

  def from_wit(value, {:record, fields}) do
    Map.new(fields, fn {name, type} -> {name, from_wit(Map.fetch!(value, Types.wit_name(name)), type)} end)
  end

  def from_wit({name, value}, {:variant, cases}) do
    {^name, type} = List.keyfind(cases, name, 0)
    %{name => from_wit(value, type)}
  end

  def from_wit(value, {:map, :string, type}), do: Map.new(value, fn {key, item} -> {key, from_wit(item, type)} end)

  def from_wit(value, {:map, key, type}) do
    value |> Enum.sort() |> Enum.map(fn {k, item} -> [from_wit(k, key), from_wit(item, type)] end)
  end

  def from_wit(value, float) when float in [:f32, :f64] and value in @none, do: nil
  def from_wit(value, _type), do: value
end
