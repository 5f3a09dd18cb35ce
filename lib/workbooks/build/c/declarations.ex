defmodule Workbooks.Build.C.Declarations do
  @moduledoc """
  What a C source declares at its top level: the functions it defines, its types.

  Read without the preprocessor, so a type that a macro makes is not known, but for those of
  `workbooks.h`. Nothing is refused here: what cannot be read is passed over, and clang has the last
  word on it.

  A type is `{:base, name}` with C's own name in its shortest form (`"unsigned char"`, `"long long"`),
  `{:pointer, type}`, `{:struct, tag}`, `{:enum}`, `{:named, name}` (a typedef's), `{:list, type}`,
  `{:option, type}`, `{:result, ok, error}` (those of the header), or `:unknown`.
  """

  alias Workbooks.Build.C.Tokens

  @type ctype ::
          {:base, String.t()}
          | {:pointer, ctype}
          | {:struct, String.t() | [{String.t(), ctype}]}
          | :enum
          | {:named, String.t()}
          | {:list, ctype}
          | {:option, ctype}
          | {:result, ctype, ctype}
          | :unknown

  @type defined :: %{name: String.t(), result: ctype, params: [{String.t() | nil, ctype}], line: pos_integer}

  @enforce_keys [:functions, :types, :structs]
  defstruct [:functions, :types, :structs, depth: 0]

  @typedoc "`functions` with a body and not static, in order; `types` by typedef name; `structs` by tag."
  @type t :: %__MODULE__{
          functions: [defined],
          types: %{String.t() => ctype},
          structs: %{String.t() => [{String.t(), ctype}]},
          depth: non_neg_integer
        }

  @storage ~w(extern inline __inline __inline__ _Noreturn __extension__ register auto _Thread_local)
  @qualifiers ~w(const volatile restrict __restrict __restrict__ __const _Atomic)
  @words ~w(void char short int long float double signed unsigned _Bool bool _Complex __signed__ __int128)
  @attributes ~w(__attribute__ __attribute _Alignas __declspec __asm__ asm _Static_assert static_assert __typeof__ typeof)

  # What is within structs and parameters is read anew at each level, so what is nested further costs too much.
  @deepest 6

  @doc "The declarations of a source."
  @spec read(String.t()) :: t
  def read(source), do: merge(%__MODULE__{functions: [], types: %{}, structs: %{}}, source)

  @doc "Those of another source, added to these."
  @spec merge(t, String.t()) :: t
  def merge(declarations, source) do
    read = top(Tokens.of(source), declarations)
    %{read | functions: Enum.reverse(read.functions)}
  end

  # --- the top level -----------------------------------------------------------------------------

  defp top([], found), do: found
  defp top([{:sign, ";", _} | rest], found), do: top(rest, found)

  defp top([{:word, macro, _}, {:sign, "(", _} | rest], found) when macro in ~w(WB_LIST WB_OPTION WB_RESULT) do
    {arguments, rest} = arguments(rest)
    top(rest, made(macro, arguments, found))
  end

  defp top([{:word, word, _}, {:sign, "(", _} | rest], found) when word in ~w(_Static_assert static_assert) do
    top(balanced(rest, ")"), found)
  end

  defp top(tokens, found) do
    case specifiers(tokens, %{storage: [], words: [], type: nil}, found) do
      {:ok, specified, rest, found} -> declarators(rest, specified, found)
      :error -> top(skip(tokens), found)
    end
  end

  defp made("WB_LIST", [name, type], found), do: type(found, name, {:list, spelled(type, found)})
  defp made("WB_OPTION", [name, type], found), do: type(found, name, {:option, spelled(type, found)})

  defp made("WB_RESULT", [name, ok, error], found),
    do: type(found, name, {:result, spelled(ok, found), spelled(error, found)})

  defp made(_macro, _arguments, found), do: found

  defp type(found, [{:word, name, _}], type), do: put_in(found.types[name], type)
  defp type(found, _name, _type), do: found

  defp spelled(tokens, found) do
    with {:ok, specified, rest, _found} <- specifiers(tokens, %{storage: [], words: [], type: nil}, found),
         {:ok, {_name, type, _params}, []} <- declarator(rest, base(specified), found) do
      type
    else
      _ -> :unknown
    end
  end

  # --- specifiers --------------------------------------------------------------------------------

  defp specifiers([{:word, word, _} | rest], so_far, found) when word in ~w(static typedef),
    do: specifiers(rest, %{so_far | storage: [word | so_far.storage]}, found)

  defp specifiers([{:word, word, _} | rest], so_far, found) when word in @storage or word in @qualifiers,
    do: specifiers(rest, so_far, found)

  defp specifiers([{:word, word, _}, {:sign, "(", _} | rest], so_far, found) when word in @attributes,
    do: specifiers(balanced(rest, ")"), so_far, found)

  defp specifiers([{:word, word, _} | rest], so_far, found) when word in @words,
    do: specifiers(rest, %{so_far | words: [word | so_far.words]}, found)

  defp specifiers([{:word, kind, _} | rest], %{type: nil, words: []} = so_far, found)
       when kind in ~w(struct union enum) do
    {tag, rest} = tag(attributes(rest))

    case rest do
      [{:sign, "{", _} | body] ->
        {inside, rest} = inside(body, "}")
        {type, found} = defined(kind, tag, inside, found)
        specifiers(rest, %{so_far | type: type}, found)

      _ when tag != nil ->
        specifiers(rest, %{so_far | type: referred(kind, tag)}, found)

      _ ->
        :error
    end
  end

  # The first word that nothing else explains is a typedef's name, the next the declarator's.
  defp specifiers([{:word, name, _} | rest], %{type: nil, words: []} = so_far, found),
    do: specifiers(rest, %{so_far | type: {:named, name}}, found)

  defp specifiers(_tokens, %{type: nil, words: []}, _found), do: :error
  defp specifiers(tokens, so_far, found), do: {:ok, so_far, tokens, found}

  defp tag([{:word, name, _} | rest]), do: {name, attributes(rest)}
  defp tag(rest), do: {nil, rest}

  defp referred("struct", tag), do: {:struct, tag}
  defp referred("enum", _tag), do: :enum
  defp referred("union", _tag), do: :unknown

  defp defined("enum", _tag, _inside, found), do: {:enum, found}
  defp defined("union", _tag, _inside, found), do: {:unknown, found}

  defp defined("struct", _tag, _inside, %{depth: @deepest} = found), do: {:unknown, found}

  defp defined("struct", tag, inside, %{depth: depth} = found) do
    {fields, found} = fields(inside, [], %{found | depth: depth + 1})
    found = %{found | depth: depth}
    if tag, do: {{:struct, tag}, put_in(found.structs[tag], fields)}, else: {{:struct, fields}, found}
  end

  defp base(%{type: type, words: []}), do: type
  defp base(%{words: words}), do: words |> Enum.reverse() |> named()

  # The words in any order, as C allows.
  defp named(words) do
    count = Enum.frequencies(words)
    unsigned = if count["unsigned"], do: "unsigned ", else: ""

    cond do
      count["_Complex"] || count["__int128"] -> :unknown
      count["void"] -> {:base, "void"}
      count["_Bool"] || count["bool"] -> {:base, "bool"}
      count["double"] -> if count["long"], do: :unknown, else: {:base, "double"}
      count["float"] -> {:base, "float"}
      count["char"] -> {:base, unsigned <> "char"}
      count["short"] -> {:base, unsigned <> "short"}
      count["long"] == 2 -> {:base, unsigned <> "long long"}
      count["long"] -> {:base, unsigned <> "long"}
      true -> {:base, unsigned <> "int"}
    end
  end

  # --- declarators -------------------------------------------------------------------------------

  defp declarators(tokens, specified, found) do
    with {:ok, {name, type, params}, rest} <- declarator(tokens, base(specified), found),
         do: declared(attributes(rest), name, type, params, specified, found),
         else: (_ -> top(skip(tokens), found))
  end

  # A body.
  defp declared([{:sign, "{", _} | rest], {name, line}, type, params, specified, found) when is_list(params) do
    function = %{name: name, result: type, params: params, line: line}
    found = if "static" in specified.storage, do: found, else: %{found | functions: [function | found.functions]}
    top(balanced(rest, "}"), found)
  end

  defp declared([{:sign, sign, _} | rest], name, type, params, specified, found) when sign in [";", ","] do
    found = noted(name, type, params, specified, found)
    if sign == ",", do: declarators(rest, specified, found), else: top(rest, found)
  end

  defp declared(tokens, _name, _type, _params, _specified, found), do: top(skip(tokens), found)

  defp noted({name, _line}, type, nil, %{storage: storage}, found) do
    if "typedef" in storage, do: put_in(found.types[name], type), else: found
  end

  defp noted({name, _line}, _type, _params, %{storage: storage}, found) do
    if "typedef" in storage, do: put_in(found.types[name], :unknown), else: found
  end

  defp noted(nil, _type, _params, _specified, found), do: found

  # `* const name (params)`, `name [n]`, or nothing at all. Pointers to functions and to arrays are not told apart.
  defp declarator([{:sign, "*", _} | rest], type, found), do: declarator(qualifiers(rest), {:pointer, type}, found)

  defp declarator([{:sign, "(", _} | rest], _type, _found) do
    {inside, rest} = inside(rest, ")")

    name =
      Enum.find_value(inside, fn token -> with {:word, name, line} <- token, do: {name, line}, else: (_ -> nil) end)

    {:ok, {name, :unknown, nil}, suffixes(rest)}
  end

  defp declarator([{:word, name, line}, {:sign, "(", _} | rest], type, found) when name not in @attributes do
    {inside, rest} = inside(rest, ")")
    {:ok, {{name, line}, type, params(inside, found)}, rest}
  end

  defp declarator([{:word, name, line} | rest], type, _found) when name not in @attributes do
    case suffixes(rest) do
      ^rest -> {:ok, {{name, line}, type, nil}, rest}
      # As a parameter it is a pointer; as anything else it is of no use here.
      rest -> {:ok, {{name, line}, {:pointer, type}, nil}, rest}
    end
  end

  defp declarator(rest, type, _found), do: {:ok, {nil, type, nil}, suffixes(rest)}

  defp suffixes([{:sign, "[", _} | rest]), do: suffixes(balanced(rest, "]"))
  defp suffixes([{:sign, "(", _} | rest]), do: suffixes(balanced(rest, ")"))
  defp suffixes(rest), do: rest

  defp qualifiers([{:word, word, _} | rest]) when word in @qualifiers, do: qualifiers(rest)
  defp qualifiers(rest), do: rest

  defp attributes([{:word, word, _}, {:sign, "(", _} | rest]) when word in @attributes,
    do: attributes(balanced(rest, ")"))

  defp attributes(rest), do: rest

  defp params([], _found), do: []
  defp params([{:word, "void", _}], _found), do: []

  defp params(_tokens, %{depth: @deepest}), do: [{nil, :unknown}]

  defp params(tokens, %{depth: depth} = found) do
    found = %{found | depth: depth + 1}

    for parameter <- split(tokens, ",") do
      with {:ok, specified, rest, _found} <- specifiers(parameter, %{storage: [], words: [], type: nil}, found),
           {:ok, {name, type, nil}, rest} <- declarator(rest, base(specified), found),
           [] <- attributes(rest) do
        {name && elem(name, 0), type}
      else
        _ -> {nil, :unknown}
      end
    end
  end

  defp fields([], done, found), do: {done |> Enum.reverse() |> List.flatten(), found}

  defp fields(tokens, done, found) do
    {field, rest} = until(tokens, ";")

    case specifiers(field, %{storage: [], words: [], type: nil}, found) do
      {:ok, specified, declarators, found} ->
        fields(rest, [Enum.map(split(declarators, ","), &field(&1, base(specified), found)) | done], found)

      :error ->
        fields(rest, done, found)
    end
  end

  defp field(tokens, type, found) do
    case declarator(tokens, type, found) do
      # An array in a struct lies there itself, and so is no pointer.
      {:ok, {{name, _}, type, nil}, []} -> {name, if(array?(tokens), do: :unknown, else: type)}
      _ -> {"", :unknown}
    end
  end

  defp array?(tokens), do: Enum.any?(tokens, &match?({:sign, "[", _}, &1))

  # --- pieces ------------------------------------------------------------------------------------

  defp arguments(tokens) do
    {inside, rest} = inside(tokens, ")")
    {split(inside, ","), rest}
  end

  # What is inside of a bracket that was opened, and what follows it.
  defp inside(tokens, closing), do: inside(tokens, closing, 0, [])

  defp inside([], _closing, _depth, done), do: {Enum.reverse(done), []}
  defp inside([{:sign, closing, _} | rest], closing, 0, done), do: {Enum.reverse(done), rest}
  defp inside([token | rest], closing, depth, done), do: inside(rest, closing, depth + deeper(token), [token | done])

  defp balanced(tokens, closing), do: tokens |> inside(closing) |> elem(1)

  defp deeper({:sign, sign, _}) when sign in ["(", "[", "{"], do: 1
  defp deeper({:sign, sign, _}) when sign in [")", "]", "}"], do: -1
  defp deeper(_token), do: 0

  defp split(tokens, sign) do
    case until(tokens, sign) do
      {piece, []} -> [piece]
      {piece, rest} -> [piece | split(rest, sign)]
    end
  end

  # Up to the first such sign that is inside of nothing.
  defp until(tokens, sign), do: until(tokens, sign, 0, [])

  defp until([], _sign, _depth, done), do: {Enum.reverse(done), []}
  defp until([{:sign, sign, _} | rest], sign, 0, done), do: {Enum.reverse(done), rest}
  defp until([token | rest], sign, depth, done), do: until(rest, sign, depth + deeper(token), [token | done])

  # To the end of what could not be read: its semicolon, or its body.
  defp skip([]), do: []
  defp skip([{:sign, ";", _} | rest]), do: rest
  defp skip([{:sign, "{", _} | rest]), do: balanced(rest, "}")
  defp skip([{:sign, "(", _} | rest]), do: skip(balanced(rest, ")"))
  defp skip([_ | rest]), do: skip(rest)
end
