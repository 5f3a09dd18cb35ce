defmodule Workbooks.Wasm.Compiler do
  @moduledoc false
  # From bytes to components, core modules and native code, as Workbooks.Wasm documents it.

  alias Workbooks.{Native, Options, Telemetry}
  alias Workbooks.Wasm.{Cache, Component, Error, Module}

  # WebAssembly of real programs; what is larger is more likely a mistake.
  @max_bytes 64 * 1024 * 1024

  @bounds [timeout: {:timeout, 60_000}, max_bytes: {:positive, @max_bytes}]
  @fuel [fuel: {:boolean, false}]
  @compile_schema @bounds ++ @fuel ++ [cache: {:boolean, true}]

  def compile(bytes, options) when is_binary(bytes) do
    options = Options.validate!(options, @compile_schema, "compile/2")
    if options.cache, do: Cache.configure()

    Telemetry.span([:workbooks, :wasm, :compile], %{bytes: byte_size(bytes)}, fn ->
      answer = program(work(bytes, options, &Native.compile(&1, bytes, options.fuel, options.cache)))
      {answer, %{result: Telemetry.result(answer)}}
    end)
  end

  def compile_file(path, options) do
    with {:ok, bytes} <- read_file(path), do: compile(bytes, options)
  end

  def precompile(bytes, options) when is_binary(bytes) do
    options = Options.validate!(options, @bounds ++ @fuel, "precompile/2")
    work(bytes, options, &Native.precompile(&1, bytes, options.fuel))
  end

  def componentize(bytes, options) when is_binary(bytes) do
    schema = [name: {:string, ""}, func: {:string, ""}, wit: {:string, ""}] ++ @bounds
    options = Options.validate!(options, schema, "componentize/2")
    work(bytes, options, &Native.componentize(&1, bytes, options.name, options.func, options.wit))
  end

  def compose(bytes, plugs, options) when is_binary(bytes) and is_list(plugs) do
    options = Options.validate!(options, @bounds, "compose/3")
    total = %{options | max_bytes: options.max_bytes - Enum.sum(Enum.map(plugs, &byte_size/1))}
    work(bytes, total, &Native.compose(&1, bytes, plugs))
  end

  def serialize(%Component{ref: ref}), do: native(Native.serialize(ref))
  def serialize(%Module{ref: ref}), do: native(Native.serialize(ref))

  def deserialize(code) when is_binary(code), do: program(native(Native.load(code)))

  def load_file(path), do: program(native(Native.load_file(Path.expand(path))))

  # A file's bytes, with this library's errors.
  def read_file(path) do
    case File.read(path) do
      {:ok, bytes} -> {:ok, bytes}
      {:error, :enoent} -> {:error, Error.new(:not_found, "no file #{path}")}
      {:error, reason} -> {:error, Error.new(:io, "#{path}: #{:file.format_error(reason)}")}
    end
  end

  # Hands bytes to the library's threads and waits for their answer.
  defp work(bytes, options, submit) do
    if byte_size(bytes) > options.max_bytes do
      {:error, Error.new(:limit, "#{byte_size(bytes)} bytes are more than max_bytes: #{options.max_bytes}")}
    else
      reference = make_ref()
      with {:ok, job} <- native(submit.(reference)), do: await(reference, job, options.timeout)
    end
  end

  defp await(reference, job, timeout) do
    receive do
      {^reference, answer} -> native(answer)
    after
      timeout ->
        if Native.cancel(job) do
          {:error, Error.new(:timeout, "not compiled within #{timeout} ms")}
        else
          # The answer was on its way when the time was over.
          await(reference, job, :infinity)
        end
    end
  end

  defp program({:ok, {:component, ref}}), do: {:ok, Component.new(ref)}
  defp program({:ok, {:module, ref}}), do: {:ok, Module.new(ref)}
  defp program({:error, error}), do: {:error, error}

  defp native({:error, error}), do: {:error, Error.from_native(error)}
  defp native(answer), do: answer
end
