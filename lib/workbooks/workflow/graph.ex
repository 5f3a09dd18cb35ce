defmodule Workbooks.Workflow.Graph do
  @moduledoc false
  # A plan as the run needs it: who waits for whom, and where each input comes from.

  defstruct [:order, :components, :worlds, :waits, :dependents, :feeds, :exports]

  @type id :: String.t()
  @type t :: %__MODULE__{
          order: [id],
          components: %{id => map},
          worlds: %{id => map},
          waits: %{id => non_neg_integer},
          dependents: %{id => [id]},
          feeds: %{{id, String.t()} => {id, String.t()}},
          exports: [{String.t(), id}]
        }

  @spec new(map) :: t
  def new(plan) do
    # What is there for its callers alone is no step.
    order = for component <- plan["components"], !component["library"], do: component["id"]
    # An edge for order alone has no port.
    edges = for edge <- plan["edges"], do: {edge["from"], edge["to"]}
    # Two components may be joined by several ports: one waits for the other once.
    pairs = Enum.uniq(for {from, to} <- edges, do: {from["component"], to["component"]})
    givers = for component <- Enum.reverse(plan["components"]), out <- component["out"], into: %{}, do: {out, component}

    %__MODULE__{
      order: order,
      components: Map.new(plan["components"], &{&1["id"], &1}),
      worlds: Map.new(plan["worlds"], &{&1["id"], &1}),
      waits: Map.merge(Map.new(order, &{&1, 0}), Enum.frequencies_by(pairs, &elem(&1, 1))),
      dependents: Enum.group_by(pairs, &elem(&1, 0), &elem(&1, 1)),
      feeds:
        for {from, to} <- edges, to["port"], into: %{} do
          {{to["component"], to["port"]}, {from["component"], from["port"]}}
        end,
      exports: for(name <- plan["exports"], giver = givers[name], do: {name, giver["id"]})
    }
  end

  @doc "The world of a component."
  @spec world(t, id) :: map
  def world(graph, id), do: Map.fetch!(graph.worlds, graph.components[id]["world"])

  @doc """
  Where each of a component's inputs comes from, in parameter order: a value that stands
  in the file, an output of another component's, or what the caller gave.
  """
  @spec sources(t, id) :: [{:value, term} | {:output, id, String.t()} | {:given, String.t()}]
  def sources(graph, id) do
    component = graph.components[id]
    values = component["values"] || %{}

    for port <- component["in"] do
      case {values, graph.feeds[{id, port}]} do
        {%{^port => value}, _} -> {:value, value}
        {_, {from, output}} -> {:output, from, output}
        {_, nil} -> {:given, port}
      end
    end
  end
end
