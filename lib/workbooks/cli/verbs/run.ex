defmodule Workbooks.CLI.Verbs.Run do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Files, Inputs, Output, Start, Verb, Workbook}
  alias Workbooks.CLI.Run.{Display, Local, Remote, Watch}
  alias Workbooks.{Page, Run}
  alias Workbooks.Page.Terminal

  @impl true
  def name, do: "run"
  @impl true
  def summary, do: "runs a workbook: its steps as they go, then what it exports"
  @impl true
  def usage, do: ["run WORKBOOK [--input NAME=VALUE]... [--out PAGE.html] [--watch] [--json]"]

  @impl true
  def about do
    """
    Compiles the blocks, runs them in a sandbox as soon as what they wait for is there, and shows each step: on
    a terminal as a tree that moves, elsewhere a line as it ends. Then the exports, a line each. The status is 1
    when a step fails, and the line of the Org file is named. Steps whose source and inputs are as they were are
    not run again: they are "cached".

    A value of --input that is JSON is taken as such (3, true, [1,2], "3"), any other as text. With --watch the
    workbook is run again whenever its file is saved, until Ctrl-C.

    WORKBOOK is a file or - for standard input. With a control plane a file is put there under its name and run
    there; the id of a stored workbook runs what is stored.
    """
  end

  @impl true
  def options do
    [
      {{:input, :i}, :keep, "NAME=VALUE", "an input, as often as there are inputs"},
      {{:out, :o}, :string, "PAGE.html", "write the page with results, after a failed run too"},
      {:watch, :boolean, "", "run again whenever the file changes"},
      {:workdir, :string, "FOLDER", "append to the step log _steps.jsonl there"},
      {:timeout, :integer, "MS", "for the whole run; 300000"},
      {:fuel, :integer, "N", "WebAssembly instructions that each step may take; no limit"}
    ] ++ Verb.remote_options()
  end

  @impl true
  def examples do
    [
      {"wb run tea.org --input tea=green --out tea.html", "run it, and keep the page"},
      {"wb run tea.org -i tea=green --watch", "while you write"},
      {"wb run tea.org -i tea=green --json | jq .exports", "for a program"},
      {"WB_URL=https://books.example.com wb run tea -i tea=green", "what is stored on a server (WB_KEY is set)"}
    ]
  end

  @impl true
  def run(arguments, options) do
    with :ok <- checked(options),
         {:ok, inputs} <- Inputs.read(options.input),
         {:ok, workbook} <- Workbook.only(arguments, options, hd(usage())) do
      cond do
        not (options.watch || false) -> workbook |> once(inputs, options) |> answer()
        workbook.kind == :file and workbook.name != "-" -> watch(workbook, inputs, options)
        true -> {:error, Failure.new(:usage, "--watch watches a file, which #{Workbook.shown(workbook)} is not")}
      end
    end
  end

  defp checked(%{timeout: ms}) when is_integer(ms) and ms < 0,
    do: {:error, Failure.new(:usage, "--timeout takes milliseconds from 0, got: #{ms}")}

  defp checked(%{fuel: fuel}) when is_integer(fuel) and fuel < 1,
    do: {:error, Failure.new(:usage, "--fuel takes instructions from 1, got: #{fuel}")}

  defp checked(_options), do: :ok

  # --- one run -------------------------------------------------------------------------------------

  defp once(workbook, inputs, options) do
    Start.application()

    with {:ok, run} <- ran(workbook, inputs, options), {:ok, page} <- page(run, workbook, options) do
      {:ok, workbook, run, page}
    end
  end

  defp ran(%Workbook{remote: nil} = workbook, inputs, options) do
    limits = for name <- [:timeout, :fuel, :workdir], value = options[name], do: {name, value}

    {run, _display} =
      Local.run(workbook.org, [inputs: inputs, folder: workbook.folder] ++ limits, display(workbook, options))

    {:ok, run}
  end

  defp ran(workbook, inputs, options) do
    with {:ok, run, _display} <- Remote.run(workbook, inputs, display(workbook, options)), do: {:ok, run}
  end

  defp display(workbook, options) do
    plan =
      with org when org != nil <- workbook.org, {:ok, plan} <- Workbooks.plan(org), do: plan, else: (_unknown -> nil)

    Display.new(Workbook.shown(workbook), plan, options.json || false)
  end

  defp page(_run, _workbook, %{out: nil}), do: {:ok, nil}

  defp page(run, workbook, %{out: path}) do
    with {:ok, workbook} <- Workbook.with_source(workbook),
         :ok <- Files.write(path, Page.of_run(run, workbook.org, source: Path.basename(Workbook.shown(workbook)))),
         do: {:ok, path}
  end

  defp answer({:ok, workbook, run, page}) do
    output = {text(run, page), data(run, page)}
    if run.status == :ok, do: {:ok, output}, else: {:failed, output, why(workbook, run)}
  end

  defp answer(error), do: error

  defp text(run, page) do
    lines = Terminal.outcome(run) ++ Terminal.exports(run) ++ if(page, do: ["page: " <> page], else: [])
    for line <- lines, do: [line, ?\n]
  end

  defp data(run, page) do
    data = run |> Map.from_struct() |> Map.delete(:html)
    if page, do: Map.put(data, :page, page), else: data
  end

  defp why(workbook, %Run{error: [issue | _]} = run) do
    hint = if issue["code"] == "missing_input", do: ". Give it: --input NAME=VALUE", else: ""
    "#{Workbook.shown(workbook)} is #{run.status}: #{issue["message"]}#{hint}"
  end

  defp why(workbook, run) do
    failed = Enum.find(run.steps, &(&1.status in [:failed, :timeout, :cancelled]))

    said =
      if failed,
        do: ": #{failed.component}#{if line = failed.error[:line], do: " at line #{line}"}: #{failed.error.message}",
        else: ""

    "#{Workbook.shown(workbook)} #{if run.status == :timeout, do: "ran out of time", else: run.status}#{said}"
  end

  # --- again and again -----------------------------------------------------------------------------

  defp watch(workbook, inputs, options) do
    Watch.each(workbook.name, fn change ->
      if change == :changed and not (options.json || false), do: Output.write(["\n--- ", workbook.name, " was saved\n"])

      with {:ok, workbook} <- if(change == :changed, do: Workbook.find(workbook.name, options), else: {:ok, workbook}),
           {:ok, workbook, run, page} <- once(workbook, inputs, options) do
        Output.show({[text(run, page), again(run)], data(run, page)}, options.json || false)
        if run.status != :ok, do: Output.complain(why(workbook, run))
      else
        # Half a file, or one that is just being replaced: the next save may be better.
        {:error, error} -> Output.complain(Failure.of(error).message)
      end
    end)
  end

  defp again(%Run{steps: []}), do: []

  defp again(run) do
    {kept, ran} = run.steps |> Enum.reject(&(&1.status == :skipped)) |> Enum.split_with(& &1.cached)
    names = fn steps -> Enum.map_join(steps, ", ", & &1.component) end

    [
      "ran: ",
      if(ran == [], do: "nothing", else: names.(ran)),
      if(kept == [], do: "", else: ["; kept: ", names.(kept)]),
      "\n"
    ]
  end
end
