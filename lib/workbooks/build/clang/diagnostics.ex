defmodule Workbooks.Build.Clang.Diagnostics do
  @moduledoc """
  What clang and wasm-ld say about a program, read.
  """

  alias Workbooks.Build.Problem

  @type diagnostic :: %{
          file: String.t() | nil,
          line: pos_integer | nil,
          column: pos_integer | nil,
          severity: :error | :warning | :note,
          message: String.t()
        }

  # Beyond this nobody reads on.
  @most_notes 20

  @doc """
  The diagnostics in what a tool wrote to standard error, in order.

      iex> Workbooks.Build.Clang.Diagnostics.parse("block.c:3:5: error: expected ';' after expression\\n")
      [%{file: "block.c", line: 3, column: 5, severity: :error, message: "expected ';' after expression"}]
      iex> [%{message: message}] = Workbooks.Build.Clang.Diagnostics.parse("wasm-ld: error: /block/0.o: undefined symbol: sinus")
      iex> message
      "undefined symbol: sinus"
  """
  @spec parse(String.t()) :: [diagnostic]
  def parse(text) do
    text |> printable() |> String.split("\n") |> Enum.flat_map(&line/1)
  end

  defp line(line) do
    case Regex.run(~r/^(.+?):(\d+):(\d+): (fatal error|error|warning|note): (.*)$/u, line) do
      [_, file, line, column, severity, message] ->
        [%{file: file, line: number(line), column: number(column), severity: severity(severity), message: message}]

      nil ->
        without_place(line)
    end
  end

  defp without_place(line) do
    case Regex.run(~r/^(?:wasm-ld: |clang: )?(fatal error|error|warning): (?:\/block\/\S+\.o: )?(.*)$/u, line) do
      [_, severity, message] ->
        [%{file: nil, line: nil, column: nil, severity: severity(severity), message: message}]

      nil ->
        without_severity(line)
    end
  end

  defp without_severity("LLVM ERROR: " <> message),
    do: [%{file: nil, line: nil, column: nil, severity: :error, message: message}]

  defp without_severity(_line), do: []

  defp severity("warning"), do: :warning
  defp severity("note"), do: :note
  defp severity(_error), do: :error

  # Columns of a hostile file are too long to be any.
  defp number(digits), do: digits |> String.slice(0, 9) |> String.to_integer() |> max(1)

  defp printable(text),
    do:
      if(String.valid?(text),
        do: text,
        else:
          String.replace(
            inspect(text, binaries: :as_strings, limit: :infinity, printable_limit: :infinity),
            "\\n",
            "\n"
          )
      )

  @doc """
  The problem that a failed run is: its first error, with the other diagnostics as notes. `file` is the
  name of the block's own source; lines of others are told in words.
  """
  @spec problem([diagnostic], String.t(), String.t()) :: Problem.t()
  def problem(diagnostics, file, otherwise) do
    case Enum.split_while(diagnostics, &(&1.severity != :error)) do
      {before, [first | others]} ->
        notes = for other <- Enum.take(before ++ others, @most_notes), do: note(other, file)

        Problem.new(:compile, message(first, file),
          line: own(first, file, :line),
          column: own(first, file, :column),
          notes: notes
        )

      {_, []} ->
        Problem.new(:compile, otherwise)
    end
  end

  @doc "Warnings of a run that went well, as notes: of `file` and what it includes."
  @spec notes([diagnostic], String.t(), others :: [String.t()]) :: [Problem.note()]
  def notes(diagnostics, file, others) do
    for(diagnostic <- diagnostics, diagnostic.file not in others, do: note(diagnostic, file)) |> Enum.take(@most_notes)
  end

  defp note(diagnostic, file) do
    %{
      line: own(diagnostic, file, :line),
      column: own(diagnostic, file, :column),
      message: "#{diagnostic.severity}: #{message(diagnostic, file)}"
    }
  end

  defp own(%{file: file} = diagnostic, file, key), do: Map.fetch!(diagnostic, key)
  defp own(_diagnostic, _file, _key), do: nil

  defp message(%{file: other} = diagnostic, file) when other in [nil, file], do: diagnostic.message
  defp message(diagnostic, _file), do: "#{diagnostic.message} (#{Path.basename(diagnostic.file)}:#{diagnostic.line})"
end
