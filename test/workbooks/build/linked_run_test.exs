defmodule Workbooks.Build.LinkedRunTest do
  # What the types of a workbook say of its run.
  use ExUnit.Case, async: true
  import Workbooks.TestWorkbook

  alias Workbooks.Run

  @count ~S|(module (func (export "f") (param i64) (result i64) (i64.add (i64.const 1) (local.get 0))))|

  test "a mismatch along an edge is said before anything runs" do
    org =
      book([
        {"Count", [in: "n", out: "count"], "wat", @count},
        {"Say", [in: "count", out: "said", sig: "say(count: string) -> string"], "js", "export const say = (c) => c"}
      ])

    assert {:error, %Run{status: :invalid, steps: [], error: [issue]}} = Workbooks.run(org, inputs: %{"n" => 1})
    assert %{"code" => "type_mismatch", "line" => 19, "heading" => "say"} = issue
    assert issue["message"] == "book/count gives count: s64 (line 10), book/say takes it as string (line 19)"
  end

  test "what does not compile is its step's failure, and the rest goes on" do
    org =
      book([
        {"Bad", [out: "a"], "wat", "(module"},
        {"Takes", [in: "a", out: "b", sig: "takes(a: string) -> string"], "js", "export const takes = (a) => a"},
        {"Good", [in: "n", out: "c"], "wat", @count}
      ])

    assert {:error, %Run{status: :failed} = run} = Workbooks.run(org, inputs: %{"n" => 1})
    assert step(run, "bad").error.kind == :compile
    assert run.exports == %{"c" => 2}
  end

  test "a value of an unknown type that does not fit fails the step that takes it" do
    org =
      book([
        {"Any", [out: "n"], "js", "export const any = () => [300]"},
        {"Count", [in: "n", out: "count", sig: "f(n: list<u8>) -> u32"], "wat",
         ~S"""
         (module (memory (export "memory") 1)
           (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
           (func (export "f") (param i32 i32) (result i32) (local.get 1)))
         """}
      ])

    assert {:error, run} = Workbooks.run(org)
    assert %{kind: :type, message: "n[0]: 300 does not fit u8"} = step(run, "count").error
  end

  @twice {"Twice", [sig: "twice(x: f64) -> f64"], "wat",
          ~S|(module (func (export "twice") (param f64) (result f64) (f64.add (local.get 0) (local.get 0))))|}

  defp more(sig) do
    {"More", [deps: "twice", sig: "more(n: f64) -> f64 using #{sig}"], "wat",
     ~S"""
     (module (import "env" "twice" (func $twice (param f64) (result f64)))
       (func (export "more") (param f64) (result f64) (f64.add (f64.const 1) (call $twice (local.get 0)))))
     """}
  end

  test "a component calls another, which is no step" do
    assert {:ok, run} = Workbooks.run(book([@twice, more("twice(x: f64) -> f64")]), inputs: %{"n" => 4})
    assert run.exports == %{"more" => 9.0}
    assert [%{component: "book/more", status: :ok}] = run.steps
  end

  test "a JavaScript function is called so too, and its change is a change of the caller's" do
    js = fn factor -> {"Twice", [sig: "twice(x: f64) -> f64"], "js", "export const twice = (x) => x * #{factor}"} end
    more = more("twice(x: f64) -> f64")
    assert {:ok, run} = Workbooks.run(book([js.(2), more]), inputs: %{"n" => 4})
    assert run.exports == %{"more" => 9.0}
    assert {:ok, run} = Workbooks.run(book([js.(3), more]), inputs: %{"n" => 4})
    assert run.exports == %{"more" => 13.0}
    assert {:ok, run} = Workbooks.run(book([js.(3), more]), inputs: %{"n" => 4})
    assert [%{cached: true}] = run.steps

    assert {:error, run} = Workbooks.run(book([js.("y"), more]), inputs: %{"n" => 4})
    assert step(run, "more").error.message =~ "book/twice: ReferenceError"

    broken = put_elem(@twice, 3, "(module")
    assert {:error, run} = Workbooks.run(book([broken, more]), inputs: %{"n" => 4})
    assert %{kind: :compile, message: "book/twice, which is used here: " <> _} = step(run, "more").error
  end

  test "a function of another type is said before anything runs" do
    assert {:error, %Run{status: :invalid, steps: [], error: [issue]}} =
             Workbooks.run(book([@twice, more("twice(x: u8) -> f64")]), inputs: %{"n" => 4})

    assert %{"code" => "bad_sig", "heading" => "more"} = issue
    assert issue["message"] =~ "another type"
  end
end
