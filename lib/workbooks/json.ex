defmodule Workbooks.JSON do
  @moduledoc """
  JSON (RFC 8259) by serde_json, through the NIF. Large texts are worked on by a
  dirty scheduler, so no size blocks the others.

  Objects are maps with string keys, `null` is `nil`. Atoms are written as
  strings, keys sorted, so that equal terms are equal texts. Integers are those
  of 64 bits; nesting goes to 127 levels.
  """

  alias Workbooks.Native

  # Decoding runs at some 200 MB/s: this much takes well under a millisecond.
  @small 16 * 1024

  @doc """
  The JSON text of `term`, or why it has none.

      iex> Workbooks.JSON.encode(%{"b" => [1, 2.5, nil], a: "x"})
      {:ok, ~s({"a":"x","b":[1,2.5,null]})}
      iex> {:error, message} = Workbooks.JSON.encode({1, 2})
      iex> message =~ "JSON form"
      true
  """
  @spec encode(term) :: {:ok, String.t()} | {:error, String.t()}
  def encode(term) do
    with :dirty <- Native.json_encode(term), do: Native.json_encode_dirty(term)
  end

  @doc "As `encode/1`; raises `ArgumentError`."
  @spec encode!(term) :: String.t()
  def encode!(term), do: bang(encode(term))

  @doc """
  The term a JSON text stands for, or what is wrong with it and where.

      iex> Workbooks.JSON.decode(~s({"a": [1, 2.0, null]}))
      {:ok, %{"a" => [1, 2.0, nil]}}
      iex> {:error, message} = Workbooks.JSON.decode("[1,")
      iex> message =~ "line 1 column 3"
      true
  """
  @spec decode(binary) :: {:ok, term} | {:error, String.t()}
  def decode(text) when is_binary(text) and byte_size(text) <= @small, do: Native.json_decode(text)
  def decode(text) when is_binary(text), do: Native.json_decode_dirty(text)

  @doc "As `decode/1`; raises `ArgumentError`."
  @spec decode!(binary) :: term
  def decode!(text), do: bang(decode(text))

  defp bang({:ok, value}), do: value
  defp bang({:error, message}), do: raise(ArgumentError, message)
end
