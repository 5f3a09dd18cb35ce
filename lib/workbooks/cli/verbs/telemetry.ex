defmodule Workbooks.CLI.Verbs.Telemetry do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Output, Remote, Start, Verb}
  alias Workbooks.Page.Report
  alias Workbooks.Workflow

  @log "_steps.jsonl"

  @impl true
  def name, do: "telemetry"
  @impl true
  def summary, do: "what runs came to: how many, how long, which failed"
  @impl true
  def usage, do: ["telemetry [LOG|FOLDER]", "telemetry [RUN_ID]   (with a control plane)"]

  @impl true
  def about do
    """
    Reads a step log (_steps.jsonl, which wb run --workdir FOLDER writes) and sums it up: runs, steps, errors,
    and time by component. A folder stands for the log in it; without either it is the one of this folder.
    With a control plane it sums up its runs, or tells of one.
    """
  end

  @impl true
  def options, do: Verb.remote_options()

  @impl true
  def examples do
    [
      {"wb run tea.org --input tea=green --workdir logs && wb telemetry logs", "a run, and what it came to"},
      {"wb telemetry logs --json | jq .by_component", "for a program"}
    ]
  end

  @impl true
  def run(arguments, options) when length(arguments) < 2 do
    with {:ok, remote} <- Remote.from(options) do
      if remote, do: there(remote, arguments), else: here(List.first(arguments) || ".")
    end
  end

  def run([_, other | _], _options), do: {:error, Failure.new(:usage, "one log at a time, not #{other} too")}

  defp there(remote, names) do
    with {:ok, data} <- Remote.json(remote, :get, Remote.path(["api", "telemetry" | names])),
         do: {:ok, {table(data), data}}
  end

  defp here(path) do
    log = if File.dir?(path), do: Path.join(path, @log), else: path

    if File.exists?(log) do
      Start.application()

      case Workflow.Telemetry.summary(log) do
        {:ok, summary} -> {:ok, {shown(summary), summary}}
        {:error, message} -> {:error, Failure.new(:io, "cannot read #{message}")}
      end
    else
      {:error,
       Failure.new(:not_found, "there is no step log #{log}: wb run FILE.org --workdir #{Path.dirname(log)} writes one")}
    end
  end

  defp shown(summary) do
    rows =
      for {component, sums} <- Enum.sort(summary.by_component) do
        [
          component,
          count(sums.steps, "step"),
          count(sums.errors, "error"),
          Report.duration(sums.ms),
          if(sums.cached > 0, do: "#{sums.cached} cached", else: "")
        ]
      end

    broken = if summary.broken > 0, do: [count(summary.broken, "line"), " of the log cannot be read\n"], else: []
    [sums(summary), "\n", Enum.map(Output.table(rows), &["  ", &1]), broken]
  end

  defp sums(summary) do
    Enum.join(
      [
        count(summary.runs, "run"),
        count(summary.steps, "step"),
        count(summary.errors, "error"),
        Report.duration(summary.total_ms)
      ],
      ", "
    )
  end

  defp count(1, word), do: "1 #{word}"
  defp count(many, word), do: "#{many} #{word}s"

  # What a control plane says, as it says it: names and values.
  defp table(data) when is_map(data), do: Output.table(for {name, value} <- Enum.sort(data), do: [name, plain(value)])
  defp table(data) when is_list(data), do: for(one <- data, do: [table(one), "\n"])

  defp plain(value) when is_binary(value), do: value
  defp plain(value), do: Workbooks.JSON.encode!(value)
end
