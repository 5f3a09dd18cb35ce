defmodule Workbooks.Build.Artifact.Codec do
  @moduledoc "Artifacts as bytes, for a file that the next virtual machine reads."

  alias Workbooks.Build.{Artifact, Call, Sealed}

  @doc "An artifact as bytes for the next virtual machine: all but its program."
  @spec encode(Artifact.t()) :: binary
  def encode(%Artifact{} = artifact) do
    parts = Map.take(artifact, [:language, :bytes, :convention, :data, :params, :result, :notes])
    Sealed.encode({artifact.digest, parts})
  end

  @doc """
  The artifact again, without a program; `:error` for what is none, whoever wrote it.

      iex> alias Workbooks.Build.{Artifact, Artifact.Codec}
      iex> one = Artifact.new(language: "wat", bytes: "a", convention: Workbooks.Build.Call.Typed, data: ["f"])
      iex> Codec.decode(Codec.encode(one)) == {:ok, one}
      true
      iex> Codec.decode("something else")
      :error
  """
  @spec decode(binary) :: {:ok, Artifact.t()} | :error
  def decode(bytes) do
    with {:ok, {digest, %{language: language, bytes: bytes, params: params, result: result} = parts}} <-
           Sealed.decode(bytes),
         true <- map_size(parts) == 7 and is_binary(language) and is_binary(bytes),
         %{convention: convention, data: data, notes: notes} <- parts,
         true <- data?(convention, data) and every?(notes, &note?/1),
         true <- pairs?(params, &type?/1) and (result == nil or type?(result)),
         %{digest: ^digest} = artifact <- Artifact.new(Map.to_list(parts)) do
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
