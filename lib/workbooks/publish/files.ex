defmodule Workbooks.Publish.Files do
  @moduledoc false
  # Files below a folder, which no path and no link leads out of; and a folder that is replaced whole.

  alias Workbooks.Error

  @most_bytes 67_108_864
  # Says that a folder was made here, and so may be replaced.
  @mark ".workbooks-site"

  @doc "A file's content."
  @spec read(Path.t(), String.t()) :: {:ok, binary} | {:error, Error.t()}
  def read(folder, path) do
    with {:ok, full} <- full(folder, path),
         {:ok, %{type: :regular, size: size}} when size <= @most_bytes <- File.stat(full),
         {:ok, content} <- File.read(full) do
      {:ok, content}
    else
      {:ok, %{type: :regular}} -> Error.tuple(:too_large, "#{path} is larger than #{@most_bytes} bytes")
      {:ok, _directory} -> Error.tuple(:not_found, "#{path} is no file")
      {:error, %Error{} = error} -> {:error, error}
      {:error, :enoent} -> Error.tuple(:not_found, "there is no #{path} in #{folder}")
      {:error, reason} -> Error.tuple(:io, "cannot read #{Path.join(folder, path)}: #{:file.format_error(reason)}")
    end
  end

  @spec regular?(Path.t(), String.t()) :: boolean
  def regular?(folder, path) do
    with {:ok, full} <- full(folder, path), do: File.regular?(full), else: (_outside -> false)
  end

  defp full(folder, path) do
    with false <- String.contains?(path, <<0>>),
         safe when safe != :unsafe <-
           :filelib.safe_relative_path(String.to_charlist(path), String.to_charlist(folder)) do
      {:ok, Path.join(folder, to_string(safe))}
    else
      _outside -> Error.tuple(:bad_value, "#{path} lies outside of #{folder}")
    end
  end

  @doc "Has a folder hold these files and no others. One that was not made here is left alone unless it is empty."
  @spec replace(Path.t(), %{String.t() => binary}) :: :ok | {:error, Error.t()}
  def replace(folder, files) do
    folder = Path.expand(folder)
    beside = fn what -> "#{folder}.#{what}-#{System.unique_integer([:positive])}-#{System.pid()}" end
    {new, old} = {beside.("new"), beside.("old")}

    with :ok <- ours(folder),
         :ok <- written(new, Map.put(files, @mark, "")) do
      swapped(folder, new, old)
    else
      {:error, error} ->
        File.rm_rf(new)
        {:error, error}
    end
  end

  defp ours(folder) do
    case File.ls(folder) do
      {:error, :enoent} ->
        :ok

      {:ok, []} ->
        :ok

      {:ok, names} ->
        if @mark in names,
          do: :ok,
          else:
            Error.tuple(
              :conflict,
              "#{folder} is not empty, and no site that was written here: name another folder, or empty it"
            )

      {:error, reason} ->
        Error.tuple(:io, "cannot write #{folder}: #{:file.format_error(reason)}")
    end
  end

  defp written(folder, files) do
    Enum.find_value(files, :ok, fn {path, content} ->
      full = Path.join(folder, path)

      with :ok <- File.mkdir_p(Path.dirname(full)), :ok <- File.write(full, content) do
        nil
      else
        {:error, reason} -> Error.tuple(:io, "cannot write #{full}: #{:file.format_error(reason)}")
      end
    end)
  end

  # A folder cannot be exchanged for another in one step everywhere; this is as near as it gets.
  defp swapped(folder, new, old) do
    had? = File.rename(folder, old) == :ok

    case File.rename(new, folder) do
      :ok ->
        File.rm_rf(old)
        :ok

      {:error, reason} ->
        if had?, do: File.rename(old, folder)
        File.rm_rf(new)
        Error.tuple(:io, "cannot write #{folder}: #{:file.format_error(reason)}")
    end
  end
end
