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
          node: node,
          store: ResultCache.store(),
          cache: :use | :verify | :off
        }

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

  # A cold compiler may take this long, however short a step is to be.
  @compile_ms 60_000

  @doc "Milliseconds that a step of that timeout has for compiling its block, before its own time begins."
  @spec compile_ms(timeout) :: timeout
  def compile_ms(:infinity), do: :infinity
  def compile_ms(timeout), do: max(timeout, @compile_ms)

  @doc "Runs a step."
  @spec run(job) :: outcome
  def run(job) do
    begun = System.monotonic_time()
    log = Log.start()
    shas = for {value, sha} <- job.inputs, do: sha || ResultCache.digest(value)
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

  @doc "Milliseconds since a monotonic time."
  @spec elapsed(integer) :: float
  def elapsed(begun) do
    System.convert_time_unit(System.monotonic_time() - begun, :native, :microsecond) / 1000
  end

  defp answer(job, shas, log) do
    # What is granted something real may come to something else each time.
    keeps = job.cache != :off and Capabilities.pure?(job.given)

    # A result is found without compiling anything, or loading what was compiled.
    case keeps and job.cache == :use and compiled_before(job, shas) do
      {:ok, entry, notes} -> {{:ok, entry}, true, notes}
      _none -> compile(job, shas, log, keeps)
    end
  rescue
    # A fault of ours must not take the run along.
    exception -> {{:error, Problem.new(:internal, Exception.message(exception))}, false, []}
  end

  defp compile(job, shas, log, keeps) do
    deadline = Deadline.in_ms(compile_ms(job.timeout))

    with {:ok, unit} <- Linker.unit(job.component["id"], job.sources, job.calls, deadline) do
      case keeps and job.cache == :use and fetch(job, shas, unit.digest) do
        {:ok, entry} ->
          {{:ok, entry}, true, unit.notes}

        _none ->
          {job |> call(unit, log, deadline) |> kept(job, keeps && key(job, shas, unit.digest)), false, unit.notes}
      end
    else
      {:error, problem} -> {{:error, problem}, false, []}
    end
  end

  defp compiled_before(job, shas) do
    with {:ok, digest, notes} <- Linker.known(job.component["id"], job.sources, job.calls),
         {:ok, entry} <- fetch(job, shas, digest),
         do: {:ok, entry, notes}
  end

  defp fetch(job, shas, digest), do: ResultCache.fetch(job.store, key(job, shas, digest))

  # Everything that the outputs depend on. The names of the ports are part of how some are called.
  defp key(job, shas, digest) do
    %{"in" => ins, "out" => outs} = job.component
    ResultCache.digest({digest, shas, ins, outs, job.given, job.seed, job.memory})
  end

  defp call(job, unit, log, compiling) do
    inputs = for {value, _sha} <- job.inputs, do: value
    fuel = Fuel.new(job.fuel)

    with {:ok, unit} <- metered(job, unit, compiling),
         environment =
           Call.environment(
             [deadline: Deadline.in_ms(job.timeout), memory: job.memory, log: log, fuel: fuel] ++
               [meter: &Process.put(:meter, &1)] ++ Capabilities.environment(job.given, job.seed)
           ),
         answer = call_at(job.node, unit, inputs, environment),
         Process.put(:fuel, Fuel.taken(fuel)),
         {:ok, value} <- within(answer, fuel),
         {:ok, outputs} <- Outputs.name(job.component["out"], value) do
      {:ok, ResultCache.entry(outputs, Log.text())}
    end
  end

  # Another node makes its own.
  defp metered(%{fuel: fuel, node: node}, unit, _compiling) when fuel == nil or node != node(), do: {:ok, unit}
  defp metered(_job, unit, compiling), do: Linker.metered(unit, compiling)

  defp within({:error, %Problem{kind: :fuel} = problem}, fuel), do: {:error, %{problem | message: too_much(fuel)}}

  # What it called may have ended for that reason, and it gone on.
  defp within(answer, fuel), do: if(Fuel.empty?(fuel), do: {:error, Problem.new(:fuel, too_much(fuel))}, else: answer)

  defp too_much(fuel), do: "the step takes more than the #{fuel.limit} instructions that fuel: allows it"

  defp call_at(node, unit, inputs, environment) when node == node(), do: Linker.call(unit, inputs, environment)
  defp call_at(node, unit, inputs, environment), do: Remote.call(node, unit, inputs, environment)

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
