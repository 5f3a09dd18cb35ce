defmodule Workbooks.Workflow do
  @moduledoc """
  Runs a plan: components in topological order, independent ones at the same time,
  each in a process and an instance of its own.

  A run is a process under `Workbooks.Workflow.Supervisor`. It ends with the
  process that asked for it, and its steps end with it. A step that fails stops
  what depends on it and nothing else.
  """

  alias Workbooks.Build.Deadline
  alias Workbooks.Run
  alias Workbooks.Workflow.{Graph, Log, Step, StepLog}

  @type options :: %{
          id: String.t(),
          inputs: map,
          timeout: timeout,
          step_timeout: timeout,
          memory: pos_integer,
          concurrency: pos_integer,
          step_log: Path.t() | nil
        }

  @doc """
  Runs `plan`, whose text is `org`: the run's results, steps, exports and status.
  Nothing is rendered here.
  """
  @spec run(map, String.t(), options) :: Run.t()
  def run(plan, org, options) do
    caller = self()
    task = Task.Supervisor.async_nolink(__MODULE__.Supervisor, fn -> coordinate(plan, org, options, caller) end)

    case Task.yield(task, :infinity) do
      {:ok, run} -> run
      {:exit, reason} -> raise "the run ended unexpectedly: #{Exception.format_exit(reason)}"
    end
  end

  # The run's own process. Its steps are linked to it: whoever ends it ends them,
  # and with them their guests.
  defp coordinate(plan, org, options, caller) do
    Process.flag(:trap_exit, true)
    begun = System.monotonic_time()
    graph = Graph.new(plan)

    state = %{
      graph: graph,
      org: String.split(org, ["\r\n", "\n"]),
      options: options,
      caller: Process.monitor(caller),
      deadline: Deadline.in_ms(options.timeout),
      pending: graph.order,
      running: %{},
      results: %{},
      steps: %{},
      timed_out: false
    }

    state = state |> skip_unevaluated() |> loop()
    steps = Enum.map(graph.order, &Map.fetch!(state.steps, &1))

    %Run{
      id: options.id,
      status: status(state, steps),
      exports: exports(plan, graph, state.results),
      results: state.results,
      steps: steps,
      ms: Step.elapsed(begun)
    }
  end

  defp loop(%{pending: [], running: running} = state) when running == %{}, do: state

  defp loop(state) do
    case start_ready(state) do
      # A validated plan has no cycle; a step that can never start must not be waited for.
      %{running: running} = stuck when running == %{} -> skip_pending(stuck, "what it waits for never ran")
      state -> await(state)
    end
  end

  defp await(%{caller: caller} = state) do
    receive do
      {:step, pid, outputs, step} when is_map_key(state.running, pid) ->
        Process.unlink(pid)
        flush_exit(pid)
        state |> finished(pid, outputs, step) |> loop()

      # A step's process that ended without an answer: killed from outside.
      {:EXIT, pid, reason} when is_map_key(state.running, pid) ->
        {id, begun} = state.running[pid]
        reason = {:internal, "the step's process ended: #{inspect(reason)}"}
        step = ended(state, id, :failed, reason, ms: Step.elapsed(begun))
        state |> finished(pid, nil, step) |> loop()

      {:DOWN, ^caller, :process, _pid, _reason} ->
        exit(:shutdown)

      {:EXIT, _supervisor, :shutdown} ->
        exit(:shutdown)
    after
      Deadline.left(state.deadline) -> out_of_time(state)
    end
  end

  # Starts what waits for nothing any more, as many as may run at the same time.
  defp start_ready(state) do
    free = state.options.concurrency - map_size(state.running)
    {ready, _waiting} = Enum.split_with(state.pending, &ready?(state, &1))

    ready |> Enum.take(max(free, 0)) |> Enum.reduce(state, &start(&2, &1))
  end

  defp ready?(state, id), do: Enum.all?(state.graph.waits_for[id], &is_map_key(state.results, &1))

  defp start(%{graph: graph, options: options} = state, id) do
    component = graph.components[id]
    world = Graph.world(graph, id)
    inputs = Graph.inputs(graph, id, state.results, options.inputs)
    # The run's own deadline is kept by the run, which says that it was the run's.
    limits = %{deadline: Deadline.in_ms(options.step_timeout), memory: options.memory, org: state.org}
    run = self()

    pid =
      spawn_link(fn ->
        {outputs, step} = Step.run(component, world, inputs, limits)
        send(run, {:step, self(), outputs, step})
      end)

    %{
      state
      | pending: List.delete(state.pending, id),
        running: Map.put(state.running, pid, {id, System.monotonic_time()})
    }
  end

  defp finished(state, pid, outputs, step) do
    state = record(%{state | running: Map.delete(state.running, pid)}, step)

    if step.status == :ok do
      put_in(state.results[step.component], outputs)
    else
      skip_dependents(state, step.component, "#{step.component} #{verb(step.status)}")
    end
  end

  defp verb(:timeout), do: "ran out of time"
  defp verb(_status), do: "failed"

  defp record(state, step) do
    state = put_in(state.steps[step.component], step)
    # The log is a record, not a condition: a full disk does not fail the run.
    _ = StepLog.append(state.options.step_log, state.options.id, map_size(state.steps), step)
    state
  end

  # All of them first: one that depends on another is not run for its own sake.
  defp skip_unevaluated(%{graph: graph} = state) do
    off = Enum.filter(graph.order, &(Graph.world(graph, &1)["args"]["eval"] == false))
    state = Enum.reduce(off, state, &skip(&2, &1, {:eval, "the block says `:eval no`"}))
    Enum.reduce(off, state, &skip_dependents(&2, &1, "#{&1} is not run (`:eval no`)"))
  end

  defp skip_dependents(%{graph: graph} = state, id, because) do
    dependents = Enum.filter(state.pending, &MapSet.member?(graph.waits_for[&1], id))

    # One that waits for two of them was skipped with the first.
    for other <- dependents, reduce: state do
      %{steps: steps} = state when is_map_key(steps, other) -> state
      state -> state |> skip(other, {:skipped, "not run: #{because}"}) |> skip_dependents(other, "#{other} was skipped")
    end
  end

  defp skip(state, id, reason) do
    record(%{state | pending: List.delete(state.pending, id)}, ended(state, id, :skipped, reason))
  end

  # The whole run's time is over: what runs is killed, what waits is skipped.
  defp out_of_time(state) do
    message = "the run's time of #{state.options.timeout} ms was over"

    state =
      for {pid, {id, begun}} <- state.running, reduce: state do
        state ->
          known = [ms: Step.elapsed(begun), log: Log.text(pid)]
          Process.unlink(pid)
          Process.exit(pid, :kill)
          record(state, ended(state, id, :timeout, {:timeout, message}, known))
      end

    skip_pending(%{state | running: %{}, timed_out: true}, message)
  end

  defp skip_pending(state, because) do
    skipped = &record(&2, ended(&2, &1, :skipped, {:skipped, "not run: " <> because}))
    %{Enum.reduce(state.pending, state, skipped) | pending: []}
  end

  defp ended(state, id, status, reason, known \\ []) do
    Step.ended(state.graph.components[id], Graph.world(state.graph, id), status, reason, known)
  end

  defp flush_exit(pid) do
    receive do
      {:EXIT, ^pid, _reason} -> :ok
    after
      0 -> :ok
    end
  end

  defp status(%{timed_out: true}, _steps), do: :timeout

  defp status(_state, steps) do
    if Enum.any?(steps, &(&1.status in [:failed, :timeout])), do: :failed, else: :ok
  end

  defp exports(plan, graph, results) do
    for name <- plan["exports"],
        id <- graph.order,
        name in graph.components[id]["out"],
        is_map_key(results, id),
        into: %{},
        do: {name, results[id][name]}
  end
end
