defmodule Workbooks.Workflow.LogTest do
  # guides/running.md, "What a block prints".
  # Not at the same time as others: it clears caches.
  use ExUnit.Case, async: false
  import Workbooks.TestWorkbook

  alias Workbooks.Build.Call.Lines
  alias Workbooks.Build.Cache
  alias Workbooks.CTools
  alias Workbooks.Test.Toolchain
  alias Workbooks.Workflow.ResultCache

  @moduletag timeout: 300_000

  @c CTools.tag([:clang], "what C functions print")

  defp run(lang, source, properties \\ [], inputs \\ %{}) do
    {_, run} = Workbooks.run(book([{"F", [out: "o"] ++ properties, lang, source}]), inputs: inputs, cache: false)
    step(run, "f")
  end

  for {key, value} <- @c, do: @tag([{key, value}])

  test "what a C function prints is the step's log, standard output and standard error" do
    source = """
    #include <stdio.h>
    int f(int n)
    {
        for (int i = 0; i < n; i++) printf("line %d\\n", i);
        fputs("aside\\n", stderr);
        printf("no end");
        return n;
    }
    """

    step = run("c", source, [in: "n"], %{"n" => 2})
    assert {step.status, step.log} == {:ok, "line 0\nline 1\naside\nno end\n"}
  end

  for {key, value} <- @c, do: @tag([{key, value}])

  test "also when the function traps, or does not end" do
    source = """
    #include <stdio.h>
    #include <stdlib.h>
    int f(int n) { puts("here"); if (n) abort(); for (volatile int i = 0;; i++) {} }
    """

    assert %{status: :failed, log: "here\n", error: %{kind: :trap}} = run("c", source, [in: "n"], %{"n" => 1})

    org = book([{"F", [in: "n", out: "o"], "c", source}])
    {:error, run} = Workbooks.run(org, inputs: %{"n" => 0}, step_timeout: 2_000)
    assert %{status: :timeout, log: "here\n"} = step(run, "f")
  end

  for {key, value} <- @c, do: @tag([{key, value}])

  test "what is kept of it has a bound" do
    source = """
    #include <stdio.h>
    int f(void) { for (int i = 0; i < 300000; i++) puts("0123456789"); return 1; }
    """

    assert %{status: :ok, log: log} = run("c", source)
    assert byte_size(log) < 1_100_000
    assert log =~ "the log ends here"

    much = """
    #include <stdio.h>
    int f(void) { for (int i = 0; i < 20000000; i++) putchar('a'); return 1; }
    """

    assert %{status: :failed, error: %{kind: :limit}, log: log} = run("c", much)
    assert byte_size(log) < 1_100_000
  end

  @tag skip: Toolchain.zig()
  test "what a Zig function prints is the step's log" do
    source = """
    const std = @import("std");
    pub fn f(n: i32) !i32 {
        std.debug.print("n is {d}\\n", .{n});
        if (n < 0) @panic("negative");
        return n * 2;
    }
    """

    assert %{status: :ok, log: "n is 4\n"} = run("zig", source, [in: "n"], %{"n" => 4})
    assert %{status: :failed, log: "n is -1\npanic: negative\n"} = run("zig", source, [in: "n"], %{"n" => -1})
  end

  @tag skip: Toolchain.rust_program()
  test "what a Rust function prints is the step's log, where there is the target for it" do
    source = """
    pub fn f(n: i32) -> i32 {
        println!("n is {n}");
        eprintln!("aside");
        print!("no end");
        if n < 0 { panic!("negative") }
        n * 2
    }
    """

    assert %{status: :ok, log: "n is 4\naside\nno end\n"} = run("rust", source, [in: "n"], %{"n" => 4})
    assert %{status: :failed, log: "n is -1\naside\n" <> panic} = run("rust", source, [in: "n"], %{"n" => -1})
    assert panic =~ "negative"
  end

  @tag skip: Toolchain.rust()
  test "a Rust function that prints works, whatever its target" do
    assert %{status: :ok} = run("rust", "pub fn f(n: i32) -> i32 { println!(\"{n}\"); n }", [in: "n"], %{"n" => 4})
  end

  describe "what a compiler says of a block that it compiles" do
    for {key, value} <- @c, do: @describetag([{key, value}])

    @tag :tmp_dir
    test "is in the run, the log and the reports, compiled or kept", %{tmp_dir: folder} do
      source = "int f(int n)\n{\n    if (n = 1) return 2;\n    return n;\n}"

      org =
        book([{"F", [in: "n", out: "o"], "c", source}, {"G", [in: "o", out: "p"], "js", "export const g = (o) => o"}])

      options = [inputs: %{"n" => 3}, workdir: folder, cache_dir: Path.join(folder, "results")]

      # Compiled; the result kept; all of it from disk; the artifact kept but not the result.
      for {prepare, cached} <- [
            {fn -> Cache.clear(:all) end, false},
            {fn -> :ok end, true},
            {fn -> Enum.each([Cache, ResultCache], & &1.clear(:memory)) end, true},
            {fn -> File.rm_rf!(options[:cache_dir]) && ResultCache.clear(:memory) end, false}
          ] do
        prepare.()
        {:ok, run} = Workbooks.run(org, options)
        assert %{cached: ^cached, notes: [%{line: 13, column: 11, message: message} | _]} = step(run, "f")
        assert message =~ "warning: using the result of an assignment"
        assert %{notes: []} = step(run, "g")
        assert Workbooks.Page.Terminal.run(run) =~ "    line 13: warning: using"
        assert Workbooks.Page.of_run(run, org) =~ "Compiler's notes on <strong>"
      end

      lines = Path.join(folder, "_steps.jsonl") |> File.read!() |> String.split("\n", trim: true)

      notes =
        for line <- lines, %{"component" => "book/f", "notes" => notes} <- [Workbooks.JSON.decode!(line)], do: notes

      assert [[%{"line" => 13, "column" => 11} | _], _, _, _] = notes
    end

    test "is there beside the error of a step that fails, and of one that calls others" do
      failing = "#include <stdlib.h>\nint f(int n) { if (n = 1) abort(); return n; }"

      assert %{status: :failed, notes: [%{line: 12, column: 22} | _], error: %{notes: []}} =
               run("c", failing, [in: "n"], %{"n" => 3})

      calling = "double twice(double x);\ndouble f(double n) { if (n = 1) return twice(n); return 0; }"

      org =
        book([
          {"Twice", [in: "n", out: "t", sig: "twice(x: f64) -> f64"], "c", "double twice(double x) { return x + x; }"},
          {"F", [in: "n", out: "o", deps: "twice", sig: "f(n: f64) -> f64 using twice(x: f64) -> f64"], "c", calling}
        ])

      {:ok, run} = Workbooks.run(org, inputs: %{"n" => 3})
      assert %{notes: [%{line: 23, message: "warning: " <> _} | _]} = step(run, "f")
      assert %{notes: []} = step(run, "twice")
    end
  end

  @tag skip: Toolchain.rust()
  test "rustc's warnings, but for those of what stands behind the block" do
    source = "pub struct P { a: i32 }\nfn unused() {}\npub fn f(p: P) -> i32 {\n    let spare = 1;\n    p.a\n}"
    assert %{status: :ok, notes: notes} = run("rust", source, [in: "p"], %{"p" => %{"a" => 4}})

    assert [%{line: 12, message: "warning: function `unused` is never used" <> _}, %{line: 14, column: 9}] =
             Enum.sort_by(notes, & &1.line)
  end

  test "pieces become lines" do
    given = fn pieces ->
      me = self()

      Lines.collect(&send(me, {:line, &1}), fn out, err ->
        for {to, bytes} <- pieces, do: {out, err} |> elem(to) |> apply([bytes])
      end)

      lines([])
    end

    assert given.([]) == []
    assert given.([{0, "a"}, {1, "x\ny"}, {0, "b\nc\n\n"}, {0, "d"}]) == ["x", "ab", "c", "", "d", "y"]
    assert given.([{0, String.duplicate("a", 150_000)}]) |> Enum.map(&byte_size/1) == [65_536, 65_536, 18_928]
  end

  defp lines(lines) do
    receive do
      {:line, line} -> lines([line | lines])
    after
      0 -> Enum.reverse(lines)
    end
  end
end
