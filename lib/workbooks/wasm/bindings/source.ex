defmodule Workbooks.Wasm.Bindings.Source do
  @moduledoc false
  # From the options of `use` to a world and, where there is a file, its bytes.

  alias Workbooks.Native
  alias Workbooks.Wasm.Bindings.Words
  alias Workbooks.Wasm.Error

  @doc "`{:ok, world, bytes | nil}`, or the error."
  def read(%{file: nil, wit: nil}) do
    {:error, Error.new(:not_found, "nothing to read: give it file: (a component) or wit: (text or a path)")}
  end

  def read(%{file: nil} = options) do
    with {:ok, world} <- wit(options), do: {:ok, world, nil}
  end

  def read(%{file: file, wit: nil} = options) do
    with {:ok, bytes} <- bytes(file),
         {:ok, world} <- native(:wasm, bytes, file, options.world),
         do: {:ok, %{world | files: [file]}, bytes}
  end

  def read(%{file: file} = options) do
    # The file is what runs: what it says of itself is taken from it, only words from the WIT.
    with {:ok, world, bytes} <- read(%{options | wit: nil, world: nil}),
         {:ok, words} <- wit(options),
         {:ok, world} <- Words.add(world, words, file),
         do: {:ok, world, bytes}
  end

  @doc "A file's bytes."
  def bytes(file) do
    case File.read(file) do
      {:ok, bytes} -> {:ok, bytes}
      {:error, :enoent} -> {:error, Error.new(:not_found, "no file #{file}")}
      {:error, reason} -> {:error, Error.new(:io, "#{file}: #{:file.format_error(reason)}")}
    end
  end

  @doc "What `component/0` is to load: `{hash, place, options}`."
  def component(options, bytes) do
    {:crypto.hash(:sha256, bytes), place(options, bytes), options.compile}
  end

  @doc "What to do about an error, for the one who wrote the `use`."
  def advice(%{file: file, wit: wit}, %Error{kind: :not_found}) when is_binary(file) or is_binary(wit) do
    " (paths are relative to #{File.cwd!()}; Path.join(__DIR__, …) is beside the module)"
  end

  def advice(_options, %Error{kind: :export}), do: " (the option world: names one)"
  def advice(_options, _error), do: ""

  defp wit(%{wit: wit, world: world}) do
    # A path has neither.
    if wit =~ ~r/[\n{;]/, do: native(:text, wit, "wit", world), else: native(:path, wit, wit, world)
  end

  defp native(from, data, name, world) do
    with {:error, error} <- Native.wit(from, data, name, world || ""), do: {:error, Error.from_native(error)}
  end

  # A release has the project's priv; nothing else of the project is there at run time.
  defp place(options, bytes) do
    priv = Path.expand("priv") <> "/"
    file = Path.expand(options.file)
    app = options.otp_app || project()

    if app != nil and String.starts_with?(file, priv),
      do: {:priv, app, Path.relative_to(file, priv)},
      else: {:embedded, bytes}
  end

  defp project, do: if(Code.ensure_loaded?(Mix.Project), do: Mix.Project.config()[:app])
end
