defmodule Workbooks.Workflow.ErrorsTest do
  # guides/running.md, "When a step fails".
  use ExUnit.Case, async: true
  import Workbooks.TestWorkbook

  alias Workbooks.Page.Terminal

  test "an error in what noweb brought in is shown where it was written" do
    org =
      "#+NAME: part\n#+begin_src js\n    const part = (x) => x.y.z\n#+end_src\n" <>
        String.replace(
          book([{"A", [in: "x", out: "a"], "js", "  // first\n  <<part>>\n  export const f = (x) => part(x)"}]),
          "#+begin_src js\n  //",
          "#+begin_src js :noweb yes\n  //"
        )

    assert {:error, run} = Workbooks.run(org, inputs: %{"x" => %{}})
    assert %{kind: :exception, line: 3, column: column, excerpt: excerpt} = error = step(run, "a").error
    [shown, caret] = String.split(excerpt, "\n")
    assert shown == "  3 |     const part = (x) => x.y.z"
    assert String.length(caret) == column + 6
    assert String.at(shown, String.length(caret) - 1) in ["x", "y", "z"]
    assert Terminal.run(run) =~ "exception at line 3: #{error.message}\n    3 |     const part = (x) => x.y.z\n"
    assert Workbooks.Page.of_run(run, org) =~ "<pre class=\"excerpt\">  3 |     const part = (x) =&gt; x.y.z\n"
  end

  test "each kind says where" do
    for {lang, source, kind, at} <- [
          {"js", "export const f = () => {\n  let y =\n}", :exception, "}"},
          {"js", "export const f = () => {\n  null.x\n}", :exception, "null.x"},
          {"wat", "(module\n  (func (export \"f\") (result i32)\n    (i32.wrong)))", :compile, "i32.wrong"}
        ] do
      org = book([{"A", [out: "a"], lang, source}])
      assert {:error, run} = Workbooks.run(org)
      assert %{kind: ^kind, line: line, excerpt: excerpt} = step(run, "a").error
      assert excerpt =~ at
      assert excerpt =~ ~r/\A  #{line} \| .*\n +\| +\^\z/
      assert org |> String.split("\n") |> Enum.at(line - 1) =~ at
    end
  end

  test "what has no place in the block is shown at the block's beginning" do
    org = book([{"A", [out: "a"], "wat", "(module (func (export \"f\") (result i32) unreachable))"}])
    assert {:error, run} = Workbooks.run(org)
    assert %{kind: :trap, line: 9, column: nil, excerpt: "  9 | #+begin_src wat"} = step(run, "a").error
  end
end
