defmodule Workbooks.Build.Rust.Declarations do
  @moduledoc """
  The items at the top of a Rust source: functions that others may call, structs, aliases of types.

  Types are read as far as values can pass between components, and kept as terms:
  `{:number, "i32"}`, `:bool`, `:char`, `:string`, `:unit`, `{:list, t}`, `{:option, t}`,
  `{:result, t, e}`, `{:tuple, ts}`, `{:named, name}`, `{:reference, t}`, and
  `{:other, text}` for all the rest.
  """

  alias Workbooks.Build.Rust.Tokens

  @numbers ~w(i8 i16 i32 i64 u8 u16 u32 u64 usize isize f32 f64)

  # In tokens; nobody writes such ones.
  @longest_type 2_000

  @type type :: atom | tuple
  @type entry :: %{
          name: String.t(),
          public?: boolean,
          plain_export?: boolean,
          generic?: boolean,
          params: [{String.t(), type}],
          result: type,
          line: pos_integer,
          column: pos_integer
        }
  @type t :: %{
          functions: [entry],
          structs: %{String.t() => [{String.t(), type}] | :unnamed | :generic},
          aliases: %{String.t() => type},
          reads: [{String.t(), {line :: pos_integer, column :: pos_integer}}]
        }

  @doc """
      iex> read = Workbooks.Build.Rust.Declarations.read("struct P { x: f64 }\\npub fn f(p: &P, n: Vec<u8>) -> Option<P> { None }")
      iex> [f] = read.functions
      iex> {f.name, f.public?, f.params, f.result, read.structs["P"]}
      {"f", true, [{"p", {:reference, {:named, "P"}}}, {"n", {:list, {:number, "u8"}}}], {:option, {:named, "P"}}, [{"x", {:number, "f64"}}]}
  """
  @spec read(String.t()) :: t
  def read(text) do
    tokens = Tokens.read(text)
    read = items(tokens, [], %{functions: [], structs: %{}, aliases: %{}, reads: reads(tokens)})
    %{read | functions: Enum.reverse(read.functions)}
  end

  # What makes the compiler read a file: Rust's own macros, by whatever path they are called, and a
  # module that has no body (`#[path]` may say where it is, a macro may put its name there).
  defp reads([{:name, name, place} | rest])
       when name in ~w(include include_str include_bytes r#include r#include_str r#include_bytes),
       do: [{name, place} | reads(rest)]

  defp reads([{:name, "mod", _}, {:name, _, _}, {:mark, "{", _} | rest]), do: reads(rest)
  defp reads([{:name, "mod", place} | rest]), do: [{"mod", place} | reads(rest)]
  defp reads([_ | rest]), do: reads(rest)
  defp reads([]), do: []

  # `before` holds what stands in front of an item: attributes' names, `pub`, `extern`.
  defp items([], _before, read), do: read

  defp items([{:mark, "#", _}, {:mark, "[", _} | rest], before, read) do
    {inside, rest} = group(rest, 1, [])
    items(rest, [{:attribute, for({:name, name, _} <- inside, do: name)} | before], read)
  end

  defp items([{:name, "fn", place}, {:name, name, _} | rest], before, read) do
    {item, rest} = function(name, rest, place, before)
    items(rest, [], %{read | functions: [item | read.functions]})
  end

  defp items([{:name, "struct", _}, {:name, name, _} | rest], _before, read) do
    {fields, rest} = struct_fields(rest)
    items(rest, [], put_in(read.structs[name], fields))
  end

  defp items([{:name, "type", _}, {:name, name, _}, {:mark, "=", _} | rest], _before, read) do
    {type, rest} = type(rest)
    items(rest, [], put_in(read.aliases[name], type))
  end

  defp items([{:mark, open, _} | rest], before, read) when open in ["{", "(", "["] do
    {_inside, rest} = group(rest, 1, [])
    # `pub(crate)` goes on, `impl X { … }` has ended.
    items(rest, if(open == "{", do: [], else: before), read)
  end

  defp items([{:mark, ";", _} | rest], _before, read), do: items(rest, [], read)
  defp items([{_, word, place} | rest], before, read), do: items(rest, [{word, place} | before], read)

  # --- items -------------------------------------------------------------------------------------

  defp function(name, rest, place, before) do
    {generic?, rest} = generics(rest)

    {params, rest} =
      case rest do
        [{:mark, "(", _} | rest] -> rest |> group(1, []) |> then(fn {inside, rest} -> {params(inside), rest} end)
        rest -> {[], rest}
      end

    {result, rest} =
      case rest do
        [{:mark, "->", _} | rest] -> type(rest)
        rest -> {:unit, rest}
      end

    words = for {word, _place} when is_binary(word) <- before, do: word
    attributes = for {:attribute, names} <- before, name <- names, do: name
    {line, column} = Enum.find_value(Enum.reverse(before), place, fn {word, at} -> is_binary(word) && at end)

    item = %{
      name: name,
      public?: "pub" in words,
      plain_export?: "no_mangle" in attributes or "export_name" in attributes,
      generic?: generic?,
      params: params,
      result: result,
      line: line,
      column: column
    }

    {item, body(rest)}
  end

  # Past a `where` and the body.
  defp body([{:mark, "{", _} | rest]), do: rest |> group(1, []) |> elem(1)
  defp body([{:mark, ";", _} | rest]), do: rest
  defp body([_ | rest]), do: body(rest)
  defp body([]), do: []

  defp params(tokens) do
    for part <- commas(tokens) do
      case Enum.reject(part, &match?({:name, "mut", _}, &1)) do
        [{:name, name, _}, {:mark, ":", _} | type] -> {name, whole(type)}
        other -> {"_", {:other, text(other)}}
      end
    end
  end

  defp struct_fields(rest) do
    {generic?, rest} = generics(rest)

    case rest do
      [{:mark, "{", _} | rest] ->
        {inside, rest} = group(rest, 1, [])
        {if(generic?, do: :generic, else: Enum.map(commas(inside), &field/1)), rest}

      # A tuple struct, or one without anything.
      rest ->
        {:unnamed, rest}
    end
  end

  defp field([{:mark, "#", _}, {:mark, "[", _} | rest]), do: rest |> group(1, []) |> elem(1) |> field()
  defp field([{:name, "pub", _}, {:mark, "(", _} | rest]), do: rest |> group(1, []) |> elem(1) |> field()
  defp field([{:name, "pub", _} | rest]), do: field(rest)
  defp field([{:name, name, _}, {:mark, ":", _} | type]), do: {name, whole(type)}
  defp field(other), do: {"_", {:other, text(other)}}

  defp generics([{:mark, "<", _} | rest]) do
    {inside, rest} = angle(rest, 1, [])
    # Lifetimes alone make nothing generic.
    {Enum.any?(inside, &match?({:name, _, _}, &1)), rest}
  end

  defp generics(rest), do: {false, rest}

  # --- types -------------------------------------------------------------------------------------

  defp whole(tokens, depth \\ 0) do
    # Each level is gone through anew.
    if match?([_ | _], Enum.drop(tokens, @longest_type)) do
      {:other, "of so many words"}
    else
      case type(tokens, depth) do
        {type, []} -> type
        {_type, _rest} -> {:other, text(tokens)}
      end
    end
  end

  # A type, and what follows it. What nests deeper than anybody writes is not read.
  defp type(tokens, depth \\ 0)
  defp type(_tokens, depth) when depth > 32, do: {{:other, "of so many layers"}, []}

  defp type([{:mark, "&", _} | rest], depth) do
    {type, rest} = rest |> without_lifetime() |> type(depth + 1)
    {{:reference, type}, rest}
  end

  defp type([{:mark, "(", _} | rest], depth) do
    {inside, rest} = group(rest, 1, [])

    case {commas(inside), List.last(inside)} do
      {[], _} -> {:unit, rest}
      # In brackets, as arithmetic has them.
      {[one], last} when elem(last, 1) != "," -> {whole(one, depth + 1), rest}
      {parts, _} -> {{:tuple, Enum.map(parts, &whole(&1, depth + 1))}, rest}
    end
  end

  defp type([{:mark, "[", _} | rest], depth) do
    {inside, rest} = group(rest, 1, [])

    if Enum.any?(inside, &match?({:mark, ";", _}, &1)),
      do: {{:other, "[" <> text(inside) <> "]"}, rest},
      else: {{:slice, whole(inside, depth + 1)}, rest}
  end

  defp type([{:name, _, _}, {:mark, "::", _} | rest], depth), do: type(rest, depth)

  defp type([{:name, name, _}, {:mark, "<", _} | rest], depth) do
    {inside, rest} = angle(rest, 1, [])
    {generic(name, Enum.map(commas(inside), &whole(&1, depth + 1)), inside), rest}
  end

  defp type([{:name, name, _} | rest], _depth), do: {plain(name), rest}
  defp type(tokens, _depth), do: {{:other, text(tokens)}, []}

  defp without_lifetime([{:lifetime, _, _} | rest]), do: rest
  defp without_lifetime(rest), do: rest

  defp plain(number) when number in @numbers, do: {:number, number}
  defp plain("bool"), do: :bool
  defp plain("char"), do: :char
  defp plain(string) when string in ["String", "str"], do: :string
  defp plain(word) when word in ~w(mut dyn impl fn unsafe extern), do: {:other, word}
  defp plain(name), do: {:named, name}

  defp generic("Vec", [type], _), do: {:list, type}
  defp generic("Option", [type], _), do: {:option, type}
  defp generic("Result", [type, error], _), do: {:result, type, error}
  # `io::Result<T>` and its like: the error is the alias's.
  defp generic("Result", [type], _), do: {:result, type, {:other, "an error"}}
  defp generic(name, _types, inside), do: {:other, "#{name}<#{text(inside)}>"}

  # --- tokens ------------------------------------------------------------------------------------

  # What lies before the bracket that closes, and what follows it.
  defp group([], _depth, inside), do: {Enum.reverse(inside), []}

  defp group([{:mark, mark, _} = token | rest], depth, inside) do
    cond do
      mark in ["(", "[", "{"] -> group(rest, depth + 1, [token | inside])
      mark in [")", "]", "}"] and depth == 1 -> {Enum.reverse(inside), rest}
      mark in [")", "]", "}"] -> group(rest, depth - 1, [token | inside])
      true -> group(rest, depth, [token | inside])
    end
  end

  defp group([token | rest], depth, inside), do: group(rest, depth, [token | inside])

  defp angle([], _depth, inside), do: {Enum.reverse(inside), []}
  defp angle([{:mark, ">", _} | rest], 1, inside), do: {Enum.reverse(inside), rest}
  defp angle([{:mark, ">", _} = token | rest], depth, inside), do: angle(rest, depth - 1, [token | inside])
  defp angle([{:mark, "<", _} = token | rest], depth, inside), do: angle(rest, depth + 1, [token | inside])
  defp angle([token | rest], depth, inside), do: angle(rest, depth, [token | inside])

  defp commas(tokens) do
    {parts, part, _depth} =
      for {_, word, _} = token <- tokens, reduce: {[], [], 0} do
        {parts, part, 0} when word == "," -> {[Enum.reverse(part) | parts], [], 0}
        {parts, part, depth} when word in ["(", "[", "{", "<"] -> {parts, [token | part], depth + 1}
        {parts, part, depth} when word in [")", "]", "}", ">"] -> {parts, [token | part], depth - 1}
        {parts, part, depth} -> {parts, [token | part], depth}
      end

    Enum.reject(Enum.reverse([Enum.reverse(part) | parts]), &(&1 == []))
  end

  defp text(tokens), do: Enum.map_join(tokens, " ", &elem(&1, 1))
end
