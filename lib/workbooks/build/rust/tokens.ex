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

  defp tokens(<<first, _::binary>> = text, place, found) do
    case Enum.find_value(kinds(first), fn {kind, pattern} -> match(kind, pattern, text) end) do
      {:skip, bytes} -> drop(text, bytes, place, found)
      {kind, bytes} -> drop(text, bytes, place, [{kind, binary_part(text, 0, bytes), place} | found])
      nil -> drop(text, 1, place, [{:mark, <<first>>, place} | found])
    end
  end

  defp match(kind, pattern, text) do
    with [{0, bytes} | _] <- Regex.run(pattern, text, return: :index), do: {kind, bytes}
  end

  # What may begin with a byte. On bytes: with Unicode each look would check all the rest of the text;
  # what is beyond ASCII is a name's. A character is `'x'` or `'\\n'`; a lifetime has no quote behind it.
  @blank {:skip, ~r/\A[ \t\r]+/}
  @comment {:skip, ~r/\A\/\/[^\n]*/}
  @raw {:literal, ~r/\A(?:b|c)?r(#*)".*?(?:"\1|\z)/s}
  @text {:literal, ~r/\A(?:b|c)?"(?:[^"\\]|\\.)*+"?/s}
  @character {:literal, ~r/\Ab?'(?:[^'\\\n\x80-\xFF]|[\xC0-\xFF][\x80-\xBF]*|\\[^\n][^'\n]*)'/}
  @lifetime {:lifetime, ~r/\A'[A-Za-z_]\w*/}
  @name {:name, ~r/\A(?:r#)?[A-Za-z_\x80-\xFF][A-Za-z0-9_\x80-\xFF]*/}
  @number {:literal, ~r/\A[0-9][0-9A-Za-z_]*(?:\.[0-9][0-9A-Za-z_]*)?/}
  @mark {:mark, ~r/\A(?:->|::|=>)/}

  defp kinds(first) when first in [?\s, ?\t, ?\r], do: [@blank]
  defp kinds(?/), do: [@comment]
  defp kinds(?"), do: [@text]
  defp kinds(?'), do: [@character, @lifetime]
  defp kinds(first) when first in [?b, ?c, ?r], do: [@raw, @text, @character, @name]
  defp kinds(first) when first in ?a..?z or first in ?A..?Z or first == ?_ or first >= 0x80, do: [@name]
  defp kinds(first) when first in ?0..?9, do: [@number]
  defp kinds(first) when first in [?-, ?:, ?=], do: [@mark]
  defp kinds(_first), do: []

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
