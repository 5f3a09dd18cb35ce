defmodule Workbooks.Build.Signature.Parser do
  @moduledoc false
  # The grammar of `:sig:`, as the kernel has it (native/guests/oql/src/sig.rs): what is
  # wrong is found there first, with its place in the document.

  # As deep as the kernel lets types nest.
  @max_depth 32

  @primitives Map.new(~w(bool s8 s16 s32 s64 u8 u16 u32 u64 f32 f64 char string)a, &{Atom.to_string(&1), &1})

  @doc "The name, parameters, result and called functions of a signature's text, or what was expected."
  @spec parse(String.t()) :: {:ok, {String.t(), [{String.t(), term}], term, [tuple]}} | {:error, String.t()}
  def parse(text) do
    {function, rest} = function(text)
    {using, rest} = using(rest)
    if skip(rest) != "", do: wanted("the end", rest)
    {name, params, result} = function
    {:ok, {name, params, result, using}}
  catch
    {:wanted, message} -> {:error, message}
  end

  defp function(text) do
    {name, rest} = name(text, "a function name")
    {params, rest} = rest |> expect("(") |> fields(")", 0, [], %{})

    case eat(rest, "->") do
      {:ok, rest} ->
        {type, rest} = type(rest, 0)
        {{name, params, type}, rest}

      :error ->
        {{name, params, nil}, rest}
    end
  end

  defp using(text) do
    case word(skip(text)) do
      {"using", rest} -> functions(rest, [])
      _ -> {[], text}
    end
  end

  defp functions(text, read) do
    {function, rest} = function(text)

    case eat(rest, ",") do
      {:ok, rest} -> functions(rest, [function | read])
      :error -> {Enum.reverse([function | read]), rest}
    end
  end

  # `name: type` with commas between, the closing sign taken; one comma more does no harm.
  defp fields(text, close, depth, read, seen) do
    with :error <- eat(text, close) do
      {name, rest} = name(text, "a name")
      if is_map_key(seen, name), do: throw({:wanted, "`#{name}` stands there twice"})
      {type, rest} = rest |> expect(":") |> type(depth)
      {read, seen} = {[{name, type} | read], Map.put(seen, name, true)}

      case eat(rest, ",") do
        {:ok, rest} -> fields(rest, close, depth, read, seen)
        :error -> {Enum.reverse(read), expect(rest, close)}
      end
    else
      {:ok, rest} -> {Enum.reverse(read), rest}
    end
  end

  defp type(_text, depth) when depth > @max_depth, do: throw({:wanted, "types nest deeper than #{@max_depth}"})

  defp type(text, depth) do
    {word, rest} = name(text, "a type")

    case @primitives do
      %{^word => type} -> {type, rest}
      _ -> compound(word, rest, depth + 1)
    end
  end

  defp compound(word, text, depth) when word in ["list", "option"] do
    {type, rest} = text |> expect("<") |> type(depth)
    {{if(word == "list", do: :list, else: :option), type}, expect(rest, ">")}
  end

  defp compound("tuple", text, depth) do
    {types, rest} = text |> expect("<") |> types(depth, [])
    {{:tuple, types}, rest}
  end

  defp compound("record", text, depth) do
    case text |> expect("{") |> fields("}", depth, [], %{}) do
      {[], _rest} -> throw({:wanted, "a record needs at least one field"})
      {fields, rest} -> {{:record, fields}, rest}
    end
  end

  defp compound("result", text, depth) do
    case eat(text, "<") do
      :error ->
        {{:result, nil, nil}, text}

      {:ok, rest} ->
        {ok, rest} = ok(rest, depth)

        {error, rest} =
          case eat(rest, ",") do
            {:ok, rest} -> type(rest, depth)
            :error -> {nil, rest}
          end

        {{:result, ok, error}, expect(rest, ">")}
    end
  end

  defp compound(word, _text, _depth), do: throw({:wanted, "`#{word}` is no type"})

  defp types(text, depth, read) do
    {type, rest} = type(text, depth)

    case eat(rest, ",") do
      {:ok, rest} -> types(rest, depth, [type | read])
      :error -> {Enum.reverse([type | read]), expect(rest, ">")}
    end
  end

  defp ok(text, depth) do
    case eat(text, "_") do
      {:ok, rest} -> {nil, rest}
      :error -> type(text, depth)
    end
  end

  # --- tokens --------------------------------------------------------------------------------

  defp name(text, what) do
    case word(skip(text)) do
      nil -> wanted(what, text)
      found -> found
    end
  end

  # What is no letter of ASCII's is taken for one: the kernel has looked.
  defp word(<<c, _rest::binary>> = text) when c in ?a..?z or c in ?A..?Z or c == ?_ or c > 127 do
    size = size(text, 0)
    {binary_part(text, 0, size), binary_part(text, size, byte_size(text) - size)}
  end

  defp word(_text), do: nil

  # The dash of `name->` is the arrow's.
  defp size(<<"->", _rest::binary>>, size), do: size

  defp size(<<c, rest::binary>>, size)
       when c in ?a..?z or c in ?A..?Z or c in ?0..?9 or c in [?_, ?-] or c > 127,
       do: size(rest, size + 1)

  defp size(_rest, size), do: size

  defp expect(text, token) do
    case eat(text, token) do
      {:ok, rest} -> rest
      :error -> wanted("`#{token}`", text)
    end
  end

  defp eat(text, token) do
    text = skip(text)
    size = byte_size(token)

    case text do
      <<^token::binary-size(size), rest::binary>> -> {:ok, rest}
      _ -> :error
    end
  end

  defp skip(text), do: String.trim_leading(text)

  @spec wanted(String.t(), String.t()) :: no_return
  defp wanted(what, text) do
    case text |> skip() |> String.slice(0, 20) do
      "" -> throw({:wanted, "expected #{what} at the end"})
      found -> throw({:wanted, "expected #{what} at `#{found}`"})
    end
  end
end
