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

  alias Workbooks.Build.{Artifact, Call, Problem, Signature, Source}
  alias Workbooks.Build.JavaScript.Instance

  # What a block's code may take to compile.
  @memory 256 * 1024 * 1024

  @impl true
  def languages, do: ~w(javascript js)

  @impl true
  def available, do: :ok

  @impl true
  defdelegate version, to: Instance

  @impl true
  def compile(%Source{} = source, options) do
    environment = Call.environment(deadline: options.deadline, memory: @memory)

    with {:ok, version} <- version(),
         {:ok, params, result} <- types(source),
         {:ok, engine} <- Instance.engine(),
         {:ok, code} <- code(engine, environment, source) do
      {:ok,
       Artifact.new(
         language: source.language,
         bytes: code,
         convention: Call.Engine,
         data: %{id: source.id, sig: source.sig, outputs: source.outputs, engine: version},
         params: params,
         result: result
       )}
    end
  end

  defp code(engine, environment, source) do
    case Instance.with(engine, environment, &Instance.ask(&1, "compile", [source.id, source.text])) do
      {:error, %Problem{kind: :limit} = problem} ->
        {:error, %{problem | message: "the block is too large: #{problem.message}"}}

      answer ->
        answer
    end
  end

  # What is said of types is said by the `:sig:`; without one all that JSON can hold will do.
  defp types(%Source{sig: nil, inputs: inputs}), do: {:ok, for(name <- inputs, do: {name, :any}), :any}

  defp types(%Source{sig: sig}) do
    with {:ok, signature} <- Signature.parse(sig), do: {:ok, signature.params, signature.result || :any}
  end
end
