defmodule Workbooks.CLI.Archive do
  @moduledoc false
  # Archives that are the same bytes for the same entries: no times, no owners, in the order given.

  alias Workbooks.CLI.Failure

  @doc "A .tar.gz of `{name, bytes}`."
  @spec tar_gz([{String.t(), binary}]) :: {:ok, binary} | {:error, Failure.t()}
  def tar_gz(entries) do
    # erl_tar writes files alone.
    path = Path.join(System.tmp_dir!(), "wb-#{System.pid()}-#{System.unique_integer([:positive])}.tar")

    try do
      with {:ok, tar} <- :erl_tar.open(path, [:write]),
           :ok <- add(tar, entries),
           :ok <- :erl_tar.close(tar),
           {:ok, bytes} <- File.read(path) do
        {:ok, :zlib.gzip(bytes)}
      else
        {:error, reason} -> {:error, Failure.new(:io, "the archive cannot be made: #{format(reason)}")}
      end
    after
      File.rm(path)
    end
  end

  defp add(tar, entries) do
    Enum.reduce_while(entries, :ok, fn {name, bytes}, :ok ->
      case :erl_tar.add(tar, bytes, to_charlist(name), mtime: 0, atime: 0, ctime: 0, uid: 0, gid: 0) do
        :ok -> {:cont, :ok}
        {:error, reason} -> {:halt, {:error, reason}}
      end
    end)
  end

  defp format(reason), do: reason |> :erl_tar.format_error() |> to_string()
end
