defmodule Workbooks do
  @moduledoc """
  Workbooks: Org files that run.

  A workbook is one Org file. Its source blocks become WebAssembly, are wired by
  their headings' properties, run as a graph in a sandbox, and the document is
  rendered with the results under the blocks.

      iex> org = ~S\"""
      ...> * Hello
      ...> :PROPERTIES:
      ...> :WORKBOOK_VERSION: 1
      ...> :END:
      ...> ** Greet
      ...> :PROPERTIES:
      ...> :in: name
      ...> :out: greeting
      ...> :END:
      ...> #+begin_src javascript
      ...> export function greet(name) { return { greeting: `hello, ${name}` } }
      ...> #+end_src
      ...> \"""
      iex> {:ok, run} = Workbooks.run(org, inputs: %{"name" => "Ada"})
      iex> run.exports
      %{"greeting" => "hello, Ada"}

  The layers below are of use alone: `Workbooks.OQL` reads and renders Org,
  `Workbooks.Wasm` runs WebAssembly components.
  """

  alias Workbooks.{OQL, Options, Run, Workflow}
  alias Workbooks.Wasm.Error
  alias Workbooks.Workflow.StepLog

  @run_schema [
    inputs: {:map, %{}},
    timeout: {:timeout, 300_000},
    step_timeout: {:timeout, 30_000},
    memory: {:positive, 256 * 1024 * 1024},
    concurrency: {:positive, nil},
    workdir: {:any, nil},
    render: {:keyword, []}
  ]

  @doc """
  Runs a workbook: `{:ok, run}` when every step that ran is `:ok`, else `{:error, run}`
  with the failed step, the reason and what was skipped.

  Options:

    * `:inputs` - values for the plan's imports, by name: `%{"name" => "Ada"}`
    * `:timeout` - milliseconds for the whole run; 300,000
    * `:step_timeout` - milliseconds for each step; 30,000
    * `:memory` - bytes of memory for each step's instance; 256 MiB
    * `:concurrency` - steps at the same time; one for each scheduler
    * `:workdir` - a folder for the step log, `_steps.jsonl`; none is written without it
    * `:render` - options of `Workbooks.OQL.render/2` for the page

  A workbook that does not validate, or lacks an input, is `{:error, run}` with
  status `:invalid`, the issues in `error`, and no step run.
  """
  @spec run(String.t(), keyword) :: {:ok, Run.t()} | {:error, Run.t()}
  def run(org, options \\ []) when is_binary(org) do
    options = Options.validate!(options, @run_schema, "Workbooks.run/2")
    id = new_id()

    with {:ok, step_log} <- workdir(options.workdir),
         {:ok, plan} <- checked_plan(org),
         inputs = string_keys(options.inputs),
         :ok <- check_inputs(plan, inputs) do
      plan
      |> Workflow.run(org, %{
        id: id,
        inputs: inputs,
        timeout: options.timeout,
        step_timeout: options.step_timeout,
        memory: options.memory,
        concurrency: options.concurrency || System.schedulers_online(),
        step_log: step_log
      })
      |> rendered(org, options.render)
    else
      {:error, issues} -> {:error, %Run{id: id, status: :invalid, error: issues}}
    end
  end

  @doc "As `run/2`, from a file; `{:error, %Workbooks.Wasm.Error{}}` when it cannot be read."
  @spec run_file(Path.t(), keyword) :: {:ok, Run.t()} | {:error, Run.t() | Error.t()}
  def run_file(path, options \\ []) do
    with {:ok, org} <- Workbooks.Wasm.read_file(path), do: run(org, options)
  end

  @doc """
  What would run: worlds, components, edges, imports and exports.

      iex> {:ok, plan} = Workbooks.plan("* Nothing to run")
      iex> plan["exports"]
      []
  """
  @spec plan(String.t()) :: {:ok, map} | {:error, Error.t()}
  def plan(org), do: OQL.tangle_plan(org)

  @doc """
  The document as an HTML fragment, without running it. Options as for `Workbooks.OQL.render/2`.

      iex> {:ok, html} = Workbooks.render("Plain /prose/")
      iex> html =~ "<i>prose</i>"
      true
  """
  @spec render(String.t(), keyword) :: {:ok, String.t()} | {:error, Error.t()}
  def render(org, options \\ []), do: OQL.render(org, options)

  @doc "As `run/2`; raises when the run is not `:ok`."
  @spec run!(String.t(), keyword) :: Run.t()
  def run!(org, options \\ []) do
    case run(org, options) do
      {:ok, run} -> run
      {:error, run} -> raise "the workbook's run ended #{run.status}: #{reason(run)}"
    end
  end

  @doc "As `plan/1`; raises `Workbooks.Wasm.Error`."
  @spec plan!(String.t()) :: map
  def plan!(org), do: OQL.tangle_plan!(org)

  @doc "As `render/2`; raises `Workbooks.Wasm.Error`."
  @spec render!(String.t(), keyword) :: String.t()
  def render!(org, options \\ []), do: OQL.render!(org, options)

  defp reason(%Run{error: [issue | _]}), do: issue["message"]

  defp reason(%Run{steps: steps}) do
    Enum.find_value(steps, "no step failed", fn step ->
      step.status in [:failed, :timeout] && "#{step.component}: #{step.error.message}"
    end)
  end

  defp workdir(nil), do: {:ok, nil}

  defp workdir(path) do
    with {:error, message} <- StepLog.open(path), do: {:error, [issue("workdir", message)]}
  end

  defp checked_plan(org) do
    with :ok <- OQL.validate(org), {:ok, plan} <- OQL.tangle_plan(org) do
      {:ok, plan}
    else
      {:error, %Error{} = error} -> {:error, [issue("kernel_#{error.kind}", error.message)]}
      {:error, issues} -> {:error, issues}
    end
  end

  defp check_inputs(plan, inputs) do
    case Enum.reject(plan["imports"], &is_map_key(inputs, &1)) do
      [] ->
        :ok

      missing ->
        {:error, for(name <- missing, do: issue("missing_input", "the input #{name} was not given", example(name)))}
    end
  end

  defp example(name), do: "give it in inputs: %{#{inspect(name)} => …}"

  # Shaped as the kernel's issues are.
  defp issue(code, message, hint \\ nil) do
    keys = %{"level" => "error", "code" => code, "message" => message, "hint" => hint}
    Map.merge(keys, %{"line" => nil, "column" => nil, "heading" => nil})
  end

  defp string_keys(inputs), do: Map.new(inputs, fn {key, value} -> {to_string(key), value} end)

  # The page is part of the answer, a failed run's most of all.
  defp rendered(run, org, options) do
    errors = for %{error: %{} = error} = step <- run.steps, into: %{}, do: {step.component, shown(error)}
    options = Keyword.merge([results: run.results, errors: errors], options)

    case OQL.render(org, options) do
      {:ok, html} -> outcome(%{run | html: html})
      {:error, error} -> {:error, %{run | status: :failed, error: [issue("render", error.message)]}}
    end
  end

  defp shown(error), do: %{"kind" => error.kind, "message" => error.message, "line" => error.line}

  defp outcome(%Run{status: :ok} = run), do: {:ok, run}
  defp outcome(run), do: {:error, run}

  # Sorts by time, and is unique among machines.
  defp new_id do
    time = System.os_time(:millisecond)
    Base.encode32(<<time::48, :crypto.strong_rand_bytes(8)::binary>>, case: :lower, padding: false)
  end
end
