defmodule Workbooks.Web.OpenAPITest do
  use ExUnit.Case, async: true

  import Workbooks.TestWeb

  alias Workbooks.Web.{Errors, Operation, Router, Schema}

  @moduletag :capture_log

  setup_all do
    {_tenant, key} = tenant()
    answer = request("GET", "/openapi.json", key: key)
    assert answer.status == 200
    %{document: json(answer)}
  end

  defp described(document) do
    for {path, item} <- document["paths"], {method, _operation} <- item, do: {String.upcase(method), path}
  end

  defp written(route), do: Regex.replace(~r/:(\w+)/, route.path, "{\\1}")

  test "every route is described, and nothing else", %{document: document} do
    routes = for %{meta: %{kind: :api}} = route <- Router.routes(), do: {route.method, written(route)}
    assert Enum.sort(described(document)) == Enum.sort(routes)
    assert document["openapi"] == "3.1.0"
    refute inspect(described(document)) =~ ~r/toolkit|agent/
  end

  test "every operation has a name of its own, its parameters and every answer it may give", %{document: document} do
    operations = for {_path, item} <- document["paths"], {_method, operation} <- item, do: operation
    ids = Enum.map(operations, & &1["operationId"])
    assert ids == Enum.uniq(ids)

    for %{meta: %{kind: :api}} = route <- Router.routes() do
      operation = document["paths"][written(route)][String.downcase(route.method)]
      assert operation["summary"] != ""
      in_path = for %{"in" => "path", "name" => name, "required" => true} <- operation["parameters"], do: name
      assert Enum.sort(in_path) == Enum.sort(for {:param, name} <- route.segments, do: name)

      statuses = for code <- Operation.errors(route), do: to_string(Errors.statuses()[code])
      expected = statuses ++ Enum.map(Map.keys(route.meta.answers), &to_string/1)
      assert Enum.sort(Map.keys(operation["responses"])) == expected |> Enum.uniq() |> Enum.sort()
      assert route.meta.auth == :open == (operation["security"] == [])
    end
  end

  test "whatever is referred to is there", %{document: document} do
    for "#/" <> path <- references(document) do
      assert get_in(document, String.split(path, "/")), path
    end
  end

  defp references(%{"$ref" => reference}), do: [reference]
  defp references(map) when is_map(map), do: Enum.flat_map(Map.values(map), &references/1)
  defp references(list) when is_list(list), do: Enum.flat_map(list, &references/1)
  defp references(_other), do: []

  test "examples are what their schemas say", %{document: document} do
    components = Map.new(document["components"]["schemas"], fn {name, schema} -> {name, known(schema)} end)
    examples = schemas(document)
    assert length(examples) > 5
    for {schema, example} <- examples, do: assert(Schema.check(example, known(schema), components) == :ok)
  end

  defp schemas(%{"examples" => examples} = schema) do
    for(example <- examples, do: {schema, example}) ++ schemas(Map.delete(schema, "examples"))
  end

  defp schemas(map) when is_map(map), do: Enum.flat_map(Map.values(map), &schemas/1)
  defp schemas(list) when is_list(list), do: Enum.flat_map(list, &schemas/1)
  defp schemas(_other), do: []

  # A schema as it was before it was JSON: names that the checker knows are atoms, those of properties are not.
  @words ~w(type enum minLength maxLength pattern minimum maximum properties required additionalProperties items maxItems
            $ref writeOnly description format examples)a

  defp known(schema) when is_map(schema) do
    for {word, value} <- schema, into: %{} do
      atom = Enum.find(@words, &(to_string(&1) == word)) || flunk("the checker does not know #{word}")

      {atom,
       case atom do
         :properties -> Map.new(value, fn {name, schema} -> {name, known(schema)} end)
         atom when atom in [:items, :additionalProperties] -> known(value)
         _other -> value
       end}
    end
  end

  defp known(other), do: other
end
