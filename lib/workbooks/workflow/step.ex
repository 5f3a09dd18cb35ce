defmodule Workbooks.Workflow.Step do
  @moduledoc false
  # One component of the plan, run to its outputs. Runs in a process of its own,
  # which is what limits and kills act on.

  alias Workbooks.Build.{Call, Deadline, Linker, Problem, Source}
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
         {:ok, digest} <- Linker.known_digest(job.component["id"], job.sources, job.calls),
         {:ok, entry} <- fetch(job, shas, digest) do
      known = %{inputs_sha: :crypto.hash(:sha256, shas), memory_peak: nil, fuel: nil}
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
    {answer, cached} = answer(job, shas, log)
    printed = if cached, do: elem(answer, 1).log, else: Log.text()
    meter = Process.get(:meter, %{})

    %{
      answer: answer,
      ms: elapsed(begun),
      cached: cached,
      log: printed,
      inputs_sha: :crypto.hash(:sha256, shas),
      memory_peak: meter[:memory_peak],
      fuel: meter[:fuel]
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
    exception -> {{:error, Problem.new(:internal, Exception.message(exception))}, false}
  end

  defp compile(job, shas, log, keeps) do
    deadline = Deadline.in_ms(compile_ms(job.timeout))

    with {:ok, unit} <- Linker.unit(job.component["id"], job.sources, job.calls, deadline) do
      case keeps and job.cache == :use and fetch(job, shas, unit.digest) do
        {:ok, entry} -> {{:ok, entry}, true}
        _none -> {job |> call(unit, log) |> kept(job, keeps && key(job, shas, unit.digest)), false}
      end
    else
      {:error, problem} -> {{:error, problem}, false}
    end
  end

  defp fetch(job, shas, digest), do: ResultCache.fetch(job.store, key(job, shas, digest))

  # Everything that the outputs depend on. The names of the ports are part of how some are called.
  defp key(job, shas, digest) do
    %{"in" => ins, "out" => outs} = job.component
    ResultCache.digest({digest, shas, ins, outs, job.given, job.seed, job.memory})
  end

  defp call(job, unit, log) do
    inputs = for {value, _sha} <- job.inputs, do: value

    environment =
      Call.environment(
        [deadline: Deadline.in_ms(job.timeout), memory: job.memory, log: log, meter: &Process.put(:meter, &1)] ++
          Capabilities.environment(job.given, job.seed)
      )

    with {:ok, value} <- call_at(job.node, unit, inputs, environment),
         {:ok, outputs} <- Outputs.name(job.component["out"], value) do
      {:ok, ResultCache.entry(outputs, Log.text())}
    end
  end

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
