defmodule Workbooks.Runs do
  @moduledoc """
  Runs of stored workbooks, for those who ask for them and look again later.

  `start/4` begins a run of a workbook of the `Workbooks.Library` and answers its id. The run belongs to the
  tenant, not to whoever began it: it goes on when that process ends, anybody who speaks for the tenant can ask how
  far it is (`get/3`, `subscribe/4`) and end it (`cancel/3`).

      iex> alias Workbooks.{Library, Runs}
      iex> {:ok, _} = Library.put("acme", "sum", ~S\"""
      ...> * Sum
      ...> :PROPERTIES:
      ...> :WORKBOOK_VERSION: 1
      ...> :END:
      ...> ** Add
      ...> :PROPERTIES:
      ...> :in: a, b
      ...> :out: sum
      ...> :END:
      ...> #+begin_src js
      ...> export const add = (a, b) => a + b
      ...> #+end_src
      ...> \""")
      iex> {:ok, id} = Runs.start("acme", "sum", %{"a" => 1, "b" => 2})
      iex> {:ok, reference, past, state} = Runs.subscribe("acme", id)
      iex> if state == :running, do: receive(do: ({^reference, :ended} -> :ok))
      iex> is_list(past)
      true
      iex> {:ok, run} = Runs.get("acme", id)
      iex> {run.status, run.exports}
      {:ok, %{"sum" => 3}}
      iex> Runs.get("other", id)
      :error
      iex> Library.delete("acme", "sum")
      :ok

  ## Events

  What happens in a run is numbered from 1: `%{id: 3, name: "step", data: %{…}}`.

  | name | data |
  | --- | --- |
  | `start` | `steps`: how many |
  | `step_start` | `component` |
  | `progress` | `component`, `message`: what its compiler says |
  | `step` | a step that is over, as `Workbooks.Run` has it, its log cut at #{div(16_384, 1024)} KiB |
  | `stop` | `status`, `ms`, `error`: the issues of one that was refused |

  After `stop` nothing comes, and the run's result is there.

  ## Settings

      config :workbooks, Workbooks.Runs, max_running: 16, run: [timeout: 60_000]

  | setting | default | what |
  | --- | --- | --- |
  | `max_running:` | 64 | runs at the same time, of all tenants |
  | `max_running_of_tenant:` | 16 | of one |
  | `keep:` | 100 | runs that are over, of each tenant |
  | `keep_ms:` | 3,600,000 | how long they are kept |
  | `keep_bytes:` | 268,435,456 | results, of all tenants; the oldest go first |
  | `run:` | `[]` | options of `Workbooks.run/2` for all of them: limits, `caps:`, `folder:` |

  Runs are kept in memory: none outlives the application. Every function takes `runs:`, the name of the
  processes (`Workbooks.Runs`).
  """

  use Supervisor

  alias Workbooks.{Error, Library, Names, Options, Run}
  alias Workbooks.Runs.{Table, Worker}

  @schema [
    name: {:any, __MODULE__},
    library: {:any, Library},
    max_running: {:positive, 64},
    max_running_of_tenant: {:positive, 16},
    keep: {:positive, 100},
    keep_ms: {:positive, 3_600_000},
    keep_bytes: {:positive, 256 * 1024 * 1024},
    run: {:keyword, []}
  ]

  @type tenant :: String.t()
  @type id :: String.t()
  @type option :: {:runs, atom}
  @type event :: %{id: pos_integer, name: String.t(), data: map}
  @type status :: :running | Run.status()
  @type summary :: %{
          id: id,
          workbook: String.t(),
          version: pos_integer,
          status: status,
          started: DateTime.t(),
          ended: DateTime.t() | nil,
          ms: float | nil
        }
  @typedoc "Of one that is running, the steps that are over; `exports`, `error` and `html` come with its end."
  @type view :: %{
          id: id,
          workbook: String.t(),
          version: pos_integer,
          status: status,
          started: DateTime.t(),
          ended: DateTime.t() | nil,
          ms: float | nil,
          steps: [Run.step()],
          exports: map,
          error: [map] | nil,
          html: String.t() | nil
        }

  @doc "Starts what runs stand on: `name:` and the settings above."
  @spec start_link(keyword) :: Supervisor.on_start()
  def start_link(options \\ []) do
    settings = Options.validate!(options, @schema, "Workbooks.Runs")
    Supervisor.start_link(__MODULE__, settings, name: settings.name)
  end

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}, type: :supervisor}
  end

  @impl true
  def init(settings) do
    children = [{Table, settings}, {DynamicSupervisor, name: workers(settings.name)}]
    # Without the table nobody could ask for a run, and it would know of none that goes on.
    Supervisor.init(children, strategy: :one_for_all)
  end

  defp workers(name), do: Module.concat(name, Workers)

  @doc """
  Begins to run a stored workbook, and answers the run's id. What is wrong with the workbook or its inputs is found
  in the run: its status is `:invalid` then.

  Options: `version:` of the source (the newest), `timeout:` for the whole run in milliseconds, as far as the
  settings allow.

  Errors: `:not_found` where there is no such workbook or version, `:overloaded` where enough is running.
  """
  @spec start(tenant, String.t(), map, [option | {:version, pos_integer} | {:timeout, pos_integer}]) ::
          {:ok, id} | {:error, Error.t()}
  def start(tenant, workbook, inputs \\ %{}, options \\ []) when is_map(inputs) do
    own = [version: {:positive, nil}, timeout: {:positive, nil}]
    %{runs: name} = options = validate!(options, own, "start/4")

    with {:ok, settings} <- Table.settings(name),
         {:ok, source} <- source(settings.library, tenant, workbook, options.version) do
      id = Run.new_id()
      run = run_options(settings.run, options.timeout) ++ [inputs: inputs, id: id]
      job = %{id: id, tenant: tenant, workbook: workbook, version: source.version, source: source.source, run: run}

      case DynamicSupervisor.start_child(workers(name), {Worker, {name, job}}) do
        {:ok, _pid} -> {:ok, id}
        {:error, {:shutdown, error}} -> {:error, error}
      end
    end
  end

  defp source(library, tenant, workbook, version) do
    case Library.get(tenant, workbook, [library: library] ++ if(version, do: [version: version], else: [])) do
      :error -> Error.tuple(:not_found, "there is no workbook #{Names.shown(workbook)}#{version && " of that version"}")
      found -> found
    end
  end

  # Shorter than what is set for all, never longer.
  defp run_options(set, nil), do: set

  defp run_options(set, timeout) do
    case Keyword.get(set, :timeout, 300_000) do
      :infinity -> Keyword.put(set, :timeout, timeout)
      most -> Keyword.put(set, :timeout, min(most, timeout))
    end
  end

  @doc "A run of a tenant: how far it is, or what it came to. `:error` where it has none of that id."
  @spec get(tenant, id, [option]) :: {:ok, view} | :error
  def get(tenant, id, options \\ []), do: Table.view(validate!(options, [], "get/3").runs, tenant, id)

  @doc """
  The runs of a tenant, the newest first.

      iex> Workbooks.Runs.list("nobody")
      []
  """
  @spec list(tenant, [option]) :: [summary]
  def list(tenant, options \\ []), do: Table.list(validate!(options, [], "list/2").runs, tenant)

  @doc """
  Ends a run; one that is over stays as it is. `:error` where the tenant has none of that id.

      iex> Workbooks.Runs.cancel("nobody", "0000")
      :error
  """
  @spec cancel(tenant, id, [option]) :: :ok | :error
  def cancel(tenant, id, options \\ []) do
    with {:ok, pid} <- Table.worker(validate!(options, [], "cancel/3").runs, tenant, id) do
      if pid, do: Worker.cancel(pid)
      :ok
    end
  end

  @doc """
  The events of a run after one (0: all): those that are past, and, where it is still running, messages to the calling
  process from then on: `{reference, event}`, and `{reference, :ended}` behind the last.
  """
  @spec subscribe(tenant, id, non_neg_integer, [option]) ::
          {:ok, reference, [event], :running | :ended} | :error
  def subscribe(tenant, id, last \\ 0, options \\ []) do
    name = validate!(options, [], "subscribe/4").runs

    # Only the worker knows what is past and what is to come; one that is gone has no more to say.
    with {:ok, pid} <- Table.worker(name, tenant, id),
         nil <- pid && Worker.subscribe(pid, last) do
      {:ok, make_ref(), Table.events(name, id, last), :ended}
    end
  end

  @doc "Has no more messages sent of a `subscribe/4`, by the process that called it."
  @spec unsubscribe(reference, [option]) :: :ok
  def unsubscribe(reference, options \\ []) do
    Table.unsubscribe(validate!(options, [], "unsubscribe/2").runs, reference)
  end

  @doc "How many are running, for who watches over it."
  @spec running([option]) :: non_neg_integer
  def running(options \\ []), do: Table.running(validate!(options, [], "running/1").runs)

  defp validate!(options, own, where) do
    Options.validate!(options, own ++ [runs: {:any, __MODULE__}], "Workbooks.Runs.#{where}")
  end
end
