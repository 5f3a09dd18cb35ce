defmodule Workbooks.RunsTest do
  # The application's own store is shared: ids are the tests' own.
  use ExUnit.Case, async: true

  import Workbooks.TestWorkbook
  import Workbooks.TestWait, only: [until: 1]

  alias Workbooks.{Library, Runs}

  doctest Workbooks.Run
  doctest Workbooks.Runs

  @add {"Add", [in: "a, b", out: "sum"], "js", "export const add = (a, b) => { console.log('adding'); return a + b }"}

  setup do
    tenant = "runs-#{System.unique_integer([:positive])}"
    on_exit(fn -> for {id, _} <- Library.list(tenant), do: Library.delete(tenant, id) end)
    %{tenant: tenant}
  end

  defp stored(tenant, id, components) do
    {:ok, _} = Library.put(tenant, id, book(components))
    id
  end

  defp over(tenant, id, options \\ []) do
    {:ok, reference, past, state} = Runs.subscribe(tenant, id, 0, options)
    past ++ if(state == :running, do: rest(reference), else: [])
  end

  defp rest(reference) do
    receive do
      {^reference, :ended} -> []
      {^reference, event} -> [event | rest(reference)]
    end
  end

  test "a run's events are numbered, and its result is there with the last", %{tenant: tenant} do
    stored(tenant, "sum", [@add])
    {:ok, id} = Runs.start(tenant, "sum", %{"a" => 1, "b" => 2})
    events = over(tenant, id)
    assert Enum.map(events, & &1.id) == Enum.to_list(1..length(events))
    assert Enum.map(events, & &1.name) == ~w(start step_start step stop)
    assert %{status: :ok, error: nil} = List.last(events).data

    assert {:ok, %{status: :ok, exports: %{"sum" => 3}, steps: [%{log: "adding\n"}], workbook: "sum", version: 1} = run} =
             Runs.get(tenant, id)

    assert run.html =~ "3" and run.ended
    assert [%{id: ^id, status: :ok} = summary] = Runs.list(tenant)
    refute is_map_key(summary, :html)
  end

  test "who asks later has what is past, from where they were", %{tenant: tenant} do
    stored(tenant, "sum", [@add])
    {:ok, id} = Runs.start(tenant, "sum", %{"a" => 1, "b" => 2})
    all = over(tenant, id)
    assert {:ok, _reference, ^all, :ended} = Runs.subscribe(tenant, id)
    assert {:ok, _reference, [%{name: "stop"}], :ended} = Runs.subscribe(tenant, id, 3)
    assert {:ok, _reference, [], :ended} = Runs.subscribe(tenant, id, 1_000_000)
  end

  test "a run outlives who began it, and is cancelled by anybody of its tenant", %{tenant: tenant} do
    stored(tenant, "spin", [spin("Spin", out: "x")])
    {:ok, id} = Task.await(Task.async(fn -> Runs.start(tenant, "spin") end))
    {:ok, reference, _past, :running} = Runs.subscribe(tenant, id)
    assert {:ok, %{status: :running, ended: nil, exports: %{}}} = Runs.get(tenant, id)
    assert Runs.cancel("another", id) == :error
    assert Runs.cancel(tenant, id) == :ok
    assert %{name: "stop", data: %{status: :cancelled}} = reference |> rest() |> List.last()
    assert {:ok, %{status: :cancelled}} = Runs.get(tenant, id)
    assert Runs.cancel(tenant, id) == :ok
  end

  test "what cannot be run says so in its status", %{tenant: tenant} do
    stored(tenant, "sum", [@add])
    {:ok, id} = Runs.start(tenant, "sum", %{"a" => 1})
    assert [%{name: "stop", data: %{status: :invalid, error: [%{"code" => "missing_input"}]}}] = over(tenant, id)
    assert {:ok, %{status: :invalid, error: [%{"code" => "missing_input"}], steps: []}} = Runs.get(tenant, id)
  end

  test "nothing is known of others' runs, or of none", %{tenant: tenant} do
    stored(tenant, "sum", [@add])
    {:ok, id} = Runs.start(tenant, "sum", %{"a" => 1, "b" => 2})
    over(tenant, id)
    assert Runs.get("another", id) == :error
    assert Runs.subscribe("another", id) == :error
    assert Runs.list("another") == []
    assert {:error, %{kind: :not_found}} = Runs.start(tenant, "none")
    assert {:error, %{kind: :not_found}} = Runs.start(tenant, "sum", %{}, version: 9)
    assert {:error, %{kind: :bad_name}} = Runs.start("..", "sum")
  end

  test "who unsubscribes hears no more", %{tenant: tenant} do
    stored(tenant, "spin", [spin("Spin", out: "x")])
    {:ok, id} = Runs.start(tenant, "spin")
    {:ok, mine, _past, :running} = Runs.subscribe(tenant, id)
    {:ok, other, _past, :running} = Runs.subscribe(tenant, id)
    assert Runs.unsubscribe(mine) == :ok
    Runs.cancel(tenant, id)
    assert rest(other) != []
    refute_received {^mine, _event}
  end

  test "a run whose process is killed has failed, and says so", %{tenant: tenant} do
    stored(tenant, "spin", [spin("Spin", out: "x")])
    {:ok, id} = Runs.start(tenant, "spin")
    {:ok, reference, _past, :running} = Runs.subscribe(tenant, id)
    {:ok, pid} = Runs.Table.worker(Runs, tenant, id)
    Process.exit(pid, :kill)

    assert %{name: "stop", data: %{status: :failed, error: [%{"code" => "internal"}]}} =
             reference |> rest() |> List.last()

    assert {:ok, %{status: :failed}} = Runs.get(tenant, id)
  end

  test "ids sort in the order in which they were made" do
    ids =
      for _ <- 1..200 do
        before = System.os_time(:microsecond)
        id = Workbooks.Run.new_id()
        # A clock may stand still for as long as it counts in.
        Stream.repeatedly(fn -> System.os_time(:microsecond) end) |> Enum.find(&(&1 > before + 1))
        id
      end

    assert ids == Enum.sort(ids)
  end

  test "a run has its worker until its last event is there, so that no subscriber misses it", %{tenant: tenant} do
    # This process is the worker.
    job = %{id: Workbooks.Run.new_id(), tenant: tenant, workbook: "none", version: 1}
    worker = self()
    :ok = Runs.Table.admit(Runs, job)
    :ok = Runs.Table.result(Runs, tenant, job.id, :ok, 1.0, %{steps: [], exports: %{}, error: nil, html: nil})
    assert Runs.Table.worker(Runs, tenant, job.id) == {:ok, worker}
    :ok = Runs.Table.event(Runs, job.id, 1, "stop", %{status: :ok, ms: 1.0, error: nil})
    :ok = Runs.Table.ended(Runs, tenant, job.id)
    assert Runs.Table.worker(Runs, tenant, job.id) == {:ok, nil}
    assert {:ok, _reference, [%{name: "stop"}], :ended} = Runs.subscribe(tenant, job.id)
  end

  describe "bounds" do
    defp started(settings) do
      name = Module.concat(Runs, "Test#{System.unique_integer([:positive])}")
      start_supervised!({Runs, [name: name] ++ settings}, id: name)
      name
    end

    test "of one tenant, and of all", %{tenant: tenant} do
      runs = started(max_running: 2, max_running_of_tenant: 1)
      stored(tenant, "spin", [spin("Spin", out: "x")])
      {:ok, first} = Runs.start(tenant, "spin", %{}, runs: runs)
      assert {:error, %{kind: :overloaded}} = Runs.start(tenant, "spin", %{}, runs: runs)

      other = tenant <> "-other"
      stored(other, "spin", [spin("Spin", out: "x")])
      on_exit(fn -> Library.delete(other, "spin") end)
      {:ok, _} = Runs.start(other, "spin", %{}, runs: runs)
      third = tenant <> "-third"
      stored(third, "spin", [spin("Spin", out: "x")])
      on_exit(fn -> Library.delete(third, "spin") end)
      assert {:error, %{kind: :overloaded, message: "2 runs" <> _}} = Runs.start(third, "spin", %{}, runs: runs)

      Runs.cancel(tenant, first, runs: runs)
      until(fn -> Runs.running(runs: runs) == 1 end)
      until(fn -> match?({:ok, _}, Runs.start(tenant, "spin", %{}, runs: runs)) end)
    end

    test "of what is kept: so many, so long, so much", %{tenant: tenant} do
      stored(tenant, "sum", [@add])
      inputs = %{"a" => 1, "b" => 2}

      few = started(keep: 2)

      ids =
        for _ <- 1..3, {:ok, id} = Runs.start(tenant, "sum", inputs, runs: few), _ = over(tenant, id, runs: few), do: id

      until(fn -> Enum.map(Runs.list(tenant, runs: few), & &1.id) == ids |> Enum.drop(1) |> Enum.reverse() end)

      short = started(keep_ms: 50)
      {:ok, id} = Runs.start(tenant, "sum", inputs, runs: short)
      until(fn -> Runs.get(tenant, id, runs: short) == :error end)
      assert Runs.subscribe(tenant, id, 0, runs: short) == :error

      small = started(keep_bytes: 1)
      for _ <- 1..2, {:ok, id} = Runs.start(tenant, "sum", inputs, runs: small), do: over(tenant, id, runs: small)
      until(fn -> length(Runs.list(tenant, runs: small)) == 1 end)
    end

    test "of a run's time, which its caller can make shorter only", %{tenant: tenant} do
      runs = started(run: [timeout: 200])
      stored(tenant, "spin", [spin("Spin", out: "x")])

      for timeout <- [100, 1_000_000] do
        {:ok, id} = Runs.start(tenant, "spin", %{}, timeout: timeout, runs: runs)
        over(tenant, id, runs: runs)
        assert {:ok, %{status: :timeout}} = Runs.get(tenant, id, runs: runs)
      end
    end
  end

  test "where nothing runs there is nothing" do
    assert Runs.list("a", runs: NotRunning) == []
    assert Runs.get("a", "b", runs: NotRunning) == :error
    assert {:error, %{kind: :unavailable}} = Runs.start("a", "b", %{}, runs: NotRunning)
  end
end
