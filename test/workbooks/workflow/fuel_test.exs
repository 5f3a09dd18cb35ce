defmodule Workbooks.Workflow.FuelTest do
  # guides/running.md, "Fuel".
  use ExUnit.Case, async: true
  import Workbooks.TestWorkbook

  alias Workbooks.{CTools, JSON}
  alias Workbooks.Build.Fuel

  @moduletag timeout: 300_000

  doctest Fuel

  @c CTools.tag([:clang], "the fuel of C programs")

  @sum ~S"""
  (module (func (export "sum") (param $n i64) (result i64) (local $s i64)
    (loop $again
      (local.set $s (i64.add (local.get $s) (local.get $n)))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $again (i64.gt_s (local.get $n) (i64.const 0))))
    (local.get $s)))
  """

  # (module (memory 2) (func (export "_start") BODY)): a program in the sandbox's own terms.
  defp program(body) do
    Base.encode64(
      <<0, "asm", 1::32-little, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 2, 7, 10, 1, 6, "_start", 0, 0, 10,
        byte_size(body) + 4, 1, byte_size(body) + 2, 0, body::binary, 0x0B>>
    )
  end

  # loop br 0 end
  @endless <<0x03, 0x40, 0x0C, 0x00, 0x0B>>
  @nothing <<0x01, 0x01>>

  defp books do
    [
      {"Sum", [in: "n", out: "sum"], "wat", @sum},
      {"Js", [in: "sum", out: "js"], "js",
       "export const f = (n) => { let s = 0; for (let i = 0; i < 50; i++) s += n; return s }"},
      {"Program", [out: "text"], "wasm", program(@nothing)}
    ]
  end

  @tag :tmp_dir
  test "what a step took is counted where there is a limit, and the same each time", %{tmp_dir: folder} do
    options = [inputs: %{"n" => 10}, cache: false, workdir: folder]
    counted = fn -> for step <- Workbooks.run!(book(books()), [fuel: 100_000_000] ++ options).steps, do: step.fuel end

    assert [sum, js, program] = first = counted.()
    assert sum in 50..200
    assert js > sum
    assert program in 1..10
    assert counted.() == first

    plain = Workbooks.run!(book(books()), options)
    assert Enum.map(plain.steps, & &1.fuel) == [nil, nil, nil]

    lines =
      for line <- String.split(File.read!(Path.join(folder, "_steps.jsonl")), "\n", trim: true), do: JSON.decode!(line)

    assert Enum.sort(for %{"fuel" => fuel} <- Enum.take(lines, 3), do: fuel) == Enum.sort(first)
  end

  test "a step that takes more fails, and the rest goes on" do
    org =
      book(
        books() ++
          [
            {"Spin", [in: "sum", out: "x"], "js", "export function f(n) {\n  for (;;) n++\n}"},
            {"Wat", [out: "y"], "wat", "(module (func (export \"f\") (result i32) (loop (br 0)) (i32.const 1)))"},
            {"Endless", [out: "z"], "wasm", program(@endless)}
          ]
      )

    {:error, run} = Workbooks.run(org, inputs: %{"n" => 10}, fuel: 5_000_000, cache: false, step_timeout: :infinity)
    assert %{"sum" => 55, "js" => 2750, "text" => ""} = run.results |> Map.values() |> Enum.reduce(&Map.merge/2)

    for name <- ~w(spin wat endless) do
      assert %{status: :failed, fuel: fuel, error: %{kind: :fuel, message: message, line: line}} = step(run, name)
      assert message == "the step takes more than the 5000000 instructions that fuel: allows it"
      assert is_integer(line)
      # The last instructions are counted together.
      assert fuel in 4_999_000..5_000_000
    end
  end

  @tag :tmp_dir
  test "a result does not depend on it, and a failure is not kept", %{tmp_dir: folder} do
    org = book([{"Sum", [in: "n", out: "sum"], "wat", @sum}])
    run = fn options -> Workbooks.run(org, [inputs: %{"n" => 1_000}, cache_dir: folder] ++ options) end

    assert {:error, %{steps: [%{error: %{kind: :fuel}}]}} = run.(fuel: 100)
    assert {:error, %{steps: [%{error: %{kind: :fuel}}]}} = run.(fuel: 100)
    assert {:ok, %{steps: [%{cached: false, fuel: fuel}]}} = run.(fuel: 100_000)
    assert fuel > 100
    # What is kept takes nothing.
    assert {:ok, %{steps: [%{cached: true, fuel: nil}]}} = run.(fuel: 100)
    assert {:ok, %{steps: [%{cached: true}]}} = run.([])
    assert {:ok, %{steps: [%{cached: false}]}} = run.(verify: true, fuel: 100_000)
  end

  test "what a step calls through the host takes of the same" do
    calling = fn body ->
      org =
        book([
          {"Sum", [sig: "sum(n: s64) -> s64"], "wat", @sum},
          {"Js", [deps: "sum", out: "o", sig: "f() -> f64 using sum(n: s64) -> s64"], "js",
           "import { sum } from \"host\"\nexport async function f() { #{body} }"}
        ])

      fn fuel ->
        {_, run} = Workbooks.run(org, fuel: fuel, cache: false)
        step(run, "js")
      end
    end

    once = calling.("await sum(1000); return 1")
    assert %{status: :ok, fuel: one} = once.(10_000_000)
    assert %{status: :ok, fuel: two} = calling.("await sum(1000); await sum(1000); return 1").(10_000_000)
    assert two - one > 5_000

    # Each call alone would have enough.
    assert %{error: %{kind: :fuel}} = calling.("for (;;) await sum(1000)").(one)
    # That it was too much is not for the block to hide.
    assert %{error: %{kind: :fuel}} = calling.("try { await sum(100000000) } catch { return 1 }").(1_000_000)
  end

  for {key, value} <- @c, do: @tag([{key, value}])

  test "a C program and a C function" do
    org =
      book([
        {"Main", [in: "n", out: "text"], "c", "#include <stdio.h>\nint main(void) { puts(\"done\"); return 0; }"},
        {"Exits", [in: "n", out: "o"], "c", "#include <stdlib.h>\nint main(void) { exit(0); }"},
        {"F", [in: "n", out: "m"], "c", "int f(int n) { volatile int s = 0; while (n--) s++; return s; }"},
        {"Spin", [in: "n", out: "p"], "c", "int main(void) { for (volatile int i = 0;; i++) {} }"}
      ])

    {:error, run} = Workbooks.run(org, inputs: %{"n" => 1000}, fuel: 2_000_000, cache: false)
    assert [:ok, :ok, :ok, :failed] = Enum.map(run.steps, & &1.status)
    assert [main, exits, f, spun] = Enum.map(run.steps, & &1.fuel)
    assert spun in 1_999_000..2_000_000
    assert main > 100 and exits > 10 and f > 3_000
    assert Enum.all?(run.steps, &(&1.memory_peak >= 65_536))
    assert step(run, "spin").error.kind == :fuel
  end

  test "the memory of a program is known, whatever comes of it" do
    org =
      book([
        {"Ok", [out: "a"], "wasm", program(@nothing)},
        {"Spin", [out: "b"], "wasm", program(@endless)},
        {"Traps", [out: "c"], "wasm", program(<<0>>)}
      ])

    {:error, run} = Workbooks.run(org, cache: false, step_timeout: 500)
    assert Enum.map(run.steps, &{&1.status, &1.memory_peak}) == [ok: 131_072, timeout: 131_072, failed: 131_072]
    assert Enum.map(run.steps, & &1.fuel) == [nil, nil, nil]

    {:error, run} = Workbooks.run(org, cache: false, step_timeout: 500, fuel: 1_000_000_000_000)
    # How far one came that was ended is not.
    assert [ok, nil, trapped] = Enum.map(run.steps, & &1.fuel)
    assert ok > 0 and trapped > 0
  end

  test "what is no limit is the caller's mistake, and any number is one" do
    for wrong <- [0, -1, 1.5, "1"] do
      assert_raise ArgumentError, ~r/option :fuel/, fn -> Workbooks.run("* Nothing", fuel: wrong) end
    end

    assert {:ok, %{steps: [%{fuel: fuel}]}} =
             Workbooks.run(book([{"Sum", [in: "n", out: "sum"], "wat", @sum}]),
               inputs: %{"n" => 7},
               cache: false,
               fuel: Bitwise.bsl(1, 80)
             )

    assert fuel > 0
  end
end
