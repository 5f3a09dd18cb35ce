defmodule WorkbooksTest do
  # guides/format.md, "Running".
  use ExUnit.Case, async: true
  doctest Workbooks
  doctest Workbooks.Build
  doctest Workbooks.Build.Artifact
  doctest Workbooks.Build.Artifact.Codec
  doctest Workbooks.Build.Cache
  doctest Workbooks.Build.Call
  doctest Workbooks.Build.Call.Command
  doctest Workbooks.Build.Entry
  doctest Workbooks.Build.Problem
  doctest Workbooks.Build.Source
  doctest Workbooks.Workflow.Issue
  doctest Workbooks.Workflow.SourceMap

  alias Workbooks.Run

  defp workbook(headings, keywords \\ "") do
    blocks =
      for {title, properties, lang, source} <- headings do
        drawer = for {key, value} <- properties, do: ":#{key}: #{value}\n"
        "** #{title}\n:PROPERTIES:\n#{drawer}:END:\n#+begin_src #{lang}\n#{source}\n#+end_src\n"
      end

    "#{keywords}* Book\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n#{blocks}"
  end

  defp step(run, id), do: Enum.find(run.steps, &(&1.component == "book/" <> id))

  defp line_of(org, text) do
    org |> String.split("\n") |> Enum.find_index(&String.contains?(&1, text)) |> Kernel.+(1)
  end

  describe "run/2" do
    test "three JavaScript components, joined by name and by :deps:" do
      org =
        workbook([
          {"Total", [in: "parsed factor", out: "total", deps: "parse"], "javascript",
           "export function total(parsed, factor) { return { total: parsed.reduce((a, b) => a + b) * factor } }"},
          {"Parse", [in: "text", out: "parsed"], "js",
           "export const parse = (text) => ({ parsed: text.split(',').map(Number) })"},
          {"Say", [in: "total parsed", out: "said"], "javascript",
           "export function say(total, parsed) { console.log('n', parsed.length); return `${parsed.length}: ${total}` }"}
        ])

      assert {:ok, %Run{} = run} = Workbooks.run(org, inputs: %{"text" => "1,2,3", factor: 10})
      assert run.status == :ok
      assert run.exports == %{"said" => "3: 60"}

      assert run.results == %{
               "book/parse" => %{"parsed" => [1, 2, 3]},
               "book/total" => %{"total" => 60},
               "book/say" => %{"said" => "3: 60"}
             }

      assert Enum.map(run.steps, & &1.component) == ["book/total", "book/parse", "book/say"]
      assert step(run, "say").log == "n 3\n"
      assert run.html =~ "3: 60"
    end

    test "a failing block: what depends on it is skipped, the rest runs, the Org line is named" do
      org =
        workbook([
          {"Bad", [in: "x", out: "bad"], "javascript",
           "export function bad(x) {\n  const y = x\n  return y.missing.field\n}"},
          {"After", [in: "bad", out: "after"], "javascript", "export function after(bad) { return bad }"},
          {"Last", [out: "last", deps: "after"], "javascript", "export function last() { return 1 }"},
          {"Apart", [in: "x", out: "apart"], "javascript", "export function apart(x) { return x + 1 }"}
        ])

      assert {:error, %Run{status: :failed} = run} = Workbooks.run(org, inputs: %{"x" => 1})
      assert run.exports == %{"apart" => 2}
      assert %{status: :failed, error: error} = step(run, "bad")
      assert %{kind: :exception, message: "TypeError: " <> _, line: line, excerpt: excerpt} = error
      assert excerpt == "  #{line} |   return y.missing.field\n     |          ^"
      assert line == line_of(org, "return y.missing.field")
      assert is_integer(error.column)
      assert %{status: :skipped, error: %{kind: :skipped, message: message}} = step(run, "after")
      assert message =~ "book/bad failed"
      assert %{status: :skipped} = step(run, "last")
      assert %{status: :ok} = step(run, "apart")
      assert run.html =~ "TypeError"
    end

    test "an input that is not given fails the run before any step" do
      org = workbook([{"Go", [in: "name other", out: "r"], "javascript", "export function go() { return 1 }"}])
      assert {:error, %Run{status: :invalid, steps: [], error: issues}} = Workbooks.run(org, inputs: %{"other" => 1})
      assert [%{"code" => "missing_input", "message" => message}] = issues
      assert message =~ "name"
      assert hd(issues)["hint"] =~ "inputs:"
    end

    test "a workbook that does not validate names its issues and runs nothing" do
      org =
        workbook([
          {"A", [in: "y", out: "x"], "javascript", "export function a(y) { return y }"},
          {"B", [in: "x", out: "y"], "javascript", "export function b(x) { return x }"}
        ])

      assert {:error, %Run{status: :invalid, steps: [], error: issues}} = Workbooks.run(org)
      assert Enum.any?(issues, &(&1["code"] == "cycle"))
    end

    test "bytes that are not UTF-8 are an error, not a crash" do
      assert {:error, %Run{status: :invalid, error: [%{"message" => message}]}} = Workbooks.run(<<255, 254>>)
      assert message =~ "UTF-8"
    end

    test "WAT: a core module's function of numbers" do
      org =
        workbook([
          {"Square", [in: "n", out: "squared"], "wat",
           "(module (func (export \"square\") (param i64) (result i64)\n  (i64.mul (local.get 0) (local.get 0))))"},
          {"Show", [in: "squared", out: "shown"], "javascript", "export const show = (squared) => `= ${squared}`"}
        ])

      assert {:ok, run} = Workbooks.run(org, inputs: %{"n" => 12})
      assert run.exports == %{"shown" => "= 144"}

      assert {:error, run} = Workbooks.run(org, inputs: %{"n" => "twelve"})
      assert %Run{status: :invalid, steps: [], error: [%{"code" => "input_type", "line" => 10}]} = run
    end

    test "WAT: a mistake is shown at its line of the Org file" do
      org = workbook([{"Bad", [out: "x"], "wat", "(module\n  (func (export \"x\") (result i32)\n    (i32.nonsense)))"}])
      assert {:error, run} = Workbooks.run(org)
      assert %{kind: :compile, line: line, excerpt: excerpt} = step(run, "bad").error
      assert excerpt == "  #{line} |     (i32.nonsense)))\n     |      ^"
      assert line == line_of(org, "i32.nonsense")
    end

    test "a table is data" do
      org =
        workbook(
          [
            {"Sum", [out: "sum"], "javascript :var rows=points",
             "export function sum(rows) { return rows.reduce((a, [_, y]) => a + y, 0) }"}
          ],
          "#+NAME: points\n| x | y |\n|---+---|\n| 1 | 2 |\n| 3 | 4.5 |\n\n"
        )

      assert {:ok, %Run{exports: %{"sum" => 6.5}}} = Workbooks.run(org)
    end

    test "a step that runs out of time" do
      org =
        workbook([
          {"Spin", [out: "a"], "javascript", "export function spin() { for (;;) {} }"},
          {"Good", [out: "e"], "javascript", "export function good() { return 5 }"}
        ])

      assert {:error, run} = Workbooks.run(org, step_timeout: 1_500)
      assert %{status: :timeout, error: %{kind: :timeout}} = step(run, "spin")
      assert %{status: :ok} = step(run, "good")
      assert run.status == :failed
    end

    test "a step that allocates without end is stopped by its limit" do
      source = "export function eat() { const all = []; for (;;) all.push(new Array(1000).fill(0)) }"
      org = workbook([{"Eat", [out: "b"], "javascript", source}])
      assert {:error, run} = Workbooks.run(org, memory: 16 * 1024 * 1024)
      assert %{status: :failed, error: %{kind: :memory_limit, message: message}} = step(run, "eat")
      assert message =~ "16 MiB"
    end

    test "a result that lacks an output" do
      org = workbook([{"Short", [out: "c d"], "javascript", "export function short() { return { c: 1 } }"}])
      assert {:error, run} = Workbooks.run(org)
      assert %{status: :failed, error: %{kind: :output, message: message}} = step(run, "short")
      assert message =~ "lacks d"
    end

    test "the whole run's time" do
      org =
        workbook([
          {"Spin", [out: "a"], "javascript", "export function spin() { console.log('on'); for (;;) {} }"},
          {"After", [in: "a", out: "b"], "javascript", "export function after(a) { return a }"}
        ])

      assert {:error, %Run{status: :timeout} = run} = Workbooks.run(org, timeout: 1_500)
      assert %{status: :timeout, log: "on\n"} = step(run, "spin")
      assert %{status: :skipped} = step(run, "after")
    end

    test "an endless loop ends at its timeout while eight other runs finish undisturbed" do
      spin = workbook([{"Spin", [out: "a"], "javascript", "export function spin() { for (;;) {} }"}])
      good = workbook([{"Good", [in: "n", out: "r"], "javascript", "export function good(n) { return n * 2 }"}])
      looping = Task.async(fn -> Workbooks.run(spin, step_timeout: 1_000) end)
      others = for n <- 1..8, do: Task.async(fn -> Workbooks.run(good, inputs: %{"n" => n}) end)

      for {task, n} <- Enum.zip(others, 1..8) do
        assert {:ok, %{exports: %{"r" => r}}} = Task.await(task)
        assert r == n * 2
      end

      refute Task.yield(looping, 0)
      assert {:error, run} = Task.await(looping)
      assert %{error: %{kind: :timeout}} = step(run, "spin")
    end

    test "a block that must not be evaluated is not, nor what needs it" do
      org =
        workbook([
          {"Off", [out: "x"], "javascript :eval no", "export function off() { return 1 }"},
          {"Needs", [in: "x", out: "y"], "javascript", "export function needs(x) { return x }"}
        ])

      assert {:ok, run} = Workbooks.run(org)
      assert %{status: :skipped, error: %{kind: :eval}} = step(run, "off")
      assert %{status: :skipped} = step(run, "needs")
    end

    test "the entry: the only function, else the one of the signature's or the heading's name" do
      two = "export const helper = () => 1\nexport const lookUp = () => 2\nexport const other = () => 3"

      for {title, properties, source, expected} <- [
            {"Any name", [], "export const x = () => 0", 0},
            {"Any name", [sig: "named() -> f64"], "export const x = () => 0", 0},
            {"Look up", [], two, 2},
            {"Elsewhere", [sig: "other() -> f64"], two, 3}
          ] do
        assert {:ok, run} = Workbooks.run(workbook([{title, properties ++ [out: "r"], "js", source}]))
        assert run.exports == %{"r" => expected}
      end

      assert {:error, run} = Workbooks.run(workbook([{"Neither", [out: "r"], "js", two}]))
      assert %{kind: :entry, message: message} = step(run, "neither").error
      assert message =~ "helper, lookUp, other"
    end

    test "blocks that are not evaluated and depend on each other are skipped once" do
      workdir = Path.join(System.tmp_dir!(), "workbooks-#{System.unique_integer([:positive])}")
      on_exit(fn -> File.rm_rf!(workdir) end)

      org =
        workbook([
          {"One", [out: "x"], "javascript :eval no", "export function one() { return 1 }"},
          {"Two", [in: "x", out: "y"], "javascript :eval no", "export function two(x) { return x }"},
          {"Three", [in: "y", out: "z"], "javascript", "export function three(y) { return y }"}
        ])

      assert {:ok, run} = Workbooks.run(org, workdir: workdir)
      assert Enum.map(run.steps, & &1.error.kind) == [:eval, :eval, :skipped]
      records = workdir |> Path.join("_steps.jsonl") |> File.stream!() |> Enum.map(&Workbooks.JSON.decode!/1)
      assert Enum.map(records, & &1["step"]) == [1, 2, 3]
    end

    test "exceptions, whatever is thrown and whenever" do
      for {source, message} <- [
            {"export async function go() { await null; throw new RangeError('late') }", "RangeError: late"},
            {"throw 'at load'\nexport function go() {}", "at load"},
            {"export function go() { return 1 +* 2 }", "SyntaxError"},
            {"export function go() { (function f() { f() })() }", "call stack"},
            {"import fs from 'fs'\nexport function go() {}", "cannot be imported"},
            {"export async function go() { await new Promise(() => {}) }", "never settles"}
          ] do
        org = workbook([{"Go", [out: "r"], "javascript", source}])
        assert {:error, run} = Workbooks.run(org)
        assert %{kind: :exception, message: said} = step(run, "go").error
        assert said =~ message
      end
    end

    test "a mistake at the end of a block is shown inside it" do
      org = workbook([{"Go", [out: "r"], "javascript", "export function go() {\n  return (1"}])
      assert {:error, run} = Workbooks.run(org)
      assert %{excerpt: excerpt, line: line} = step(run, "go").error
      assert excerpt == "  #{line} |   return (1\n     |            ^"
      assert line == line_of(org, "return (1")
    end

    test "recursion as deep as people write it" do
      source = "export function go() { const sum = (n) => n === 0 ? 0 : n + sum(n - 1); return sum(2000) }"
      assert {:ok, %Run{exports: %{"r" => 2_001_000}}} = Workbooks.run(workbook([{"Go", [out: "r"], "js", source}]))
    end

    test "what the step log says" do
      workdir = Path.join(System.tmp_dir!(), "workbooks-#{System.unique_integer([:positive])}/deeper")
      on_exit(fn -> File.rm_rf!(Path.dirname(workdir)) end)

      org =
        workbook([
          {"One", [out: "a"], "javascript", "export function one() { console.log('hi'); return 1 }"},
          {"Two", [in: "a", out: "b"], "javascript", "export function two() { throw new Error('no') }"}
        ])

      assert {:error, run} = Workbooks.run(org, workdir: workdir)
      lines = workdir |> Path.join("_steps.jsonl") |> File.read!() |> String.split("\n", trim: true)
      assert [one, two] = Enum.map(lines, &Workbooks.JSON.decode!/1)
      assert %{"component" => "book/one", "status" => "ok", "log" => "hi\n", "step" => 1, "kind" => "component"} = one
      assert %{"status" => "failed", "error" => %{"kind" => "exception"}} = two
      assert one["run"] == run.id
      for line <- lines, do: assert(line =~ ~r/^\{"run":"[^"]+","kind":"component","step":\d+,"ts":"/)
    end

    test "a run ends with the process that asked for it" do
      before = Workbooks.Wasm.stats().fibers
      org = workbook([{"Spin", [out: "a"], "javascript", "export function spin() { for (;;) {} }"}])
      caller = spawn(fn -> Workbooks.run(org, step_timeout: :infinity, timeout: :infinity) end)
      Process.sleep(200)
      Process.exit(caller, :kill)
      monitor = Process.monitor(caller)
      assert_receive {:DOWN, ^monitor, :process, _, _}
      wait_for(fn -> Workbooks.Wasm.stats().fibers <= before end)
    end

    test "what depends on a failed and on a skipped step is skipped once" do
      workdir = Path.join(System.tmp_dir!(), "workbooks-#{System.unique_integer([:positive])}")
      on_exit(fn -> File.rm_rf!(workdir) end)

      org =
        workbook([
          {"A", [out: "a"], "javascript", "export function a() { throw new Error('no') }"},
          {"C", [in: "a", out: "c"], "javascript", "export function c(a) { return a }"},
          {"D", [in: "a c", out: "d"], "javascript", "export function d(a, c) { return a + c }"}
        ])

      assert {:error, run} = Workbooks.run(org, workdir: workdir)
      assert Enum.map(run.steps, & &1.status) == [:failed, :skipped, :skipped]
      records = workdir |> Path.join("_steps.jsonl") |> File.stream!() |> Enum.map(&Workbooks.JSON.decode!/1)
      assert Enum.map(records, & &1["step"]) == [1, 2, 3]
    end

    test "WAT: what a signature answers crosses as JSON would hold it" do
      wat = ~S|(module (memory (export "memory") 1)
        (func (export "both") (param i32) (result i32)
          (i32.store (i32.const 16) (local.get 0)) (f64.store (i32.const 24) (f64.div (f64.const 0) (f64.const 0)))
          (i32.const 16)))|

      both = [in: "n", sig: "both(n: s32) -> tuple<s32, f64>"]
      org = workbook([{"Both", both ++ [out: "pair"], "wat", wat}])
      assert {:ok, %Run{exports: %{"pair" => [7, nil]}}} = Workbooks.run(org, inputs: %{"n" => 7})
      org = workbook([{"Both", both ++ [out: "one two"], "wat", wat}])
      assert {:ok, %Run{exports: %{"one" => 7, "two" => nil}}} = Workbooks.run(org, inputs: %{"n" => 7})
    end

    test "options that do not exist are named" do
      assert_raise ArgumentError, ~r/no option :input: it knows :inputs/, fn -> Workbooks.run("", input: %{}) end
    end
  end

  test "run_file/2" do
    assert {:error, %Workbooks.Wasm.Error{kind: :not_found}} = Workbooks.run_file("/nowhere.org")
  end

  test "run!/2 raises with the reason" do
    org = workbook([{"Go", [out: "r"], "javascript", "export function go() { throw new Error('oh no') }"}])
    assert_raise RuntimeError, ~r/failed: book\/go: Error: oh no/, fn -> Workbooks.run!(org) end
  end

  defp wait_for(condition, tries \\ 500) do
    cond do
      condition.() -> :ok
      tries == 0 -> flunk("never came true")
      true -> Process.sleep(5) && wait_for(condition, tries - 1)
    end
  end
end
