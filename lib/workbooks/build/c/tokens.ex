defmodule Workbooks.Build.C.Tokens do
  @moduledoc false
  # C source as tokens, `{kind, text, line}`: words, numbers, strings and signs. Comments and the
  # preprocessor's lines are left out. Anything is taken; what is no C is clang's to refuse.

  @type token :: {:word | :number | :string | :sign, String.t(), pos_integer}

  @doc """
  The tokens of a source.

      iex> Workbooks.Build.C.Tokens.of("int f(void); // two")
      [{:word, "int", 1}, {:word, "f", 1}, {:sign, "(", 1}, {:word, "void", 1}, {:sign, ")", 1}, {:sign, ";", 1}]
  """
  @spec of(String.t()) :: [token]
  def of(source), do: start(source, 1, [])

  # At a line's beginning a # is the preprocessor's.
  defp start(<<c, rest::binary>>, line, done) when c in ~c" \t\r\f\v", do: start(rest, line, done)
  defp start("#" <> rest, line, done), do: directive(rest, line, done)
  defp start(source, line, done), do: next(source, line, done)

  defp next("", _line, done), do: Enum.reverse(done)
  defp next("\n" <> rest, line, done), do: start(rest, line + 1, done)
  defp next("\\\n" <> rest, line, done), do: next(rest, line + 1, done)
  defp next("//" <> rest, line, done), do: line_comment(rest, line, done)
  defp next("/*" <> rest, line, done), do: comment(rest, line, done, &next/3)
  defp next(<<c, rest::binary>>, line, done) when c in ~c" \t\r\f\v", do: next(rest, line, done)
  defp next(<<quote, rest::binary>>, line, done) when quote in [?", ?'], do: string(rest, quote, line, line, done)

  defp next(<<c, _::binary>> = source, line, done) when c in ?a..?z or c in ?A..?Z or c == ?_ or c >= 128 do
    {word, rest} = take(source, "")
    next(rest, line, [{:word, word, line} | done])
  end

  defp next(<<c, _::binary>> = source, line, done) when c in ?0..?9 do
    {number, rest} = take(source, "")
    next(rest, line, [{:number, number, line} | done])
  end

  # Signs in other letters.
  for {digraph, sign} <- [{"<%", "{"}, {"%>", "}"}, {"<:", "["}, {":>", "]"}] do
    defp next(unquote(digraph) <> rest, line, done), do: next(rest, line, [{:sign, unquote(sign), line} | done])
  end

  defp next("..." <> rest, line, done), do: next(rest, line, [{:sign, "...", line} | done])
  defp next(<<c, rest::binary>>, line, done), do: next(rest, line, [{:sign, <<c>>, line} | done])

  defp take(<<c, rest::binary>>, word) when c in ?a..?z or c in ?A..?Z or c in ?0..?9 or c == ?_ or c >= 128,
    do: take(rest, <<word::binary, c>>)

  defp take(rest, word), do: {word, rest}

  defp directive("", _line, done), do: Enum.reverse(done)
  defp directive("\n" <> rest, line, done), do: start(rest, line + 1, done)
  defp directive("\\\n" <> rest, line, done), do: directive(rest, line + 1, done)
  defp directive("\\\r\n" <> rest, line, done), do: directive(rest, line + 1, done)
  defp directive("//" <> rest, line, done), do: line_comment(rest, line, done)
  defp directive("/*" <> rest, line, done), do: comment(rest, line, done, &directive/3)
  defp directive(<<_, rest::binary>>, line, done), do: directive(rest, line, done)

  defp line_comment("", _line, done), do: Enum.reverse(done)
  defp line_comment("\\\n" <> rest, line, done), do: line_comment(rest, line + 1, done)
  defp line_comment("\n" <> rest, line, done), do: start(rest, line + 1, done)
  defp line_comment(<<_, rest::binary>>, line, done), do: line_comment(rest, line, done)

  defp comment("", _line, done, _after), do: Enum.reverse(done)
  defp comment("*/" <> rest, line, done, continue), do: continue.(rest, line, done)
  defp comment("\n" <> rest, line, done, continue), do: comment(rest, line + 1, done, continue)
  defp comment(<<_, rest::binary>>, line, done, continue), do: comment(rest, line, done, continue)

  # What a literal says does not matter here, but where it ends does.
  defp string("", _quote, begun, _line, done), do: Enum.reverse([{:string, "", begun} | done])
  defp string("\\\n" <> rest, quote, begun, line, done), do: string(rest, quote, begun, line + 1, done)
  defp string(<<?\\, _, rest::binary>>, quote, begun, line, done), do: string(rest, quote, begun, line, done)
  defp string("\n" <> rest, _quote, begun, line, done), do: start(rest, line + 1, [{:string, "", begun} | done])

  defp string(<<quote, rest::binary>>, quote, begun, line, done),
    do: next(rest, line, [{:string, "", begun} | done])

  defp string(<<_, rest::binary>>, quote, begun, line, done), do: string(rest, quote, begun, line, done)
end
