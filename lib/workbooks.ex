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

  alias Workbooks.{JSON, OQL, Options, Publication, Run, Workflow}
  alias Workbooks.Wasm.Error
  alias Workbooks.Workflow.{Capabilities, Handle, Issue, ResultCache, StepLog}

  @run_schema [
    inputs: {:map, %{}},
    timeout: {:timeout, 300_000},
    step_timeout: {:timeout, 30_000},
    compile_timeout: {:timeout, nil},
    memory: {:positive, 256 * 1024 * 1024},
    fuel: {:positive, nil},
    concurrency: {:positive, nil},
    workdir: {:any, nil},
    folder: {:any, nil},
    caps: {:any, []},
    seed: {:non_negative, 0},
    cache: {:boolean, true},
    cache_dir: {:any, nil},
    verify: {:boolean, false},
    subscriber: {:pid, nil},
    id: {:string, nil},
    nodes: {:any, nil},
    render: {:keyword, []}
  ]

  # A longer page is of use to nobody: large results are shown in short then.
  @most_page 128 * 1024 * 1024
  # Of a result as JSON, where the page cannot hold all of them.
  @most_shown 1024 * 1024

  # A cold compiler may take this long, however short a step is to be. (`:infinity` is more than any number.)
  @compile_ms 60_000

  @doc """
  Runs a workbook: `{:ok, run}` when every step that ran is `:ok`, else `{:error, run}`
  with the failed step, the reason and what was skipped.

  Options:

    * `:inputs` - values for the plan's imports, by name: `%{"name" => "Ada"}`
    * `:timeout` - milliseconds for the whole run; 300,000
    * `:step_timeout` - milliseconds for each step; 30,000
    * `:compile_timeout` - milliseconds that each block has for being compiled, before its step's own time
      begins; 60,000, or the `:step_timeout` where that is longer
    * `:memory` - bytes of memory for each step's instance; 256 MiB
    * `:fuel` - WebAssembly instructions that each step may take, which are counted then; no limit, and
      nothing counted
    * `:concurrency` - steps at the same time, on each node; one for each scheduler
    * `:nodes` - the nodes of Erlang's that run the steps, or `:all` connected ones where this library
      runs; this one. Steps of a node that is lost are run on another
    * `:workdir` - a folder for the step log, `_steps.jsonl`; none is written without it
    * `:folder` - the workbook's own, below which the files lie that its `wasm` blocks name; none are
      read without it. `run_file/2` takes the file's
    * `:caps` - what blocks that ask for it in `:caps:` may see: `"clock"`, `"random"`,
      `{"network", rules}`, `{"files", [{guest_path, path, :read | :read_write}]}`; nothing
    * `:seed` - where the random numbers of the others come from; 0
    * `:cache` - `false` runs each step, and keeps no result; `true`
    * `:cache_dir` - a folder for results, instead of the one of `Workbooks.Workflow.ResultCache`
    * `:verify` - `true` runs each step, and fails one whose outputs are not those that are kept; `false`
    * `:subscriber` - a process that is told how far the run is: see `start_run/2`
    * `:id` - the run's own, for who wants to know it before it begins; one that nothing else has
    * `:render` - options of `Workbooks.OQL.render/2` for the page

  A workbook that does not validate, or lacks an input, is `{:error, run}` with
  status `:invalid`, the issues in `error`, and no step run.
  """
  @spec run(String.t(), keyword) :: {:ok, Run.t()} | {:error, Run.t()}
  def run(org, options \\ []) when is_binary(org) do
    with {:ok, handle} <- begin(org, options, "Workbooks.run/2") do
      case await(handle, :infinity) do
        {:error, :ended} -> {:error, %Run{id: handle.id, status: :failed, error: [Workflow.ended()]}}
        outcome -> outcome
      end
    end
  end

  @doc """
  Begins to run a workbook and answers at once: `{:ok, handle}`, for `await/2` and
  `cancel/1`, or `{:error, run}` for a workbook that does not validate or lacks an input.
  Options as for `run/2`.

  Whether the types fit is found out in the run, since blocks without a `:sig:` are compiled for
  it: where they do not, it is `await/2` that answers the run with status `:invalid`.

  The run ends with the process that began it. The `:subscriber`, if there is one, gets
  messages `{:workbooks_run, id, what}` in the order in which it happens:

    * `{:start, steps}` - how many there are
    * `{:step_start, component}`
    * `{:step, step, outputs}` - a step is over, as `Workbooks.Run` has it; its outputs, or `nil`
    * `{:stop, status}` - the run is over. After `:invalid` there was no step

        {:ok, handle} = Workbooks.start_run(org, inputs: inputs, subscriber: self())
        receive do: ({:workbooks_run, _id, {:step, step, _outputs}} -> IO.puts(step.component))
        {:ok, run} = Workbooks.await(handle)
  """
  @spec start_run(String.t(), keyword) :: {:ok, Handle.t()} | {:error, Run.t()}
  def start_run(org, options \\ []) when is_binary(org), do: begin(org, options, "Workbooks.start_run/2")

  @doc """
  What a run that was begun with `start_run/2` came to, as `run/2` answers it. Only the
  process that began it can ask.

  `{:error, :timeout}` when it is not over within `timeout` milliseconds: it goes on, and
  can be awaited again. `{:error, :ended}` when it was awaited before, or its process was
  killed.
  """
  @spec await(Handle.t(), timeout) :: {:ok, Run.t()} | {:error, Run.t() | :timeout | :ended}
  def await(%Handle{} = handle, timeout \\ :infinity) do
    case Workflow.await(handle, timeout) do
      {:ok, %Run{status: :invalid} = run} -> {:error, run}
      {:ok, run} -> rendered(run, handle.org, handle.render)
      error -> error
    end
  end

  @doc """
  Ends a run: what runs is killed, what waits is skipped, and `await/2` answers the run with
  status `:cancelled`. Any process may; a run that is over stays as it is.
  """
  @spec cancel(Handle.t()) :: :ok
  defdelegate cancel(handle), to: Workflow

  defp begin(org, options, where) do
    options = Options.validate!(options, @run_schema, where)
    caps = Capabilities.granted!(options.caps)
    nodes = nodes!(options.nodes, where)
    folder = folder!(options.folder, where)
    id = options.id || Run.new_id()

    with {:ok, step_log} <- workdir(options.workdir),
         {:ok, plan} <- checked_plan(org),
         inputs = string_keys(options.inputs),
         :ok <- check_inputs(plan, inputs) do
      handle =
        Workflow.start(plan, org, %{
          id: id,
          inputs: inputs,
          folder: folder,
          timeout: options.timeout,
          step_timeout: options.step_timeout,
          compile_timeout: options.compile_timeout || max(options.step_timeout, @compile_ms),
          memory: options.memory,
          fuel: options.fuel,
          concurrency: options.concurrency || System.schedulers_online(),
          step_log: step_log,
          caps: caps,
          seed: options.seed,
          store: ResultCache.store(options.cache_dir),
          cache: cache(options),
          subscriber: options.subscriber,
          nodes: nodes
        })

      {:ok, %{handle | render: options.render}}
    else
      {:error, issues} -> {:error, %Run{id: id, status: :invalid, error: issues}}
    end
  end

  defp nodes!(nil, _where), do: [node()]
  defp nodes!(:all, _where), do: Workflow.Nodes.all()

  defp nodes!(nodes, where) do
    if is_list(nodes) and nodes != [] and Enum.all?(nodes, &is_atom/1) do
      Enum.uniq(nodes)
    else
      raise ArgumentError, "option :nodes of #{where} takes a list of nodes, or :all, got: #{inspect(nodes)}"
    end
  end

  defp folder!(nil, _where), do: nil

  defp folder!(folder, where) do
    if is_binary(folder) and folder != "" and not String.contains?(folder, <<0>>),
      do: Path.expand(folder),
      else: raise(ArgumentError, "option :folder of #{where} takes a path, got: #{inspect(folder)}")
  end

  # What is compared must be kept.
  defp cache(%{verify: true}), do: :verify
  defp cache(%{cache: true}), do: :use
  defp cache(%{cache: false}), do: :off

  @doc """
  As `run/2`, from a file; `{:error, %Workbooks.Wasm.Error{}}` when it cannot be read. Its folder is the
  `:folder`, unless that says something else (`nil`: no file is read).
  """
  @spec run_file(Path.t(), keyword) :: {:ok, Run.t()} | {:error, Run.t() | Error.t()}
  def run_file(path, options \\ []) do
    with {:ok, org} <- Workbooks.Wasm.read_file(path), do: run(org, in_folder_of(path, options))
  end

  # What is no keyword list is told by `run/2`.
  defp in_folder_of(path, options) do
    if Keyword.keyword?(options), do: Keyword.put_new(options, :folder, Path.dirname(path)), else: options
  end

  @doc """
  Publishes a workbook of the `Workbooks.Library` under a host: runs it, renders it with its results, and has the
  host lead to that page, from one moment to the next.

      iex> {:ok, _} = Workbooks.Library.put("acme", "hello", "* Hello\\n:PROPERTIES:\\n:WORKBOOK_VERSION: 1\\n:END:")
      iex> {:ok, site} = Workbooks.publish("acme", "hello", "hello.example")
      iex> {site.host, site.version, site.pages}
      {"hello.example", 1, 1}
      iex> Workbooks.Domains.resolve("hello.example")
      {:ok, {"acme", "hello"}}
      iex> {Workbooks.Domains.detach("hello.example"), Workbooks.Library.delete("acme", "hello")}
      {:ok, :ok}

  A workbook with a step that fails, or that lacks an input, is `{:error, run}`, as of `run/2`; a host of another
  tenant's, a workbook that is not there and whatever cannot be stored is `{:error, %Workbooks.Error{}}`. Then all
  is as it was.

  Without a host (`nil`) what is published is what those hosts serve that lead to the workbook already. What was
  published before is kept: `Workbooks.Library.rollback/3` goes back to it, `Workbooks.Library.unpublish/3` takes
  it down.

  Options are those of `run/2`, `inputs:` first of all, and:

    * `:version` - of the source; the newest
    * `:page` - options of `Workbooks.Page.html/2`, before what the document says of itself
    * `:library`, `:domains` - the processes' names
  """
  @spec publish(String.t(), String.t(), String.t() | nil, keyword) ::
          {:ok, %{host: String.t() | nil, version: pos_integer, etag: String.t(), pages: pos_integer}}
          | {:error, Run.t() | Workbooks.Error.t()}
  def publish(tenant, id, host, options \\ []) do
    {options, run_options} = Publication.options!(options)

    with {:ok, %{source: org, version: version}} <- Publication.source(tenant, id, host, options),
         {:ok, run} <- run(org, run_options),
         {:ok, artifact} <- Publication.pack(run, org, options) do
      Publication.switch(tenant, id, host, artifact, version, options)
    end
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
      step.status in [:failed, :timeout, :cancelled] && "#{step.component}: #{step.error.message}"
    end)
  end

  defp workdir(nil), do: {:ok, nil}

  defp workdir(path) do
    with {:error, message} <- StepLog.path(path), do: {:error, [Issue.new("workdir", message)]}
  end

  defp checked_plan(org) do
    with :ok <- OQL.validate(org), {:ok, plan} <- OQL.tangle_plan(org) do
      {:ok, plan}
    else
      {:error, %Error{} = error} -> {:error, [Issue.new("kernel_#{error.kind}", error.message)]}
      {:error, issues} -> {:error, issues}
    end
  end

  defp check_inputs(plan, inputs) do
    case Enum.reject(plan["imports"], &is_map_key(inputs, &1)) do
      [] ->
        :ok

      missing ->
        {:error, for(name <- missing, do: Issue.new("missing_input", "the input #{name} was not given", example(name)))}
    end
  end

  defp example(name), do: "give it in inputs: %{#{inspect(name)} => …}"

  defp string_keys(inputs), do: Map.new(inputs, fn {key, value} -> {to_string(key), value} end)

  # The page is part of the answer, a failed run's most of all.
  defp rendered(run, org, options) do
    errors = for %{error: %{} = error} = step <- run.steps, into: %{}, do: {step.component, shown(error)}
    options = Keyword.merge([results: run.results, errors: errors], options)

    with :error <- page(OQL.render(org, options)),
         {:error, error} <- OQL.render(org, Keyword.put(options, :results, shown_results(run.results))) do
      {:error, %{run | status: :failed, error: [Issue.new("render", error.message)]}}
    else
      {:ok, html} -> outcome(%{run | html: html})
    end
  end

  defp page({:ok, html}) when byte_size(html) <= @most_page, do: {:ok, html}
  defp page(_too_much), do: :error

  # One result that no page can hold, or that is no text, takes no other along.
  defp shown_results(results) do
    for {id, outputs} <- results,
        into: %{},
        do: {id, Map.new(outputs, fn {name, value} -> {name, shown_value(value)} end)}
  end

  defp shown_value(value) do
    case JSON.encode(value) do
      {:ok, json} when byte_size(json) <= @most_shown -> value
      {:ok, json} -> "[#{byte_size(json)} bytes of JSON, too many to be shown here]"
      {:error, _why} -> inspect(value, limit: 50)
    end
  end

  defp shown(error), do: %{"kind" => error.kind, "message" => error.message, "line" => error.line}

  defp outcome(%Run{status: :ok} = run), do: {:ok, run}
  defp outcome(run), do: {:error, run}
end
