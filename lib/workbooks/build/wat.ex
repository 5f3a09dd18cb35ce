defmodule Workbooks.Build.Wat do
  @moduledoc """
  WAT blocks: text-format WebAssembly, assembled in-process.

  A core module's exported functions of numbers can be called as they are; with a
  `:sig:` the entry may take strings and lists too, by the canonical ABI. The text
  of a component is taken as well. Nothing can be imported.
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.Wasm
  alias Workbooks.Build.{Artifact, Call, Deadline, Entry, Problem, Source}

  @impl true
  def languages, do: ["wat"]

  @impl true
  def available, do: :ok

  @impl true
  def version, do: {:ok, "1"}

  @impl true
  def compile(%Source{} = source, options) do
    with {:ok, signature} <- signature(source.sig),
         {:ok, bytes} <- assemble(source.text, signature),
         {:ok, compiled} <- wasm(Wasm.compile(bytes, timeout: Deadline.left(options.deadline))),
         {:ok, entry} <- Entry.find(functions(compiled), source) do
      {path, params, result} = List.keyfind(compiled.exports, [entry], 0)

      {:ok,
       Artifact.new(
         language: source.language,
         bytes: bytes,
         convention: Call.Typed,
         data: path,
         params: params,
         result: result
       )}
    end
  end

  defp functions(component), do: for({[name], _params, _result} <- component.exports, do: name)

  # "score(items: list<string>) -> list<f64>" is `score`, `func(items: list<string>) -> list<f64>` in WIT.
  defp signature(nil), do: {:ok, []}

  defp signature(sig) do
    case String.split(sig, "(", parts: 2) do
      [name, rest] ->
        if String.contains?(rest, "{") do
          {:error, Problem.new(:signature, "records cannot be written in a WAT block's :sig: yet")}
        else
          {:ok, [name: String.trim(name), func: "func(" <> rest]}
        end

      _ ->
        {:error, Problem.new(:signature, "the :sig: #{sig} has no parameter list")}
    end
  end

  defp assemble(source, signature) do
    case Wasm.componentize(source, signature) do
      {:ok, bytes} -> {:ok, bytes}
      {:error, error} -> {:error, located(error)}
    end
  end

  # The assembler shows where in a line of its own: "--> <anon>:3:7".
  defp located(error) do
    [message | _] = String.split(error.message, "\n", parts: 2)

    case Regex.run(~r/-->\s*<anon>:(\d+):(\d+)/, error.message) do
      [_, line, column] ->
        Problem.new(error.kind, message, line: String.to_integer(line), column: String.to_integer(column))

      nil ->
        Problem.new(error.kind, error.message)
    end
  end

  defp wasm({:ok, value}), do: {:ok, value}
  defp wasm({:error, error}), do: {:error, Problem.from_wasm(error)}
end
