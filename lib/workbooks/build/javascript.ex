defmodule Workbooks.Build.JavaScript do
  @moduledoc """
  JavaScript blocks: ES modules, run by QuickJS inside WebAssembly.

  A block is compiled to the engine's bytecode once; `Workbooks.Build.Call.Engine` calls it.
  Nothing of it runs before that.

      iex> source = %Workbooks.Build.Source{id: "sums/two", language: "js", text: "export const two = () => 1 +"}
      iex> {:error, problem} = Workbooks.Build.compile(source)
      iex> {problem.kind, problem.line}
      {:exception, 1}
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.Guests
  alias Workbooks.Build.{Artifact, Call, Problem, Source}
  alias Workbooks.Build.JavaScript.Instance

  # What a block's code may take to compile.
  @memory 256 * 1024 * 1024

  @impl true
  def languages, do: ~w(javascript js)

  @impl true
  def available, do: :ok

  # Bytecode is for the engine that made it and no other.
  @impl true
  def version do
    case Guests.digest(:js) do
      {:ok, digest} ->
        {:ok, Base.encode16(digest, case: :lower)}

      {:error, reason} ->
        {:error, Problem.new(:io, "the JavaScript engine cannot be read: #{:file.format_error(reason)}")}
    end
  end

  @impl true
  def compile(%Source{} = source, options) do
    environment = Call.environment(deadline: options.deadline, memory: @memory)

    with {:ok, version} <- version(),
         {:ok, engine} <- Instance.engine(),
         {:ok, code} <- Instance.with(engine, environment, &Instance.ask(&1, "compile", [source.id, source.text])) do
      {:ok,
       Artifact.new(
         language: source.language,
         bytes: code,
         convention: Call.Engine,
         data: %{id: source.id, sig: source.sig, engine: version},
         params: for(name <- source.inputs, do: {name, :any}),
         result: :any
       )}
    end
  end
end
