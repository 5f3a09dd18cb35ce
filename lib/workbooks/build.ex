defmodule Workbooks.Build do
  @moduledoc """
  From a world of the plan to something that runs, and its call: the compilers there
  are, chosen by the block's language.
  """

  alias Workbooks.Build.{Artifact, C, Cache, Call, Deadline, JavaScript, Problem, Rust, Source, WasmFile, Wat, Zig}

  @compilers [JavaScript, C, Rust, Zig, Wat, WasmFile]

  @doc """
  The language tags that can be compiled.

      iex> "javascript" in Workbooks.Build.languages()
      true
  """
  @spec languages :: [String.t()]
  def languages, do: Enum.flat_map(@compilers, & &1.languages())

  @doc "The compilers, in the order they are documented in."
  @spec compilers :: [module]
  def compilers, do: @compilers

  @doc "The compiler for a language, whether it is to be had on this machine or not."
  @spec compiler(String.t()) :: {:ok, module} | {:error, Problem.t()}
  def compiler(language) do
    case Enum.find(@compilers, &(language in &1.languages())) do
      nil ->
        known = Enum.join(languages(), ", ")
        {:error, Problem.new(:language, "no compiler for #{language} blocks here: there are #{known}")}

      compiler ->
        {:ok, compiler}
    end
  end

  @doc """
  Compiles a block and makes it ready to be called. What was compiled before is not compiled again.

  Options: `:deadline` (a `Workbooks.Build.Deadline`; 60 seconds from now), `:progress` (a function that
  is told in words how far it is), `:folder` (the workbook's, below which files that a block names are
  looked for; the source's own unless it is given).

      iex> source = %Workbooks.Build.Source{id: "a/two", language: "js", text: "export const two = () => 2"}
      iex> {:ok, artifact} = Workbooks.Build.compile(source)
      iex> Workbooks.Build.call(artifact, [])
      {:ok, 2}
  """
  @spec compile(Source.t(), keyword) :: {:ok, Artifact.t()} | {:error, Problem.t()}
  def compile(%Source{} = source, options \\ []) do
    options = Enum.into(options, %{deadline: Deadline.in_ms(60_000), progress: fn _words -> :ok end})

    with {:ok, compiler} <- compiler(source.language),
         :ok <- available(compiler),
         {:ok, source, key} <- key(compiler, source, options) do
      Cache.get(key, options.deadline, fn ->
        with {:ok, artifact} <- compiler.compile(source, options),
             do: artifact.convention.prepare(artifact, options.deadline)
      end)
    end
  end

  @doc """
  The artifact of a block that was compiled before, in this virtual machine or another, without
  loading its code: it may have no program. `:error` where there is none. Options as for `compile/2`.
  """
  @spec known(Source.t(), keyword) :: {:ok, Artifact.t()} | :error
  def known(%Source{} = source, options \\ []) do
    with {:ok, compiler} <- compiler(source.language), {:ok, _source, key} <- key(compiler, source, Map.new(options)) do
      Cache.peek(key)
    else
      {:error, _problem} -> :error
    end
  end

  defp key(compiler, source, options) do
    with {:ok, source} <- resolve(compiler, source, options), {:ok, version} <- compiler.version() do
      {:ok, source, Cache.key(source, version)}
    end
  end

  # What a block names is a part of its source, and so of its key.
  defp resolve(compiler, source, options) do
    if function_exported?(compiler, :resolve, 2),
      do: compiler.resolve(source, Map.put_new(options, :folder, source.folder)),
      else: {:ok, source}
  end

  defp available(compiler) do
    with {:error, how} <- compiler.available(), do: {:error, Problem.new(:language, how)}
  end

  @doc """
  Calls an artifact with the values of its inputs, in order, in an instance of its own.

  The environment's parts are those of `Workbooks.Build.Call`.
  """
  @spec call(Artifact.t(), [term], Call.environment()) :: {:ok, term} | {:error, Problem.t()}
  def call(%Artifact{} = artifact, inputs, environment \\ Call.environment()) do
    artifact.convention.call(artifact, inputs, environment)
  end
end
