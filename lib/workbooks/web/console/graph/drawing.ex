defmodule Workbooks.Web.Console.Graph.Drawing do
  @moduledoc false
  # A layout as SVG. Colours and fonts are the stylesheet's. A node that has a line is a link to it, and so
  # reached by keyboard; what a title is cut of is in its tooltip, and in the table below the drawing.

  import Workbooks.Web.Console.HTML, only: [el: 2, el: 3]

  alias Workbooks.Web.Console.Graph.Layout
  alias Workbooks.Web.Console.HTML

  # Columns of text that fit: of the title, in a semi-bold 13 pixels wide font, and of the smaller line below.
  @title_columns 20

  @doc "The drawing; `options` are those of `Workbooks.Web.Console.Graph.svg/2`, as a map."
  @spec svg(Layout.t(), map) :: HTML.t()
  def svg(%Layout{} = layout, options) do
    components = Enum.count(layout.nodes, &match?({%{id: {:component, _}}, _x, _y}, &1))
    label = "The plan as a graph: #{count(components, "component")}, #{count(length(layout.edges), "connection")}"

    el(
      :svg,
      [
        class: "graph",
        xmlns: "http://www.w3.org/2000/svg",
        width: number(layout.width),
        height: number(layout.height),
        viewBox: "0 0 #{number(layout.width)} #{number(layout.height)}",
        role: "group",
        "aria-label": label
      ],
      [
        el(:g, [class: "edges", "aria-hidden": "true"], Enum.map(layout.edges, &edge(&1, layout.direction))),
        # In the order in which they are read, for the tab key.
        layout.nodes
        |> Enum.sort_by(fn {_vertex, x, y} -> order(layout.direction, x, y) end)
        |> Enum.map(&vertex(&1, options))
      ]
    )
  end

  defp order(:down, x, y), do: {y, x}
  defp order(:right, x, y), do: {x, y}

  defp count(1, what), do: "1 #{what}"
  defp count(n, what), do: "#{n} #{what}s"

  # --- edges ---------------------------------------------------------------------------------------

  defp edge({{{kind, _}, {to, _}, ports}, points}, direction) do
    el(:g, [class: "edge from-#{kind} to-#{to}"], [
      el(:title, [], Enum.join(ports, ", ")),
      el(:path, class: "wire", d: curve(points, direction)),
      el(:path, class: "arrow", d: arrow(List.last(points), direction))
    ])
  end

  # Between layers a curve that leaves and arrives along the main axis, beside a layer a straight line.
  defp curve([start | rest], direction) do
    {path, _last} = Enum.map_reduce(rest, start, fn point, last -> {[" C ", bend(last, point, direction)], point} end)

    IO.iodata_to_binary(["M ", pair(start), path])
  end

  defp bend({x, y}, {to_x, to_y} = to, :down),
    do: [pair({x, (y + to_y) / 2}), " ", pair({to_x, (y + to_y) / 2}), " ", pair(to)]

  defp bend({x, y}, {to_x, to_y} = to, :right),
    do: [pair({(x + to_x) / 2, y}), " ", pair({(x + to_x) / 2, to_y}), " ", pair(to)]

  defp arrow({x, y}, :down), do: "M #{pair({x - 4, y - 7})} L #{pair({x, y})} L #{pair({x + 4, y - 7})}"
  defp arrow({x, y}, :right), do: "M #{pair({x - 7, y - 4})} L #{pair({x, y})} L #{pair({x - 7, y + 4})}"

  defp pair({x, y}), do: "#{number(x)} #{number(y)}"

  # Whole and half pixels are exact enough, and short.
  defp number(n) do
    rounded = round(n * 2) / 2
    if rounded == trunc(rounded), do: "#{trunc(rounded)}", else: "#{rounded}"
  end

  # --- nodes ---------------------------------------------------------------------------------------

  defp vertex({%{id: {kind, id}} = vertex, x, y}, options) do
    {width, height} = Layout.node_size()
    status = kind == :component && get_in(options, [:status, id])
    below = below(kind, vertex, status)

    inside = [
      el(:title, [], "#{vertex.title} (#{below})"),
      el(:rect, x: number(x), y: number(y), width: width, height: height, rx: if(kind == :component, do: 7, else: 25)),
      el(:text, [class: "name", x: number(x + 14), y: number(y + 21)], fitting(vertex.title)),
      el(:text, [class: "kind", x: number(x + 14), y: number(y + 38)], below)
    ]

    class = "node is-#{kind}" <> if(status, do: " step-#{status}", else: "")

    if vertex.line && options[:href] do
      label = "#{vertex.title}, #{below}, line #{vertex.line}"
      el(:a, [class: class, href: options.href.(vertex.line), "aria-label": label], inside)
    else
      el(:g, [class: class, role: "img", "aria-label": "#{vertex.title}, #{below}"], inside)
    end
  end

  defp below(:import, _vertex, _status), do: "input"
  defp below(:export, _vertex, _status), do: "output"
  defp below(:component, vertex, nil), do: vertex.lang || "component"
  defp below(:component, vertex, status), do: "#{vertex.lang || "component"} · #{status}"

  @doc """
  As much of a title as fits. Characters that are two columns wide count as such.

      iex> alias Workbooks.Web.Console.Graph.Drawing
      iex> {Drawing.fitting("Summarise"), Drawing.fitting("A very long title of a component")}
      {"Summarise", "A very long title o…"}
  """
  @spec fitting(String.t()) :: String.t()
  def fitting(title) do
    # What is longer than any that fits need not be counted.
    graphemes = title |> String.slice(0, 2 * @title_columns) |> String.graphemes()
    if columns(graphemes) <= @title_columns, do: Enum.join(graphemes), else: cut(graphemes, @title_columns - 1, [])
  end

  defp cut([grapheme | rest], left, kept) do
    case left - columns([grapheme]) do
      left when left >= 0 -> cut(rest, left, [grapheme | kept])
      _full -> cut([], 0, kept)
    end
  end

  defp cut([], _left, kept), do: kept |> Enum.reverse(["…"]) |> Enum.join()

  defp columns(graphemes), do: graphemes |> Enum.map(&if(wide?(&1), do: 2, else: 1)) |> Enum.sum()

  # From Hangul on, roughly; and emoji.
  defp wide?(<<c::utf8, _::binary>>), do: c in 0x1100..0x115F or c in 0x2E80..0xFF60 or c > 0x1F000
end
