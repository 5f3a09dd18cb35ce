defmodule Workbooks.StorageTest do
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{Error, Storage}

  doctest Workbooks.Storage

  @moduletag :tmp_dir

  defp start(options) do
    name = Module.concat(__MODULE__, "S#{System.unique_integer([:positive])}")
    start_supervised!({Storage, [name: name] ++ options}, id: name)
    name
  end

  test "nothing is opened before it is needed", %{tmp_dir: tmp} do
    folder = Path.join(tmp, "data")
    storage = start(folder: folder)
    refute File.exists?(folder)
    assert Storage.get("t", "k", storage: storage) == :error
    assert File.exists?(Path.join(folder, "store.redb"))
    assert Bitwise.band(File.stat!(folder).mode, 0o777) == 0o700
  end

  test "what is no table, key, value or operation is told, and nothing is written", %{tmp_dir: tmp} do
    storage = start(folder: tmp)

    for {table, key, value, kind} <- [
          {"", "k", "v", :bad_name},
          {"UPPER", "k", "v", :bad_name},
          {"a/b", "k", "v", :bad_name},
          {String.duplicate("t", 33), "k", "v", :bad_name},
          {:t, "k", "v", :bad_name},
          {"t", "", "v", :bad_name},
          {"t", String.duplicate("k", 1025), "v", :bad_name},
          {"t", 1, "v", :bad_name},
          {"t", "k", 1, :bad_value},
          {"t", "k", <<1::3>>, :bad_value},
          {"t", "k", String.duplicate("v", 67_108_865), :too_large}
        ] do
      assert {:error, %Error{kind: ^kind}} = Storage.put(table, key, value, storage: storage)

      assert {:error, %Error{kind: ^kind}} =
               Storage.transaction([{:put, "t", "before", "v"}, {:put, table, key, value}], storage: storage)
    end

    assert {:error, %Error{kind: :bad_value}} = Storage.transaction([:nonsense], storage: storage)
    assert Storage.get("t", "before", storage: storage) == :error
    assert_raise ArgumentError, ~r/has no option :no/, fn -> Storage.get("t", "k", no: 1) end
  end

  test "a bad setting stops the start, with what is allowed" do
    Process.flag(:trap_exit, true)

    for {options, words} <- [
          {[backend: :postgres], "url: of Workbooks.Storage must be a URL"},
          {[backend: "redb"], "backend: of Workbooks.Storage must be :embedded, :postgres or a module, got: \"redb\""},
          {[folder: 7], "folder: of Workbooks.Storage must be a path, got: 7"}
        ] do
      assert {:error, %Error{kind: :bad_value, message: message}} = Storage.start_link([name: nil] ++ options)
      assert message =~ words
    end
  end

  test "without its process there is an answer, not an exit" do
    assert {:error, %Error{kind: :unavailable}} = Storage.get("t", "k", storage: __MODULE__.Nobody)
  end

  test "a store that another has is refused to this one, which works once the other is gone", %{tmp_dir: tmp} do
    first = start(folder: tmp)
    assert Storage.put("t", "k", "v", storage: first) == :ok
    # The same virtual machine, so it waits a little for the other to end.
    second = start(folder: tmp)
    assert {:error, %Error{kind: :locked, message: message}} = Storage.get("t", "k", storage: second)
    assert message =~ System.pid()
    :ok = stop_supervised!(first)
    assert Storage.get("t", "k", storage: second) == {:ok, "v"}
  end

  test "of two virtual machines the second is refused, and its other work goes on", %{tmp_dir: tmp} do
    first = start(folder: tmp)
    assert Storage.put("t", "k", "v", storage: first) == :ok
    holder = System.pid()

    work = fn ->
      {:ok, second} = Storage.start_link(name: nil, folder: tmp)
      {:error, %Error{kind: :locked, message: message}} = Storage.get("t", "k", storage: second)
      true = message =~ holder
      {:ok, run} = Workbooks.run("* W\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n")
      %{} = run.exports
      GenServer.stop(second)
    end

    # The Org kernel is kept for the next call.
    in_vm(work, unharmed: false)

    assert Storage.get("t", "k", storage: first) == {:ok, "v"}
  end

  test "a backup is everything at one moment, and becomes a store", %{tmp_dir: tmp} do
    [folder, other, backup] = Enum.map(~w(data other backup.redb), &Path.join(tmp, &1))
    storage = start(folder: folder)
    rows = for n <- 1..2000, do: {:put, "t", "k#{n}", "v#{n}"}
    assert Storage.transaction(rows, storage: storage) == :ok
    assert Storage.backup(backup, storage: storage) == :ok
    assert {:error, %Error{}} = Storage.backup(backup, storage: storage)
    assert Storage.put("t", "later", "v", storage: storage) == :ok

    restored = start(folder: other)
    monitor = restored |> Process.whereis() |> Process.monitor()
    assert Storage.restore(backup, storage: restored) == :ok
    # Who mirrored what was there before has to begin anew.
    assert_receive {:DOWN, ^monitor, :process, _pid, {:shutdown, :restored}}, 5_000
    Workbooks.TestWait.until(fn -> Process.whereis(restored) end)
    assert Storage.fold("t", 0, fn _, _, count -> count + 1 end, storage: restored) == {:ok, 2000}
    assert Storage.get("t", "later", storage: restored) == :error

    assert {:error, %Error{kind: :conflict}} = Storage.restore(backup, storage: restored)
    assert Storage.get("t", "k1", storage: restored) == {:ok, "v1"}
    assert Storage.put("t", "more", "v", storage: restored) == :ok
    assert Storage.restore(backup, storage: restored, replace: true) == :ok
    Workbooks.TestWait.until(fn -> Process.whereis(restored) end)
    assert Storage.get("t", "more", storage: restored) == :error
    # What was replaced is there still.
    assert [_kept] = Path.wildcard(Path.join(other, "store.redb.before-*"))
  end

  test "info says what and where", %{tmp_dir: tmp} do
    storage = start(folder: tmp)
    assert {:ok, info} = Storage.info(storage: storage)
    assert %{backend: :embedded, format: 1, bytes: bytes, path: path, revision: revision} = info
    assert bytes > 0 and String.starts_with?(path, tmp)
    assert Storage.put("t", "k", "v", storage: storage) == :ok
    assert {:ok, %{revision: later}} = Storage.info(storage: storage)
    assert later > revision
  end
end
