defmodule Workbooks.Build.Zig.Declarations do
  @moduledoc """
  The declarations at the top of a Zig source, as far as a block's entry has to be found among them.

  Types are not read here: Zig itself tells them, whatever they are made of.
  """

  @type entry :: %{
          name: String.t(),
          public?: boolean,
          exported?: boolean,
          line: pos_integer,
          column: pos_integer,
          export_at: non_neg_integer | nil
        }

  @doc """
  The functions that are `pub` or `export`, in order, and the names of all other declarations.

      iex> source = "const x = 1;\\nexport fn add(a: i32) i32 { return a; }\\nfn own() void {}"
      iex> {[add], names} = Workbooks.Build.Zig.Declarations.read(source)
      iex> {add.name, add.exported?, add.line, add.column, add.export_at, names}
      {"add", true, 2, 1, 13, ["x"]}
  """
  @spec read(String.t()) :: {[entry], [String.t()]}
  def read(source) do
    words = source |> words(%{at: 0, line: 1, start: 0, depth: 0}, []) |> Enum.reverse()
    {functions(words), for([{w, _}, {name, _} | _] <- tails(words), w in ["const", "var"], do: name)}
  end

  defp functions(words) do
    statements = Enum.chunk_while(words, [], &statement/2, &{:cont, Enum.reverse(&1), []})

    for statement <- statements,
        {before, [_fn, {name, _} | _]} <- [Enum.split_while(statement, fn {word, _} -> word != "fn" end)],
        modifiers = Enum.map(before, &elem(&1, 0)),
        "pub" in modifiers or "export" in modifiers,
        name not in [";", "{"] do
      {_word, place} = hd(before)
      export = Enum.find_value(before, fn {word, place} -> if word == "export", do: place.at end)

      %{
        name: name,
        public?: "pub" in modifiers,
        exported?: "export" in modifiers,
        line: place.line,
        column: place.column,
        export_at: export
      }
    end
  end

  # A declaration ends at its semicolon or with the block it opens.
  defp statement({end_of_it, _}, words) when end_of_it in [";", "{"], do: {:cont, Enum.reverse(words), []}
  defp statement(word, words), do: {:cont, [word | words]}

  defp tails([]), do: []
  defp tails([_ | rest] = words), do: [words | tails(rest)]

  # --- words outside of all brackets ---------------------------------------------------------------

  defp words("", _place, found), do: found
  defp words("//" <> _ = text, place, found), do: skip_line(text, place, found)
  defp words("\\\\" <> _ = text, place, found), do: skip_line(text, place, found)
  defp words("\n" <> rest, place, found), do: words(rest, next_line(place), found)
  defp words("\"" <> rest, place, found), do: quoted(rest, ?", ahead(place, 1), found)
  defp words("'" <> rest, place, found), do: quoted(rest, ?', ahead(place, 1), found)

  # A name of any characters: @"like this".
  defp words("@\"" <> _ = text, place, found) do
    case Regex.run(~r/\A@"(?:[^"\\\n]|\\.)*"/, text) do
      [name] -> text |> rest(name) |> words(ahead(place, byte_size(name)), found(found, name, place))
      nil -> skip_line(text, place, found)
    end
  end

  defp words(<<c, rest::binary>>, place, found) when c in [?(, ?[, ?{] do
    found = if c == ?{, do: found(found, "{", place), else: found
    words(rest, ahead(%{place | depth: place.depth + 1}, 1), found)
  end

  defp words(<<c, rest::binary>>, place, found) when c in [?), ?], ?}] do
    words(rest, ahead(%{place | depth: max(place.depth - 1, 0)}, 1), found)
  end

  defp words(";" <> rest, place, found), do: words(rest, ahead(place, 1), found(found, ";", place))

  defp words(<<_, rest::binary>> = text, place, found) do
    case Regex.run(~r/\A[A-Za-z_][A-Za-z0-9_]*/, text) do
      [word] -> text |> rest(word) |> words(ahead(place, byte_size(word)), found(found, word, place))
      nil -> words(rest, ahead(place, 1), found)
    end
  end

  defp found(found, word, %{depth: 0} = place) do
    [{word, %{line: place.line, column: place.at - place.start + 1, at: place.at}} | found]
  end

  defp found(found, _word, _place), do: found

  # A literal ends at its line's end at the latest: what is wrong there is for Zig to say.
  defp quoted("", _quote, _place, found), do: found
  defp quoted("\n" <> _ = text, _quote, place, found), do: words(text, place, found)

  defp quoted(<<?\\, c, rest::binary>>, quote, place, found) when c != ?\n,
    do: quoted(rest, quote, ahead(place, 2), found)

  defp quoted(<<quote, rest::binary>>, quote, place, found), do: words(rest, ahead(place, 1), found)
  defp quoted(<<_, rest::binary>>, quote, place, found), do: quoted(rest, quote, ahead(place, 1), found)

  defp skip_line(text, place, found) do
    case :binary.match(text, "\n") do
      {at, 1} -> text |> binary_part(at, byte_size(text) - at) |> words(ahead(place, at), found)
      :nomatch -> found
    end
  end

  defp rest(text, word), do: binary_part(text, byte_size(word), byte_size(text) - byte_size(word))
  defp next_line(place), do: %{place | at: place.at + 1, line: place.line + 1, start: place.at + 1}
  defp ahead(place, bytes), do: %{place | at: place.at + bytes}
end
