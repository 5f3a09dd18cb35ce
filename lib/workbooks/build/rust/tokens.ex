defmodule Workbooks.Build.Rust.Tokens do
  @moduledoc false
  # A Rust source as tokens: names, literals and single characters, comments left out. What does not
  # close is closed by the end of the text: what is wrong there is for the compiler to say.

  @type token :: {:name | :literal | :lifetime | :mark, String.t(), {line :: pos_integer, column :: pos_integer}}

  @doc """
      iex> Workbooks.Build.Rust.Tokens.read("fn f<'a>(x: &'a str) {} // end")
      ...> |> Enum.map_join(" ", &elem(&1, 1))
      "fn f < 'a > ( x : & 'a str ) { }"
  """
  @spec read(String.t()) :: [token]
  def read(text), do: text |> tokens({1, 1}, []) |> Enum.reverse()

  defp tokens("", _place, found), do: found

  defp tokens("\n" <> rest, {line, _}, found), do: tokens(rest, {line + 1, 1}, found)
  defp tokens("/*" <> _ = text, place, found), do: drop(text, comment(text, 0, 0), place, found)

  defp tokens(text, place, found) do
    case Enum.find_value(patterns(), fn {kind, pattern} ->
           with [match | _] <- Regex.run(pattern, text), do: {kind, match}
         end) do
      {:skip, match} -> drop(text, byte_size(match), place, found)
      {kind, match} -> drop(text, byte_size(match), place, [{kind, match, place} | found])
    end
  end

  # A character is `'x'` or `'\\n'`; a lifetime has no quote behind it.
  defp patterns do
    [
      skip: ~r/\A(?:[ \t\r]+|\/\/[^\n]*)/,
      literal: ~r/\A(?:b|c)?r(#*)".*?"\1/s,
      literal: ~r/\A(?:b|c)?"(?:[^"\\]|\\.)*"?/s,
      literal: ~r/\Ab?'(?:[^'\\\n]|\\[^\n][^'\n]*)'/u,
      lifetime: ~r/\A'[A-Za-z_]\w*/,
      name: ~r/\A(?:r#)?[\p{L}_][\p{L}\p{N}_]*/u,
      literal: ~r/\A[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9A-Za-z_]*)?/,
      mark: ~r/\A(?:->|::|=>)/,
      mark: ~r/\A./su
    ]
  end

  defp drop(text, bytes, place, found) do
    <<taken::binary-size(bytes), rest::binary>> = text
    tokens(rest, behind(taken, place), found)
  end

  defp behind(taken, {line, column}) do
    case String.split(taken, "\n") do
      [same] -> {line, column + String.length(same)}
      lines -> {line + length(lines) - 1, String.length(List.last(lines)) + 1}
    end
  end

  # Bytes of a comment, which may hold others.
  defp comment("", bytes, _depth), do: bytes
  defp comment("/*" <> rest, bytes, depth), do: comment(rest, bytes + 2, depth + 1)
  defp comment("*/" <> _, bytes, 1), do: bytes + 2
  defp comment("*/" <> rest, bytes, depth), do: comment(rest, bytes + 2, depth - 1)
  defp comment(<<_, rest::binary>>, bytes, depth), do: comment(rest, bytes + 1, depth)
end
