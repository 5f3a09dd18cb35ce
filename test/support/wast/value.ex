defmodule Workbooks.Wast.Value do
  @moduledoc """
  Values as a converted `.wast` file writes them, and those of `Workbooks.Wasm`: `given/1` makes an
  argument, `matches?/2` compares a result. Floats are compared by their bits.
  """

  alias Workbooks.{TestBits, Wasm}

  # What stands for the host's own value number `n`.
  defp host(n), do: {:host, String.to_integer(n)}

  @doc "The term to call with."
  @spec given(map) :: term
  def given(%{"type" => "f32", "value" => bits}), do: float(String.to_integer(bits), 32)
  def given(%{"type" => "f64", "value" => bits}), do: float(String.to_integer(bits), 64)

  def given(%{"type" => "v128"} = vector),
    do: for({bits, size} <- lanes(vector), into: <<>>, do: <<bits::little-size(size)>>)

  def given(%{"type" => type, "value" => n}) when type in ~w(externref anyref) and n != "null", do: host(n)
  def given(%{"type" => type}) when type in ~w(externref anyref funcref exnref nullref), do: nil

  def given(%{"type" => type, "value" => value}) when type in ~w(bool char string flags), do: value
  def given(%{"type" => "list", "value" => items}), do: items |> Enum.map(&given/1) |> list(items)
  def given(%{"type" => "tuple", "value" => items}), do: items |> Enum.map(&given/1) |> List.to_tuple()
  def given(%{"type" => "record", "value" => fields}), do: Map.new(fields, fn [name, value] -> {name, given(value)} end)
  def given(%{"type" => "enum", "value" => name}), do: name
  def given(%{"type" => "variant", "value" => %{"case" => name, "payload" => value}}), do: {name, given(value)}
  def given(%{"type" => "variant", "value" => %{"case" => name}}), do: name
  def given(%{"type" => "option", "value" => nil}), do: nil
  def given(%{"type" => "option", "value" => %{"type" => "option"} = inner}), do: {:some, given(inner)}
  def given(%{"type" => "option", "value" => value}), do: given(value)
  def given(%{"type" => "result", "value" => %{"Ok" => value}}), do: {:ok, value && given(value)}
  def given(%{"type" => "result", "value" => %{"Err" => value}}), do: {:error, value && given(value)}

  def given(%{"type" => type, "value" => n}) when type in ~w(i32 i64 u8 s8 u16 s16 u32 s32 u64 s64) do
    String.to_integer(n)
  end

  # A list of bytes is a binary.
  defp list(bytes, [%{"type" => "u8"} | _]), do: :erlang.list_to_binary(bytes)
  defp list(items, _), do: items

  @doc "Whether a result is what a file expects."
  @spec matches?(map, term) :: boolean
  def matches?(%{"type" => "either", "values" => values}, actual), do: Enum.any?(values, &matches?(&1, actual))
  def matches?(%{"type" => "f32", "value" => bits}, actual), do: float?(bits, actual, 32)
  def matches?(%{"type" => "f64", "value" => bits}, actual), do: float?(bits, actual, 64)

  def matches?(%{"type" => "v128", "lane_type" => type, "value" => values}, <<_::128>> = actual) do
    size = size(type)
    lanes = TestBits.lanes(actual, size)

    values
    |> Enum.zip(lanes)
    |> Enum.all?(fn {value, lane} ->
      if type in ~w(f32 f64), do: bits?(value, lane, size), else: wrap(value, size) == lane
    end)
  end

  # References. Without a value any but null is meant; where the kind is named, one of that kind.
  def matches?(%{"type" => "refnull"}, actual), do: actual == nil
  def matches?(%{"type" => "null" <> _}, actual), do: actual == nil
  def matches?(%{"type" => _, "value" => "null"}, actual), do: actual == nil
  def matches?(%{"type" => "funcref"}, actual), do: is_struct(actual, Wasm.Function)
  def matches?(%{"type" => type, "value" => n}, actual) when type in ~w(externref anyref), do: actual == host(n)
  def matches?(%{"type" => type}, actual) when type in ~w(externref anyref), do: actual != nil
  def matches?(%{"type" => "exnref"}, actual), do: reference?(actual, [:exn])
  def matches?(%{"type" => "i31ref"}, actual), do: reference?(actual, [:i31])
  def matches?(%{"type" => "structref"}, actual), do: reference?(actual, [:struct])
  def matches?(%{"type" => "arrayref"}, actual), do: reference?(actual, [:array])
  def matches?(%{"type" => "eqref"}, actual), do: reference?(actual, [:i31, :struct, :array])

  # What components have. The order of flags says nothing.
  def matches?(%{"type" => "flags", "value" => names}, actual) do
    is_list(actual) and Enum.sort(names) == Enum.sort(actual)
  end

  def matches?(expected, actual), do: given(expected) === actual

  defp reference?(actual, kinds), do: is_struct(actual, Wasm.Reference) and actual.kind in kinds

  defp float?(expected, actual, size) do
    case actual do
      {:nan, bits} -> bits?(expected, bits, size)
      :infinity -> bits?(expected, infinity(size, 0), size)
      :neg_infinity -> bits?(expected, infinity(size, 1), size)
      float when is_float(float) -> bits?(expected, bits(float, size), size)
      _ -> false
    end
  end

  # A canonical NaN has the first bit of its payload alone, an arithmetic one has it at least;
  # the sign is free.
  defp bits?("nan:canonical", bits, size), do: rem(bits, sign(size)) == infinity(size, 0) + quiet(size)
  defp bits?("nan:arithmetic", bits, size), do: rem(bits, sign(size)) >= infinity(size, 0) + quiet(size)
  defp bits?(expected, bits, _size), do: String.to_integer(expected) == bits

  defp sign(32), do: 0x8000_0000
  defp sign(64), do: 0x8000_0000_0000_0000
  defp quiet(32), do: 0x0040_0000
  defp quiet(64), do: 0x0008_0000_0000_0000
  defp infinity(size, 0), do: sign(size) - 2 * quiet(size)
  defp infinity(size, 1), do: sign(size) + infinity(size, 0)

  defp bits(float, size), do: TestBits.bits(float, size)

  # Bits as the bridge takes a float: it has terms of its own for those that Elixir has not.
  defp float(bits, size) do
    positive = infinity(size, 0)
    negative = infinity(size, 1)

    case bits do
      ^positive -> :infinity
      ^negative -> :neg_infinity
      _ -> TestBits.float(bits, size) || {:nan, bits}
    end
  end

  defp lanes(%{"lane_type" => type, "value" => values}) do
    size = size(type)
    for value <- values, do: {wrap(value, size), size}
  end

  # Lanes of floats are written as their bits already.
  defp wrap(value, size), do: Integer.mod(String.to_integer(value), 2 ** size)

  defp size("i8"), do: 8
  defp size("i16"), do: 16
  defp size(type) when type in ~w(i32 f32), do: 32
  defp size(type) when type in ~w(i64 f64), do: 64
end
