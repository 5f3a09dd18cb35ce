defmodule Workbooks.Vars.Box do
  @moduledoc false
  # How a secret goes from one process to another: in what only one can empty, once. A message with
  # the secret itself could be traced, and would be in whatever is dumped when a process ends.
  #
  # STAND-IN until the NIF has `box_new/2` and `box_take/1`: the bytes are in atomics, eight a piece.

  @doc "A box that `reader` can empty."
  @spec new(binary, pid) :: term
  def new(bytes, reader) when is_binary(bytes) and is_pid(reader) do
    size = byte_size(bytes)
    box = :atomics.new(div(size + 7, 8) + 1, signed: false)
    fill(bytes, box, 2)
    {box, size, reader}
  end

  @doc "What is in it, for its reader and the first time; else `:error`."
  @spec take(term) :: {:ok, binary} | :error
  def take({box, size, reader}) do
    if reader == self() and :atomics.compare_exchange(box, 1, 0, 1) == :ok do
      words = for i <- 2..(div(size + 7, 8) + 1)//1, into: <<>>, do: <<:atomics.exchange(box, i, 0)::64>>
      {:ok, binary_part(words, 0, size)}
    else
      :error
    end
  end

  defp fill(<<word::64, rest::binary>>, box, i) do
    :atomics.put(box, i, word)
    fill(rest, box, i + 1)
  end

  defp fill(<<>>, _box, _i), do: :ok
  defp fill(rest, box, i), do: fill(rest <> :binary.copy(<<0>>, 8 - byte_size(rest)), box, i)
end
