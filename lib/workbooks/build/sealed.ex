defmodule Workbooks.Build.Sealed do
  @moduledoc """
  Files that are whole or nothing, in a bounded folder.

  A file is a line that says what it is, SHA-256 of its body, and the body. It is put in its
  place by renaming it: one that was cut short or changed, or is of another version, is as good
  as none. Folders are made when something is first written to them, for their owner alone.
  """

  # What was being written when a machine stopped is cleared away, when nobody can be at it any more.
  @abandoned_seconds 600

  @doc "The body of a file of this version; `:error` for one that is broken, another's, or not there."
  @spec read(Path.t(), version :: String.t()) :: {:ok, binary} | :error
  def read(path, version) do
    size = byte_size(version)

    with {:ok, <<^version::binary-size(size), digest::binary-size(32), body::binary>>} <- bytes(path),
         true <- :crypto.hash(:sha256, body) == digest do
      {:ok, body}
    else
      _missing_or_broken -> :error
    end
  end

  # Raw: the other way leads through one process for all files.
  defp bytes(path) do
    with {:ok, file} <- :file.open(path, [:read, :raw, :binary]) do
      bytes = with {:ok, size} <- :file.position(file, :eof), do: :file.pread(file, 0, size)
      :ok = :file.close(file)
      bytes
    end
  end

  @doc "Puts a file into a folder. One that cannot be written to stays as it is: `:error`."
  @spec write(Path.t(), String.t(), version :: String.t(), binary) :: :ok | :error
  def write(folder, name, version, body) do
    temporary = Path.join(folder, "#{System.pid()}.#{System.unique_integer([:positive])}.new")

    with :ok <- written(folder, temporary, [version, :crypto.hash(:sha256, body), body]),
         :ok <- :file.rename(temporary, Path.join(folder, name)) do
      :ok
    else
      {:error, _reason} ->
        _ = File.rm(temporary)
        :error
    end
  end

  defp written(folder, path, bytes) do
    with {:error, :enoent} <- :file.write_file(path, bytes, [:raw]),
         :ok <- made(folder),
         do: :file.write_file(path, bytes, [:raw])
  end

  defp made(folder) do
    with :ok <- File.mkdir_p(folder), do: File.chmod(folder, 0o700)
  end

  @doc """
  A term as bytes, the same wherever the terms are equal, `1` and `1.0` apart.

      iex> alias Workbooks.Build.Sealed
      iex> Sealed.encode(%{"a" => 1, "b" => 2}) == Sealed.encode(%{"b" => 2, "a" => 1})
      true
  """
  @spec encode(term) :: binary
  def encode(term), do: :erlang.term_to_binary(term, [:deterministic, minor_version: 2])

  @doc """
  The term again, of bytes that anybody may have written: no atom is made that is not there.

      iex> alias Workbooks.Build.Sealed
      iex> Sealed.decode(Sealed.encode([1, "a"]))
      {:ok, [1, "a"]}
      iex> Sealed.decode("no term")
      :error
  """
  @spec decode(binary) :: {:ok, term} | :error
  def decode(bytes) do
    {:ok, :erlang.binary_to_term(bytes, [:safe])}
  rescue
    ArgumentError -> :error
  end

  @doc "The names of the files in a folder that are such ones. Nothing else of what lies there is ours."
  @spec names(Path.t(), Regex.t()) :: [String.t()]
  def names(folder, pattern) do
    case File.ls(folder) do
      {:ok, names} -> Enum.filter(names, &(&1 =~ pattern))
      {:error, _} -> []
    end
  end

  @doc """
  Removes what was not used for longest where the files of a folder are more than `most` bytes,
  down to nine tenths of that; answers the bytes that are left. A file's time is that of its last use.
  """
  @spec sweep(Path.t(), Regex.t(), most :: non_neg_integer) :: non_neg_integer
  def sweep(folder, pattern, most) do
    abandon(folder)

    files =
      for name <- names(folder, pattern),
          path = Path.join(folder, name),
          {:ok, %{size: size, mtime: mtime}} <- [File.stat(path, time: :posix)],
          do: {mtime, path, size}

    total = files |> Enum.map(&elem(&1, 2)) |> Enum.sum()
    if total <= most, do: total, else: files |> Enum.sort() |> oldest(total, div(most * 9, 10))
  end

  defp oldest([{_used, path, bytes} | rest], total, goal) when total > goal do
    _ = File.rm(path)
    oldest(rest, total - bytes, goal)
  end

  defp oldest(_rest, total, _goal), do: total

  defp abandon(folder) do
    now = System.os_time(:second)

    for name <- names(folder, ~r/\A\d+\.\d+\.new\z/),
        path = Path.join(folder, name),
        {:ok, %{mtime: mtime}} <- [File.stat(path, time: :posix)],
        now - mtime > @abandoned_seconds,
        do: File.rm(path)
  end

  @doc """
  What folders hold, one of them so many bytes more than it did: swept when that is beyond `most`,
  and when it was not known until now.
  """
  @spec stored(totals, Path.t(), Regex.t(), bytes :: non_neg_integer, most :: non_neg_integer) :: totals
        when totals: %{Path.t() => non_neg_integer}
  def stored(totals, folder, pattern, bytes, most) do
    total = Map.get(totals, folder, 0) + bytes
    known = is_map_key(totals, folder) and total <= most
    Map.put(totals, folder, if(known, do: total, else: sweep(folder, pattern, most)))
  end
end
