defmodule Workbooks.Wasm.Precompiled do
  @moduledoc """
  Components compiled ahead of time: native code in a file beside the component,
  mapped in a fraction of a millisecond instead of compiled in seconds.

  The native code is only for the engine and the kind of machine that made it.
  Elsewhere, and where the file is missing, `load/2` compiles the component
  instead and says so in the log.
  """

  require Logger
  alias Workbooks.Wasm
  alias Workbooks.Wasm.Error

  @doc """
  Compiles the component in `wasm` and writes its native code to `native`, whole or not at all.
  """
  @spec write(Path.t(), Path.t()) :: :ok | {:error, Error.t()}
  def write(wasm, native) do
    with {:ok, bytes} <- read(wasm),
         {:ok, code} <- Wasm.precompile(bytes, timeout: :infinity),
         :ok <- io(File.mkdir_p(Path.dirname(native)), native) do
      io(replace(native, code), native)
    end
  end

  # Written beside and renamed: a name of its own for each writer, and nothing left behind.
  defp replace(path, code) do
    temporary = "#{path}.#{System.pid()}-#{System.unique_integer([:positive])}.tmp"

    with :ok <- File.write(temporary, code), :ok <- File.rename(temporary, path) do
      :ok
    else
      error ->
        File.rm(temporary)
        error
    end
  end

  @doc """
  The component in `wasm`, from its native code in `native` where that fits this machine.

  The file must be one that `write/2` made: native code is run as it is.
  """
  @spec load(Path.t(), Path.t()) :: {:ok, Wasm.Component.t()} | {:error, Error.t()}
  def load(wasm, native) do
    case Wasm.load_file(native) do
      {:ok, component} ->
        {:ok, component}

      {:error, error} ->
        Logger.info("compiling #{Path.basename(wasm)}, its native code cannot be used: #{error.message}")
        Wasm.compile_file(wasm, timeout: :infinity)
    end
  end

  defp read(path), do: Wasm.read_file(path)

  defp io(:ok, _path), do: :ok
  defp io({:error, reason}, path), do: {:error, Error.new(:io, "#{path}: #{:file.format_error(reason)}")}
end
