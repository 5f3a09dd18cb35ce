defmodule Workbooks.Vars.Template do
  @moduledoc false
  # Texts with `{{key}}` and `{{secret:key}}` in them. Read once from left to right: what is filled in
  # is not looked at again, and each byte is passed a few times at most, whatever the text is.

  alias Workbooks.{Error, Names}

  @blanks [?\s, ?\t]
  # "secret:" and the longest name.
  @longest 7 + 128

  @type placeholder :: {:any | :secret, name :: String.t()}

  @doc """
  The text with each placeholder filled by `resolve`: `{:ok, bytes}`, `:keep` it as it stands, or
  `:unknown`. At most `most` bytes come of it.
  """
  @spec fill(binary, pos_integer, (placeholder -> {:ok, binary} | :keep | :unknown | {:error, Error.t()})) ::
          {:ok, binary} | {:error, {:unknown, [String.t()]}} | {:error, Error.t()}
  def fill(template, most, resolve) do
    walk(template, 0, 0, <<>>, %{}, {:binary.compile_pattern("{{"), most, resolve})
  end

  # `from` is where the text begins that is not in `done` yet, `at` where to look for the next placeholder.
  # `known` has what was resolved: a name is the same throughout a text, and looked up once.
  defp walk(template, from, at, done, known, {opening, most, resolve} = how) do
    case :binary.match(template, opening, scope: {at, byte_size(template) - at}) do
      {start, 2} ->
        {word, stop} = between(template, start + 2)

        case known[word] || resolved(word, resolve) do
          {:error, error} -> {:error, error}
          :none -> walk(template, from, start + 1, done, known, how)
          {:ok, bytes} when byte_size(done) + start - from + byte_size(bytes) > most -> too_large(most)
          found -> filled(found, template, {from, start, stop}, done, Map.put(known, word, found), how)
        end

      :nomatch ->
        done(append(done, template, from, byte_size(template), ""), known, most)
    end
  end

  defp filled({:ok, bytes}, template, {from, start, stop}, done, known, how) do
    walk(template, stop, stop, append(done, template, from, start, bytes), known, how)
  end

  # It stays in the text, as it is; or the text will not be used.
  defp filled(keep_or_unknown, template, {from, _start, stop}, done, known, how)
       when keep_or_unknown in [:keep, :unknown] do
    walk(template, from, stop, done, known, how)
  end

  defp append(done, template, from, to, bytes) do
    <<done::binary, binary_part(template, from, to - from)::binary, bytes::binary>>
  end

  defp done(text, known, most) do
    case for {word, :unknown} <- known, do: word do
      [] when byte_size(text) > most -> too_large(most)
      [] -> {:ok, text}
      names -> {:error, {:unknown, Enum.sort(names)}}
    end
  end

  defp too_large(most) do
    Error.tuple(:too_large, "what comes of the template is larger than #{most} bytes (max_text_bytes:)")
  end

  defp resolved(nil, _resolve), do: :none

  defp resolved("secret:" <> name, resolve) do
    if Names.variable?(name), do: resolve.({:secret, name}), else: :none
  end

  defp resolved(name, resolve) do
    if Names.variable?(name), do: resolve.({:any, name}), else: :none
  end

  # --- reading -------------------------------------------------------------------------------------

  # What stands between braces, without blanks, and where it ends; `nil` where it does not end so.
  defp between(template, at) do
    start = at + blanks(rest(template, at), 0)
    stop = start + word(rest(template, start), 0)
    close = stop + blanks(rest(template, stop), 0)

    case template do
      <<_::binary-size(close), "}}", _::binary>> -> {binary_part(template, start, stop - start), close + 2}
      _ -> {nil, at}
    end
  end

  defp rest(template, at), do: binary_part(template, at, byte_size(template) - at)

  defp blanks(<<blank, rest::binary>>, count) when blank in @blanks, do: blanks(rest, count + 1)
  defp blanks(_rest, count), do: count

  defp word(<<byte, rest::binary>>, count) when byte not in [?{, ?}] and byte > ?\s and count < @longest do
    word(rest, count + 1)
  end

  defp word(_rest, count), do: count
end
