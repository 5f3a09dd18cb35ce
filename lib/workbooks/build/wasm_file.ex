defmodule Workbooks.Build.WasmFile do
  @moduledoc """
  Blocks of WebAssembly as it is: a component or a core module, written as base64 or named by the
  path of a file.

  A path is relative to the workbook's folder and does not leave it, by no link either. It is read only
  where the caller gave that folder. A core module that has a `_start` is a program; any other is taken
  as `Workbooks.Build.Wat` takes what it assembles.
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.Build.{Call, Declared, Problem, Source, Wat}

  @most_bytes 64 * 1024 * 1024

  @impl true
  def languages, do: ["wasm"]

  @impl true
  def available, do: :ok

  @impl true
  def version, do: {:ok, "1"}

  @impl true
  def resolve(%Source{text: text} = source, options) do
    # "\\0asm" as base64 has it.
    case String.trim(text) do
      "AGFzb" <> _ -> {:ok, source}
      "" -> {:error, Problem.new(:compile, "a wasm block holds base64, or the path of a file")}
      path -> with {:ok, bytes} <- file(path, options[:folder]), do: {:ok, %{source | text: Base.encode64(bytes)}}
    end
  end

  @impl true
  def compile(%Source{text: text} = source, options) do
    case Base.decode64(text, ignore: :whitespace, padding: false) do
      {:ok, <<0, "asm", _::binary>> = bytes} -> compile(bytes, source, options)
      _ -> {:error, Problem.new(:compile, "the block is no base64 of WebAssembly")}
    end
  end

  defp compile(bytes, source, options) do
    if "_start" in Declared.exports(bytes) do
      {:ok, Call.Command.artifact(source, bytes)}
    else
      Wat.assembled(%{source | text: bytes}, options)
    end
  end

  defp file(path, nil) do
    {:error,
     Problem.new(
       :io,
       "the block names the file #{excerpt(path)}: files are read only when the workbook is run from a file"
     )}
  end

  defp file(path, folder) do
    with true <- String.valid?(path) and not String.contains?(path, ["\n", <<0>>]),
         safe when safe != :unsafe <- :filelib.safe_relative_path(String.to_charlist(path), String.to_charlist(folder)) do
      read(Path.join(folder, to_string(safe)), path)
    else
      _ -> {:error, Problem.new(:io, "#{excerpt(path)} is no path of a file below the workbook's folder")}
    end
  end

  defp read(full, path) do
    case File.stat(full) do
      {:ok, %{type: :regular, size: size}} when size <= @most_bytes ->
        with {:error, reason} <- File.read(full),
             do: {:error, Problem.new(:io, "#{path}: #{:file.format_error(reason)}")}

      {:ok, %{type: :regular}} ->
        {:error, Problem.new(:limit, "#{path} is larger than #{div(@most_bytes, 1024 * 1024)} MiB")}

      {:ok, _} ->
        {:error, Problem.new(:io, "#{path} is no file")}

      {:error, reason} ->
        {:error, Problem.new(:io, "#{path}: #{:file.format_error(reason)}")}
    end
  end

  defp excerpt(path), do: inspect(String.slice(path, 0, 80))
end
