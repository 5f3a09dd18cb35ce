defmodule Workbooks.Workflow.Graph do
  @moduledoc false
  # A plan as the run needs it: who waits for whom, and where each input comes from.

  defstruct [:order, :components, :worlds, :waits_for, :feeds]

  @type id :: String.t()
  @type t :: %__MODULE__{
          order: [id],
          components: %{id => map},
          worlds: %{id => map},
          waits_for: %{id => MapSet.t(id)},
          feeds: %{{id, String.t()} => {id, String.t()}}
        }

  @spec new(map) :: t
  def new(plan) do
    components = Map.new(plan["components"], &{&1["id"], &1})
    # An edge for order alone has no port.
    edges = for edge <- plan["edges"], do: {edge["from"], edge["to"]}

    waits_for =
      for {from, to} <- edges, reduce: Map.new(components, fn {id, _} -> {id, MapSet.new()} end) do
        waits -> Map.update!(waits, to["component"], &MapSet.put(&1, from["component"]))
      end

    feeds =
      for {from, to} <- edges, to["port"], into: %{} do
        {{to["component"], to["port"]}, {from["component"], from["port"]}}
      end

    %__MODULE__{
      order: Enum.map(plan["components"], & &1["id"]),
      components: components,
      worlds: Map.new(plan["worlds"], &{&1["id"], &1}),
      waits_for: waits_for,
      feeds: feeds
    }
  end

  @doc "The world of a component."
  @spec world(t, id) :: map
  def world(graph, id), do: Map.fetch!(graph.worlds, graph.components[id]["world"])

  @doc "The values of a component's inputs, in parameter order."
  @spec inputs(t, id, results :: map, given :: map) :: [term]
  def inputs(graph, id, results, given) do
    component = graph.components[id]
    values = component["values"] || %{}

    for port <- component["in"] do
      case {values, graph.feeds[{id, port}]} do
        {%{^port => value}, _} -> value
        {_, {from, output}} -> results |> Map.fetch!(from) |> Map.get(output)
        {_, nil} -> Map.get(given, port)
      end
    end
  end
end
