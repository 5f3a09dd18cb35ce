defmodule Workbooks.TestStorageCases do
  @moduledoc false
  # What holds for a store of either kind. The test module's `setup` gives `settings:`, of a store that
  # is not there yet, and `tmp_dir:`.

  import ExUnit.Assertions

  alias Workbooks.{Error, TestWait}

  @wait 20_000

  defmacro __using__(backend: backend) do
    cases =
      for {name, function} <- cases() do
        quote do
          test unquote(name), context do
            apply(Workbooks.TestStorageCases, unquote(function), [unquote(backend), context])
          end
        end
      end

    quote do
      (unquote_splicing(cases))
    end
  end

  defp cases do
    [
      {"what is put is there, what is deleted is not, also after it was opened again", :values},
      {"a transaction is done wholly or not at all", :atomic},
      {"pages hold every row once, in the order of the keys", :pages},
      {"rows are binaries of their own", :own_binaries},
      {"names and sizes beyond the limits are refused", :limits},
      {"a second one is refused, and told by whom", :locked},
      {"closed, it says so, and another may open it at once", :closed},
      {"it ends with the process that opened it", :owner},
      {"it ends when nobody has it any more", :collected},
      {"who is killed while writing leaves all or nothing", :killed},
      {"a time that is over leaves no message behind", :timeouts},
      {"many processes read and write at once", :crowd},
      {"a backup is of one moment, and can be restored", :backup},
      {"what it is and where", :info}
    ]
  end

  defp open!(backend, settings) do
    assert {:ok, handle} = backend.open(settings)
    handle
  end

  defp put!(backend, handle, table \\ "t", key, value) do
    assert backend.transaction(handle, [{:put, table, key, value}], @wait) == :ok
  end

  defp rows(backend, handle, table \\ "t", bytes \\ 1_000, last \\ nil) do
    case backend.page(handle, table, last, bytes, @wait) do
      {:ok, rows, nil} -> rows
      {:ok, rows, next} -> rows ++ rows(backend, handle, table, bytes, next)
    end
  end

  def values(backend, %{settings: settings}) do
    handle = open!(backend, settings)
    assert backend.get(handle, "t", "a", @wait) == :error
    put!(backend, handle, "a", "1")
    put!(backend, handle, "b", "")
    put!(backend, handle, "u", <<0xFF, 0xA0>>, <<0, 255>>)
    assert backend.get(handle, "t", "a", @wait) == {:ok, "1"}
    assert backend.get(handle, "t", "b", @wait) == {:ok, ""}
    assert backend.get(handle, "u", <<0xFF, 0xA0>>, @wait) == {:ok, <<0, 255>>}
    operations = [{:put, "t", "a", "2"}, {:delete, "t", "a"}, {:put, "t", "b", "2"}, {:put, "t", "b", "3"}]
    assert backend.transaction(handle, operations, @wait) == :ok
    assert backend.transaction(handle, [], @wait) == :ok
    large = :binary.copy("large", 1_000_000)
    put!(backend, handle, "large", large)
    assert backend.close(handle) == :ok

    handle = open!(backend, settings)
    assert rows(backend, handle) == [{"b", "3"}, {"large", large}]
    assert rows(backend, handle, "u") == [{<<0xFF, 0xA0>>, <<0, 255>>}]
    assert rows(backend, handle, "never") == []
    backend.close(handle)
  end

  def atomic(backend, %{settings: settings}) do
    handle = open!(backend, settings)
    put!(backend, handle, "a", "1")
    operations = [{:put, "t", "b", "1"}, {:delete, "t", "a"}, {:put, "t", "", "1"}]
    assert {:error, %Error{kind: :bad_name, details: details}} = backend.transaction(handle, operations, @wait)
    refute details[:unknown]
    assert rows(backend, handle) == [{"a", "1"}]
    backend.close(handle)
  end

  def pages(backend, %{settings: settings}) do
    handle = open!(backend, settings)
    expected = for n <- 1..2_000, do: {<<n::32>>, :binary.copy("v", rem(n * 7, 90))}
    operations = for {key, value} <- Enum.shuffle(expected), do: {:put, "t", key, value}
    assert backend.transaction(handle, operations, @wait) == :ok
    for bytes <- [500, 10_000, 10_000_000], do: assert(rows(backend, handle, "t", bytes) == expected)
    assert {:ok, [{<<1::32>>, _}], <<1::32>>} = backend.page(handle, "t", nil, 1, @wait)
    assert {:ok, [], nil} = backend.page(handle, "t", <<2_000::32>>, 1, @wait)
    backend.close(handle)
  end

  def own_binaries(backend, %{settings: settings}) do
    handle = open!(backend, settings)
    value = :binary.copy("v", 1_000)
    assert backend.transaction(handle, for(n <- 1..500, do: {:put, "t", <<n::800>>, value}), @wait) == :ok

    for {key, value} <- rows(backend, handle, "t", 10_000_000), binary <- [key, value] do
      assert :binary.referenced_byte_size(binary) == byte_size(binary)
    end

    backend.close(handle)
  end

  def limits(backend, %{settings: settings}) do
    handle = open!(backend, settings)

    for {table, key, value, kind} <- [
          {"", "k", "v", :bad_name},
          {"T", "k", "v", :bad_name},
          {"t/u", "k", "v", :bad_name},
          {String.duplicate("t", 33), "k", "v", :bad_name},
          {"t", "", "v", :bad_name},
          {"t", String.duplicate("k", 1_025), "v", :too_large},
          {"t", "k", :binary.copy("v", 67_108_865), :too_large}
        ] do
      assert {:error, %Error{kind: ^kind}} = backend.transaction(handle, [{:put, table, key, value}], @wait)
    end

    assert {:error, %Error{kind: :bad_name}} = backend.get(handle, "T", "k", @wait)
    assert {:error, %Error{kind: :bad_name}} = backend.page(handle, "T", nil, 1, @wait)
    key = String.duplicate("k", 1_024)
    put!(backend, handle, key, "v")
    assert rows(backend, handle) == [{key, "v"}]
    backend.close(handle)
  end

  def locked(backend, %{settings: settings}) do
    handle = open!(backend, settings)
    # Another process of this VM; it is waited for, as one that is closing would be.
    assert {:error, %Error{kind: :locked, message: message}} = backend.open(settings)
    assert message =~ System.pid()
    put!(backend, handle, "a", "1")
    backend.close(handle)
    handle = open!(backend, settings)
    assert rows(backend, handle) == [{"a", "1"}]
    backend.close(handle)
  end

  def closed(backend, %{settings: settings}) do
    for _ <- 1..5 do
      handle = open!(backend, settings)
      put!(backend, handle, "a", "1")
      assert backend.close(handle) == :ok
      assert backend.close(handle) == :ok
      assert {:error, %Error{kind: :closed}} = backend.transaction(handle, [{:put, "t", "b", "1"}], @wait)
      assert {:error, %Error{kind: :closed}} = backend.get(handle, "t", "a", @wait)
    end
  end

  def owner(backend, %{settings: settings}) do
    test = self()

    pid =
      spawn(fn ->
        send(test, {:handle, open!(backend, settings)})
        Process.sleep(:infinity)
      end)

    assert_receive {:handle, handle}, @wait
    put!(backend, handle, "a", "1")
    Process.exit(pid, :kill)
    # Waited for, though this process still has the handle.
    handle_after = open!(backend, settings)
    assert {:error, %Error{kind: :closed}} = backend.get(handle, "t", "a", @wait)
    assert backend.get(handle_after, "t", "a", @wait) == {:ok, "1"}
    backend.close(handle_after)
  end

  def collected(backend, %{settings: settings}) do
    Task.await(Task.async(fn -> is_struct(open!(backend, settings)) end), @wait)
    backend.close(open!(backend, settings))
  end

  def killed(backend, %{settings: settings}) do
    handle = open!(backend, settings)

    for round <- 1..20 do
      operations = for n <- 1..50, do: {:put, "t", <<n::32>>, <<round::32>>}
      pid = spawn(fn -> backend.transaction(handle, operations, @wait) end)
      if rem(round, 2) == 0, do: Process.sleep(rem(round, 5))
      Process.exit(pid, :kill)
      # Behind it in the queue: what was begun is done.
      put!(backend, handle, "after", "1")
      values = for {<<_::32>>, value} <- rows(backend, handle), uniq: true, do: value
      assert length(values) <= 1
    end

    backend.close(handle)
  end

  def timeouts(backend, %{settings: settings}) do
    handle = open!(backend, settings)
    value = :binary.copy("v", 1_000_000)

    for n <- 1..50 do
      case backend.transaction(handle, [{:put, "t", <<n>>, value}], 0) do
        :ok -> :ok
        {:error, error} -> assert %Error{kind: :timeout, message: "the storage " <> _} = error
      end

      case backend.get(handle, "t", <<n>>, 0) do
        :error -> :ok
        {:ok, found} -> assert found == value
        {:error, error} -> assert error.kind == :timeout
      end
    end

    # Behind all of them.
    put!(backend, handle, "last", "1")
    assert backend.get(handle, "t", "last", @wait) == {:ok, "1"}
    TestWait.until(fn -> Process.info(self(), :message_queue_len) == {:message_queue_len, 0} end)
    backend.close(handle)
  end

  def crowd(backend, %{settings: settings}) do
    handle = open!(backend, settings)

    writers =
      for writer <- 1..8 do
        Task.async(fn ->
          for n <- 1..25, do: put!(backend, handle, "k#{writer}", <<n::32>>)
        end)
      end

    readers =
      for _ <- 1..32 do
        Task.async(fn ->
          for _ <- 1..50, reduce: 0 do
            seen ->
              case backend.get(handle, "t", "k1", @wait) do
                :error -> seen
                {:ok, <<n::32>>} when n >= seen -> n
              end
          end
        end)
      end

    Task.await_many(writers ++ readers, 60_000)
    assert rows(backend, handle) == for(writer <- 1..8, do: {"k#{writer}", <<25::32>>})
    backend.close(handle)
  end

  def backup(backend, %{settings: settings, tmp_dir: tmp}) do
    handle = open!(backend, settings)
    expected = for n <- 1..3_000, do: {<<n::32>>, :binary.copy(<<n>>, 1_000)}
    assert backend.transaction(handle, for({key, value} <- expected, do: {:put, "t", key, value}), @wait) == :ok
    path = Path.join(tmp, "backup")
    assert backend.backup(handle, path, @wait) == :ok
    assert Bitwise.band(File.stat!(path).mode, 0o777) == 0o600
    assert {:error, %Error{kind: :conflict}} = backend.backup(handle, path, @wait)
    assert {:error, %Error{kind: :not_found}} = backend.backup(handle, Path.join(tmp, "no/where"), @wait)
    put!(backend, handle, "later", "1")
    backend.close(handle)

    assert {:error, %Error{kind: :conflict}} = backend.restore(path, settings, @wait)
    half = Path.join(tmp, "half")
    File.write!(half, binary_part(File.read!(path), 0, 100_000))
    replace = Map.put(settings, :replace, true)
    assert {:error, %Error{kind: :damaged, message: message}} = backend.restore(half, replace, @wait)
    assert message =~ half
    assert {:error, %Error{kind: :not_found}} = backend.restore(Path.join(tmp, "none"), replace, @wait)
    assert backend.restore(path, replace, @wait) == :ok

    handle = open!(backend, settings)
    assert rows(backend, handle, "t", 1_000_000) == expected
    backend.close(handle)
  end

  def info(backend, %{settings: settings}) do
    handle = open!(backend, settings)
    put!(backend, handle, "a", "1")
    assert {:ok, %{format: 1, revision: 1, bytes: bytes, path: path, backend: kind}} = backend.info(handle, @wait)
    assert bytes > 0 and is_binary(path)
    assert inspect(handle) == "#Workbooks.Storage.Engine<backend: #{inspect(kind)}, ...>"
    backend.close(handle)
  end
end
