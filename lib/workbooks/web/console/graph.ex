defmodule Workbooks.Web.Console.Graph do
  @moduledoc false
  # A plan as a graph: a node for each input, component and output of the workbook, an edge for what one
  # gives the other. Where they stand is `Graph.Layout`'s, how they look `Graph.Drawing`'s.

  alias Workbooks.Web.Console.Graph.{Drawing, Layout}
  alias Workbooks.Web.Console.HTML

  # More than this nobody reads as a drawing, and a hostile plan would have the server draw for long: the table
  # of components, which stands below every drawing, has to do.
  @most_nodes 240
  @most_edges 1_200

  @type id :: {:import | :component | :export, String.t()}
  @type vertex :: %{id: id, title: String.t(), lang: String.t() | nil, line: pos_integer | nil}
  @type edge :: {from :: id, to :: id, ports :: [String.t()]}

  @doc """
  The drawing of a plan, or `:too_large`.

  `href:` makes an address of a line; `status:` is what a component's step came to, by component.
  """
  @spec svg(map, keyword) :: HTML.t() | :too_large
  def svg(plan, options \\ []) do
    {vertices, edges} = of_plan(plan)

    if length(vertices) > @most_nodes or length(edges) > @most_edges do
      :too_large
    else
      vertices |> Layout.new(edges) |> Drawing.svg(Map.new(options))
    end
  end

  @doc "The nodes and edges of a plan; two components are joined once, by however many values."
  @spec of_plan(map) :: {[vertex], [edge]}
  def of_plan(plan) do
    worlds = Map.new(plan["worlds"], &{&1["id"], &1})
    components = Enum.map(plan["components"], &component(&1, worlds[&1["world"]] || %{}))
    imports = for name <- plan["imports"], do: %{id: {:import, name}, title: name, lang: nil, line: nil}
    exports = for name <- plan["exports"], do: %{id: {:export, name}, title: name, lang: nil, line: nil}
    known = MapSet.new(imports ++ components ++ exports, & &1.id)

    edges =
      (between(plan) ++ from_imports(plan) ++ to_exports(plan))
      |> Enum.filter(fn {from, to, _port} -> from in known and to in known and from != to end)
      |> Enum.group_by(fn {from, to, _port} -> {from, to} end, fn {_from, _to, port} -> port end)
      |> Enum.map(fn {{from, to}, ports} -> {from, to, Enum.uniq(ports)} end)
      |> Enum.sort()

    {Enum.uniq_by(imports ++ components ++ exports, & &1.id), edges}
  end

  defp component(component, world) do
    %{
      id: {:component, component["id"]},
      title: component["title"] || component["id"],
      lang: world["lang"],
      line: world["position"]["line"]
    }
  end

  # What is joined by `:deps:` alone waits, though nothing is handed over.
  defp between(plan) do
    wired =
      for %{"from" => from, "to" => to} <- plan["edges"],
          do: {{:component, from["component"]}, {:component, to["component"]}, to["port"]}

    joined = MapSet.new(wired, fn {from, to, _port} -> {from, to} end)

    waits =
      for %{"id" => id, "deps" => deps} <- plan["components"],
          dep <- deps,
          edge = {{:component, dep}, {:component, id}},
          edge not in joined,
          do: Tuple.append(edge, "order only")

    wired ++ waits
  end

  defp from_imports(plan) do
    wired = for %{"to" => to} <- plan["edges"], into: MapSet.new(), do: {to["component"], to["port"]}

    names = MapSet.new(plan["imports"])

    for %{"id" => id, "in" => ports} = component <- plan["components"],
        port <- ports,
        port in names and {id, port} not in wired and not is_map_key(component["values"] || %{}, port),
        do: {{:import, port}, {:component, id}, port}
  end

  defp to_exports(plan) do
    names = MapSet.new(plan["exports"])

    for %{"id" => id, "out" => ports} <- plan["components"],
        port <- ports,
        port in names,
        do: {{:component, id}, {:export, port}, port}
  end
end
