defmodule Workbooks.Build.JavaScriptTimeTest do
  # guides/javascript.md, "Time and chance" and "The console".
  use ExUnit.Case, async: true
  import Workbooks.TestWorkbook

  @sleep "const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))\n"

  defp run(source, options \\ []) do
    {properties, options} = Keyword.pop(options, :properties, [])
    {_, run} = Workbooks.run(book([{"F", [out: "o"] ++ properties, "js", source}]), [cache: false] ++ options)
    step = step(run, "f")
    {step, run.exports["o"]}
  end

  test "a virtual clock jumps to the next timer" do
    source =
      @sleep <>
        """
        export async function f() {
          const begun = Date.now()
          setTimeout(() => console.log("an hour"), 3_600_000)
          await sleep(86_400_000)
          return { hours: (Date.now() - begun) / 3_600_000, day: new Date().toISOString().slice(0, 10) }
        }
        """

    assert {%{status: :ok, log: "an hour\n"}, %{"hours" => 24, "day" => "2020-01-02"}} = run(source)
    # As many as there were, and no other.
    assert {%{status: :ok}, 1000} =
             run(
               "export const f = () => new Promise((done) => { let n = 0; setInterval(() => { if (++n === 1000) done(n) }, 60_000) })"
             )
  end

  @tag :tmp_dir
  test "so it comes to the same each time", %{tmp_dir: folder} do
    source =
      @sleep <>
        "export async function f() { await sleep(5); const a = Date.now(); await sleep(1.5); return [a, performance.now()] }"

    org = book([{"F", [out: "o"], "js", source}])
    assert {:ok, %{exports: first}} = Workbooks.run(org, cache_dir: folder)
    assert {:ok, %{exports: ^first}} = Workbooks.run(org, cache_dir: folder, verify: true)
  end

  test "a real clock is waited for, within the step's time" do
    clock = [properties: [caps: "clock"], caps: ["clock"]]

    source =
      @sleep <> "export async function f() { const begun = Date.now(); await sleep(40); return Date.now() - begun }"

    assert {%{status: :ok}, waited} = run(source, clock)
    assert waited >= 39

    source = @sleep <> "export async function f() { await sleep(3_600_000); console.log('never') }"
    assert {%{status: :timeout, log: ""}, nil} = run(source, [step_timeout: 300] ++ clock)

    org = book([{"F", [out: "o", caps: "clock"], "js", source}])
    {:ok, handle} = Workbooks.start_run(org, caps: ["clock"], subscriber: self())
    assert_receive {:workbooks_run, _, {:step_start, _}}, 60_000
    Workbooks.cancel(handle)
    assert {:error, %{status: :cancelled}} = Workbooks.await(handle)
  end

  test "timers without an end are ended by the step's time, or fuel" do
    source = "export const f = () => new Promise(() => setInterval(() => {}, 1000))"
    assert {%{status: :timeout}, nil} = run(source, step_timeout: 300)
    assert {%{error: %{kind: :fuel}}, nil} = run(source, fuel: 10_000_000)

    assert {%{error: %{kind: :exception, message: "Error: the promise of 'f' never settles" <> _}}, nil} =
             run("export const f = () => new Promise(() => setTimeout(() => {}, 1000))")
  end

  test "what a timer throws is the step's, at its line" do
    source =
      "export const f = () => new Promise(() => {\n  setTimeout(() => {\n    throw new TypeError('late')\n  }, 10)\n})"

    assert {%{status: :failed, error: %{message: "TypeError: late", line: 12}}, nil} = run(source)
  end

  test "console is the step's log" do
    source = """
    export function f() {
      console.group("teas")
      console.table([{ tea: "sencha", grams: 3 }])
      console.groupEnd()
      console.assert(1 > 2, "no")
      console.count()
      console.dir({ a: 1 })
      console.time("t"); console.timeEnd("t")
      return structuredClone(new Map([["a", [1]]]))
    }
    """

    assert {%{log: log}, %{"a" => [1]}} = run(source)

    assert log == """
           teas
             ┌─────────┬──────────┬───────┐
             │ (index) │ tea      │ grams │
             ├─────────┼──────────┼───────┤
             │ 0       │ 'sencha' │ 3     │
             └─────────┴──────────┴───────┘
           [error] Assertion failed: no
           default: 1
           { a: 1 }
           t: 0.001ms
           """
  end
end
