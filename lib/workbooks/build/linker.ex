defmodule Workbooks.Build.Linker do
  @moduledoc """
  Components that call one another: what stands after `using` in a `:sig:` is a function of
  one of the components that `:deps:` names.

      :deps: twice
      :sig: score(items: list<f64>) -> f64 using twice(x: f64) -> f64

  Where both are components with types (WAT, C, Zig, Rust) they are composed to one and run as
  one, a call between them costing what a call within WebAssembly costs. Where one of them is
  not, the call goes through a function of the host's.
  """

  alias Workbooks.{Build, Wasm}
  alias Workbooks.Build.{Artifact, Cache, Call, Deadline, Problem, Signature, Source, Spread, Types}

  @type id :: String.t()
  @typedoc "For each function that a component calls, the component it is of and how many arguments it takes."
  @type calls :: %{String.t() => {id, arity}}
  @typedoc """
  A component ready to be called: the artifacts that a call of it may run, a digest of all their code,
  and what its compiler had to say of its own block.
  """
  @type unit :: %{id: id, digest: binary, notes: [Problem.note()], linked: %{id => linked}}
  @typedoc "An artifact, and what it calls through the host."
  @type linked :: %{artifact: Artifact.t(), calls: calls}

  @doc """
  Who calls whom: for each component that calls others, its functions and the component each
  is of. Every function must be the `:sig:` of exactly one of the `:deps:`, with the same type.
  """
  @spec calls(map) :: {:ok, %{id => calls}} | {:error, [{id, Problem.t()}]}
  def calls(plan) do
    components = Map.new(plan["components"], &{&1["id"], &1})

    signatures =
      for {id, %{"sig" => sig}} when sig != nil <- components,
          {:ok, read} <- [Signature.parse(sig)],
          into: %{},
          do: {id, read}

    lines = Map.new(plan["worlds"], &{&1["id"], &1["position"]["line"]})

    found =
      for {id, %{using: [_ | _]} = signature} <- signatures,
          offers = offers(components[id]["deps"], signatures),
          function <- signature.using do
        {id, function, Map.get(offers, Types.wit_name(function.name), [])}
      end

    wrong = for {id, function, offers} <- found, problem = wrong(id, function, offers, lines), do: {id, problem}

    case Enum.sort_by(wrong, &elem(&1, 0)) do
      [] -> {:ok, Enum.reduce(found, %{}, &put_call/2)}
      wrong -> {:error, wrong}
    end
  end

  defp put_call({id, function, [{dep, _offer}]}, calls) do
    call = {dep, length(function.params)}
    Map.update(calls, id, %{function.name => call}, &Map.put(&1, function.name, call))
  end

  defp offers(deps, signatures) do
    offers = for dep <- deps, is_map_key(signatures, dep), do: {dep, signatures[dep]}
    Enum.group_by(offers, fn {_dep, offer} -> Types.wit_name(offer.name) end)
  end

  defp wrong(id, function, [], _lines) do
    Problem.new(:signature, "#{id} uses #{function.name}, which is the :sig: of none of its :deps:")
  end

  defp wrong(id, function, [{dep, offer}], lines) do
    unless same_type?(function, offer) do
      message =
        "#{id} uses #{Signature.text(function)}#{at(lines, id)}, " <>
          "#{dep} is #{Signature.text(offer)}#{at(lines, dep)}"

      Problem.new(:type, message)
    end
  end

  defp wrong(id, function, several, _lines) do
    names = Enum.map_join(several, ", ", &elem(&1, 0))
    Problem.new(:signature, "#{id} uses #{function.name}, which several of its :deps: are: #{names}")
  end

  defp same_type?(one, other) do
    types = fn signature -> Enum.map(signature.params, &elem(&1, 1)) end

    length(one.params) == length(other.params) and Types.same?(one.result, other.result) and
      Enum.all?(Enum.zip(types.(one), types.(other)), fn {one, other} -> Types.same?(one, other) end)
  end

  defp at(lines, id), do: if(lines[id], do: " (line #{lines[id]})", else: "")

  @doc """
  Compiles a component and what it calls, and links them; `sources` are the plan's. The answer
  has all of them. `progress` is told in words how far the compiling of which is.
  """
  @spec compile(id, %{id => Source.t()}, %{id => calls}, Deadline.t(), (id, String.t() -> term)) ::
          {:ok, %{id => linked}} | {:error, {id, Problem.t()}}
  def compile(id, sources, calls, deadline, progress \\ fn _id, _words -> :ok end) do
    make = &Build.compile(Map.fetch!(sources, &1), deadline: deadline, progress: told(progress, &1))
    with {:ok, artifacts} <- artifacts([id], make, calls, %{}), do: link(artifacts, calls, deadline)
  end

  defp told(progress, id), do: &progress.(id, &1)

  defp artifacts([], _make, _calls, done), do: {:ok, done}
  defp artifacts([id | rest], make, calls, done) when is_map_key(done, id), do: artifacts(rest, make, calls, done)

  defp artifacts([id | rest], make, calls, done) do
    case make.(id) do
      {:ok, artifact} -> artifacts(callees(id, calls) ++ rest, make, calls, Map.put(done, id, artifact))
      {:error, problem} -> {:error, {id, problem}}
    end
  end

  defp callees(id, calls), do: for({_name, {callee, _arity}} <- Map.get(calls, id, %{}), do: callee)

  @doc """
  A component ready to be called, with all that it calls through the host. A problem of something
  that it calls says so, and has no line. `progress` as for `compile/5`.
  """
  @spec unit(id, %{id => Source.t()}, %{id => calls}, Deadline.t(), (id, String.t() -> term)) ::
          {:ok, unit}
          | {:error, Problem.t()}
  def unit(id, sources, calls, deadline, progress \\ fn _id, _words -> :ok end)

  def unit(id, sources, calls, deadline, progress) when not is_map_key(calls, id) do
    with {:ok, artifact} <- Build.compile(Map.fetch!(sources, id), deadline: deadline, progress: told(progress, id)) do
      {:ok,
       %{
         id: id,
         digest: artifact.digest,
         notes: artifact.notes,
         linked: %{id => %{artifact: artifact, calls: %{}}}
       }}
    end
  end

  def unit(id, sources, calls, deadline, progress) do
    case compile(id, sources, calls, deadline, progress) do
      {:ok, linked} ->
        {:ok, %{id: id, digest: digest(linked, id), notes: linked[id].artifact.notes, linked: linked}}

      {:error, {^id, problem}} ->
        {:error, problem}

      {:error, {callee, problem}} ->
        {:error, Problem.new(problem.kind, "#{callee}, which is used here: #{problem.message}")}
    end
  end

  @doc """
  The digest and the notes that a unit would have, where all of it was compiled and linked before: told
  without compiling, linking or loading anything.
  """
  @spec known(id, %{id => Source.t()}, %{id => calls}) :: {:ok, binary, [Problem.note()]} | :error
  def known(id, sources, calls) do
    known =
      for callee <- reach(id, calls),
          {:ok, artifact} <- [Build.known(Map.fetch!(sources, callee))],
          do: {callee, artifact}

    with {:ok, linked} <- known |> Map.new() |> link_by(calls, &known_composed/2), true <- is_map_key(linked, id) do
      {:ok, digest(linked, id), linked[id].artifact.notes}
    else
      _unknown -> :error
    end
  end

  defp known_composed(artifact, []), do: {:ok, artifact}

  defp known_composed(artifact, plugs) do
    with :error <- Cache.peek(key(artifact, plugs)), do: {:error, :unknown}
  end

  defp digest(linked, id) do
    case linked[id] do
      %{calls: calls, artifact: artifact} when calls == %{} ->
        artifact.digest

      %{calls: calls, artifact: artifact} ->
        callees = for {name, {callee, _arity}} <- Enum.sort(calls), part <- [name, digest(linked, callee)], do: part
        :crypto.hash(:sha256, ["calls", artifact.digest | callees])
    end
  end

  @doc "Calls a unit with the values of its inputs, in order."
  @spec call(unit, [term], Call.environment()) :: {:ok, term} | {:error, Problem.t()}
  def call(%{id: id, linked: linked}, inputs, environment) do
    functions = Map.merge(environment.functions, functions(linked, id, environment))
    Build.call(linked[id].artifact, inputs, %{environment | functions: functions})
  end

  @doc "A unit whose programs count fuel."
  @spec metered(unit, Deadline.t()) :: {:ok, unit} | {:error, Problem.t()}
  def metered(unit, deadline) do
    metered =
      each(Map.to_list(unit.linked), %{}, fn {id, %{artifact: artifact} = linked}, done ->
        with {:ok, artifact} <- artifact.convention.metered(artifact, deadline),
             do: {:ok, Map.put(done, id, %{linked | artifact: artifact})}
      end)

    with {:ok, linked} <- metered, do: {:ok, %{unit | linked: linked}}
  end

  @doc "The components that one calls, and those that these call, itself among them."
  @spec reach(id, %{id => calls}) :: [id]
  def reach(id, calls), do: [id] |> reach(calls, %{}) |> Map.keys()

  defp reach([], _calls, seen), do: seen
  defp reach([id | rest], calls, seen) when is_map_key(seen, id), do: reach(rest, calls, seen)
  defp reach([id | rest], calls, seen), do: reach(callees(id, calls) ++ rest, calls, Map.put(seen, id, true))

  @doc """
  The artifacts of a plan, with those composed that can be. `calls` is what `calls/1` answers.

  An artifact that is missing is left out, and so is what calls it.
  """
  @spec link(%{id => Artifact.t()}, %{id => calls}, Deadline.t()) ::
          {:ok, %{id => linked}} | {:error, {id, Problem.t()}}
  def link(artifacts, calls, deadline), do: link_by(artifacts, calls, &compose(&1, &2, deadline))

  # `compose` makes one artifact of one and those that are plugged into it.
  defp link_by(artifacts, calls, compose) do
    Enum.reduce_while(Map.keys(artifacts), {:ok, %{}}, fn id, {:ok, done} ->
      case link_one(id, artifacts, calls, compose, done, []) do
        {:ok, done} -> {:cont, {:ok, done}}
        {:error, problem} -> {:halt, {:error, {id, problem}}}
      end
    end)
  end

  defp link_one(id, artifacts, calls, compose, done, above) do
    cond do
      is_map_key(done, id) or not is_map_key(artifacts, id) ->
        {:ok, done}

      id in above ->
        circle = Enum.join(Enum.reverse([id | above]), " → ")
        {:error, Problem.new(:signature, "components call each other in a circle: #{circle}")}

      true ->
        callees = Map.get(calls, id, %{})

        with {:ok, done} <- each(callees(id, calls), done, &link_one(&1, artifacts, calls, compose, &2, [id | above])) do
          # What lacks something it calls is left out as that is.
          if Enum.all?(callees(id, calls), &is_map_key(done, &1)),
            do: join(id, artifacts[id], callees, done, compose),
            else: {:ok, done}
        end
    end
  end

  defp each(items, state, fun) do
    Enum.reduce_while(items, {:ok, state}, fn item, {:ok, state} ->
      case fun.(item, state) do
        {:ok, state} -> {:cont, {:ok, state}}
        error -> {:halt, error}
      end
    end)
  end

  defp join(id, artifact, callees, done, compose) do
    {inside, outside} =
      Enum.split_with(callees, fn {_name, {callee, _arity}} -> composable?(artifact, done[callee]) end)

    plugs = Enum.uniq(for {_name, {callee, _arity}} <- inside, do: callee)

    with {:ok, composed} <- compose.(artifact, Enum.map(plugs, &done[&1].artifact)) do
      # Another text may have come to the same code.
      {:ok, Map.put(done, id, %{artifact: %{composed | notes: artifact.notes}, calls: Map.new(outside)})}
    end
  end

  # What itself calls through the host cannot be inside another, who does not know of that.
  defp composable?(artifact, callee) do
    artifact.convention == Call.Typed and callee.artifact.convention == Call.Typed and callee.calls == %{}
  end

  defp compose(artifact, [], _deadline), do: {:ok, artifact}

  # Kept as what was compiled is.
  defp compose(artifact, plugs, deadline) do
    Cache.get(key(artifact, plugs), deadline, fn ->
      with {:ok, bytes} <- composed(artifact.bytes, Enum.map(plugs, & &1.bytes), deadline),
           do: artifact |> with_bytes(bytes) |> Call.Typed.prepare(deadline)
    end)
  end

  defp key(artifact, plugs) do
    digests = for part <- [artifact | plugs], do: part.digest
    :crypto.hash(:sha256, ["linked" | digests])
  end

  defp with_bytes(artifact, bytes) do
    artifact
    |> Map.take([:language, :convention, :data, :params, :result])
    |> Map.put(:bytes, bytes)
    |> Map.to_list()
    |> Artifact.new()
  end

  defp composed(bytes, plugs, deadline) do
    with {:error, error} <- Wasm.compose(bytes, plugs, timeout: Deadline.left(deadline)) do
      {:error, Problem.from_wasm(error)}
    end
  end

  @doc """
  The functions that a component calls through the host, for its environment: of JSON-like
  values, each a call of an instance of its own. A call that fails is an exception, and the
  caller's failure.
  """
  @spec functions(%{id => linked}, id, Call.environment()) :: %{String.t() => function}
  def functions(linked, id, environment) do
    for {name, {callee, arity}} <- linked[id].calls, into: %{} do
      artifact = linked[callee].artifact

      call = fn arguments ->
        environment = %{environment | functions: functions(linked, callee, environment)}

        case artifact.convention.call(artifact, arguments, environment) do
          {:ok, value} -> value
          {:error, problem} -> raise "#{callee}: #{problem.message}"
        end
      end

      {name, Spread.function(arity, call)}
    end
  end
end
