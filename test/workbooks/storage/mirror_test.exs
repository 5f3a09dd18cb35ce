defmodule Workbooks.Storage.MirrorTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Error, Storage}
  alias Workbooks.Storage.Mirror

  defmodule Counters do
    @behaviour Mirror

    @impl true
    def decode(key, <<count::64>>), do: {:ok, key, count}
    def decode(_key, other), do: {:error, "#{byte_size(other)} bytes are no counter"}

    @impl true
    def encode_key(key), do: key

    @impl true
    def encode(count), do: <<count::64>>

    @impl true
    def index(key, count), do: {{rem(count, 2), key}, count}

    @impl true
    def decide({:add, key, n}, read, _context) do
      count = with :error <- read.(key), do: {:ok, 0}
      {:ok, count} = count
      {:ok, [{:put, key, count + n}], count + n}
    end

    def decide({:new, key}, read, _context) do
      case read.(key) do
        :error -> {:ok, [{:put, key, 0}], :new}
        {:ok, _} -> Error.tuple(:conflict, "there is one already")
      end
    end

    def decide({:drop, key}, _read, _context), do: {:ok, [{:delete, key}], :ok}
    def decide({:beside, operation}, _read, _context), do: {:ok, [{:store, operation}], :ok}
    def decide(:nothing, _read, _context), do: {:ok, [], :nothing}

    @impl true
    def changed(changes, pid), do: pid && send(pid, {:changed, Enum.sort(changes)})
  end

  defp start(gate \\ nil), do: start(Workbooks.TestMemoryStorage, gate || "memory")

  defp start(backend, url) do
    name = Module.concat(__MODULE__, "T#{System.unique_integer([:positive])}")
    storage = Module.concat(name, Storage)

    start_supervised!({Storage, name: storage, backend: backend, url: url}, id: storage)

    start_supervised!(
      {Mirror, name: name, module: Counters, table: "counters", storage: storage, context: self()},
      id: name
    )

    {name, storage}
  end

  test "what was written is there for readers, and in the storage" do
    {name, storage} = start()
    assert Mirror.lookup(name, "a") == :error
    assert Mirror.write(name, {:add, "a", 3}) == 3
    assert_received {:changed, [{:put, "a", 3}]}
    assert Mirror.lookup(name, "a") == {:ok, 3}
    assert Storage.get("counters", "a", storage: storage) == {:ok, <<3::64>>}
    assert Mirror.size(name) == {:ok, 1}
    assert Mirror.write(name, {:drop, "a"}) == :ok
    assert Mirror.lookup(name, "a") == :error
    assert Mirror.size(name) == {:ok, 0}
    assert Mirror.select(name, [{:"$1", [], [:"$1"]}]) == {:ok, []}
    assert Storage.get("counters", "a", storage: storage) == :error
  end

  test "a table is filled from what is stored, by pages" do
    {name, storage} = start()
    rows = for n <- 1..3000, do: {:put, "counters", "k#{n}", <<n::64>>}
    assert Storage.transaction(rows, storage: storage) == :ok
    assert Mirror.size(name) == {:ok, 3000}
    assert Mirror.lookup(name, "k2999") == {:ok, 2999}
    assert {:ok, odd} = Mirror.select(name, [{{{1, :"$1"}, :_}, [], [:"$1"]}])
    assert length(odd) == 1500
  end

  test "a record that cannot be read is told, and nothing is served beside it" do
    {name, storage} = start()
    assert Storage.put("counters", "a", "torn", storage: storage) == :ok
    assert {:error, %Error{kind: :damaged, message: message}} = Mirror.lookup(name, "a")
    assert message =~ "4 bytes are no counter"
    assert {:error, %Error{kind: :damaged}} = Mirror.write(name, {:add, "b", 1})
    assert Storage.put("counters", "a", <<1::64>>, storage: storage) == :ok
    assert Mirror.lookup(name, "a") == {:ok, 1}
  end

  defmodule SlowPages do
    @behaviour Workbooks.Storage.Backend
    alias Workbooks.TestMemoryStorage, as: Memory

    @impl true
    defdelegate open(settings), to: Memory
    @impl true
    defdelegate get(handle, table, key, timeout), to: Memory
    @impl true
    defdelegate transaction(handle, operations, timeout), to: Memory
    @impl true
    defdelegate backup(handle, path, timeout), to: Memory
    @impl true
    defdelegate restore(path, settings, timeout), to: Memory
    @impl true
    defdelegate info(handle, timeout), to: Memory
    @impl true
    defdelegate close(handle), to: Memory

    @impl true
    def page(handle, table, last, _bytes, timeout) do
      Process.sleep(400)
      Memory.page(handle, table, last, 1, timeout)
    end
  end

  test "who loads for longer than a second tells how far it is" do
    {name, storage} = start(SlowPages, "memory")
    assert Storage.transaction(for(n <- 1..4, do: {:put, "counters", "k#{n}", <<n::64>>}), storage: storage) == :ok
    test = self()
    event = [:workbooks, :storage, :load, :progress]

    :ok =
      Workbooks.Telemetry.attach(
        name,
        event,
        fn ^event, %{rows: rows}, %{table: "counters"}, _ -> send(test, {:rows, rows}) end,
        nil
      )

    assert Mirror.size(name) == {:ok, 4}
    :ok = Workbooks.Telemetry.detach(name)
    assert_received {:rows, rows} when rows in 1..4
  end

  test "requests of many at once are decided one after the other, and share commits" do
    test = self()

    {name, storage} =
      start(fn operations ->
        send(test, {:commit, length(operations)})
        Process.sleep(5)
        :ok
      end)

    answers =
      1..500
      |> Enum.map(fn _ -> Task.async(fn -> Mirror.write(name, {:add, "a", 1}) end) end)
      |> Task.await_many(30_000)

    assert Enum.sort(answers) == Enum.to_list(1..500)
    assert Storage.get("counters", "a", storage: storage) == {:ok, <<500::64>>}
    assert commits() < 100
  end

  defp commits(count \\ 0) do
    receive do
      {:commit, _} -> commits(count + 1)
    after
      0 -> count
    end
  end

  test "of two that make the same, one is too late, also within one commit" do
    {name, _} = start(fn _ -> Process.sleep(5) end)
    answers = 1..20 |> Enum.map(fn _ -> Task.async(fn -> Mirror.write(name, {:new, "a"}) end) end) |> Task.await_many()
    assert Enum.count(answers, &(&1 == :new)) == 1
    assert Enum.count(answers, &match?({:error, %Error{kind: :conflict}}, &1)) == 19
  end

  test "a commit that fails changes nothing, and the next one may pass" do
    gate = start_supervised!({Agent, fn -> :ok end})
    {name, _} = start(fn _ -> Agent.get(gate, & &1) end)
    assert Mirror.write(name, {:add, "a", 1}) == 1
    Agent.update(gate, fn _ -> Error.tuple(:full, "no room") end)
    assert {:error, %Error{kind: :full}} = Mirror.write(name, {:add, "a", 1})
    assert {:error, %Error{kind: :full}} = Mirror.write(name, {:drop, "a"})
    assert Mirror.write(name, :nothing) == :nothing
    assert Mirror.lookup(name, "a") == {:ok, 1}
    Agent.update(gate, fn _ -> :ok end)
    assert Mirror.write(name, {:add, "a", 1}) == 2
  end

  test "where it is not known whether it was written, readers have what was, and writers wait for what is" do
    gate = start_supervised!({Agent, fn -> :ok end})
    {name, storage} = start(fn _ -> Agent.get(gate, & &1) end)
    assert Mirror.write(name, {:add, "a", 1}) == 1
    pid = Process.whereis(name)
    Agent.update(gate, fn _ -> Error.tuple(:unavailable, "cut off", %{unknown: true}) end)
    assert {:error, %Error{kind: :unavailable, details: %{unknown: true}}} = Mirror.write(name, {:add, "a", 1})
    assert Mirror.lookup(name, "a") == {:ok, 1}
    Agent.update(gate, fn _ -> :ok end)

    # It had been written.
    assert Storage.put("counters", "a", <<2::64>>, storage: storage) == :ok
    assert Mirror.write(name, {:add, "a", 1}) == 3
    assert Process.whereis(name) == pid
  end

  test "what became of a write is found out, also when nobody writes" do
    gate = start_supervised!({Agent, fn -> :ok end})
    {name, storage} = start(fn _ -> Agent.get(gate, & &1) end)
    assert Mirror.write(name, {:add, "gone", 1}) == 1
    Agent.update(gate, fn _ -> Error.tuple(:unavailable, "cut off", %{unknown: true}) end)
    assert {:error, _} = Mirror.write(name, {:drop, "gone"})
    Agent.update(gate, fn _ -> :ok end)
    flush_changed()
    assert Storage.delete("counters", "gone", storage: storage) == :ok
    assert_receive {:changed, [{:delete, "gone"}]}, 20_000
    assert Mirror.lookup(name, "gone") == :error
  end

  test "what is killed while it writes says that nothing is known, and comes back with what became of it" do
    test = self()

    {name, _} =
      start(fn _ ->
        send(test, {:in_commit, self()})

        receive do
          :go_on -> :ok
        end
      end)

    task = Task.async(fn -> Mirror.write(name, {:add, "a", 1}) end)
    assert_receive {:in_commit, writer}, 5_000
    Process.exit(Process.whereis(name), :kill)
    assert {:error, %Error{kind: :unavailable, details: %{unknown: true}}} = Task.await(task)

    # Who reads now waits for the write that is under way.
    reader = Task.async(fn -> Mirror.lookup(name, "a") end)
    refute Task.yield(reader, 100)
    send(writer, :go_on)
    assert Task.await(reader) == {:ok, 1}
  end

  test "what stands beside the table is written with it" do
    {name, storage} = start()
    assert Mirror.write(name, {:beside, {:put, "others", "k", "v"}}) == :ok
    assert Storage.get("others", "k", storage: storage) == {:ok, "v"}
  end

  test "without its process there is an answer, not an exit" do
    assert {:error, %Error{kind: :unavailable}} = Mirror.lookup(Workbooks.Storage.MirrorTest.Nobody, "a")
    assert {:error, %Error{kind: :unavailable}} = Mirror.write(Workbooks.Storage.MirrorTest.Nobody, :nothing)
  end

  test "a late answer of one that was not waited for leaves nothing behind" do
    {name, _} = start(fn _ -> Process.sleep(100) end)
    assert {:error, %Error{kind: :timeout}} = Mirror.write(name, {:add, "a", 1}, 1)
    assert Mirror.write(name, {:add, "a", 1}) == 2
    flush_changed()
    refute_received _
  end

  defp flush_changed do
    receive do
      {:changed, _} -> flush_changed()
    after
      0 -> :ok
    end
  end
end
