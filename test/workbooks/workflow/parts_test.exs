defmodule Workbooks.Workflow.PartsTest do
  # What the run is put together from, each by itself.
  use ExUnit.Case, async: true
  doctest Workbooks.Workflow.Capabilities
  doctest Workbooks.Workflow.Excerpt
  doctest Workbooks.Workflow.Outputs
  doctest Workbooks.Workflow.Schedule

  alias Workbooks.Workflow.{Capabilities, Excerpt, Graph, Schedule}

  describe "a schedule" do
    defp graph(names, edges) do
      edge = fn {from, to} ->
        %{"from" => %{"component" => from, "port" => nil}, "to" => %{"component" => to, "port" => nil}}
      end

      components = for name <- names, do: %{"id" => name, "out" => [], "in" => []}
      Graph.new(%{"components" => components, "worlds" => [], "edges" => Enum.map(edges, edge), "exports" => []})
    end

    test "drops what waits, directly or not, once, and says for whom it waited" do
      schedule = Schedule.new(graph(~w(a b c d e), [{"a", "b"}, {"b", "c"}, {"a", "c"}, {"c", "d"}]))
      {"a", schedule} = Schedule.next(schedule)
      assert {[{"b", "a"}, {"c", "a"}, {"d", "c"}], schedule} = Schedule.drop_dependents(schedule, "a")
      assert {"e", schedule} = Schedule.next(schedule)
      assert Schedule.next(schedule) == nil
      assert {[], _} = Schedule.drop_rest(schedule)
    end

    test "a component that waits twice for another waits once" do
      schedule = Schedule.new(graph(~w(a b), [{"a", "b"}, {"a", "b"}]))
      {"a", schedule} = Schedule.next(schedule)
      assert {"b", _} = schedule |> Schedule.done("a") |> Schedule.next()
    end

    test "a hundred times as many components take about a hundred times as long" do
      # A chain beside as many that wait for nothing; in reductions, which no other process disturbs.
      work = fn count ->
        names = for n <- 1..count, do: "n#{n}"
        graph = graph(names, for(n <- 2..div(count, 2), do: {"n#{n - 1}", "n#{n}"}))
        {:reductions, before} = Process.info(self(), :reductions)
        graph |> Schedule.new() |> exhaust()
        {:reductions, behind} = Process.info(self(), :reductions)
        behind - before
      end

      assert work.(20_000) < 300 * work.(200)
    end

    defp exhaust(schedule) do
      with {id, schedule} <- Schedule.next(schedule), do: schedule |> Schedule.done(id) |> exhaust()
    end
  end

  describe "an excerpt" do
    test "of a long line shows what stands around the place" do
      line = String.duplicate("x", 500) <> "!" <> String.duplicate("y", 500)
      [shown, caret] = {line} |> Excerpt.new(1, 501) |> String.split("\n")
      assert String.length(shown) < 140
      assert String.at(shown, String.length(caret) - 1) == "!"
      assert shown =~ ~r/\A  1 \| …x+!y+…\z/
    end

    test "has its caret below letters of any script, and behind the end where something is missing" do
      assert Excerpt.new({"é = «?"}, 1, 5) == "  1 | é = «?\n    |     ^"
      assert Excerpt.new({"ab"}, 1, 99) == "  1 | ab\n    |   ^"
    end

    test "of a line that is not there is none" do
      assert Excerpt.new({"a"}, 0, 1) == nil
      assert Excerpt.new({}, 1, 1) == nil
    end
  end

  describe "capabilities" do
    test "a rule covers what is narrower, and nothing else" do
      granted =
        Capabilities.granted!([
          {"network", ["example.org", "*.a.example", "https://b.example", "c.example:443", "10.0.0.0/8"]}
        ])

      given = fn asked -> match?({:ok, _}, Capabilities.given(["network:" <> asked], granted)) end

      for asked <-
            ~w(example.org Example.org https://example.org:443 x.a.example https://b.example:8443 c.example:443 10.0.0.0/8) do
        assert given.(asked), asked
      end

      for asked <-
            ~w(www.example.org a.example xa.example http://b.example b.example c.example c.example:80 10.0.0.0/7 [::1] *.example.org) do
        refute given.(asked), asked
      end
    end

    test "what is granted and not asked for is not given" do
      granted = Capabilities.granted!(["clock", "random", {"files", [{"/a", "x", :read}, {"/b", "y", :read_write}]}])
      assert Capabilities.given(["files:/b"], granted) == {:ok, [files: [{"/b", "y", :read_write}]]}
      assert Capabilities.given(["random"], granted) == {:ok, [random: true]}
      assert {:error, message} = Capabilities.given(["files:/c"], granted)
      assert message =~ ~s({"files", [{"/c",)
      assert {:error, message} = Capabilities.given(["gpu"], granted)
      assert message =~ "nothing here gives"
    end

    test "what cannot be granted is the caller's mistake" do
      for caps <- [
            :clock,
            ["gpu"],
            [{"network", "example.org"}],
            [{"files", [{"/a", "b", :write}]}],
            [{"network", ["a b"]}]
          ] do
        assert_raise ArgumentError, ~r/:caps of Workbooks.run\/2/, fn -> Capabilities.granted!(caps) end
      end
    end
  end
end
