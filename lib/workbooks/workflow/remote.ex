defmodule Workbooks.Workflow.Remote do
  @moduledoc false
  # A step's call on another node. What is called is named by its digest, and sent only to a
  # node that has not got it. Both processes are linked: a step that is ended here ends there,
  # and of a node that is lost the step here learns as `:noconnection`.

  alias Workbooks.Build
  alias Workbooks.Build.{Artifact, Call, Deadline, Fuel, Linker, Problem}

  # For what a call's own limits do not end: it has this long to do it, in milliseconds.
  @grace 2_000

  @doc "As `Workbooks.Build.Linker.call/3`, on `node`."
  @spec call(node, Linker.unit(), [term], Call.environment()) :: {:ok, term} | {:error, Problem.t()}
  def call(node, %{id: id, linked: linked} = unit, inputs, environment) do
    ref = make_ref()

    order = %{
      id: id,
      digest: unit.digest,
      inputs: inputs,
      parts:
        Map.new(linked, fn {callee, %{artifact: artifact, calls: calls}} -> {callee, {artifact.digest, calls}} end),
      settings: Map.drop(environment, [:deadline, :log, :meter, :functions, :fuel]),
      fuel: environment.fuel && environment.fuel.limit,
      left: Deadline.left(environment.deadline)
    }

    pid = Node.spawn_link(node, __MODULE__, :serve, [self(), ref, order])
    await(pid, ref, linked, environment)
  end

  defp await(pid, ref, linked, environment) do
    receive do
      {^ref, {:want, digests}} ->
        wanted = for {_id, %{artifact: artifact}} <- linked, artifact.digest in digests, do: %{artifact | program: nil}
        send(pid, {ref, {:artifacts, wanted}})
        await(pid, ref, linked, environment)

      {^ref, {:line, line}} ->
        environment.log.(line)
        await(pid, ref, linked, environment)

      {^ref, {:answer, answer, measured, fuel}} ->
        Process.unlink(pid)
        Fuel.take(environment.fuel, fuel)
        environment.meter.(measured)
        answer
    after
      left(environment.deadline) ->
        Process.unlink(pid)
        Process.exit(pid, :kill)
        {:error, Problem.new(:timeout, "no answer from #{node(pid)} within the step's time")}
    end
  end

  defp left(:infinity), do: :infinity
  defp left(deadline), do: Deadline.left(deadline) + @grace

  @doc "The other end of `call/4`."
  @spec serve(pid, reference, map) :: :ok
  def serve(home, ref, order) do
    deadline = Deadline.in_ms(order.left)
    fuel = Fuel.new(order.fuel)
    digests = Enum.uniq(for {_id, {digest, _calls}} <- order.parts, do: digest)

    answer =
      with {:ok, artifacts} <- artifacts(digests, home, ref, deadline) do
        linked =
          Map.new(order.parts, fn {id, {digest, calls}} -> {id, %{artifact: artifacts[digest], calls: calls}} end)

        unit = %{id: order.id, digest: order.digest, notes: [], linked: linked}

        with {:ok, unit} <- if(fuel, do: Linker.metered(unit, deadline), else: {:ok, unit}),
             do: Linker.call(unit, order.inputs, environment(order, deadline, fuel, home, ref))
      end

    send(home, {ref, {:answer, answer, Process.get(:meter, %{}), Fuel.taken(fuel)}})
    :ok
  end

  defp environment(order, deadline, fuel, home, ref) do
    here = %{
      deadline: deadline,
      fuel: fuel,
      log: &send(home, {ref, {:line, &1}}),
      meter: &Process.put(:meter, &1)
    }

    Call.environment(Map.merge(order.settings, here))
  end

  defp artifacts(digests, home, ref, deadline) do
    kept =
      for digest <- digests,
          {:ok, artifact} <- [Build.Cache.fetch(digest, deadline)],
          into: %{},
          do: {digest, artifact}

    case digests -- Map.keys(kept) do
      [] ->
        {:ok, kept}

      missing ->
        send(home, {ref, {:want, missing}})

        receive do
          {^ref, {:artifacts, sent}} -> take_in(sent, kept, deadline)
        after
          Deadline.left(deadline) -> {:error, Problem.new(:timeout, "the code of the step did not come in time")}
        end
    end
  end

  defp take_in(sent, kept, deadline) do
    Enum.reduce_while(sent, {:ok, kept}, fn %Artifact{} = artifact, {:ok, kept} ->
      case artifact.convention.prepare(artifact, deadline) do
        {:ok, artifact} ->
          Build.Cache.put(artifact.digest, artifact)
          {:cont, {:ok, Map.put(kept, artifact.digest, artifact)}}

        {:error, problem} ->
          {:halt, {:error, problem}}
      end
    end)
  end
end
