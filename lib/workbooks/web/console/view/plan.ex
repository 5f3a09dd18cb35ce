defmodule Workbooks.Web.Console.View.Plan do
  @moduledoc false
  # A plan as a drawing, and as a table that says the same.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.{Graph, HTML}

  # Of the table's rows.
  @most 500

  @doc "The drawing in a box that can be scrolled. Options as for `Workbooks.Web.Console.Graph.svg/2`."
  @spec drawing(map, keyword) :: HTML.t()
  def drawing(%{"components" => []}, _options), do: nothing("This workbook has no block that runs.")

  def drawing(plan, options) do
    case Graph.svg(plan, options) do
      :too_large ->
        nothing("#{length(plan["components"])} components are too many to draw; the table has them.")

      svg ->
        el(:div, [class: "scroll drawing", role: "region", "aria-label": "Plan", tabindex: "0"], svg)
    end
  end

  @doc "The components, what goes into each and what comes out."
  @spec components(map, (pos_integer -> String.t())) :: HTML.t()
  def components(%{"components" => []}, _href), do: []

  def components(plan, href) do
    worlds = Map.new(plan["worlds"], &{&1["id"], &1})
    rows = for component <- Enum.take(plan["components"], @most), do: row(component, worlds[component["world"]], href)
    more = length(plan["components"]) - @most

    el(:details, [class: "more"], [
      el(:summary, [], "The same as a table"),
      table("Components", ["Component", "Language", "In", "Out", "Line"], rows),
      if(more > 0, do: el(:p, [class: "hint"], "And #{more} more."), else: [])
    ])
  end

  defp row(component, world, href) do
    line = world["position"]["line"]

    [
      component["id"],
      world["lang"],
      Enum.join(component["in"], ", "),
      Enum.join(component["out"], ", "),
      line && el(:a, [href: href.(line)], "line #{line}")
    ]
  end
end
