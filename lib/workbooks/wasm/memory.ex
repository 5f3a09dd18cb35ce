defmodule Workbooks.Wasm.Memory do
  @moduledoc """
  Linear memories of core instances.

      iex> wat = ~S'(module (memory (export "memory") 1) (data (i32.const 8) "hello"))'
      iex> {:ok, instance} = Workbooks.Wasm.instantiate(Workbooks.Wasm.compile!(wat))
      iex> Workbooks.Wasm.Memory.read(instance, 8, 5)
      {:ok, "hello"}
      iex> Workbooks.Wasm.Memory.write(instance, 8, "HELLO")
      :ok
      iex> Workbooks.Wasm.Memory.size(instance)
      {:ok, 65_536}

  The memory is the one called "memory", or the only one the instance exports; another
  is named by the option `memory:`. They can be used between calls and inside a host
  function, while its guest waits; else the answer is kind `:busy`. Past the end it is
  `:limit`, without such a memory `:not_found`.
  """

  alias Workbooks.{Native, Options}
  alias Workbooks.Wasm.{Error, Instance}

  # What a normal scheduler copies in well under a millisecond.
  @large 256 * 1024
  @most 0xFFFFFFFFFFFFFFFF

  @doc "Its size in bytes."
  @spec size(Instance.t(), keyword) :: {:ok, non_neg_integer} | {:error, Error.t()}
  def size(%Instance{ref: ref}, options \\ []) do
    answer(Native.memory_len(ref, name(options, "Memory.size/2")))
  end

  @doc "Grows it by `pages` of 64 KiB: `{:ok, pages before}`, or kind `:memory_limit`."
  @spec grow(Instance.t(), non_neg_integer, keyword) :: {:ok, non_neg_integer} | {:error, Error.t()}
  def grow(%Instance{ref: ref}, pages, options \\ []) do
    with :ok <- check(pages, "pages") do
      answer(Native.memory_grow(ref, name(options, "Memory.grow/3"), pages))
    end
  end

  @doc "`length` bytes from `offset` on."
  @spec read(Instance.t(), non_neg_integer, non_neg_integer, keyword) :: {:ok, binary} | {:error, Error.t()}
  def read(%Instance{ref: ref}, offset, length, options \\ []) do
    name = name(options, "Memory.read/4")

    with :ok <- check(offset, "offset"), :ok <- check(length, "length") do
      if length > @large do
        answer(Native.memory_read_dirty(ref, name, offset, length))
      else
        answer(Native.memory_read(ref, name, offset, length))
      end
    end
  end

  @doc "Writes `bytes` from `offset` on, all or nothing."
  @spec write(Instance.t(), non_neg_integer, binary, keyword) :: :ok | {:error, Error.t()}
  def write(%Instance{ref: ref}, offset, bytes, options \\ []) when is_binary(bytes) do
    name = name(options, "Memory.write/4")

    with :ok <- check(offset, "offset") do
      if byte_size(bytes) > @large do
        answer(Native.memory_write_dirty(ref, name, offset, bytes))
      else
        answer(Native.memory_write(ref, name, offset, bytes))
      end
    end
  end

  defp name([], _where), do: nil
  defp name(options, where), do: Options.validate!(options, [memory: {:string, nil}], where).memory

  defp check(number, _what) when is_integer(number) and number >= 0 and number <= @most, do: :ok

  defp check(other, what) do
    {:error, Error.new(:type, "#{what} must be an integer from 0 to #{@most}, got: #{inspect(other)}")}
  end

  defp answer({:error, error}), do: {:error, Error.from_native(error)}
  defp answer(answer), do: answer
end
