defmodule Workbooks.TestWitTypes do
  @moduledoc false
  # WIT types and values, drawn; and what the documentation says becomes of a value.
  #
  # A type is as `Wasm.exports/1` shows those without names, and otherwise
  # {:record, [{name, type}]}, {:variant, [{name, type | nil}]}, {:enum, [name]}, {:flags, [name]}.

  import Workbooks.TestProperty
  alias Workbooks.TestBits

  @integers %{
    s8: -0x80..0x7F,
    u8: 0..0xFF,
    s16: -0x8000..0x7FFF,
    u16: 0..0xFFFF,
    s32: -0x8000_0000..0x7FFF_FFFF,
    u32: 0..0xFFFF_FFFF,
    s64: -0x8000_0000_0000_0000..0x7FFF_FFFF_FFFF_FFFF,
    u64: 0..0xFFFF_FFFF_FFFF_FFFF
  }
  @simple [:bool, :string, :char, :f32, :f64 | Map.keys(@integers)]

  # Among them those that mean something in WIT, in Elixir, or to us.
  @names ~w(a b name some none ok error nil true false record list u8 deep-blue x-1 HTTP-code self export t1 end)

  # --- types ---------------------------------------------------------------------------------

  @doc "A type, nested to `depth` at most."
  def type(0), do: one_of(@simple)

  def type(depth) do
    any_of([
      fn -> one_of(@simple) end,
      fn -> {:list, :u8} end,
      fn -> {:list, type(depth - 1)} end,
      fn -> {:option, type(depth - 1)} end,
      fn -> {:tuple, types(depth)} end,
      fn -> {:record, for(name <- some_of(@names, 1) |> Enum.take(4), do: {name, type(depth - 1)})} end,
      fn -> {:variant, for(name <- some_of(@names, 1) |> Enum.take(5), do: {name, maybe_type(depth)})} end,
      fn -> {:result, maybe_type(depth), maybe_type(depth)} end,
      fn -> {:enum, some_of(@names, 1)} end,
      fn -> {:flags, some_of(@names, 1)} end,
      fn -> {:option, {:option, type(depth - 1)}} end,
      fn -> {:fixed, type(depth - 1), int(1..3)} end,
      fn -> {:map, one_of(@simple -- [:f32, :f64]), type(depth - 1)} end
    ])
  end

  defp types(depth), do: for(_ <- 1..int(1..3), do: type(depth - 1))
  defp maybe_type(depth), do: if(draw(3) == 0, do: nil, else: type(depth - 1))

  # --- values --------------------------------------------------------------------------------

  @doc "A value of a type, as it comes back."
  def value(:bool), do: draw(2) == 1
  def value(:f32), do: float(32, 23)
  def value(:f64), do: float(64, 52)
  def value(:char), do: char()
  def value(:string), do: list_of(&char/0, 12) |> Enum.join()
  def value({:list, :u8}), do: bytes(20)
  def value({:list, type}), do: list_of(fn -> value(type) end, 4)
  def value({:fixed, :u8, size}), do: for(_ <- 1..size, do: value(:u8))
  def value({:fixed, type, size}), do: for(_ <- 1..size, do: value(type))
  def value({:map, key, type}), do: list_of(fn -> {value(key), value(type)} end, 3) |> Map.new()
  def value({:tuple, types}), do: types |> Enum.map(&value/1) |> List.to_tuple()
  def value({:record, fields}), do: Map.new(fields, fn {name, type} -> {name, value(type)} end)
  def value({:enum, names}), do: one_of(names)
  def value({:flags, names}), do: Enum.filter(names, fn _ -> draw(2) == 1 end)
  def value({:option, {:option, _} = some}), do: if(draw(3) == 0, do: nil, else: {:some, value(some)})
  def value({:option, some}), do: if(draw(3) == 0, do: nil, else: value(some))

  def value({:variant, cases}) do
    case one_of(cases) do
      {name, nil} -> name
      {name, type} -> {name, value(type)}
    end
  end

  def value({:result, ok, error}) do
    {side, type} = one_of([{:ok, ok}, {:error, error}])
    {side, if(type, do: value(type))}
  end

  def value(integer) when is_map_key(@integers, integer), do: integer(@integers[integer])

  # The edges come as often as all between them.
  defp integer(min..max//_) do
    any_of([fn -> 0 end, fn -> int(0..min(max, 100)) end, fn -> one_of([min, max]) end, fn -> int(min..max) end])
  end

  defp char do
    code = any_of([fn -> int(?a..?z) end, fn -> int(0..0xFF) end, fn -> int(0x100..0x10FFFF) end])
    # Surrogates are no characters.
    <<if(code in 0xD800..0xDFFF, do: 0xFFFD, else: code)::utf8>>
  end

  defp float(size, mantissa) do
    any_of([
      fn -> int(0..100) * 1.0 end,
      fn -> one_of([-0.0, :nan, :infinity, :neg_infinity]) end,
      # What is special has few bits set: the least of all, the greatest, and their neighbours.
      fn -> bits(int(0..3) * Bitwise.bsl(1, mantissa) + draw(2) + Bitwise.bsl(draw(2), size - 1), size) end,
      fn -> bits(draw(Bitwise.bsl(1, size)), size) end
    ])
  end

  defp bits(bits, size) do
    TestBits.float(bits, size) || :nan
  end

  # --- what becomes of a value ---------------------------------------------------------------

  @doc """
  What the documentation says of a value given for a type: `{:ok, value}` as it comes
  back, or `{:error, path}` with where in it the first mistake is. After a map's key,
  which is described as a person would write it, a path says `[`, and no more.
  """
  def expected(type, value) do
    {:ok, fit(type, value)}
  catch
    {:unfit, path} -> {:error, path |> String.trim_leading(".") |> String.replace(~r/\[\?.*/s, "[")}
  end

  defp unfit(path \\ ""), do: throw({:unfit, path})

  # What is wrong further in is wrong at this place.
  defp at(segment, fun) do
    fun.()
  catch
    {:unfit, path} -> unfit(segment <> path)
  end

  defp fit(:bool, value) when is_boolean(value), do: value
  defp fit(type, value) when type in [:f32, :f64] and value in [:nan, :infinity, :neg_infinity], do: value
  defp fit(:f64, value) when is_float(value), do: value
  defp fit(:f32, value) when is_float(value), do: narrow(value)
  defp fit(float, {:nan, bits}) when float in [:f32, :f64], do: not_a_number(float, bits)

  defp fit(float, value) when float in [:f32, :f64] and value in -0x8000_0000_0000_0000..0xFFFF_FFFF_FFFF_FFFF do
    fit(float, value * 1.0)
  end

  defp fit(:char, value) when is_binary(value) do
    case value do
      <<_::utf8>> -> value
      _ -> unfit()
    end
  end

  defp fit(:string, value) when is_binary(value), do: if(String.valid?(value), do: value, else: unfit())
  defp fit({:list, :u8}, value) when is_binary(value), do: value
  defp fit({:list, :u8}, value), do: :u8 |> items(value) |> :erlang.list_to_binary()
  defp fit({:list, type}, value), do: items(type, value)

  defp fit({:fixed, type, size}, value) do
    items = items(type, value)
    if length(items) == size, do: items, else: unfit()
  end

  defp fit({:map, key, type}, value) when is_map(value) do
    value |> Map.to_list() |> Map.new(fn {k, v} -> at("[?", fn -> {fit(key, k), fit(type, v)} end) end)
  end

  defp fit({:tuple, types}, value) when is_tuple(value) and tuple_size(value) == length(types) do
    types
    |> Enum.zip(Tuple.to_list(value))
    |> Enum.with_index()
    |> Enum.map(fn {{type, item}, i} -> at(".#{i}", fn -> fit(type, item) end) end)
    |> List.to_tuple()
  end

  defp fit({:record, fields}, value) when is_map(value) do
    Map.new(fields, fn {name, type} ->
      at(".#{name}", fn ->
        case {Enum.find(keys(name), &is_map_key(value, &1)), type} do
          {nil, {:option, _}} -> {name, nil}
          {nil, _} -> unfit()
          {key, _} -> {name, fit(type, Map.fetch!(value, key))}
        end
      end)
    end)
  end

  defp fit({:enum, names}, value), do: known(name(value), names)

  defp fit({:flags, names}, value) when is_list(value) and length(value) >= 0 do
    given = for item <- value, do: known(name(item), names)
    Enum.filter(names, &(&1 in given))
  end

  defp fit({:option, _}, nil), do: nil
  defp fit({:option, {:option, _} = some}, {:some, value}), do: {:some, fit(some, value)}
  defp fit({:option, {:option, _}}, _), do: unfit()
  defp fit({:option, some}, value), do: fit(some, value)

  defp fit({:variant, cases}, {tag, content}) do
    name = known(name(tag), Map.keys(Map.new(cases)))

    case at(".#{name}", fn -> content(List.keyfind!(cases, name, 0), {:given, content}) end) do
      {name, nil} -> if List.keyfind!(cases, name, 0) == {name, nil}, do: name, else: {name, nil}
      pair -> pair
    end
  end

  defp fit({:variant, cases}, value) do
    name = known(name(value), Map.keys(Map.new(cases)))
    at(".#{name}", fn -> content(List.keyfind!(cases, name, 0), :none) end) |> elem(0)
  end

  defp fit({:result, ok, error}, value) do
    {side, given} =
      case value do
        side when side in [:ok, :error] -> {side, :none}
        {side, content} when side in [:ok, :error] -> {side, {:given, content}}
        _ -> unfit()
      end

    at(".#{side}", fn -> content({side, if(side == :ok, do: ok, else: error)}, given) end)
  end

  defp fit(integer, value) when is_map_key(@integers, integer) and is_integer(value) do
    if value in @integers[integer], do: value, else: unfit()
  end

  defp fit(_type, _value), do: unfit()

  defp items(type, value) when is_list(value) and length(value) >= 0 do
    for {item, i} <- Enum.with_index(value), do: at("[#{i}]", fn -> fit(type, item) end)
  end

  defp items(_type, _value), do: unfit()

  # A content exactly where there is a type.
  defp content({name, nil}, given) when given in [:none, {:given, nil}], do: {name, nil}
  defp content({_, nil}, _), do: unfit()
  defp content({_, _type}, :none), do: unfit()
  defp content({name, type}, {:given, content}), do: {name, fit(type, content)}

  defp known(name, names), do: if(name in names, do: name, else: unfit())

  defp name(atom) when is_atom(atom), do: atom |> Atom.to_string() |> String.replace("_", "-")
  defp name(text) when is_binary(text), do: if(String.valid?(text), do: text, else: unfit())
  defp name(_), do: unfit()

  defp keys(name), do: [name, String.to_atom(name), name |> String.replace("-", "_") |> String.to_atom()]

  # Components know one not-a-number; the payload is no number of ours.
  defp not_a_number(:f32, bits) when bits in 0..0xFFFF_FFFF, do: bits(bits, 32) |> special(bits, 32, 23)
  defp not_a_number(:f64, bits) when bits in 0..0xFFFF_FFFF_FFFF_FFFF, do: bits(bits, 64) |> special(bits, 64, 52)
  defp not_a_number(_, _), do: unfit()

  defp special(:nan, bits, size, mantissa) do
    if rem(bits, Bitwise.bsl(1, mantissa)) == 0, do: infinity(bits, size), else: :nan
  end

  defp special(float, _bits, _size, _mantissa), do: float

  defp infinity(bits, size), do: if(Bitwise.bsr(bits, size - 1) == 1, do: :neg_infinity, else: :infinity)

  # As wide as it can be in 32 bits, or infinite.
  defp narrow(value) do
    <<float::float-32>> = <<value::float-32>>
    float
  rescue
    _ -> if value > 0, do: :infinity, else: :neg_infinity
  end

  # --- other ways to write a value -----------------------------------------------------------

  @doc "The same value as somebody else might write it: what is taken, but does not come back so."
  def otherwise(type, value), do: if(draw(2) == 0, do: inside(type, value), else: other(type, inside(type, value)))

  defp other(type, value) when type in [:f32, :f64] and is_float(value) and value != 0 do
    if trunc(value) == value and abs(value) < 1.0e9, do: trunc(value), else: value
  end

  defp other({:list, :u8}, value), do: :binary.bin_to_list(value)
  defp other({:enum, _}, name), do: atom(name)
  defp other({:flags, _}, names), do: Enum.reverse(names) ++ Enum.map(names, &atom/1)
  defp other({:variant, _}, name) when is_binary(name), do: one_of([atom(name), {name, nil}, {atom(name), nil}])
  defp other({:variant, _}, {name, value}), do: {atom(name), value}
  defp other({:result, nil, _}, {:ok, nil}), do: :ok
  defp other({:result, _, nil}, {:error, nil}), do: :error

  defp other({:record, fields}, map) do
    for {name, type} <- fields, not (match?({:option, _}, type) and map[name] == nil), into: %{"more" => self()} do
      {Enum.at(keys(name), draw(3)), map[name]}
    end
  end

  defp other(_type, value), do: value

  # nil is the value that is none, and is not taken for a name where there may be one.
  defp atom("nil"), do: "nil"
  defp atom(name), do: Enum.at(keys(name), 1 + draw(2))

  defp inside({:list, :u8}, value), do: value
  defp inside({:list, type}, value), do: Enum.map(value, &otherwise(type, &1))
  defp inside({:fixed, type, _}, value), do: Enum.map(value, &otherwise(type, &1))
  defp inside({:map, _, type}, value), do: Map.new(value, fn {k, v} -> {k, otherwise(type, v)} end)
  defp inside({:record, fields}, value), do: Map.new(fields, fn {name, t} -> {name, otherwise(t, value[name])} end)
  defp inside({:option, _}, nil), do: nil
  defp inside({:option, {:option, _} = some}, {:some, value}), do: {:some, otherwise(some, value)}
  defp inside({:option, some}, value), do: otherwise(some, value)
  defp inside({:result, ok, _}, {:ok, value}) when ok != nil, do: {:ok, otherwise(ok, value)}
  defp inside({:result, _, error}, {:error, value}) when error != nil, do: {:error, otherwise(error, value)}

  defp inside({:variant, cases}, {name, value}) do
    {_, type} = List.keyfind!(cases, name, 0)
    {name, otherwise(type, value)}
  end

  defp inside({:tuple, types}, value) do
    types |> Enum.zip(Tuple.to_list(value)) |> Enum.map(fn {t, v} -> otherwise(t, v) end) |> List.to_tuple()
  end

  defp inside(_type, value), do: value
end
