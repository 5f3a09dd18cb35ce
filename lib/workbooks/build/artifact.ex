defmodule Workbooks.Build.Artifact do
  @moduledoc """
  What a compiler makes of a block, and how that is called.

    * `language` - the block's tag
    * `bytes` - what is kept of it: a component, a core module, an engine's code
    * `convention` - the module that calls it, a `Workbooks.Build.Call`
    * `data` - what the convention has to know beside the bytes: plain terms, which can be kept on disk
    * `params`, `result` - the WIT types of what it takes and gives, `:any` where it does not say
    * `notes` - what its compiler said although it compiled: `t:Workbooks.Build.Problem.note/0`
    * `digest` - SHA-256 of all of that but the notes: the same for what does the same
    * `program` - what the convention made of the bytes in this virtual machine; `nil` until then
  """

  alias Workbooks.Build.{Call, Problem, Sealed}

  @enforce_keys [:language, :bytes, :convention, :data, :params, :result, :digest]
  defstruct [:language, :bytes, :convention, :data, :params, :result, :digest, :program, notes: []]

  @type type :: Workbooks.Wasm.Component.wit_type() | :any
  @type t :: %__MODULE__{
          language: String.t(),
          bytes: binary,
          convention: module,
          data: term,
          params: [{String.t(), type}],
          result: type | nil,
          notes: [Problem.note()],
          digest: <<_::256>>,
          program: term
        }

  @doc """
  An artifact of these parts, with its digest.

  Options: `:language`, `:bytes`, `:convention`, `:data` (`nil`), `:params` (`[]`), `:result` (`nil`),
  `:notes` (`[]`).

      iex> one = Workbooks.Build.Artifact.new(language: "wat", bytes: "a", convention: Workbooks.Build.Call.Typed)
      iex> two = Workbooks.Build.Artifact.new(language: "wat", bytes: "b", convention: Workbooks.Build.Call.Typed)
      iex> one.digest == two.digest
      false
  """
  @spec new(keyword) :: t
  def new(parts) do
    {notes, parts} = Map.pop(Map.merge(%{data: nil, params: [], result: nil}, Map.new(parts)), :notes, [])
    digest = :crypto.hash(:sha256, Sealed.encode({1, Enum.sort(Map.to_list(parts))}))
    struct!(__MODULE__, Map.merge(parts, %{digest: digest, notes: notes}))
  end

  @doc "An artifact as bytes for the next virtual machine: all but its program."
  @spec encode(t) :: binary
  def encode(%__MODULE__{} = artifact) do
    parts = Map.take(artifact, [:language, :bytes, :convention, :data, :params, :result, :notes])
    Sealed.encode({artifact.digest, parts})
  end

  @doc """
  The artifact again, without a program; `:error` for what is none, whoever wrote it.

      iex> alias Workbooks.Build.Artifact
      iex> one = Artifact.new(language: "wat", bytes: "a", convention: Workbooks.Build.Call.Typed, data: ["f"])
      iex> Artifact.decode(Artifact.encode(one)) == {:ok, one}
      true
      iex> Artifact.decode("something else")
      :error
  """
  @spec decode(binary) :: {:ok, t} | :error
  def decode(bytes) do
    with {:ok, {digest, %{language: language, bytes: bytes, params: params, result: result} = parts}} <-
           Sealed.decode(bytes),
         true <- map_size(parts) == 7 and is_binary(language) and is_binary(bytes),
         %{convention: convention, data: data, notes: notes} <- parts,
         true <- data?(convention, data) and every?(notes, &note?/1),
         true <- pairs?(params, &type?/1) and (result == nil or type?(result)),
         %{digest: ^digest} = artifact <- new(Map.to_list(parts)) do
      {:ok, artifact}
    else
      _not_one -> :error
    end
  end

  # Those are all the conventions that there are.
  defp data?(convention, data) when convention in [Call.Typed, Call.Raising], do: names?(data)
  defp data?(Call.Command, %{inputs: inputs, outputs: outputs}), do: names?(inputs) and names?(outputs)

  defp data?(Call.Engine, %{id: id, sig: sig, outputs: outputs, engine: engine}),
    do: is_binary(id) and (sig == nil or is_binary(sig)) and names?(outputs) and is_binary(engine)

  defp data?(_convention, _data), do: false

  defp note?(%{line: line, column: column, message: message} = note),
    do: map_size(note) == 3 and place?(line) and place?(column) and is_binary(message)

  defp note?(_other), do: false

  defp place?(number), do: number == nil or (is_integer(number) and number > 0)

  # That they stand here makes their names known, too: a decoded term has no others.
  @plain [:any, :bool, :char, :string, :error_context, :s8, :s16, :s32, :s64, :u8, :u16, :u32, :u64, :f32, :f64]

  defp type?(type) when is_atom(type), do: type in @plain
  defp type?({kind, type}) when kind in [:list, :option], do: type?(type)
  defp type?({:list, type, size}), do: type?(type) and is_integer(size)
  defp type?({:tuple, types}), do: every?(types, &type?/1)
  defp type?({:result, ok, error}), do: none_or_type?(ok) and none_or_type?(error)
  defp type?({:record, fields}), do: pairs?(fields, &type?/1)
  defp type?({:variant, cases}), do: pairs?(cases, &none_or_type?/1)
  defp type?({kind, names}) when kind in [:enum, :flags], do: names?(names)
  defp type?({:map, key, type}), do: type?(key) and type?(type)
  defp type?({kind, name}) when kind in [:own, :borrow], do: is_binary(name)
  defp type?(_other), do: false

  defp none_or_type?(type), do: type == nil or type?(type)
  defp names?(names), do: every?(names, &is_binary/1)

  defp pairs?(pairs, type?),
    do: every?(pairs, &(match?({name, _type} when is_binary(name), &1) and type?.(elem(&1, 1))))

  # A list, with an end.
  defp every?([], _right?), do: true
  defp every?([first | rest], right?), do: right?.(first) and every?(rest, right?)
  defp every?(_other, _right?), do: false
end
