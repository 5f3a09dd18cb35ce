defmodule Workbooks.Wasm.WASI.Grants do
  @moduledoc false
  # What `wasi:` names, checked: the part that the engine takes, and where streams lead on this side.
  # The options are documented in Workbooks.Wasm.WASI, which stands above Workbooks.Wasm; this below.

  @enforce_keys [:native]
  defstruct [:native, :tag, stdin: nil, stdout: :discard, stderr: :discard]

  @type target ::
          :discard | :binary | {:stdio, atom, :atomics.atomics_ref()} | {:process, pid, term} | {:function, fun}
  @type source :: nil | {:function, fun} | {:device, pid | atom}
  @type t :: %__MODULE__{native: map, tag: term, stdin: source, stdout: target, stderr: target}
  @type failure :: {:raised, :error | :exit | :throw, term, Exception.stacktrace()}

  @keys ~w(args env stdin stdout stderr preopens network listen deterministic p3)a
  @where "the option :wasi"
  @seeds 0..0xFFFF_FFFF_FFFF_FFFF

  @doc """
  What the options grant; a mistake in them raises. `seed` is the instance's own `deterministic:`.

  `native` is a map of `:args` and `:env` (lists), `:stdin` (`nil`, a binary or `:ask`), `:stdout` and
  `:stderr` (`:discard`, `:collect` or `:queue`), `:preopens` (`{guest, host, writable?}`), `:network`,
  `:listen` (strings), `:deterministic` (a seed or `nil`) and `:p3`.
  """
  @spec new!(keyword, non_neg_integer | nil) :: t
  def new!(options, seed \\ nil) do
    Keyword.keyword?(options) || raise ArgumentError, "#{@where} must be a keyword list, got: #{inspect(options)}"

    for {key, _} <- options, key not in @keys do
      raise ArgumentError, "#{@where} has no key #{inspect(key)}: it knows #{Enum.map_join(@keys, ", ", &inspect/1)}"
    end

    {stdin, source} = stdin!(options[:stdin])
    {stdout, out} = output!(:stdout, options[:stdout])
    {stderr, err} = output!(:stderr, options[:stderr])

    native = %{
      args: strings!(:args, Keyword.get(options, :args, [])),
      env: env!(Keyword.get(options, :env, %{})),
      stdin: stdin,
      stdout: stdout,
      stderr: stderr,
      preopens: preopens!(Keyword.get(options, :preopens, [])),
      network: strings!(:network, Keyword.get(options, :network, [])),
      listen: strings!(:listen, Keyword.get(options, :listen, [])),
      deterministic: seed!(Keyword.get(options, :deterministic, seed)),
      p3: boolean!(:p3, Keyword.get(options, :p3, false))
    }

    %__MODULE__{native: native, stdin: source, stdout: out, stderr: err}
  end

  @doc """
  Brings what the guest wrote to where it belongs, in order. Messages to processes carry `tag`,
  which whoever made the instance sets, unless their target named one.
  """
  @spec deliver([{:stdout | :stderr, binary}], t) :: :ok | failure
  def deliver(outputs, grants) do
    for {stream, bytes} <- outputs, do: deliver(Map.fetch!(grants, stream), stream, bytes, grants.tag)
    :ok
  catch
    kind, reason -> {:raised, kind, reason, __STACKTRACE__}
  end

  defp deliver({:process, pid, nil}, stream, bytes, tag), do: send(pid, {:wasm_output, tag, stream, bytes})
  defp deliver({:process, pid, {:tag, tag}}, stream, bytes, _), do: send(pid, {:wasm_output, tag, stream, bytes})
  defp deliver({:function, function}, _stream, bytes, _tag), do: function.(bytes)
  defp deliver({:stdio, device, rest}, _stream, bytes, _tag), do: print(device, rest, bytes)
  # The engine keeps those, or nobody does.
  defp deliver(kept, _stream, _bytes, _tag) when kept in [:discard, :binary], do: :ok

  @doc """
  Standard input, when the guest asks for up to `max` bytes of it.
  """
  @spec read(t, pos_integer) :: {:ok, binary} | :eof | failure
  def read(%__MODULE__{stdin: source}, max), do: ask(source, max)

  @doc """
  What a source answers, asked for up to `max` bytes: a function of `max`, or a device.
  """
  @spec ask(source, pos_integer) :: {:ok, binary} | :eof | failure
  def ask(source, max) do
    case answer(source, max) do
      :eof ->
        :eof

      bytes when is_binary(bytes) ->
        {:ok, bytes}

      other ->
        raise ArgumentError,
              "input for a guest must be a binary or :eof, got: #{inspect(other)} from #{inspect(source)}"
    end
  catch
    kind, reason -> {:raised, kind, reason, __STACKTRACE__}
  end

  defp answer({:function, function}, max), do: function.(max)

  # What a device of text gives is text, which has lines; bytes come from any other.
  defp answer({:device, device}, max) do
    if encoding(device) == :unicode, do: IO.read(device, :line), else: IO.binread(device, max)
  end

  defp answer(nil, _max), do: :eof

  # --- a terminal --------------------------------------------------------------------------------

  # A device of text takes no bytes that are no text, and a piece may end inside a character. Its
  # beginning waits in `rest` (how many bytes, then the bytes) for the next piece.
  defp print(device, rest, bytes) do
    if encoding(device) == :unicode do
      {text, left} = text(resume(:atomics.get(rest, 1)) <> bytes, [])
      :atomics.put(rest, 1, pause(left))
      IO.write(device, text)
    else
      IO.binwrite(device, bytes)
    end
  end

  defp resume(kept) do
    <<size, bytes::binary>> = <<kept::32>>
    binary_part(bytes, 0, size)
  end

  defp pause(left) do
    padding = :binary.copy(<<0>>, 3 - byte_size(left))
    :binary.decode_unsigned(<<byte_size(left), left::binary, padding::binary>>)
  end

  # The longest text, each byte that is none as the replacement character, and what may yet become text.
  defp text(bytes, done) do
    case :unicode.characters_to_binary(bytes) do
      text when is_binary(text) -> {[done, text], ""}
      {:incomplete, text, rest} -> {[done, text], rest}
      {:error, text, <<_, rest::binary>>} -> text(rest, [done, text, "\uFFFD"])
    end
  end

  defp encoding(device) do
    device = if device == :stdio, do: Process.group_leader(), else: device
    device = if device == :stderr, do: :standard_error, else: device

    case :io.getopts(device) do
      options when is_list(options) -> Keyword.get(options, :encoding, :latin1)
      {:error, _} -> :latin1
    end
  end

  # --- checks ------------------------------------------------------------------------------------

  defp stdin!(nil), do: {nil, nil}
  defp stdin!(bytes) when is_binary(bytes), do: {bytes, nil}
  defp stdin!(function) when is_function(function, 1), do: {:ask, {:function, function}}
  defp stdin!(device) when is_pid(device) or device == :stdio, do: {:ask, {:device, device}}

  defp stdin!(other) do
    bad!(:stdin, other, "a binary, a function (fn max_bytes -> binary | :eof end), or a device (a pid, or :stdio)")
  end

  defp output!(_key, discarded) when discarded in [nil, :discard], do: {:discard, :discard}
  defp output!(_key, :binary), do: {:collect, :binary}
  defp output!(_key, device) when device in [:stdio, :stderr], do: {:queue, {:stdio, device, :atomics.new(1, [])}}
  defp output!(_key, pid) when is_pid(pid), do: {:queue, {:process, pid, nil}}
  defp output!(_key, {pid, tag}) when is_pid(pid), do: {:queue, {:process, pid, {:tag, tag}}}
  defp output!(_key, function) when is_function(function, 1), do: {:queue, {:function, function}}

  defp output!(key, other) do
    bad!(key, other, ":discard, :binary, :stdio, :stderr, a pid, {pid, tag}, or a function of one argument")
  end

  defp strings!(key, list) do
    (is_list(list) and Enum.all?(list, &string?/1)) || bad!(key, list, "a list of strings (UTF-8, without a NUL)")
    list
  end

  defp env!(env) when is_map(env), do: env!(Enum.sort(env))

  defp env!(env) do
    variable? = fn
      {name, value} -> string?(name) and string?(value) and name != "" and not String.contains?(name, "=")
      _ -> false
    end

    (is_list(env) and Enum.all?(env, variable?)) ||
      bad!(:env, env, "a map of strings to strings (UTF-8, without a NUL; no \"=\" in a name)")

    env
  end

  defp preopens!(list) do
    directory? = fn
      {guest, host, rights} -> string?(guest) and guest != "" and path?(host) and rights in [:read, :read_write]
      _ -> false
    end

    (is_list(list) and Enum.all?(list, directory?)) ||
      bad!(:preopens, list, "a list of {guest_path, host_path, :read | :read_write}")

    for {guest, host, rights} <- list, do: {guest, Path.expand(host), rights == :read_write}
  end

  defp seed!(nil), do: nil
  defp seed!(seed) when is_integer(seed) and seed in @seeds, do: seed
  defp seed!(other), do: bad!(:deterministic, other, "a seed (an integer from 0 to 2^64 - 1)")

  defp boolean!(_key, value) when is_boolean(value), do: value
  defp boolean!(key, other), do: bad!(key, other, "true or false")

  defp string?(text), do: is_binary(text) and String.valid?(text) and not String.contains?(text, <<0>>)
  defp path?(path), do: is_binary(path) and path != "" and not String.contains?(path, <<0>>)

  @spec bad!(atom, term, String.t()) :: no_return
  defp bad!(key, value, allowed) do
    raise ArgumentError, "#{inspect(key)} of #{@where} must be #{allowed}, got: #{inspect(value)}"
  end
end
