defmodule Workbooks.Workflow do
  @moduledoc """
  Runs a plan: components in topological order, independent ones at the same time,
  each in a process and an instance of its own.

  A run is a process under `Workbooks.Workflow.Supervisor`. It ends with the
  process that asked for it, and its steps end with it. A step that fails stops
  what depends on it and nothing else. `Workbooks.run/2` is the door to it.
  """

  alias Workbooks.Run
  alias Workbooks.Workflow.{Capabilities, Coordinator, Handle, ResultCache}

  @type options :: %{
          id: String.t(),
          inputs: map,
          timeout: timeout,
          step_timeout: timeout,
          compile_timeout: timeout,
          memory: pos_integer,
          concurrency: pos_integer,
          step_log: Path.t() | nil,
          caps: Capabilities.granted(),
          seed: non_neg_integer,
          store: ResultCache.store(),
          cache: :use | :verify | :off,
          subscriber: pid | nil,
          nodes: [node]
        }

  @doc """
  Begins to run `plan`, whose text is `org`, and answers at once. The process that
  calls is the one that can await it, and the run ends with it.
  """
  @spec start(map, String.t(), options) :: Handle.t()
  def start(plan, org, options) do
    caller = self()
    task = Task.Supervisor.async_nolink(__MODULE__.Supervisor, fn -> Coordinator.run(plan, org, options, caller) end)
    %Handle{id: options.id, pid: task.pid, task: task, org: org}
  end

  @doc """
  What the run came to; `{:error, :timeout}` when it is not over within `timeout`
  milliseconds: it goes on, and can be awaited again. What was awaited once is gone:
  `{:error, :ended}`, as of a run whose process was killed.
  """
  @spec await(Handle.t(), timeout) :: {:ok, Run.t()} | {:error, :timeout | :ended}
  def await(%Handle{task: task, pid: pid}, timeout) do
    # What a process sent before it ended is here once it is known to have ended.
    alive = Process.alive?(pid)

    case Task.yield(task, if(alive, do: timeout, else: 0)) do
      {:ok, run} -> {:ok, run}
      {:exit, _reason} -> {:error, :ended}
      nil -> {:error, if(alive, do: :timeout, else: :ended)}
    end
  end

  @doc "Ends a run: what runs is killed, what waits is skipped. Any process may; a run that is over stays as it is."
  @spec cancel(Handle.t()) :: :ok
  def cancel(%Handle{pid: pid}) do
    send(pid, :cancel)
    :ok
  end

  @doc "Runs `plan` to its end. Nothing is rendered here."
  @spec run(map, String.t(), options) :: Run.t()
  def run(plan, org, options) do
    case plan |> start(org, options) |> await(:infinity) do
      {:ok, run} -> run
      {:error, :ended} -> %Run{id: options.id, status: :failed, error: [ended()]}
    end
  end

  @doc "The issue of a run whose own process was killed."
  @spec ended :: map
  def ended, do: issue("internal", "the run's process was ended")

  @doc """
  An issue that is about no place in the file, shaped as the kernel's are.

      iex> Workbooks.Workflow.issue("workdir", "no such folder")["level"]
      "error"
  """
  @spec issue(String.t(), String.t(), String.t() | nil) :: map
  def issue(code, message, hint \\ nil) do
    keys = %{"level" => "error", "code" => code, "message" => message, "hint" => hint}
    Map.merge(keys, %{"line" => nil, "column" => nil, "heading" => nil})
  end
end
