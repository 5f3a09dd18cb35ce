defmodule Workbooks.TestCLI do
  @moduledoc false
  # `wb` called in the test's own process: its status, what it printed, what it complained of.

  import ExUnit.CaptureIO

  @doc "Runs `wb` with these arguments; standard input is `input`."
  @spec wb([String.t()], String.t()) :: {0 | 1, String.t(), String.t()}
  def wb(arguments, input \\ "") do
    me = self()

    complained =
      capture_io(:stderr, fn ->
        # As the launcher has it: bytes, whatever the locale.
        printed =
          capture_io([input: input, encoding: :latin1, capture_prompt: false], fn ->
            send(me, {:status, Workbooks.CLI.run(arguments)})
          end)

        send(me, {:printed, printed})
      end)

    {receive(do: ({:status, status} -> status)), receive(do: ({:printed, printed} -> printed)), complained}
  end

  @doc "As `wb/2` of what must succeed without a complaint; answers what it printed."
  @spec wb!([String.t()], String.t()) :: String.t()
  def wb!(arguments, input \\ "") do
    case wb(arguments, input) do
      {0, printed, ""} -> printed
      other -> raise "wb #{Enum.join(arguments, " ")} answered #{inspect(other)}"
    end
  end

  @doc "As `wb!/2` with --json; answers the data."
  @spec json!([String.t()], String.t()) :: term
  def json!(arguments, input \\ ""), do: (arguments ++ ["--json"]) |> wb!(input) |> Workbooks.JSON.decode!()

  @doc "The one line that a command that must fail complains in."
  @spec complaint([String.t()], String.t()) :: String.t()
  def complaint(arguments, input \\ "") do
    {1, _printed, "wb: " <> line} = wb(arguments, input)
    [line, ""] = String.split(line, "\n")
    line
  end

  @workbook """
  #+TITLE: Tea
  #+EXPORTS: minutes

  * Tea
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  ** TODO Look up :leaf:
  :PROPERTIES:
  :in: tea
  :out: leaf
  :END:
  #+begin_src javascript
    export function lookUp(tea) {
      if (tea === "none") throw new Error("no tea today")
      return { leaf: tea === "green" ? "young" : "old" }
    }
  #+end_src
  ** Brew
  :PROPERTIES:
  :in: leaf
  :out: minutes
  :deps: look-up
  :END:
  #+begin_src javascript
    export const brew = (leaf) => ({ minutes: leaf === "young" ? 2 : 4 })
  #+end_src
  """

  @doc "A workbook of two steps: it wants `tea`, and fails for none."
  def workbook, do: @workbook
end
