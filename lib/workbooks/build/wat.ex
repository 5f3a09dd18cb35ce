defmodule Workbooks.Build.Wat do
  @moduledoc """
  WAT blocks: text-format WebAssembly, assembled in-process.

  A core module's exported functions of numbers can be called as they are; with a
  `:sig:` the entry may take strings, lists and records too, by the canonical ABI. The text
  of a component is taken as well. What can be imported is WASI.
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.Wasm
  alias Workbooks.Build.{Artifact, Call, Deadline, Entry, Problem, Signature, Source, Types}

  # A person writes less; what was generated has its place in a `wasm` block. The time to compile grows
  # with the square of what nests, and nothing calls it off: with this it is some seconds at most.
  @most_source 256 * 1024

  @impl true
  def languages, do: ["wat"]

  @impl true
  def available, do: :ok

  @impl true
  def version, do: {:ok, "2"}

  @impl true
  def compile(%Source{text: text}, _options) when byte_size(text) > @most_source do
    {:error, Problem.new(:limit, "a WAT block of #{byte_size(text)} bytes is too large: #{@most_source} are the most")}
  end

  def compile(%Source{} = source, options), do: assembled(source, options)

  @doc "As `compile/2`, of text or WebAssembly of any size."
  @spec assembled(Source.t(), Workbooks.Build.Compiler.options()) :: {:ok, Artifact.t()} | {:error, Problem.t()}
  def assembled(%Source{} = source, options) do
    timeout = Deadline.left(options.deadline)

    with {:ok, signature, shape} <- signature(source.sig),
         {:ok, bytes} <- assemble(source.text, [timeout: timeout] ++ shape),
         {:ok, compiled} <- wasm(Wasm.compile(bytes, timeout: timeout)),
         {:ok, entry} <- Entry.find(functions(compiled), source),
         {path, params, result} = List.keyfind(compiled.exports, [entry], 0),
         {:ok, known} <- known(signature, %Signature{name: entry, params: params, result: result}) do
      {:ok,
       Artifact.new(
         language: source.language,
         bytes: bytes,
         convention: Call.Typed,
         data: path,
         params: known.params,
         result: known.result
       )}
    end
  end

  # The `:sig:` has the names that maps have. The text of a component has types of its own.
  defp known(nil, compiled), do: {:ok, compiled}

  defp known(signature, compiled) do
    if same?(signature, compiled) do
      {:ok, signature}
    else
      message = "the :sig: says #{Signature.text(signature)}, the component exports #{Signature.text(compiled)}"
      {:error, Problem.new(:signature, message)}
    end
  end

  defp same?(one, other) do
    types = fn signature -> [signature.result | Enum.map(signature.params, &elem(&1, 1))] end
    types = Enum.zip(types.(one), types.(other))
    length(one.params) == length(other.params) and Enum.all?(types, fn {one, other} -> Types.same?(one, other) end)
  end

  defp functions(component), do: for({[name], _params, _result} <- component.exports, do: name)

  defp signature(nil), do: {:ok, nil, []}

  defp signature(sig) do
    with {:ok, signature} <- Signature.parse(sig), {:ok, wit} <- Signature.to_wit(signature) do
      {:ok, signature, [wit: wit]}
    end
  end

  defp assemble(source, options) do
    case Wasm.componentize(source, options) do
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
