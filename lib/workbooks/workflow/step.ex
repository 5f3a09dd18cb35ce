defmodule Workbooks.Workflow.Step do
  @moduledoc false
  # One component of the plan, run to its outputs. Runs in a process of its own,
  # which is what limits and kills act on.

  alias Workbooks.Build
  alias Workbooks.Build.{Call, Deadline, Linker, Problem}
  alias Workbooks.Workflow.{Assembly, Capabilities, Log, Outputs, Remote, ResultCache}

  @typedoc """
  What a step is given. Its part is what was made of its block; each input comes with its digest,
  where that is known already; its call is made on `node`; `store` is
  where results are kept, `cache` whether they are used (`:use`), compared with what is found anew
  (`:verify`) or let be (`:off`).
  """
  @type job :: %{
          component: map,
          part: Assembly.part(),
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

  @doc "Runs a step."
  @spec run(job) :: outcome
  def run(job) do
    begun = System.monotonic_time()
    log = Log.start()
    shas = for {value, sha} <- job.inputs, do: sha || ResultCache.digest(value)
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

  @doc "Milliseconds since a monotonic time."
  @spec elapsed(integer) :: float
  def elapsed(begun) do
    System.convert_time_unit(System.monotonic_time() - begun, :native, :microsecond) / 1000
  end

  defp answer(%{part: {:error, problem}}, _shas, _log), do: {{:error, problem}, false}

  defp answer(%{part: {:ok, linked}} = job, shas, log) do
    key = if job.cache != :off and Capabilities.pure?(job.given), do: key(job, shas, linked)

    case job.cache == :use and key != nil and ResultCache.fetch(job.store, key) do
      {:ok, entry} -> {{:ok, entry}, true}
      _none -> {job |> call(linked, log) |> kept(job, key), false}
    end
  rescue
    # A fault of ours must not take the run along.
    exception -> {{:error, Problem.new(:internal, Exception.message(exception))}, false}
  end

  # Everything that the outputs depend on. The names of the ports are part of how some are called.
  defp key(job, shas, linked) do
    %{"in" => ins, "out" => outs, "id" => id} = job.component
    code = for {callee, %{artifact: artifact}} <- linked, do: {callee == id, artifact.digest}
    ResultCache.digest({Enum.sort(code), shas, ins, outs, job.given, job.seed, job.memory})
  end

  defp call(job, linked, log) do
    id = job.component["id"]
    inputs = for {value, _sha} <- job.inputs, do: value

    environment =
      Call.environment(
        [deadline: Deadline.in_ms(job.timeout), memory: job.memory, log: log, meter: &Process.put(:meter, &1)] ++
          Capabilities.environment(job.given, job.seed)
      )

    environment = %{environment | functions: Linker.functions(linked, id, environment)}

    with {:ok, value} <- call_at(job.node, linked, id, inputs, environment),
         {:ok, outputs} <- Outputs.name(job.component["out"], value) do
      {:ok, ResultCache.entry(outputs, Log.text())}
    end
  end

  defp call_at(node, linked, id, inputs, environment) when node == node() do
    Build.call(linked[id].artifact, inputs, environment)
  end

  defp call_at(node, linked, id, inputs, environment), do: Remote.call(node, linked, id, inputs, environment)

  defp kept({:ok, entry}, %{cache: :verify} = job, key) when key != nil do
    case ResultCache.fetch(job.store, key) do
      {:ok, %{shas: shas}} when shas != entry.shas -> {:error, difference(job.component["id"], shas, entry.shas)}
      {:ok, _same} -> {:ok, entry}
      :error -> keep(entry, job, key)
    end
  end

  defp kept({:ok, entry}, job, key) when key != nil, do: keep(entry, job, key)
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
