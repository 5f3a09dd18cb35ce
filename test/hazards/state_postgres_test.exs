defmodule Workbooks.Hazards.StatePostgresTest do
  @moduledoc """
  A database server that is killed, or stands still, under writers: what was acknowledged is there, and
  once the server is back they go on without anybody's help.
  """
  use ExUnit.Case, async: true

  alias Workbooks.{TestPostgres, TestVars, TestWait}
  alias Workbooks.Vars.Store

  @moduletag timeout: 300_000
  if why = TestPostgres.missing(), do: @moduletag(skip: why)

  @writers 4

  setup do
    server = TestPostgres.start_own!()
    on_exit(server.stop)
    {:ok, server: server, settings: [backend: :postgres, url: server.url, schema: "state", pool: 2]}
  end

  test "the server is killed, again and again", %{server: server, settings: settings} do
    store = TestVars.start(storage: settings)

    written(store, fn progress ->
      for _ <- 1..3 do
        TestPostgres.kill!(server)
        # Readers have what they had.
        assert {:ok, _} = Store.get("acme", "writer1", store: store)
        TestPostgres.restart!(server)
        progress.()
      end
    end)
  end

  test "every session is ended by an administrator", %{server: server, settings: settings} do
    store = TestVars.start(storage: settings)

    written(store, fn progress ->
      for _ <- 1..5 do
        TestPostgres.disconnect!(server)
        progress.()
      end
    end)
  end

  # Writers count up while `disturb` does what it does; `progress` waits until each of them has come further.
  defp written(store, disturb) do
    counts = :atomics.new(@writers, [])
    go_on = :atomics.new(1, [])
    writers = for writer <- 1..@writers, do: Task.async(fn -> write(store, writer, 1, counts, go_on) end)
    acknowledged = fn -> for writer <- 1..@writers, do: :atomics.get(counts, writer) end

    progress = fn ->
      before = acknowledged.()

      TestWait.until(
        fn -> before |> Enum.zip(acknowledged.()) |> Enum.all?(fn {before, now} -> now >= before + 10 end) end,
        acknowledged,
        System.monotonic_time(:millisecond) + 120_000
      )
    end

    progress.()
    disturb.(progress)
    :atomics.put(go_on, 1, 1)
    last = Task.await_many(writers, 120_000)

    # In memory, and in the database, which the processes read anew.
    check(store, last)
    for process <- [store, Module.concat(store, Workbooks.Storage)], do: Process.exit(Process.whereis(process), :kill)
    check(store, last)
  end

  defp check(store, last) do
    for {n, writer} <- Enum.with_index(last, 1) do
      assert Store.get("acme", "writer#{writer}", store: store) == {:ok, "#{n}"}
    end
  end

  # One that failed may have been written, or not: it is written again.
  defp write(store, writer, n, counts, go_on) do
    case Store.set("acme", "writer#{writer}", "#{n}", store: store) do
      :ok ->
        :atomics.put(counts, writer, n)
        if :atomics.get(go_on, 1) == 1, do: n, else: write(store, writer, n + 1, counts, go_on)

      {:error, _} ->
        Process.sleep(20)
        write(store, writer, n, counts, go_on)
    end
  end
end
