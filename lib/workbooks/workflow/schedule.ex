defmodule Workbooks.Workflow.Schedule do
  @moduledoc false
  # What may run next. Each component counts how many it still waits for; those that
  # wait for none stand in a queue, in the document's order. A component costs the
  # logarithm of their number, an edge nothing that grows.

  alias Workbooks.Workflow.Graph

  # `places` are the components' numbers in the document, `names` the same the other way
  # round; `waits` has those that have not begun, `ready` the numbers of those that may.
  defstruct [:places, :names, :dependents, :waits, :ready]

  @opaque t :: %__MODULE__{
            places: %{Graph.id() => non_neg_integer},
            names: tuple,
            dependents: %{Graph.id() => [Graph.id()]},
            waits: %{Graph.id() => non_neg_integer},
            ready: :gb_sets.set(non_neg_integer)
          }

  @doc """
      iex> plan = %{
      ...>   "components" => for(id <- ~w(a b c), do: %{"id" => id, "out" => []}),
      ...>   "worlds" => [],
      ...>   "edges" => [%{"from" => %{"component" => "c", "port" => nil}, "to" => %{"component" => "a", "port" => nil}}],
      ...>   "exports" => []
      ...> }
      iex> alias Workbooks.Workflow.{Graph, Schedule}
      iex> schedule = Schedule.new(Graph.new(plan))
      iex> {"b", schedule} = Schedule.next(schedule)
      iex> {"c", schedule} = Schedule.next(schedule)
      iex> Schedule.next(schedule)
      nil
      iex> {"a", _schedule} = schedule |> Schedule.done("c") |> Schedule.next()
  """
  @spec new(Graph.t()) :: t
  def new(%Graph{} = graph) do
    places = graph.order |> Enum.with_index() |> Map.new()
    ready = for {id, 0} <- graph.waits, do: places[id]

    %__MODULE__{
      places: places,
      names: List.to_tuple(graph.order),
      dependents: graph.dependents,
      waits: graph.waits,
      ready: :gb_sets.from_list(ready)
    }
  end

  @doc "The first of those that may run, which then has begun; `nil` where none may."
  @spec next(t) :: {Graph.id(), t} | nil
  def next(schedule) do
    if :gb_sets.is_empty(schedule.ready) do
      nil
    else
      {place, ready} = :gb_sets.take_smallest(schedule.ready)
      id = elem(schedule.names, place)
      {id, %{schedule | ready: ready, waits: Map.delete(schedule.waits, id)}}
    end
  end

  @doc "One that began has ended well: who waited for it waits for one less."
  @spec done(t, Graph.id()) :: t
  def done(schedule, id) do
    for dependent <- Map.get(schedule.dependents, id, []), reduce: schedule do
      %{waits: %{^dependent => 1} = waits} = schedule ->
        ready = :gb_sets.add_element(schedule.places[dependent], schedule.ready)
        %{schedule | ready: ready, waits: %{waits | dependent => 0}}

      %{waits: %{^dependent => count} = waits} = schedule ->
        %{schedule | waits: %{waits | dependent => count - 1}}

      # It was dropped.
      schedule ->
        schedule
    end
  end

  @doc """
  Takes out all that waits for `id`, directly or not: `[{id, for whom it waited}]`, what
  waits for it directly first.
  """
  @spec drop_dependents(t, Graph.id()) :: {[{Graph.id(), Graph.id()}], t}
  def drop_dependents(schedule, id), do: drop_dependents([id], [], [], schedule)

  defp drop_dependents([], [], dropped, schedule), do: {Enum.reverse(dropped), schedule}
  defp drop_dependents([], next, dropped, schedule), do: drop_dependents(Enum.reverse(next), [], dropped, schedule)

  defp drop_dependents([id | rest], next, dropped, schedule) do
    waiting = for other <- Map.get(schedule.dependents, id, []), is_map_key(schedule.waits, other), do: other
    schedule = Enum.reduce(waiting, schedule, &drop(&2, &1))
    drop_dependents(rest, Enum.reverse(waiting, next), Enum.reverse(Enum.map(waiting, &{&1, id}), dropped), schedule)
  end

  @doc "Takes out one that has not begun."
  @spec drop(t, Graph.id()) :: t
  def drop(schedule, id) do
    ready = :gb_sets.del_element(schedule.places[id], schedule.ready)
    %{schedule | ready: ready, waits: Map.delete(schedule.waits, id)}
  end

  @doc "Takes out all that have not begun, in the document's order."
  @spec drop_rest(t) :: {[Graph.id()], t}
  def drop_rest(schedule) do
    rest = schedule.waits |> Map.keys() |> Enum.sort_by(&schedule.places[&1])
    {rest, %{schedule | waits: %{}, ready: :gb_sets.empty()}}
  end
end
