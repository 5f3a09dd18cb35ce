defmodule Workbooks.Web.Console.View.Runs do
  @moduledoc false
  # Runs as a table.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.{HTML, Parts}

  @doc "The page of all runs."
  @spec page([map]) :: HTML.t()
  def page(runs) do
    [
      el(:div, [class: "head"], [
        el(:h1, [], "Runs"),
        el(:p, [class: "about"], "The latest runs, kept in memory for a while.")
      ]),
      table(runs)
    ]
  end

  @doc "The runs, the newest first; `short: true` leaves the workbook out."
  @spec table([map], keyword) :: HTML.t()
  def table(runs, options \\ [])
  def table([], _options), do: nothing("No run yet.")

  def table(runs, short: true) do
    Parts.table("Runs", ["Run", "Status", "Version", "Began (UTC)", "Time"], Enum.map(runs, &row/1))
  end

  def table(runs, []) do
    rows =
      for run <- runs do
        [first | rest] = row(run)
        [first, el(:a, [href: path(["workbooks", run.workbook])], run.workbook) | rest]
      end

    Parts.table("Runs", ["Run", "Workbook", "Status", "Version", "Began (UTC)", "Time"], rows)
  end

  defp row(run) do
    [
      el(:a, [href: path(["runs", run.id]), class: "id"], run.id),
      status(run.status),
      run.version,
      time(run.started),
      duration(run.ms)
    ]
  end
end
