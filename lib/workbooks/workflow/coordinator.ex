defmodule Workbooks.Workflow.Coordinator do
  @moduledoc false
  # The run's own process. Its steps are linked to it: whoever ends it ends them, and
  # with them their guests. What it does for a step does not grow with their number.

  alias Workbooks.Build.{Deadline, Link, Linker, Problem, Source}
  alias Workbooks.Run
  alias Workbooks.Workflow.{Capabilities, Events, Graph, Issue, Log, Place, ResultCache, Schedule, Step, StepLog}

  # For what a step's own limits do not end: they have this long to do it, in milliseconds.
  @grace 5_000
  @cancelled "the run was cancelled"
  @caller_ended "the process that asked for the run ended"
  @heap_words 1_000
  @most_heap_words 8_000_000
  # What a small step comes to: most end without having collected garbage.
  @step_words 8_000

  @type options :: %{
          id: String.t(),
          inputs: map,
          folder: Path.t() | nil,
          timeout: timeout,
          step_timeout: timeout,
          compile_timeout: timeout,
          memory: pos_integer,
          fuel: pos_integer | nil,
          concurrency: pos_integer,
          step_log: Path.t() | nil,
          caps: Capabilities.granted(),
          seed: non_neg_integer,
          store: ResultCache.store(),
          cache: :use | :verify | :off,
          subscriber: pid | nil,
          nodes: [node]
        }

  @doc "Checks a plan and runs it to its end. When `caller` ends before, so does the run."
  @spec run(map, String.t(), options, pid) :: Run.t()
  def run(plan, org, options, caller) do
    Process.flag(:trap_exit, true)
    begun = System.monotonic_time()
    # Room for what a large graph will come to, so that it is not copied each time it grew a little.
    Process.flag(:min_heap_size, min(@heap_words * length(plan["components"]), @most_heap_words))
    graph = Graph.new(plan)
    events = Events.start(options.id, options.subscriber, length(graph.order))

    state = %{
      graph: graph,
      org: org,
      log: nil,
      options: options,
      events: events,
      caller: Process.monitor(caller),
      deadline: Deadline.in_ms(options.timeout),
      schedule: Schedule.new(graph),
      # pid => what is known of the step that it runs
      running: %{},
      # id => %{outputs, shas} of those that ended well
      results: %{},
      calls: %{},
      given: for(name <- plan["imports"], value = given(options, name), into: %{}, do: {name, value}),
      steps: %{},
      # node => how many steps it runs
      nodes: Map.new(options.nodes, &{&1, 0}),
      ended_by: nil
    }

    case check(plan, state) do
      :ok -> run_steps(%{state | calls: calls(plan)}, begun, &loop/1)
      {:ended, status, message} -> run_steps(state, begun, &end_run(&1, status, message))
      {:refused, status, issues} -> refused(state, status, issues, begun)
    end
  end

  # In a process of its own: blocks may be compiled for it, and the run can be ended meanwhile.
  defp check(plan, %{options: options} = state) do
    run = self()
    # What blocks without a `:sig:` have, all together, to be compiled before their types are known.
    deadline = Deadline.in_ms(min(options.timeout, options.compile_timeout))

    settings = [folder: options.folder, progress: progress()]

    checker =
      spawn_link(fn -> send(run, {:checked, self(), Link.check_plan(plan, options.inputs, deadline, settings)}) end)

    answer = checked(checker, state)
    # What it still compiles ends with it.
    Process.unlink(checker)
    Process.exit(checker, :kill)
    # Where it ended by itself, that is of no interest any more.
    receive(do: ({:EXIT, ^checker, _reason} -> answer), after: (0 -> answer))
  end

  defp checked(checker, %{options: options, caller: caller} = state) do
    receive do
      {:checked, ^checker, :ok} ->
        :ok

      {:checked, ^checker, {:error, issues}} ->
        {:refused, :invalid, issues}

      {:progress, id, words} ->
        Events.step_progress(state.events, id, words)
        checked(checker, state)

      {:EXIT, ^checker, reason} ->
        {:refused, :failed, [Issue.new("internal", "the plan's check ended: #{inspect(reason)}")]}

      :cancel ->
        {:ended, :cancelled, @cancelled}

      {:DOWN, ^caller, :process, _pid, _reason} ->
        {:ended, :cancelled, @caller_ended}

      {:EXIT, _supervisor, :shutdown} ->
        exit(:shutdown)
    after
      Deadline.left(state.deadline) -> {:ended, :timeout, too_late(options)}
    end
  end

  # What compilers say of how far they are, told to the run's process: whose events are in order.
  defp progress do
    run = self()
    fn id, words -> send(run, {:progress, id, words}) end
  end

  defp refused(%{options: options, events: events}, status, issues, begun) do
    Events.stop(events, status)
    %Run{id: options.id, status: status, error: issues, ms: Step.elapsed(begun)}
  end

  defp run_steps(%{graph: graph, options: options} = state, begun, go) do
    state = %{state | log: StepLog.open(options.step_log, options.id)} |> skip_unevaluated() |> go.()
    StepLog.close(state.log)
    steps = Enum.map(graph.order, &Map.fetch!(state.steps, &1))
    status = status(state, steps)
    Events.stop(state.events, status)

    %Run{
      id: options.id,
      status: status,
      exports:
        for({name, id} <- graph.exports, result = state.results[id], into: %{}, do: {name, result.outputs[name]}),
      results: Map.new(state.results, fn {id, result} -> {id, result.outputs} end),
      steps: steps,
      ms: Step.elapsed(begun)
    }
  end

  # What is wrong with them was said by the check.
  defp calls(plan) do
    case Linker.calls(plan) do
      {:ok, calls} -> calls
      {:error, _problems} -> %{}
    end
  end

  defp given(options, name) do
    with {:ok, value} <- Map.fetch(options.inputs, name), do: {value, ResultCache.digest(value)}
  end

  defp loop(state) do
    case start_ready(state) do
      # More may be started, once what came meanwhile was looked at.
      {:kept, state} -> state |> await(0) |> continue()
      # A validated plan has no cycle; a step that can never start must not be waited for.
      {:started, %{running: none} = state} when none == %{} -> skip_rest(state, "what it waits for never ran")
      {:started, state} -> state |> await(Deadline.left(state.deadline)) |> continue()
    end
  end

  defp continue(%{ended_by: nil} = state), do: loop(state)
  defp continue(state), do: state

  defp await(%{caller: caller} = state, wait) do
    receive do
      {:step, pid, outcome} when is_map_key(state.running, pid) ->
        ended(state, pid, outcome)

      {:progress, id, words} ->
        Events.step_progress(state.events, id, words)
        state

      # The node that it was on is gone, and others may be there.
      {:EXIT, pid, :noconnection} when is_map_key(state.running, pid) ->
        elsewhere(state, pid)

      # A step's process that ended without an answer: killed from outside.
      {:EXIT, pid, reason} when is_map_key(state.running, pid) ->
        stopped(state, pid, :failed, :internal, "the step's process ended: #{inspect(reason)}")

      {:late, pid} when is_map_key(state.running, pid) ->
        stopped(
          state,
          pid,
          :timeout,
          :timeout,
          "the step did not end within its times of #{state.options.compile_timeout} ms to compile (compile_timeout) " <>
            "and #{state.options.step_timeout} ms to run (step_timeout)"
        )

      :cancel ->
        end_run(state, :cancelled, @cancelled)

      {:DOWN, ^caller, :process, _pid, _reason} ->
        end_run(state, :cancelled, @caller_ended)

      {:EXIT, _supervisor, :shutdown} ->
        exit(:shutdown)

      # Of steps that are over.
      {:late, _pid} ->
        state

      {:EXIT, _pid, _reason} ->
        state

      {:step, _pid, _outcome} ->
        state
    after
      wait ->
        if Deadline.left(state.deadline) == 0,
          do: end_run(state, :timeout, too_late(state.options)),
          else: state
    end
  end

  defp too_late(options), do: "the run's time of #{options.timeout} ms was over"

  # As many as may run at the same time, until one is found to be kept. One that may not run at all is over at once.
  defp start_ready(state) do
    with true <- Enum.any?(state.nodes, fn {_node, steps} -> steps < state.options.concurrency end),
         {id, schedule} <- Schedule.next(state.schedule) do
      case begin(%{state | schedule: schedule}, id) do
        {:kept, state} -> {:kept, state}
        {:started, state} -> start_ready(state)
      end
    else
      _ -> {:started, state}
    end
  end

  defp begin(state, id) do
    case Capabilities.given(state.graph.components[id]["caps"] || [], state.options.caps) do
      {:ok, given} -> start(state, id, given)
      {:error, message} -> {:started, failed(state, id, :failed, Problem.new(:capability, message), %{})}
    end
  end

  defp start(%{options: options} = state, id, given) do
    job = %{
      component: state.graph.components[id],
      world: Graph.world(state.graph, id),
      sources: sources(state, id),
      calls: state.calls,
      inputs: inputs(state, id),
      given: given,
      seed: seed(options.seed, id),
      memory: options.memory,
      fuel: options.fuel,
      timeout: options.step_timeout,
      compile_timeout: options.compile_timeout,
      progress: progress(),
      node: place(state.nodes, given),
      store: options.store,
      cache: options.cache
    }

    begun = Events.step_started(state.events, id, job.world["lang"])

    case Step.kept(job) do
      {:ok, outcome} -> {:kept, answered(state, id, outcome)}
      :error -> {:started, spawn_step(state, id, job, begun)}
    end
  end

  defp spawn_step(%{options: options} = state, id, job, begun) do
    run = self()
    pid = Process.spawn(fn -> send(run, {:step, self(), Step.run(job)}) end, [:link, min_heap_size: @step_words])
    step = %{id: id, begun: begun, timer: timer(pid, options), node: job.node}
    %{state | running: Map.put(state.running, pid, step), nodes: Map.update(state.nodes, job.node, 1, &(&1 + 1))}
  end

  # Where the fewest run. Folders are this node's.
  defp place(nodes, given) do
    if given[:files], do: node(), else: nodes |> Enum.min_by(fn {_node, steps} -> steps end) |> elem(0)
  end

  # Without any other node its steps are run on this one.
  defp elsewhere(state, pid) do
    {%{id: id, node: lost}, state} = over(state, pid)
    nodes = Map.delete(state.nodes, lost)
    {_begun, state} = begin(%{state | nodes: if(nodes == %{}, do: %{node() => 0}, else: nodes)}, id)
    state
  end

  defp timer(_pid, %{step_timeout: step, compile_timeout: compile}) when :infinity in [step, compile], do: nil

  defp timer(pid, %{step_timeout: step, compile_timeout: compile}),
    do: Process.send_after(self(), {:late, pid}, compile + step + @grace)

  # Its own, and of the components whose functions it uses.
  defp sources(%{graph: graph, calls: calls, options: options}, id) do
    for id <- Linker.reach(id, calls), into: %{} do
      {id, Source.new(Graph.world(graph, id), graph.components[id], options.folder)}
    end
  end

  # Each component has random numbers of its own, which do not depend on the others.
  defp seed(seed, id) do
    <<seed::64, _::binary>> = ResultCache.digest({seed, id})
    seed
  end

  defp inputs(state, id) do
    for source <- Graph.sources(state.graph, id) do
      case source do
        {:value, value} -> {value, nil}
        {:output, from, name} -> {state.results[from].outputs[name], state.results[from].shas[name]}
        {:given, name} -> state.given[name] || {Map.get(state.options.inputs, name), nil}
      end
    end
  end

  defp ended(state, pid, outcome) do
    {%{id: id}, state} = over(state, pid)
    answered(state, id, outcome)
  end

  defp answered(state, id, %{answer: answer} = outcome) do
    case answer do
      {:ok, %{outputs: outputs, shas: shas}} ->
        known =
          Map.put(known(state, id, outcome), :outputs_sha, hex(:crypto.hash(:sha256, Enum.sort(Map.values(shas)))))

        state = record(state, id, :ok, nil, known, outputs)

        %{
          put_in(state.results[id], Map.take(elem(answer, 1), [:outputs, :shas]))
          | schedule: Schedule.done(state.schedule, id)
        }

      {:error, problem} ->
        failed(state, id, if(problem.kind == :timeout, do: :timeout, else: :failed), problem, known(state, id, outcome))
    end
  end

  defp known(state, id, outcome) do
    outcome
    |> Map.take([:ms, :cached, :log, :memory_peak, :fuel])
    |> Map.put(:inputs_sha, hex(outcome.inputs_sha))
    |> Map.put(:notes, Place.notes(outcome.notes, Graph.world(state.graph, id)))
  end

  defp hex(digest), do: Base.encode16(digest, case: :lower)

  # Ends one step that did not end by itself.
  defp stopped(state, pid, status, kind, message) do
    known = %{ms: Step.elapsed(state.running[pid].begun), log: Log.text(pid)}
    {%{id: id}, state} = over(state, pid)
    Process.exit(pid, :kill)
    failed(state, id, status, Problem.new(kind, message), known)
  end

  defp over(state, pid) do
    {step, running} = Map.pop!(state.running, pid)
    if step.timer, do: Process.cancel_timer(step.timer)
    Process.unlink(pid)
    # A node that was lost is counted no more.
    nodes = if is_map_key(state.nodes, step.node), do: Map.update!(state.nodes, step.node, &(&1 - 1)), else: state.nodes
    {step, %{state | running: running, nodes: nodes}}
  end

  defp failed(state, id, status, problem, known) do
    state = record(state, id, status, Place.error(state.org, problem, Graph.world(state.graph, id)), known, nil)
    skip_dependents(state, id, "#{id} #{verb(status)}")
  end

  defp verb(:timeout), do: "ran out of time"
  defp verb(:cancelled), do: "was cancelled"
  defp verb(_status), do: "failed"

  defp skip_dependents(state, id, because) do
    {dropped, schedule} = Schedule.drop_dependents(state.schedule, id)

    for {other, cause} <- dropped, reduce: %{state | schedule: schedule} do
      state ->
        because = if cause == id, do: because, else: "#{cause} was skipped"
        skip(state, other, :skipped, "not run: #{because}")
    end
  end

  # All of them first: one that depends on another is not run for its own sake.
  defp skip_unevaluated(%{graph: graph} = state) do
    off = Enum.filter(graph.order, &(Graph.world(graph, &1)["args"]["eval"] == false))

    state =
      for id <- off, reduce: state do
        state -> %{skip(state, id, :eval, "the block says `:eval no`") | schedule: Schedule.drop(state.schedule, id)}
      end

    Enum.reduce(off, state, &skip_dependents(&2, &1, "#{&1} is not run (`:eval no`)"))
  end

  # What runs is killed, what waits is skipped.
  defp end_run(state, status, message) do
    state = Enum.reduce(Map.keys(state.running), %{state | ended_by: status}, &stopped(&2, &1, status, status, message))
    skip_rest(state, message)
  end

  defp skip_rest(state, because) do
    {rest, schedule} = Schedule.drop_rest(state.schedule)
    Enum.reduce(rest, %{state | schedule: schedule}, &skip(&2, &1, :skipped, "not run: " <> because))
  end

  defp skip(state, id, kind, message) do
    record(state, id, :skipped, Place.heading(kind, message, Graph.world(state.graph, id)), %{}, nil)
  end

  @unknown %{ms: 0.0, cached: false, log: "", notes: [], fuel: nil, memory_peak: nil, inputs_sha: nil, outputs_sha: nil}

  defp record(state, id, status, error, known, outputs) do
    lang = Graph.world(state.graph, id)["lang"]
    step = @unknown |> Map.merge(known) |> Map.merge(%{component: id, lang: lang, status: status, error: error})
    _ = StepLog.append(state.log, map_size(state.steps) + 1, step)
    Events.step_ended(state.events, step, outputs)
    put_in(state.steps[id], step)
  end

  defp status(%{ended_by: nil}, steps) do
    if Enum.any?(steps, &(&1.status in [:failed, :timeout])), do: :failed, else: :ok
  end

  defp status(%{ended_by: status}, _steps), do: status
end
