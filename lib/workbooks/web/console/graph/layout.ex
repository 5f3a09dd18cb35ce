defmodule Workbooks.Web.Console.Graph.Layout do
  @moduledoc false
  # Where the nodes of a graph without circles stand: in layers, each node behind all that lead to it. An edge
  # over several layers goes through a waypoint in each, so that it passes between nodes. Nodes of a layer are
  # ordered by where their neighbours are, which takes most crossings away.
  #
  # Layers are stacked along the main axis: downwards or to the right, whichever is less wide, since a page is
  # scrolled down more readily than sideways.

  alias Workbooks.Web.Console.Graph

  @node_width 196
  @node_height 50
  @waypoint 14
  @between_layers_down 44
  @between_layers_right 64
  @between_nodes 18
  @margin 10
  @sweeps 6
  # What edges may pass through in all: they are drawn straight beyond.
  @most_waypoints 2_000

  @type point :: {number, number}
  @type t :: %__MODULE__{
          direction: :down | :right,
          width: number,
          height: number,
          nodes: [{Graph.vertex(), x :: number, y :: number}],
          edges: [{Graph.edge(), [point]}]
        }

  @enforce_keys [:direction, :width, :height, :nodes, :edges]
  defstruct @enforce_keys

  @doc "How large a node is."
  @spec node_size :: {width :: pos_integer, height :: pos_integer}
  def node_size, do: {@node_width, @node_height}

  @doc "The layout of vertices and edges."
  @spec new([Graph.vertex()], [Graph.edge()]) :: t
  def new(vertices, edges) do
    depths = depths(vertices, edges)
    ways = ways(edges, depths)
    layers = vertices |> layers(ways, depths) |> ordered(ways)
    direction = direction(layers)
    offsets = placed(layers, ways, direction)
    positioned(vertices, ways, depths, offsets, direction)
  end

  # --- layers --------------------------------------------------------------------------------------

  # How many edges lead to a node at most. Whatever a circle would have is left at 0: a plan has none, but this
  # must end for any.
  defp depths(vertices, edges) do
    incoming = Enum.frequencies_by(edges, fn {_from, to, _ports} -> to end)
    outgoing = Enum.group_by(edges, &elem(&1, 0), &elem(&1, 1))
    ready = for %{id: id} <- vertices, not is_map_key(incoming, id), do: id
    depths = Map.new(vertices, &{&1.id, 0})

    ready
    |> deepen(incoming, outgoing, depths)
    |> beside_what_needs_them(outgoing)
  end

  defp deepen([], _incoming, _outgoing, depths), do: depths

  defp deepen([id | ready], incoming, outgoing, depths) do
    {ready, incoming, depths} =
      for to <- Map.get(outgoing, id, []), reduce: {ready, incoming, depths} do
        {ready, incoming, depths} ->
          depths = Map.update!(depths, to, &max(&1, depths[id] + 1))
          left = incoming[to] - 1
          {if(left == 0, do: [to | ready], else: ready), Map.put(incoming, to, left), depths}
      end

    deepen(ready, incoming, outgoing, depths)
  end

  # An input stands one layer before the first that takes it, not at the far end.
  defp beside_what_needs_them(depths, outgoing) do
    Map.new(depths, fn
      {{:import, _name} = id, 0} ->
        {id, outgoing |> Map.get(id, []) |> Enum.map(&(depths[&1] - 1)) |> Enum.min(fn -> 0 end) |> max(0)}

      other ->
        other
    end)
  end

  # Each edge with all it goes through: its ends, and a waypoint for each layer between.
  defp ways(edges, depths) do
    spans = Enum.map(edges, fn {from, to, _ports} -> max(depths[to] - depths[from] - 1, 0) end)
    bend? = Enum.sum(spans) <= @most_waypoints

    for {{from, to, _ports} = edge, span} <- Enum.zip(edges, spans) do
      between = if bend? and span > 0, do: for(n <- 1..span, do: {:way, from, to, depths[from] + n}), else: []
      {edge, [from] ++ between ++ [to]}
    end
  end

  defp layers(vertices, ways, depths) do
    waypoints = for {_edge, way} <- ways, {:way, _from, _to, depth} = id <- way, do: {depth, id}

    (Enum.map(vertices, &{depths[&1.id], &1.id}) ++ waypoints)
    |> Enum.group_by(&elem(&1, 0), &elem(&1, 1))
    |> Enum.sort()
    |> Enum.map(&elem(&1, 1))
  end

  # --- order within a layer ------------------------------------------------------------------------

  defp neighbours(ways) do
    steps = for {_edge, way} <- ways, [from, to] <- Enum.chunk_every(way, 2, 1, :discard), do: {from, to}
    {Enum.group_by(steps, &elem(&1, 1), &elem(&1, 0)), Enum.group_by(steps, &elem(&1, 0), &elem(&1, 1))}
  end

  defp ordered(layers, ways) do
    {before, behind} = neighbours(ways)

    Enum.reduce(1..@sweeps, layers, fn
      sweep, layers when rem(sweep, 2) == 1 -> swept(layers, before)
      _sweep, layers -> layers |> Enum.reverse() |> swept(behind) |> Enum.reverse()
    end)
  end

  # Each layer by the mean place of its neighbours in the one that was ordered just before.
  defp swept(layers, neighbours) do
    {layers, _places} =
      Enum.map_reduce(layers, %{}, fn layer, places ->
        sorted =
          layer
          |> Enum.with_index()
          |> Enum.sort_by(fn {id, at} -> {mean(neighbours, id, places) || relative(at, layer), at} end)
          |> Enum.map(&elem(&1, 0))

        {sorted, sorted |> Enum.with_index() |> Map.new(fn {id, at} -> {id, relative(at, sorted)} end)}
      end)

    layers
  end

  # Layers differ in how many they have: a place is a share of its layer.
  defp relative(at, layer), do: (at + 0.5) / length(layer)

  defp mean(neighbours, id, places) do
    case for(other <- Map.get(neighbours, id, []), place = places[other], do: place) do
      [] -> nil
      found -> Enum.sum(found) / length(found)
    end
  end

  # --- places --------------------------------------------------------------------------------------

  defp direction(layers) do
    widest = layers |> Enum.map(&extent(&1, :down)) |> Enum.max(fn -> 0 end)
    long = length(layers) * (@node_width + @between_layers_right)
    if widest <= long, do: :down, else: :right
  end

  defp extent(layer, direction), do: layer |> Enum.map(&(size(&1, direction) + @between_nodes)) |> Enum.sum()

  # Across the layers.
  defp size({:way, _from, _to, _depth}, _direction), do: @waypoint
  defp size(_node, :down), do: @node_width
  defp size(_node, :right), do: @node_height

  # The middle of each node across its layer: first packed around the axis, then drawn to its neighbours.
  defp placed(layers, ways, direction) do
    {before, behind} = neighbours(ways)
    start = for layer <- layers, pair <- packed(layer, direction), into: %{}, do: pair

    Enum.reduce(1..@sweeps, start, fn sweep, places ->
      {layers, near} = if rem(sweep, 2) == 1, do: {layers, before}, else: {Enum.reverse(layers), behind}

      Enum.reduce(layers, places, fn layer, places ->
        wanted = for id <- layer, do: {id, mean(near, id, places) || places[id]}
        Map.merge(places, Map.new(apart(wanted, direction)))
      end)
    end)
  end

  defp packed(layer, direction) do
    start = -extent(layer, direction) / 2

    {pairs, _end} =
      Enum.map_reduce(layer, start, fn id, at ->
        size = size(id, direction) + @between_nodes
        {{id, at + size / 2}, at + size}
      end)

    pairs
  end

  # As near to where they want to be as their order and size allow: the mean of pushing everybody on and back.
  defp apart(wanted, direction) do
    on = pushed(wanted, direction, 1)
    back = wanted |> Enum.reverse() |> pushed(direction, -1) |> Enum.reverse()
    for {{id, one}, {id, other}} <- Enum.zip(on, back), do: {id, (one + other) / 2}
  end

  defp pushed(wanted, direction, sign) do
    {pairs, _last} =
      Enum.map_reduce(wanted, nil, fn {id, place}, last ->
        half = (size(id, direction) + @between_nodes) / 2
        place = if last == nil or (place - last) * sign >= half, do: place, else: last + half * sign
        {{id, place}, place + half * sign}
      end)

    pairs
  end

  # --- coordinates ---------------------------------------------------------------------------------

  defp positioned(vertices, ways, depths, offsets, direction) do
    least = offsets |> Enum.map(fn {id, at} -> at - size(id, direction) / 2 end) |> Enum.min(fn -> 0 end)
    most = offsets |> Enum.map(fn {id, at} -> at + size(id, direction) / 2 end) |> Enum.max(fn -> 0 end)
    layers = depths |> Map.values() |> Enum.max(fn -> 0 end) |> Kernel.+(1)
    across = most - least + 2 * @margin
    place = fn id -> offsets[id] - least + @margin end

    {thick, gap} =
      if direction == :down, do: {@node_height, @between_layers_down}, else: {@node_width, @between_layers_right}

    main = fn depth -> @margin + depth * (thick + gap) end
    along = layers * (thick + gap) - gap + 2 * @margin
    at = fn main, across -> if direction == :down, do: {across, main}, else: {main, across} end

    nodes =
      for vertex <- vertices do
        {x, y} = at.(main.(depths[vertex.id]), place.(vertex.id) - size(vertex.id, direction) / 2)
        {vertex, x, y}
      end

    edges =
      for {{from, to, _ports} = edge, way} <- ways do
        between =
          for {:way, _, _, depth} = id <- way,
              main <- [main.(depth), main.(depth) + thick],
              do: at.(main, place.(id))

        points = [at.(main.(depths[from]) + thick, place.(from))] ++ between ++ [at.(main.(depths[to]), place.(to))]
        {edge, points}
      end

    {width, height} = at.(along, across)
    %__MODULE__{direction: direction, width: width, height: height, nodes: nodes, edges: edges}
  end
end
