defmodule Workbooks.Wasm.Table do
  @moduledoc """
  Tables of core instances: references by their index.

      iex> wat = ~S'(module (table (export "t") 2 funcref) (func $f (result i32) i32.const 7) (elem (i32.const 0) $f))'
      iex> {:ok, instance} = Workbooks.Wasm.instantiate(Workbooks.Wasm.compile!(wat))
      iex> {:ok, function} = Workbooks.Wasm.Table.get(instance, "t", 0)
      iex> Workbooks.Wasm.call(instance, function)
      {:ok, 7}
      iex> Workbooks.Wasm.Table.get(instance, "t", 1)
      {:ok, nil}

  Errors: `:not_found` without such a table, `:limit` past the end or when it may not
  grow, `:type` for a value that does not fit, `:busy` as for `Workbooks.Wasm.Global`.
  """

  alias Workbooks.Native
  alias Workbooks.Wasm.{Error, Instance}

  @most 0xFFFFFFFFFFFFFFFF

  @doc "Its size in elements."
  @spec size(Instance.t(), String.t()) :: {:ok, non_neg_integer} | {:error, Error.t()}
  def size(%Instance{ref: ref}, name) when is_binary(name), do: answer(Native.table_size(ref, name))

  @doc "The element at `index`."
  @spec get(Instance.t(), String.t(), non_neg_integer) :: {:ok, term} | {:error, Error.t()}
  def get(%Instance{ref: ref}, name, index) when is_binary(name) do
    with :ok <- check(index, "the index"), do: answer(Native.table_get(ref, name, index))
  end

  @doc "Sets the element at `index`."
  @spec set(Instance.t(), String.t(), non_neg_integer, term) :: :ok | {:error, Error.t()}
  def set(%Instance{ref: ref}, name, index, value) when is_binary(name) do
    with :ok <- check(index, "the index"), do: answer(Native.table_set(ref, name, index, value))
  end

  @doc "Grows it by `delta` elements that are `value`: `{:ok, size before}`."
  @spec grow(Instance.t(), String.t(), non_neg_integer, term) :: {:ok, non_neg_integer} | {:error, Error.t()}
  def grow(%Instance{ref: ref}, name, delta, value) when is_binary(name) do
    with :ok <- check(delta, "the number of elements"), do: answer(Native.table_grow(ref, name, delta, value))
  end

  defp check(number, _what) when is_integer(number) and number >= 0 and number <= @most, do: :ok

  defp check(other, what) do
    {:error, Error.new(:type, "#{what} must be an integer from 0 to #{@most}, got: #{inspect(other)}")}
  end

  defp answer({:error, error}), do: {:error, Error.from_native(error)}
  defp answer(answer), do: answer
end
