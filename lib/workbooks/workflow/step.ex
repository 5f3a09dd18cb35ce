defmodule Workbooks.Workflow.Step do
  @moduledoc false
  # One component of the plan, run to its outputs. Runs in a process of its own,
  # which is what limits and kills act on.

  alias Workbooks.Build.{Call, Deadline, Fuel, Linker, Problem, Source}
  alias Workbooks.Workflow.{Capabilities, Log, Outputs, Remote, ResultCache}

  @typedoc """
  What a step is given. `sources` are its block and those whose functions it uses, by the
  component's id, `calls` says whose they are (`Workbooks.Build.Linker`). Each input comes with its digest, where that is known already; `store` is
  where results are kept, `cache` whether they are used (`:use`), compared with what is found anew
  (`:verify`) or let be (`:off`).
  """
  @type job :: %{
          component: map,
          world: map,
          sources: %{String.t() => Source.t()},
          calls: %{String.t() => Linker.calls()},
          inputs: [{term, binary | nil}],
          given: Capabilities.given(),
          seed: non_neg_integer,
          memory: pos_integer,
          fuel: pos_integer | nil,
          timeout: timeout,
          compile_timeout: timeout,
          progress: (String.t(), String.t() -> term),
          node: node,
          store: ResultCache.store(),
          cache: :use | :verify | :off
        }

  # However little memory a step has, its values may take this much.
  @least_room 16 * 1024 * 1024

  @typedoc "What it came to, for who makes a `t:Workbooks.Run.step/0` of it."
  @type outcome :: %{
          answer: {:ok, ResultCache.entry()} | {:error, Problem.t()},
          ms: float,
          cached: boolean,
          log: binary,
          notes: [Problem.note()],
          inputs_sha: binary,
          memory_peak: non_neg_integer | nil,
          fuel: non_neg_integer | nil
        }

  @doc """
  What the step came to before, where that is kept: told without a process of its own, which would cost
  more than looking it up does.
  """
  @spec kept(job) :: {:ok, outcome} | :error
  def kept(%{cache: :use} = job) do
    begun = System.monotonic_time()
    shas = shas(job)

    # A result is found without compiling anything, or loading what was compiled.
    with true <- Capabilities.pure?(job.given),
         {:ok, digest, notes} <- Linker.known(job.component["id"], job.sources, job.calls),
         {:ok, entry} <- fetch(job, shas, digest) do
      known = %{inputs_sha: :crypto.hash(:sha256, shas), memory_peak: nil, fuel: nil, notes: notes}
      {:ok, Map.merge(known, %{answer: {:ok, entry}, ms: elapsed(begun), cached: true, log: entry.log})}
    else
      _none -> :error
    end
  rescue
    # A fault of ours must not take the run along: it is the step's own process that tells of it.
    _exception -> :error
  end

  def kept(_job), do: :error

  @doc "Runs a step of which `kept/1` knew nothing."
  @spec run(job) :: outcome
  def run(job) do
    begun = System.monotonic_time()
    log = Log.start()
    shas = shas(job)
    {answer, cached, notes} = answer(job, shas, log)
    printed = if cached, do: elem(answer, 1).log, else: Log.text()
    meter = Process.get(:meter, %{})

    %{
      answer: answer,
      ms: elapsed(begun),
      cached: cached,
      log: printed,
      notes: notes,
      inputs_sha: :crypto.hash(:sha256, shas),
      memory_peak: meter[:memory_peak],
      fuel: Process.get(:fuel)
    }
  end

  defp shas(job), do: for({value, sha} <- job.inputs, do: sha || ResultCache.digest(value))

  @doc "Milliseconds since a monotonic time."
  @spec elapsed(integer) :: float
  def elapsed(begun) do
    System.convert_time_unit(System.monotonic_time() - begun, :native, :microsecond) / 1000
  end

  defp answer(job, shas, log) do
    # What is granted something real may come to something else each time.
    compile(job, shas, log, job.cache != :off and Capabilities.pure?(job.given))
  rescue
    # A fault of ours must not take the run along.
    exception -> {{:error, Problem.new(:internal, Exception.message(exception))}, false, []}
  end

  defp compile(job, shas, log, keeps) do
    deadline = Deadline.in_ms(job.compile_timeout)

    with {:ok, unit} <- Linker.unit(job.component["id"], job.sources, job.calls, deadline, job.progress) do
      case keeps and job.cache == :use and fetch(job, shas, unit.digest) do
        {:ok, entry} ->
          {{:ok, entry}, true, unit.notes}

        _none ->
          {job |> call(unit, log, deadline) |> kept(job, keeps && key(job, shas, unit.digest)), false, unit.notes}
      end
    else
      {:error, problem} -> {{:error, uncompiled(problem, job)}, false, []}
    end
  end

  defp uncompiled(problem, job),
    do: late(problem, "the block was not compiled", :compile_timeout, job.compile_timeout)

  # Who compiles or calls knows when its time is over, not how much there was.
  defp late(%Problem{kind: :timeout} = problem, what, option, ms),
    do: %{problem | message: "#{what} within #{ms} ms (#{option}): #{problem.message}"}

  defp late(problem, _what, _option, _ms), do: problem

  defp fetch(job, shas, digest), do: ResultCache.fetch(job.store, key(job, shas, digest))

  # Everything that the outputs depend on. The names of the ports are part of how some are called.
  defp key(job, shas, digest) do
    %{"in" => ins, "out" => outs} = job.component
    ResultCache.digest({digest, shas, ins, outs, job.given, job.seed, job.memory})
  end

  defp call(job, unit, log, compiling) do
    before = heap_bytes()

    with {:ok, unit} <- metered(job, unit, compiling),
         {:ok, value} <- ended(job, unit, log),
         :ok <- room(before, max(job.memory, @least_room)),
         {:ok, outputs} <- Outputs.name(job.component["out"], value) do
      {:ok, ResultCache.entry(outputs, Log.text())}
    end
  end

  # Another node makes its own.
  defp metered(%{fuel: fuel, node: node}, unit, _compiling) when fuel == nil or node != node(), do: {:ok, unit}

  defp metered(job, unit, compiling) do
    with {:error, problem} <- Linker.metered(unit, compiling), do: {:error, uncompiled(problem, job)}
  end

  defp ended(job, unit, log) do
    inputs = for {value, _sha} <- job.inputs, do: value
    fuel = Fuel.new(job.fuel)
    here = [deadline: Deadline.in_ms(job.timeout), memory: job.memory, log: log, fuel: fuel]
    meter = [meter: &Process.put(:meter, &1)]
    environment = Call.environment(here ++ meter ++ Capabilities.environment(job.given, job.seed))
    answer = call_at(job.node, unit, inputs, environment)
    Process.put(:fuel, Fuel.taken(fuel))

    with {:error, problem} <- within(answer, fuel),
         do: {:error, late(problem, "the block did not end", :step_timeout, job.timeout)}
  end

  defp within({:error, %Problem{kind: :fuel} = problem}, fuel), do: {:error, %{problem | message: too_much(fuel)}}

  # What it called may have ended for that reason, and it gone on.
  defp within(answer, fuel), do: if(Fuel.empty?(fuel), do: {:error, Problem.new(:fuel, too_much(fuel))}, else: answer)

  defp too_much(fuel), do: "the step takes more than the #{fuel.limit} instructions that fuel: allows it"

  defp call_at(node, unit, inputs, environment) when node == node(), do: Linker.call(unit, inputs, environment)
  defp call_at(node, unit, inputs, environment), do: Remote.call(node, unit, inputs, environment)

  # A few bytes of WebAssembly's memory may be many of ours, and all that is done with them later takes
  # as much again. What is text counts nothing here: it is as long as it was there.
  defp room(before, most) do
    if heap_bytes() - before > most and collected() - before > most do
      taken = div(heap_bytes() - before, 1024 * 1024)

      message =
        "what the block gives takes #{taken} MiB as values, more than the step's #{div(most, 1024 * 1024)} MiB (memory)"

      {:error, Problem.new(:memory_limit, message)}
    else
      :ok
    end
  end

  defp collected do
    :erlang.garbage_collect()
    heap_bytes()
  end

  defp heap_bytes do
    {:total_heap_size, words} = Process.info(self(), :total_heap_size)
    words * :erlang.system_info(:wordsize)
  end

  defp kept({:ok, entry}, %{cache: :verify} = job, key) when is_binary(key) do
    case ResultCache.fetch(job.store, key) do
      {:ok, %{shas: shas}} when shas != entry.shas -> {:error, difference(job.component["id"], shas, entry.shas)}
      {:ok, _same} -> {:ok, entry}
      :error -> keep(entry, job, key)
    end
  end

  defp kept({:ok, entry}, job, key) when is_binary(key), do: keep(entry, job, key)
  defp kept(answer, _job, _key), do: answer

  defp keep(entry, job, key) do
    ResultCache.put(job.store, key, entry)
    {:ok, entry}
  end

  defp difference(id, kept, found) do
    names = for {name, sha} <- found, kept[name] != sha, do: name

    Problem.new(
      :nondeterministic,
      "#{id} gave another #{Enum.join(names, ", ")} than before, with the same code and the same inputs"
    )
  end
end
