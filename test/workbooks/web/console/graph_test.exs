defmodule Workbooks.Web.Console.GraphTest do
  use ExUnit.Case, async: true

  import Workbooks.TestProperty

  alias Workbooks.TestWorkbook
  alias Workbooks.Web.Console.{Graph, HTML}
  alias Workbooks.Web.Console.Graph.{Drawing, Layout}

  doctest Drawing

  # A plan as the kernel makes it, of components `{id, in, out}`.
  defp plan(components, edges, imports \\ [], exports \\ []) do
    %{
      "components" =>
        for {id, ins, outs} <- components do
          %{"id" => id, "title" => id, "world" => id, "in" => ins, "out" => outs, "deps" => [], "values" => %{}}
        end,
      "worlds" => for({id, _, _} <- components, do: %{"id" => id, "lang" => "js", "position" => %{"line" => 7}}),
      "edges" =>
        for {from, to, port} <- edges do
          %{"from" => %{"component" => from, "port" => port}, "to" => %{"component" => to, "port" => port}}
        end,
      "imports" => imports,
      "exports" => exports
    }
  end

  defp svg(plan, options \\ []), do: plan |> Graph.svg(options) |> HTML.text()

  defp layout(plan) do
    {vertices, edges} = Graph.of_plan(plan)
    Layout.new(vertices, edges)
  end

  defp places(layout), do: Map.new(layout.nodes, fn {%{id: id}, x, y} -> {id, {x, y}} end)

  test "a workbook's inputs, components and outputs are nodes, and what is handed on an edge" do
    book =
      TestWorkbook.book([
        {"Greet", [in: "name", out: "greeting"], "js", "export const f = (name) => ({ greeting: name })"},
        {"Count", [in: "greeting", out: "letters", deps: "greet"], "js", "export const f = (g) => ({ letters: 1 })"}
      ])

    {:ok, plan} = Workbooks.plan("#+EXPORTS: greeting letters\n" <> book)
    {vertices, edges} = Graph.of_plan(plan)

    assert for(%{id: id} <- vertices, do: id) == [
             {:import, "name"},
             {:component, "book/greet"},
             {:component, "book/count"},
             {:export, "greeting"},
             {:export, "letters"}
           ]

    assert edges == [
             {{:component, "book/count"}, {:export, "letters"}, ["letters"]},
             {{:component, "book/greet"}, {:component, "book/count"}, ["greeting"]},
             {{:component, "book/greet"}, {:export, "greeting"}, ["greeting"]},
             {{:import, "name"}, {:component, "book/greet"}, ["name"]}
           ]

    drawn = svg(plan, href: &"/lines/#{&1}")
    assert drawn =~ ~s(aria-label="The plan as a graph: 2 components, 4 connections")
    # Each component is a link to its line, which is what the tab key goes through.
    assert [_, _] =
             Regex.scan(~r{<a class="node is-component" href="/lines/\d+" aria-label="[^"]+, javascript|js}, drawn)
  end

  test "two components are joined by one line, whatever they hand over" do
    plan = plan([{"a", [], ["x", "y"]}, {"b", ["x", "y"], []}], [{"a", "b", "x"}, {"a", "b", "y"}])
    assert {_vertices, [{{:component, "a"}, {:component, "b"}, ["x", "y"]}]} = Graph.of_plan(plan)
  end

  test "what waits for another without taking anything from it is joined too" do
    plan =
      update_in(plan([{"a", [], []}, {"b", [], []}], [])["components"], fn [a, b] -> [a, %{b | "deps" => ["a"]}] end)

    assert {_vertices, [{{:component, "a"}, {:component, "b"}, ["order only"]}]} = Graph.of_plan(plan)
  end

  test "what a step came to is seen and said" do
    drawn = svg(plan([{"a", [], []}], []), status: %{"a" => :failed})
    assert drawn =~ ~s(class="node is-component step-failed")
    assert drawn =~ "js · failed"
  end

  test "one node, and none" do
    assert [{_, _, _}] = layout(plan([{"a", [], []}], [])).nodes
    assert layout(plan([], [])).nodes == []
    assert svg(plan([], [])) =~ "0 components"
  end

  test "names are text, whatever they are" do
    evil = ~s("><script>alert&1</script>\n' onload='x)

    drawn =
      svg(plan([{evil, [], [evil]}, {"b", [evil], []}], [{evil, "b", evil}], [evil], [evil]), href: fn _ -> evil end)

    refute drawn =~ "<script"
    refute drawn =~ ~s(onload=')
    refute drawn =~ "&1"
    assert drawn =~ "&lt;script&gt;"
  end

  test "a title is cut where it no longer fits, by its columns, and is whole in the tooltip" do
    wide = String.duplicate("表", 40)
    drawn = svg(plan([{wide, [], []}], []))
    assert drawn =~ ~s(>#{String.duplicate("表", 9)}…</text>)
    assert drawn =~ "<title>#{wide}"
    # Marks of which a million stand on one letter.
    assert String.length(Drawing.fitting("a" <> String.duplicate("\u0301", 100_000))) <= 40
  end

  # No plan that validates has one. It must end all the same.
  test "a circle is drawn somehow" do
    plan =
      plan([{"a", ["c"], ["a"]}, {"b", ["a"], ["b"]}, {"c", ["b", "c"], ["c"]}], [
        {"a", "b", "a"},
        {"b", "c", "b"},
        {"c", "a", "c"},
        {"c", "c", "c"}
      ])

    assert svg(plan) =~ "3 connections"
  end

  test "edges from and to nowhere are left out" do
    assert {_, []} = Graph.of_plan(plan([{"a", [], []}], [{"a", "gone", "x"}, {"gone", "a", "y"}]))
  end

  test "what nobody could read is not drawn" do
    assert :too_large = Graph.svg(plan(for(n <- 1..241, do: {"c#{n}", [], []}), []))
    dense = for a <- 1..60, b <- (a + 1)..60//1, do: {"c#{a}", "c#{b}", "x"}
    assert length(dense) > 1_200
    assert :too_large = Graph.svg(plan(for(n <- 1..60, do: {"c#{n}", [], []}), dense))
  end

  test "what is as large as may be is drawn, with edges over all layers" do
    chain = for n <- 1..239, do: {"c#{n}", "c#{n + 1}", "x"}
    long = for n <- 1..238, do: {"c#{n}", "c240", "y"}
    layout = layout(plan(for(n <- 1..240, do: {"c#{n}", [], []}), chain ++ long))
    assert layout.direction == :down
    assert_sound(layout)
  end

  test "many beside each other go down the page, a long chain too" do
    assert layout(plan(for(n <- 1..60, do: {"c#{n}", [], []}), [])).direction == :right
    chain = for n <- 1..59, do: {"c#{n}", "c#{n + 1}", "x"}
    layout = layout(plan(for(n <- 1..60, do: {"c#{n}", [], []}), chain))
    assert layout.direction == :down
    assert layout.width < 300
  end

  test "an input stands beside what takes it" do
    components = [{"a", [], ["x"]}, {"b", ["x"], ["y"]}, {"c", ["y", "late"], []}]
    layout = layout(plan(components, [{"a", "b", "x"}, {"b", "c", "y"}], ["late"]))
    places = places(layout)
    assert elem(places[{:import, "late"}], 1) == elem(places[{:component, "b"}], 1)
  end

  test "nodes stand apart and inside, and edges lead on" do
    check "a graph without circles" do
      n = 1 + draw(40)
      pairs = list_of(fn -> {1 + draw(n), 1 + draw(n)} end, 60)
      edges = for {a, b} <- pairs, a < b, uniq: true, do: {"c#{a}", "c#{b}", "x"}
      assert_sound(layout(plan(for(i <- 1..n, do: {"c#{i}", ["in"], ["out"]}), edges, ["in"], ["out"])))
    end
  end

  defp assert_sound(layout) do
    {width, height} = Layout.node_size()
    boxes = for {_vertex, x, y} <- layout.nodes, do: {x, y}
    for {x, y} <- boxes, do: assert(x >= 0 and y >= 0 and x + width <= layout.width and y + height <= layout.height)

    for {{x, y}, i} <- Enum.with_index(boxes), {other_x, other_y} <- Enum.drop(boxes, i + 1) do
      assert abs(x - other_x) >= width or abs(y - other_y) >= height
    end

    main = if layout.direction == :down, do: 1, else: 0

    for {_edge, points} <- layout.edges do
      along = Enum.map(points, &elem(&1, main))
      assert along == Enum.sort(along)
      for {x, y} <- points, do: assert(x >= 0 and y >= 0 and x <= layout.width and y <= layout.height)
    end
  end
end
