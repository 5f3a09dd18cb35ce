defmodule Workbooks.Workflow.LogTest do
  # guides/running.md, "What a block prints".
  use ExUnit.Case, async: true
  import Workbooks.TestWorkbook

  alias Workbooks.Build.Call.Lines
  alias Workbooks.CTools
  alias Workbooks.Test.Toolchain

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
