defmodule Workbooks.Workflow.CheckTest do
  # A run that compiles blocks to learn their types can be ended like any other.
  use ExUnit.Case, async: true
  import Workbooks.TestWait
  import Workbooks.TestWorkbook

  alias Workbooks.Build.{Cache, Flight, Source, Wat}

  # A workbook of one block without a `:sig:`, which is being compiled until `land/1`.
  defp held do
    text = ~s|(module (func (export "f") (result i64) (i64.const #{System.unique_integer([:positive])})))|
    org = book([{"N", [out: "n"], "wat", text}])
    plan = Workbooks.plan!(org)
    {:ok, version} = Wat.version()
    key = Cache.key(Source.new(hd(plan["worlds"]), hd(plan["components"])), version)
    test = self()

    compiler =
      spawn_link(fn ->
        Flight.join(key, :infinity, fn ->
          send(test, :held)
          receive(do: (:land -> {:error, Workbooks.Build.Problem.new(:timeout, "gave up")}))
        end)

        send(test, :landed)
      end)

    assert_receive :held, 30_000
    %{org: org, key: key, compiler: compiler}
  end

  defp compiling(key) do
    until(fn ->
      {_leader, _monitor, waiting} = Map.fetch!(:sys.get_state(Flight), key)
      not :queue.is_empty(waiting)
    end)
  end

  defp land(compiler) do
    send(compiler, :land)
    assert_receive :landed, 30_000
  end

  test "cancelled while a block is compiled" do
    %{org: org, key: key, compiler: compiler} = held()
    {:ok, handle} = Workbooks.start_run(org)
    compiling(key)
    assert Workbooks.await(handle, 0) == {:error, :timeout}
    assert Workbooks.cancel(handle) == :ok
    assert {:error, %{status: :cancelled} = run} = Workbooks.await(handle)
    assert %{status: :skipped, error: %{message: "not run: the run was cancelled"}} = step(run, "n")
    assert run.html =~ "cancelled"
    # Nobody waits for it any more, and the next run has it.
    land(compiler)
    assert {:ok, _run} = Workbooks.run(org)
  end

  test "out of time while a block is compiled" do
    %{org: org, compiler: compiler} = held()
    assert {:error, %{status: :timeout} = run} = Workbooks.run(org, timeout: 50)
    assert %{status: status} = step(run, "n")
    assert status in [:skipped, :timeout]
    land(compiler)
  end

  test "whoever asked ends while a block is compiled" do
    %{org: org, key: key, compiler: compiler} = held()
    test = self()

    caller =
      spawn(fn ->
        send(test, Workbooks.start_run(org))
        receive(do: (:never -> :ok))
      end)

    assert_receive {:ok, %{pid: run}}, 30_000
    compiling(key)
    {:links, links} = Process.info(run, :links)
    Process.exit(caller, :kill)
    supervisor = Process.whereis(Workbooks.Workflow.Supervisor)
    until(fn -> not Enum.any?([run | links -- [supervisor]], &Process.alive?/1) end)
    land(compiler)
  end

  test "the run waits for a block that somebody else compiles" do
    %{org: org, key: key, compiler: compiler} = held()
    {:ok, handle} = Workbooks.start_run(org)
    compiling(key)
    land(compiler)
    assert {:ok, %{exports: %{"n" => _}}} = Workbooks.await(handle)
  end
end
