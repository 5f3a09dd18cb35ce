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
    template |> parts(:binary.compile_pattern("{{"), 0, 0, []) |> fill([], 0, %{}, most, resolve)
  end

  # --- reading -------------------------------------------------------------------------------------

  # `from` is where the text before the next placeholder begins, `at` where to look for that one.
  defp parts(template, opening, from, at, parts) do
    case :binary.match(template, opening, scope: {at, byte_size(template) - at}) do
      {start, 2} ->
        case placeholder(template, start + 2) do
          {placeholder, stop} ->
            written = binary_part(template, start, stop - start)
            parts = [{placeholder, written}, binary_part(template, from, start - from) | parts]
            parts(template, opening, stop, stop, parts)

          nil ->
            parts(template, opening, from, start + 1, parts)
        end

      :nomatch ->
        Enum.reverse([binary_part(template, from, byte_size(template) - from) | parts])
    end
  end

  defp placeholder(template, at) do
    start = blanks(template, at)
    stop = word(template, start, start + @longest)
    placeholder = named(binary_part(template, start, stop - start))
    close = blanks(template, stop)

    case template do
      <<_::binary-size(close), "}}", _::binary>> when placeholder != nil -> {placeholder, close + 2}
      _ -> nil
    end
  end

  defp blanks(template, at) do
    case template do
      <<_::binary-size(at), blank, _::binary>> when blank in @blanks -> blanks(template, at + 1)
      _ -> at
    end
  end

  defp word(_template, most, most), do: most

  defp word(template, at, most) do
    case template do
      <<_::binary-size(at), byte, _::binary>> when byte not in [?{, ?}] and byte > ?\s -> word(template, at + 1, most)
      _ -> at
    end
  end

  defp named("secret:" <> name), do: if(Names.variable(name) == :ok, do: {:secret, name})
  defp named(name), do: if(Names.variable(name) == :ok, do: {:any, name})

  # --- filling -------------------------------------------------------------------------------------

  # `known` is what was resolved: a name is the same throughout a text, and looked up once.
  defp fill(_parts, _done, size, _known, most, _resolve) when size > most do
    Error.tuple(:too_large, "what comes of the template is larger than #{most} bytes (max_text_bytes:)")
  end

  defp fill([{placeholder, written} | parts], done, size, known, most, resolve) do
    known = Map.put_new_lazy(known, placeholder, fn -> resolve.(placeholder) end)

    case known[placeholder] do
      {:ok, bytes} -> fill(parts, [done | bytes], size + byte_size(bytes), known, most, resolve)
      {:error, error} -> {:error, error}
      # It is as long as before, or the text will not be used.
      _keep_or_unknown -> fill(parts, [done | written], size + byte_size(written), known, most, resolve)
    end
  end

  defp fill([text | parts], done, size, known, most, resolve) do
    fill(parts, [done | text], size + byte_size(text), known, most, resolve)
  end

  defp fill([], done, _size, known, _most, _resolve) do
    case for {placeholder, :unknown} <- known, do: shown(placeholder) do
      [] -> {:ok, IO.iodata_to_binary(done)}
      names -> {:error, {:unknown, Enum.sort(names)}}
    end
  end

  defp shown({:any, name}), do: name
  defp shown({:secret, name}), do: "secret:" <> name
end
