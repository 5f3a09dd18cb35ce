defmodule Workbooks.LibraryTest do
  use ExUnit.Case, async: true
  use Workbooks.TestLibraryCases, storage: [backend: Workbooks.TestMemoryStorage, url: "memory"]

  alias Workbooks.{Error, Library, Storage, TestWait}
  alias Workbooks.TestLibraryCases, as: Cases

  doctest Workbooks.Library

  @memory [backend: Workbooks.TestMemoryStorage, url: "memory"]

  defp gated(gate, settings \\ []), do: library([backend: Workbooks.TestMemoryStorage, url: gate], settings)

  test "a version and its content are one write, and what goes goes with it" do
    test = self()
    o = gated(fn operations -> send(test, {:commit, operations}) && :ok end, keep_versions: 1)
    assert {:ok, _} = Library.put("a", "w", "one", o)
    assert_received {:commit, [{:put, "library", "a/w", _}, {:put, "contents", _, "one"}]}
    assert {:ok, _} = Library.put("a", "w", "two", o)
    assert_received {:commit, [{:put, "library", _, _}, {:put, "contents", _, "two"}, {:delete, "contents", _}]}
    assert {:ok, _} = Library.put("a", "w", "two", o)
    refute_received {:commit, _}
  end

  test "what could not be written is not there" do
    gate = start_supervised!({Agent, fn -> :ok end})
    o = gated(fn _ -> Agent.get(gate, & &1) end)
    assert {:ok, one} = Library.put("a", "w", "one", o)
    Agent.update(gate, fn _ -> Error.tuple(:full, "no room") end)
    assert {:error, %Error{kind: :full}} = Library.put("a", "w", "two", o)
    assert {:error, %Error{kind: :full}} = Library.publish("a", "w", "page", o)
    assert {:error, %Error{kind: :full}} = Library.delete("a", "w", o)
    Agent.update(gate, fn _ -> :ok end)
    assert Library.versions("a", "w", o) == {:ok, [one]}
    assert {:ok, %{version: 2}} = Library.put("a", "w", "two", [if_match: one.etag] ++ o)
  end

  test "killed while it writes, it comes back with what became of that" do
    test = self()

    o =
      gated(fn _ ->
        send(test, {:in_commit, self()})

        receive do
          :go_on -> :ok
        end
      end)

    task = Task.async(fn -> Library.put("a", "w", "one", o) end)
    assert_receive {:in_commit, commit}, 5_000
    TestWait.killed(o[:library])
    assert {:error, %Error{kind: :unavailable, details: %{unknown: true}}} = Task.await(task)
    send(commit, :go_on)
    assert {:ok, %{source: "one", version: 1}} = Library.get("a", "w", o)
  end

  test "a content that a write is just removing is not taken for lost" do
    test = self()

    o =
      gated(
        fn operations ->
          held? = match?([{:put, "library", _, _}, {:put, "contents", _, "two"} | _], operations)
          if held?, do: send(test, {:in_commit, self()})

          receive do
            :go_on -> :ok
          after
            if(held?, do: :infinity, else: 0) -> :ok
          end
        end,
        keep_versions: 1
      )

    assert {:ok, _} = Library.put("a", "w", "one", o)
    writer = Task.async(fn -> Library.put("a", "w", "two", o) end)
    assert_receive {:in_commit, commit}, 5_000

    # The storage has removed it, and memory does not know yet.
    [{key, "one"}] = Cases.contents(o)
    assert Storage.delete("contents", key, storage: Cases.storage(o)) == :ok
    reader = Task.async(fn -> Library.get("a", "w", o) end)
    refute Task.yield(reader, 100)
    send(commit, :go_on)
    assert {:ok, %{version: 2}} = Task.await(writer)
    assert {:ok, %{source: "two", version: 2}} = Task.await(reader)
  end

  test "a head that is none is told of, and nothing is read beside it" do
    o = library(@memory)
    assert {:ok, _} = Library.put("a", "w", "one", o)
    {:ok, head} = Storage.get("library", "a/w", storage: Cases.storage(o))

    <<size::32, version::64, at::64, rest::binary>> = head
    assert <<size::32, version::64, at::64, rest::binary>> == head

    for torn <- [
          "",
          "torn",
          binary_part(head, 0, byte_size(head) - 1),
          head <> "x",
          <<0::32>>,
          <<size::32, 0::64, at::64, rest::binary>>,
          <<size::32, version::64, -1::64, rest::binary>>,
          <<2 * size::32, version::64, at::64, rest::binary, version::64, at::64, rest::binary>>
        ] do
      assert Storage.put("library", "a/w", torn, storage: Cases.storage(o)) == :ok
      reload(o)

      for answer <- [
            Library.get("a", "w", o),
            Library.get("a", "v", o),
            Library.list("a", o),
            Library.put("a", "v", "x", o)
          ] do
        assert {:error, %Error{kind: :damaged}} = answer
      end
    end

    assert Storage.put("library", "a/w", head, storage: Cases.storage(o)) == :ok
    reload(o)
    assert {:ok, %{source: "one"}} = Library.get("a", "w", o)

    assert Storage.put("library", "nobody's", head, storage: Cases.storage(o)) == :ok
    reload(o)
    assert {:error, %Error{kind: :damaged}} = Library.get("a", "w", o)
  end

  defp reload(o), do: TestWait.killed(o[:library])

  test "a setting beyond what is allowed stops the start" do
    for {key, most} <- [keep_versions: 10_000, max_source_bytes: 67_108_864, max_artifact_bytes: 67_108_864] do
      assert_raise ArgumentError, ~r/#{key}.*#{most}/, fn -> Library.start_link([{key, most + 1}]) end
    end
  end

  test "without its process there is an answer, not an exit" do
    o = [library: __MODULE__.Nobody]

    for answer <- [
          Library.get("a", "w", o),
          Library.put("a", "w", "x", o),
          Library.list("a", o),
          Library.delete("a", "w", o)
        ] do
      assert {:error, %Error{kind: :unavailable}} = answer
    end
  end
end
