defmodule Workbooks.TestWorkbook do
  @moduledoc false
  # Workbooks for tests: `book([{"Title", [in: "a", out: "b"], "js", "export const f = (a) => a"}])`.

  @doc "The Org text of a workbook with these components, whose id is `book`."
  def book(components) do
    blocks =
      for {title, properties, lang, source} <- components do
        drawer = for {key, value} <- properties, do: ":#{key}: #{value}\n"
        "** #{title}\n:PROPERTIES:\n#{drawer}:END:\n#+begin_src #{lang}\n#{source}\n#+end_src\n"
      end

    "* Book\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n#{blocks}"
  end

  @doc "A step of a run, by its heading's id."
  def step(run, heading), do: Enum.find(run.steps, &(&1.component == "book/" <> heading))

  @doc "Components that never end, do so after a while, or at once."
  def spin(title, properties), do: {title, properties, "js", "export function f() { for (;;) {} }"}
end
