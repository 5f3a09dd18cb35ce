defmodule Workbooks.Vars.Box do
  @moduledoc false
  # How a secret goes from one process to another: in what only one can empty, once. A message with
  # the secret itself could be traced, and would be in whatever is dumped when a process ends.

  alias Workbooks.Native

  @doc "A box that `reader` can empty."
  @spec new(binary, pid) :: reference
  def new(bytes, reader) when is_binary(bytes) and is_pid(reader), do: Native.box_new(bytes, reader)

  @doc "What is in it, for its reader and the first time; else `:error`."
  @spec take(reference) :: {:ok, binary} | :error
  def take(box), do: Native.box_take(box)
end
