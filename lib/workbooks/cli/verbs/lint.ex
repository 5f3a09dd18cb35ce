defmodule Workbooks.CLI.Verbs.Lint do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Remote, Start, Verb, Workbook}
  alias Workbooks.OQL

  @impl true
  def name, do: "lint"
  @impl true
  def summary, do: "what is wrong or doubtful in workbooks, with its place"
  @impl true
  def usage, do: ["lint WORKBOOK..."]

  @impl true
  def about do
    """
    Prints each issue as FILE:LINE:COLUMN: level code: message, and what to do about it. The exit status is 1
    when one of them is an error: such a workbook is not run. Warnings alone leave it 0. With --json it is an
    array of the issues, each with its workbook.

    WORKBOOK is a file, - for standard input or, with a control plane, the id of a stored workbook.
    """
  end

  @impl true
  def options, do: Verb.remote_options()

  @impl true
  def examples do
    [
      {"wb lint tea.org", "one workbook"},
      {"wb lint *.org --json", "all of a folder, for a program"}
    ]
  end

  @impl true
  def run([], _options), do: {:error, Failure.new(:usage, "which workbook? usage: wb #{hd(usage())}")}

  def run(names, options) do
    linted =
      for name <- names, reduce: {:ok, []} do
        {:ok, before} -> with {:ok, issues} <- lint(name, options), do: {:ok, before ++ issues}
        error -> error
      end

    with {:ok, issues} <- linted, do: answer(issues)
  end

  defp lint(name, options) do
    with {:ok, workbook} <- Workbook.find(name, options), {:ok, issues} <- issues(workbook) do
      {:ok, for(issue <- issues, do: Map.put(issue, "workbook", name))}
    end
  end

  defp issues(%Workbook{kind: :stored} = workbook) do
    with {:ok, answer} <- Remote.json(workbook.remote, :post, Workbook.path(workbook, ["lint"]), %{}) do
      {:ok, answer["issues"]}
    end
  end

  defp issues(%Workbook{org: org}) do
    Start.kernel()
    OQL.lint(org)
  end

  defp answer(issues) do
    output = {Enum.map(issues, &line/1), issues}

    case Enum.count(issues, &(&1["level"] == "error")) do
      0 -> {:ok, output}
      1 -> {:failed, output, "1 error"}
      errors -> {:failed, output, "#{errors} errors"}
    end
  end

  defp line(issue) do
    hint = if issue["hint"], do: ["    ", issue["hint"], "\n"], else: []
    place = "#{issue["workbook"]}:#{issue["line"]}:#{issue["column"]}"
    ["#{place}: #{issue["level"]} #{issue["code"]}: #{issue["message"]}\n", hint]
  end
end
