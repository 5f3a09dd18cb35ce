defmodule Workbooks.CLI.Run.Tree do
  @moduledoc false
  # The components of a plan as a tree: each below the last of those that it waits for.

  @doc """
  The components in the order that they are shown, each with what is drawn before its name.

      iex> components = [%{"id" => "a", "deps" => []}, %{"id" => "b", "deps" => ["a"]}, %{"id" => "c", "deps" => []}]
      iex> Workbooks.CLI.Run.Tree.rows(%{"components" => components}, false)
      [{"a", "|- "}, {"b", "|  `- "}, {"c", "`- "}]
  """
  @spec rows(map, boolean) :: [{String.t(), String.t()}]
  def rows(%{"components" => components}, unicode?) do
    order = components |> Enum.map(& &1["id"]) |> Enum.with_index() |> Map.new()
    below = Enum.group_by(components, &parent(&1, order), & &1["id"])
    draw(below, nil, "", if(unicode?, do: {"├─ ", "└─ ", "│  "}, else: {"|- ", "`- ", "|  "}))
  end

  # Of those that stand before it, so that nothing is below itself.
  defp parent(%{"id" => id, "deps" => deps}, order) do
    deps |> Enum.filter(&(order[&1] != nil and order[&1] < order[id])) |> Enum.max_by(&order[&1], fn -> nil end)
  end

  defp draw(below, parent, indent, {tee, corner, bar} = glyphs) do
    children = Map.get(below, parent, [])
    last = List.last(children)

    Enum.flat_map(children, fn id ->
      deeper = indent <> if(id == last, do: "   ", else: bar)
      [{id, indent <> if(id == last, do: corner, else: tee)} | draw(below, id, deeper, glyphs)]
    end)
  end
end
