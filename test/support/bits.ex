defmodule Workbooks.TestBits do
  @moduledoc false
  # Bits by sizes that are variables: Elixir 1.14 takes no pin in a size, and newer ones want it.

  @doc "The bytes before `at`, and those from there on."
  def split(bytes, at), do: {binary_part(bytes, 0, at), binary_part(bytes, at, byte_size(bytes) - at)}

  @doc "The bytes before `at`, the one there, and those behind it."
  def around(bytes, at) do
    {before, <<byte, rest::binary>>} = split(bytes, at)
    {before, byte, rest}
  end

  @doc "The float of these bits, or `nil` for infinities and what is no number."
  def float(bits, 32), do: with(<<float::float-32>> <- <<bits::32>>, do: float, else: (_ -> nil))
  def float(bits, 64), do: with(<<float::float-64>> <- <<bits::64>>, do: float, else: (_ -> nil))

  @doc "The bits of a float."
  def bits(float, 32), do: :binary.decode_unsigned(<<float::float-32>>)
  def bits(float, 64), do: :binary.decode_unsigned(<<float::float-64>>)

  @doc "The signed integer of `size` bits that these are."
  def signed(bits, size), do: if(bits < 2 ** (size - 1), do: bits, else: bits - 2 ** size)

  @doc "Little-endian lanes of `size` bits."
  def lanes(bytes, size) do
    for at <- 0..(byte_size(bytes) - 1)//div(size, 8),
        do: bytes |> binary_part(at, div(size, 8)) |> :binary.decode_unsigned(:little)
  end
end
