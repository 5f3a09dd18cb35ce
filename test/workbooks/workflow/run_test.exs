defmodule Workbooks.Workflow.RunTest do
  # guides/running.md, "How a run goes".
  use ExUnit.Case, async: true
  import Workbooks.TestProperty
  import Workbooks.TestWorkbook

  alias Workbooks.{TestWait, Workflow}
  alias Workbooks.Workflow.Capabilities

  describe "random graphs" do
    # A component gives a number made of its inputs, or traps; the document has them in any order.
    defp graph do
      names = for n <- 1..int(1..8), do: "n#{n}"

      for {name, index} <- Enum.with_index(names) do
        inputs = some_of(Enum.take(names, index) ++ ["x", "y"]) |> Enum.take(3)
        %{name: name, inputs: inputs, factor: int(1..3), traps: rarely(8)}
      end
    end

    defp component(node) do
      params = for _ <- node.inputs, do: "(param i64)"

      sum =
        for {_, n} <- Enum.with_index(node.inputs),
            do: "(local.set $s (i64.add (i64.mul (local.get $s) (i64.const 3)) (local.get #{n})))\n"

      ending = if node.traps, do: "unreachable", else: "(i64.and (local.get $s) (i64.const 0xffff))"

      source = """
      (module (func (export "f") #{params} (result i64) (local $s i64)
      (local.set $s (i64.const #{node.factor}))
      #{sum}#{ending}))
      """

      {node.name, [in: Enum.join(node.inputs, " "), out: node.name], "wat", source}
    end

    # What it must come to, one after the other.
    defp reference(nodes, given) do
      Enum.reduce(nodes, given, fn node, values ->
        if node.traps or Enum.any?(node.inputs, &(not is_map_key(values, &1))) do
          values
        else
          sum = Enum.reduce(node.inputs, node.factor, &(&2 * 3 + values[&1]))
          Map.put(values, node.name, Bitwise.band(sum, 0xFFFF))
        end
      end)
      |> Map.drop(Map.keys(given))
    end

    @tag :tmp_dir
    test "equal a reference at every degree of parallelism, with and without a cache", %{tmp_dir: folder} do
      check "the graph is what it says", runs: runs(12, 400) do
        nodes = note("graph", graph())
        given = %{"x" => int(0..9), "y" => int(0..9)}
        org = nodes |> some_of(length(nodes)) |> Enum.map(&component/1) |> book()
        expected = reference(nodes, given)

        for options <- [
              [concurrency: 1],
              [concurrency: 2, cache: true],
              [concurrency: 7],
              [concurrency: 3, cache: true]
            ] do
          cache = if options[:cache], do: [cache_dir: folder], else: [cache: false]
          {_, run} = Workbooks.run(org, [inputs: given] ++ Keyword.merge(options, cache))
          results = for {"book/" <> name, %{} = outputs} <- run.results, into: %{}, do: {name, outputs[name]}
          assert results == expected
          assert length(run.steps) == length(nodes)

          for node <- nodes do
            status =
              cond do
                is_map_key(expected, node.name) -> :ok
                node.traps and Enum.all?(node.inputs, &(is_map_key(expected, &1) or is_map_key(given, &1))) -> :failed
                true -> :skipped
              end

            assert step(run, node.name).status == status
          end
        end
      end
    end
  end

  test "as many steps run at the same time as are allowed, and no more" do
    # Told by the events, which come in their order from the run's own process.
    org = book(for n <- 1..12, do: {"N#{n}", [out: "n#{n}"], "js", "export const f = () => #{n}"})

    for allowed <- [1, 3] do
      {:ok, _} = Workbooks.run(org, concurrency: allowed, cache: false, subscriber: self())
      {most, _} = running(0, 0)
      assert most == allowed
    end
  end

  defp running(most, now) do
    receive do
      {:workbooks_run, _, {:step_start, _}} -> running(max(most, now + 1), now + 1)
      {:workbooks_run, _, {:step, _, _}} -> running(most, now - 1)
      {:workbooks_run, _, {:stop, _}} -> {most, now}
      {:workbooks_run, _, {:start, _}} -> running(most, now)
    end
  end

  test "steps begin in the document's order" do
    org = book(for n <- [3, 1, 2], do: {"N#{n}", [out: "n#{n}"], "js", "export const f = () => #{n}"})
    {:ok, run} = Workbooks.run(org, concurrency: 1, subscriber: self())
    id = run.id
    for heading <- ["n3", "n1", "n2"], do: assert_receive({:workbooks_run, ^id, {:step_start, "book/" <> ^heading}})
  end

  describe "start_run/2" do
    test "answers at once; what is done is told as it ends, then awaited" do
      org =
        book([
          {"A", [in: "x", out: "a"], "js", "export const f = (x) => x + 1"},
          {"B", [in: "a", out: "b"], "js", "export const f = (a) => a * 2"}
        ])

      assert {:ok, handle} = Workbooks.start_run(org, inputs: %{x: 1}, subscriber: self())
      assert inspect(handle) == "#Workbooks.Workflow.Handle<#{handle.id}>"
      id = handle.id
      assert_receive {:workbooks_run, ^id, {:start, 2}}, 30_000
      assert_receive {:workbooks_run, ^id, {:step, %{component: "book/a", status: :ok}, %{"a" => 2}}}, 30_000
      assert_receive {:workbooks_run, ^id, {:step, %{component: "book/b", status: :ok}, %{"b" => 4}}}, 30_000
      assert {:ok, run} = Workbooks.await(handle)
      assert_receive {:workbooks_run, ^id, {:stop, :ok}}
      assert run.id == id
      assert run.exports == %{"b" => 4}
      assert run.html =~ "<pre"
      assert Workbooks.await(handle) == {:error, :ended}
      assert Workbooks.cancel(handle) == :ok
    end

    test "refuses what run/2 refuses" do
      assert {:error, %{status: :invalid}} = Workbooks.start_run(book([{"A", [in: "x", out: "a"], "js", "1"}]))
      assert_raise ArgumentError, ~r/start_run\/2 has no option :no/, fn -> Workbooks.start_run("", no: 1) end
      assert_raise ArgumentError, ~r/:subscriber/, fn -> Workbooks.start_run("", subscriber: :me) end
    end

    test "begins what turns out not to fit, and tells of no step" do
      text = ~S|(module (func (export "f") (result i64) (i64.const 1)))|
      say = {"Say", [in: "n", out: "s", sig: "say(n: string) -> string"], "js", "export const say = (n) => n"}
      {:ok, %{id: id} = handle} = Workbooks.start_run(book([{"N", [out: "n"], "wat", text}, say]), subscriber: self())
      assert {:error, %{status: :invalid, steps: [], html: nil, error: [issue]}} = Workbooks.await(handle)
      assert issue["code"] == "type_mismatch"
      assert_received {:workbooks_run, ^id, {:start, 2}}
      assert_received {:workbooks_run, ^id, {:stop, :invalid}}
      refute_received {:workbooks_run, ^id, _step}
    end

    test "a run that is not over can be awaited again" do
      {:ok, handle} = Workbooks.start_run(book([spin("Spin", out: "a")]))
      assert Workbooks.await(handle, 1) == {:error, :timeout}
      Workbooks.cancel(handle)
      assert {:error, %{status: :cancelled}} = Workbooks.await(handle)
    end

    test "a cancelled run keeps what was done" do
      components = [
        {"Done", [out: "a"], "js", "export const f = () => { console.log('on'); return 1 }"},
        spin("Spin", in: "a", out: "b"),
        {"After", [in: "b", out: "c"], "js", "export const f = (b) => b"}
      ]

      {:ok, handle} = Workbooks.start_run(book(components), subscriber: self())
      assert_receive {:workbooks_run, _, {:step_start, "book/spin"}}, 30_000
      assert Workbooks.cancel(handle) == :ok
      assert {:error, run} = Workbooks.await(handle)
      assert run.status == :cancelled
      assert run.results == %{"book/done" => %{"a" => 1}}
      assert %{status: :ok} = step(run, "done")
      assert %{status: :cancelled, error: %{kind: :cancelled, message: "the run was cancelled"}} = step(run, "spin")
      assert %{status: :skipped, error: %{kind: :skipped}} = step(run, "after")
      assert run.html =~ "cancelled"
    end

    test "a run whose process is killed has ended" do
      {:ok, handle} = Workbooks.start_run(book([spin("Spin", out: "a")]))
      Process.exit(handle.pid, :kill)
      assert Workbooks.await(handle) == {:error, :ended}
    end
  end

  describe "what a block gives" do
    test "may be bytes that are no text: the page shows them as such" do
      bytes = {"Bytes", [out: "a", sig: "f() -> list<u8>"], "js", "export const f = () => [255, 0, 1]"}
      assert {:ok, run} = Workbooks.run(book([bytes, {"Text", [out: "b"], "js", "export const f = () => 'as ever'"}]))
      assert run.exports == %{"a" => <<255, 0, 1>>, "b" => "as ever"}
      assert run.html =~ "255, 0, 1"
      assert run.html =~ "as ever"
    end

    test "takes no more memory as values than the step has" do
      source = "export const f = () => Array(1600).fill(Array(1600).fill(1))"
      good = {"Good", [out: "b"], "js", "export const f = () => 1"}
      assert {:error, run} = Workbooks.run(book([{"A", [out: "a"], "js", source}, good]), memory: 32 * 1024 * 1024)
      assert %{kind: :memory_limit, message: message} = step(run, "a").error
      assert message =~ "more than the step's 32 MiB (memory)"
      assert run.exports == %{"b" => 1}
    end
  end

  test "a step that prints a line longer than its log keeps the line's beginning" do
    source = "export function f() { console.log('aä'.repeat(1e6)); console.log('more') }"
    assert {:ok, run} = Workbooks.run(book([{"A", [out: "a"], "js", source}]))
    assert <<"aäaä", _::binary>> = log = step(run, "a").log
    assert String.valid?(log)
    assert log =~ ~r/aä?\n\[the log ends here: it reached 1 MiB\]\n\z/u
  end

  test "a step whose process is killed fails, and nothing else" do
    org = book([spin("Spin", out: "a"), {"Good", [out: "b"], "js", "export const f = () => 1"}])
    {:ok, handle} = Workbooks.start_run(org, subscriber: self(), concurrency: 2)
    assert_receive {:workbooks_run, _, {:step_start, "book/spin"}}, 30_000
    assert_receive {:workbooks_run, _, {:step, %{component: "book/good"}, _}}, 30_000
    {:links, links} = Process.info(handle.pid, :links)
    for pid <- links, pid != Process.whereis(Workflow.Supervisor), is_pid(pid), do: Process.exit(pid, :kill)
    assert {:error, %{status: :failed} = run} = Workbooks.await(handle)
    assert %{status: :failed, error: %{kind: :internal}} = step(run, "spin")
    assert %{status: :ok} = step(run, "good")
  end

  test "a run that is shut down ends its steps" do
    {:ok, handle} = Workbooks.start_run(book([spin("Spin", out: "a")]), subscriber: self())
    assert_receive {:workbooks_run, _, {:step_start, _}}, 30_000
    {:links, links} = Process.info(handle.pid, :links)
    steps = for pid <- links, is_pid(pid), pid != Process.whereis(Workflow.Supervisor), do: pid
    Process.exit(handle.pid, :shutdown)
    TestWait.until(fn -> not Enum.any?([handle.pid | steps], &Process.alive?/1) end)
  end

  test "what depends on one of 2,000 failed steps is skipped, each once" do
    good = for n <- 1..1_000, do: {"N#{n}", [in: "x", out: "n#{n}"], "wat", "("}
    after_them = for n <- 1..1_000, do: {"M#{n}", [in: "n#{n} n#{rem(n, 1_000) + 1}", out: "m#{n}"], "wat", "("}
    assert {:error, run} = Workbooks.run(book(good ++ after_them), inputs: %{x: 1}, render: [])
    assert Enum.frequencies_by(run.steps, & &1.status) == %{failed: 1_000, skipped: 1_000}
  end

  describe "capabilities" do
    # What a heading asks for stands in the plan; guides/running.md has it from the document.
    defp asking(caps, source, granted \\ []) do
      org = book([{"A", [out: "a"], "js", source}])
      plan = update_in(Workbooks.plan!(org), ["components", Access.all()], &Map.put(&1, "caps", caps))

      Workflow.run(plan, org, %{
        id: "r",
        inputs: %{},
        timeout: 60_000,
        step_timeout: 30_000,
        compile_timeout: 60_000,
        memory: 64 * 1024 * 1024,
        concurrency: 1,
        step_log: nil,
        caps: Capabilities.granted!(granted),
        seed: 0,
        store: nil,
        cache: :use,
        subscriber: nil,
        nodes: [node()]
      })
    end

    test "what is asked for and not granted fails before it runs, and says what to grant" do
      for {caps, grant} <- [
            {"clock", ~s(caps: ["clock"])},
            {"random", ~s(caps: ["random"])},
            {"network:example.org", ~s(caps: [{"network", ["example.org"]}])},
            {"files:/data", ~s(caps: [{"files", [{"/data", "a folder's path", :read}]}])}
          ] do
        run = asking([caps], "export const f = () => { console.log('ran') }", ["clock", "random"] -- [caps])
        assert %{status: :failed, log: "", error: %{kind: :capability, message: message, line: 9}} = step(run, "a")
        assert message =~ grant
      end
    end

    test "what is granted is given, and its result not kept" do
      for _ <- 1..2 do
        before = System.os_time(:millisecond)
        run = asking(["clock"], "export const f = () => Date.now()", ["clock"])
        assert %{status: :ok, cached: false} = step(run, "a")
        assert run.exports["a"] in before..System.os_time(:millisecond)
      end
    end

    test "what is granted and not asked for changes nothing" do
      source = "export const f = () => #{System.unique_integer()}"
      refute step(asking([], source), "a").cached
      assert step(asking([], source, ["clock", "random", {"network", ["example.org"]}]), "a").cached
    end
  end
end
