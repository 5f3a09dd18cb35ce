defmodule Workbooks.Workflow.KillTest do
  # What ends a run from outside: `Workbooks.cancel/1`, its caller's end, its time, `kill -9`.
  use ExUnit.Case, async: true
  use Workbooks.TestVM
  import Workbooks.TestProperty, only: [runs: 2]
  import Workbooks.TestWorkbook

  alias Workbooks.{JSON, TestRunner}
  alias Workbooks.Workflow.{ResultCache, Telemetry}

  # Steps of all kinds: quick ones, one that prints, one that waits for them, and two that never end.
  def mixed do
    quick =
      for n <- 1..8, do: {"Q#{n}", [out: "q#{n}"], "js", "export const f = () => { console.log(#{n}); return #{n} }"}

    sum = {"Sum", [in: Enum.map_join(1..8, " ", &"q#{&1}"), out: "sum"], "js", "export const f = (...q) => q.length"}
    book(quick ++ [sum, spin("Spin one", in: "q1", out: "s1"), spin("Spin two", out: "s2")])
  end

  defp whole?(run) do
    # Every step has an end, and what ended well has its outputs.
    length(run.steps) == 11 and Enum.all?(run.steps, &(&1.status == :ok == is_map_key(run.results, &1.component)))
  end

  # Neither runs nor instances, but those that the kernel's pools keep.
  def quiet! do
    until(fn -> Task.Supervisor.children(Workbooks.Workflow.Supervisor) == [] end)

    until(
      fn ->
        %{stores: stores, fibers: fibers, pools: pools} = Workbooks.Wasm.stats()
        fibers == 0 and stores == pools |> Map.values() |> Enum.map(& &1.available) |> Enum.sum()
      end,
      &Workbooks.Wasm.stats/0
    )

    each_scheduler!()
  end

  test "cancelled at any moment, nothing is left" do
    in_vm(
      fn ->
        for moment <- 1..runs(25, 300) do
          {:ok, handle} = Workbooks.start_run(mixed(), cache: false, concurrency: rem(moment, 5) + 1)
          Process.sleep(:rand.uniform(60) - 1)
          # By whoever it is.
          spawn(fn -> Workbooks.cancel(handle) end)
          {:error, run} = Workbooks.await(handle)
          assert run.status == :cancelled
          assert whole?(run)
        end

        quiet!()
      end,
      unharmed: false
    )
  end

  test "whoever asked ends at any moment, nothing is left" do
    in_vm(
      fn ->
        for moment <- 1..runs(25, 300) do
          caller = spawn(fn -> Workbooks.run(mixed(), cache: false, concurrency: rem(moment, 5) + 1) end)
          Process.sleep(:rand.uniform(60) - 1)
          Process.exit(caller, :kill)
        end

        quiet!()
      end,
      unharmed: false
    )
  end

  test "out of time at any moment, nothing is left" do
    in_vm(
      fn ->
        for moment <- 1..runs(15, 200) do
          times = if rem(moment, 2) == 0, do: [timeout: :rand.uniform(80)], else: [step_timeout: :rand.uniform(80)]
          {:error, run} = Workbooks.run(mixed(), [cache: false, concurrency: rem(moment, 5) + 1] ++ times)
          assert run.status == if(times[:timeout], do: :timeout, else: :failed)
          assert whole?(run)
        end

        quiet!()
      end,
      unharmed: false
    )
  end

  @tag :tmp_dir
  @tag timeout: 1_800_000
  test "killed in the middle, the log has whole lines, the cache whole results, and the next run is right",
       %{tmp_dir: folder} do
    rounds = runs(20, 100)

    # Two at a time share the log and the cache.
    statuses =
      1..rounds
      |> Task.async_stream(fn _ -> TestRunner.killed!(folder, :rand.uniform(200)) end,
        max_concurrency: 2,
        timeout: :infinity
      )
      |> Enum.frequencies()

    assert statuses == %{{:ok, 128 + 9} => rounds}

    path = Path.join(folder, "_steps.jsonl")
    log = File.read!(path)
    assert String.ends_with?(log, "}\n")
    lines = String.split(log, "\n", trim: true)
    for line <- lines, do: assert({:ok, %{"run" => _, "status" => "ok", "error" => nil}} = JSON.decode(line))
    assert {:ok, %{broken: 0, steps: steps, runs: runs}} = Telemetry.summary(path)
    assert steps == length(lines)
    assert runs > rounds
    # They were killed in the middle.
    assert rem(steps, 40) != 0 or steps < 40 * runs

    # What was being put into the cache then is no result.
    assert %{broken: 0, whole: whole} = ResultCache.stats(folder)
    assert whole > 0

    for x <- 0..20 do
      run = Workbooks.run!(TestRunner.workbook(), inputs: %{"x" => x}, cache_dir: folder, workdir: folder)
      assert run.exports == %{"n40" => x + 40}
    end
  end
end
