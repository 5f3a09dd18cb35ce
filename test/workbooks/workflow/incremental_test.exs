defmodule Workbooks.Workflow.IncrementalTest do
  # guides/running.md, "What is kept".
  use ExUnit.Case, async: true
  import Workbooks.TestWorkbook

  alias Workbooks.Workflow.ResultCache

  @moduletag :tmp_dir

  # a → b → c, beside d. A step's log tells that it ran, and a cached one's what it printed then.
  defp chain(changes \\ %{}) do
    sources =
      Map.merge(
        %{
          "a" => "export const f = (x) => { console.log('a ran'); return x + 1 }",
          "b" => "export const f = (a) => a % 10",
          "c" => "export const f = (b) => b * 2",
          "d" => "export const f = (x) => -x"
        },
        changes
      )

    book(
      for {name, input} <- [{"a", "x"}, {"b", "a"}, {"c", "b"}, {"d", "x"}] do
        {name, [in: input, out: name], "js", sources[name]}
      end
    )
  end

  defp run!(org, folder, options \\ []) do
    Workbooks.run!(org, Keyword.merge([inputs: %{"x" => 1}, cache_dir: folder], options))
  end

  defp ran(run), do: for(%{cached: false, component: "book/" <> name} <- run.steps, do: name)

  test "run again nothing runs, and all is as it was", %{tmp_dir: folder} do
    first = run!(chain(), folder)
    assert ran(first) == ~w(a b c d)
    again = run!(chain(), folder)
    assert ran(again) == []
    assert again.results == first.results
    assert again.exports == %{"c" => 4, "d" => -1}
    assert again.html == first.html
    # What it printed then stands in the log now.
    assert step(again, "a").log == "a ran\n"
    assert step(again, "a").inputs_sha == step(first, "a").inputs_sha
    assert step(again, "a").outputs_sha == step(first, "a").outputs_sha
  end

  test "after an edit what was edited runs, and what depends on what it gives", %{tmp_dir: folder} do
    run!(chain(), folder)
    assert ran(run!(chain(%{"a" => "export const f = (x) => x + 2"}), folder)) == ~w(a b c)
    # b makes the same of it: c is as before.
    assert ran(run!(chain(%{"a" => "export const f = (x) => x + 12"}), folder)) == ~w(a b)
    # The same outputs of other code: early cut-off.
    assert ran(run!(chain(%{"a" => "export const f = (x) => 1 + x"}), folder)) == ~w(a)
    assert ran(run!(chain(%{"d" => "export const f = (x) => x"}), folder)) == ~w(d)
    # What does not reach the code does not matter.
    assert ran(run!("Some prose.\n" <> chain(), folder)) == []
  end

  test "another input, seed or memory is another run; another number of workers is not", %{tmp_dir: folder} do
    run!(chain(), folder)
    assert ran(run!(chain(), folder, concurrency: 1, timeout: 99_000, step_timeout: 9_000)) == []
    assert ran(run!(chain(), folder, inputs: %{"x" => 2})) == ~w(a b c d)
    assert ran(run!(chain(), folder, inputs: %{"x" => 1.0})) == ~w(a d)
    assert ran(run!(chain(), folder, seed: 1)) == ~w(a b c d)
    assert ran(run!(chain(), folder, memory: 64 * 1024 * 1024)) == ~w(a b c d)
    assert ran(run!(chain(), folder)) == []
  end

  test "the next virtual machine finds it too", %{tmp_dir: folder} do
    run!(chain(), folder)
    ResultCache.clear(:memory)
    assert ran(run!(chain(), folder)) == []
    assert %{whole: 4, broken: 0} = ResultCache.stats(folder)
  end

  test "what failed is tried again", %{tmp_dir: folder} do
    org = chain(%{"b" => "export const f = () => { throw new Error('no') }"})

    for {cached, n} <- [{false, 1}, {true, 2}] do
      assert {:error, run} = Workbooks.run(org, inputs: %{"x" => 1}, cache_dir: folder)
      assert {n, step(run, "a").cached} == {n, cached}
      assert %{status: :failed, cached: false} = step(run, "b")
    end
  end

  test "cache: false keeps nothing and uses nothing", %{tmp_dir: folder} do
    for _ <- 1..2, do: assert(ran(run!(chain(), folder, cache: false)) == ~w(a b c d))
    assert %{whole: 0} = ResultCache.stats(folder)
  end

  test "the step log and telemetry say what was cached", %{tmp_dir: folder} do
    event = [:workbooks, :run, :step, :cached]
    id = {__MODULE__, folder}
    Workbooks.Telemetry.attach(id, event, fn _, %{duration: _}, told, pid -> send(pid, {:cached, told}) end, self())
    on_exit(fn -> Workbooks.Telemetry.detach(id) end)

    run!(chain(), folder)
    run = run!(chain(%{"c" => "export const f = (b) => b * 3"}), folder, workdir: folder)
    log = folder |> Path.join("_steps.jsonl") |> File.stream!() |> Enum.map(&Workbooks.JSON.decode!/1)
    assert for(%{"cached" => false, "component" => component} <- log, do: component) == ["book/c"]
    assert Enum.all?(log, &(&1["inputs_sha"] =~ ~r/\A[0-9a-f]{64}\z/ and &1["outputs_sha"] =~ ~r/\A[0-9a-f]{64}\z/))
    told = for _ <- 1..3, do: receive(do: ({:cached, %{run: id} = told} when id == run.id -> told.component))
    assert Enum.sort(told) == ["book/a", "book/b", "book/d"]
  end

  describe "verify: true" do
    test "runs all, and agrees where nothing changed", %{tmp_dir: folder} do
      first = run!(chain(), folder)
      verified = run!(chain(), folder, verify: true)
      assert ran(verified) == ~w(a b c d)
      assert verified.results == first.results
    end

    test "names the step whose outputs are not those that are kept", %{tmp_dir: folder} do
      run!(chain(), folder)
      forge(folder, %{"b" => 2}, %{"b" => 3})
      ResultCache.clear(:memory)

      assert {:error, run} = Workbooks.run(chain(), inputs: %{"x" => 1}, cache_dir: folder, verify: true)
      assert %{status: :failed, error: %{kind: :nondeterministic, message: message}} = step(run, "b")
      assert message =~ "book/b gave another b"
      assert %{status: :skipped} = step(run, "c")
      assert %{status: :ok} = step(run, "a")
      # Without it what is kept is believed.
      assert step(run!(chain(), folder), "b").cached
    end

    test "keeps what was not there", %{tmp_dir: folder} do
      run!(chain(), folder, verify: true)
      assert ran(run!(chain(), folder)) == []
    end
  end

  # Another result in the place of one, with all digests right.
  defp forge(folder, outputs, others) do
    for path <- Path.wildcard(Path.join(folder, "*.result")) do
      "workbooks result 1\n" <> <<_digest::binary-size(32), body::binary>> = File.read!(path)

      with {^outputs, _, log} <- :erlang.binary_to_term(body) do
        %{shas: shas} = ResultCache.entry(others, log)
        body = :erlang.term_to_binary({others, shas, log}, [:deterministic, minor_version: 2])
        File.write!(path, ["workbooks result 1\n", :crypto.hash(:sha256, body), body])
      end
    end
  end

  describe "between steps that are kept" do
    # What the run's own process does when it tells of the first of them.
    defp on_first_kept(first, act) do
      handler = {__MODULE__, first}
      on_exit(fn -> Workbooks.Telemetry.detach(handler) end)

      Workbooks.Telemetry.attach(
        handler,
        [:workbooks, :run, :step, :cached],
        &__MODULE__.told/4,
        {"book/" <> first, act}
      )
    end

    defp pair(name) do
      book(for part <- ["#{name}-1", "#{name}-2"], do: {part, [in: "x", out: part], "js", "export const f = (x) => x"})
    end

    test "a run can be cancelled", %{tmp_dir: folder} do
      run!(pair("cancelled"), folder)
      :ok = on_first_kept("cancelled-1", fn -> send(self(), :cancel) end)
      options = [inputs: %{"x" => 1}, cache_dir: folder]
      assert {:error, %{status: :cancelled} = run} = Workbooks.run(pair("cancelled"), options)
      assert [%{status: :ok, cached: true}, %{status: :skipped}] = run.steps
    end

    test "its time can be over", %{tmp_dir: folder} do
      run!(pair("late"), folder)
      :ok = on_first_kept("late-1", fn -> Process.sleep(5_000) end)
      options = [inputs: %{"x" => 1}, cache_dir: folder, timeout: 5_000]
      assert {:error, %{status: :timeout} = run} = Workbooks.run(pair("late"), options)
      assert [%{status: :ok, cached: true}, %{status: :skipped}] = run.steps
    end
  end

  @doc false
  def told(_event, _measurements, %{component: component}, {first, act}), do: if(component == first, do: act.())
end
