defmodule Workbooks.Guides.APITest do
  # What guides/api.md shows.
  use ExUnit.Case, async: false
  import Workbooks.TestGuide

  alias Workbooks.HTTP.{Path, Router}
  alias Workbooks.{JSON, TestWeb}
  alias Workbooks.Web.{API, Errors, Schema}
  alias Workbooks.Web.API.Schemas

  guide("guides/api.md")

  @guide File.read!("guides/api.md")

  test "the routes are those that there are" do
    written = for [_, method, path] <- Regex.scan(~r/^\| `(GET|PUT|POST|DELETE) (\S+)`/m, @guide), do: {method, path}
    assert Enum.sort(written) == Enum.sort(for(route <- API.routes(), do: {route.method, route.path}))
  end

  test "the codes are those that there are" do
    written = for [_, code, status] <- Regex.scan(~r/^\| `(\w+)` \| (\d+) \|/m, @guide), do: {code, status}
    assert Enum.sort(written) == Enum.sort(for({code, status} <- Errors.statuses(), do: {"#{code}", "#{status}"}))
  end

  test "what the curl lines ask for is a route, and takes what they bring" do
    lines = Regex.scan(~r/^curl .*$/m, @guide) |> List.flatten()
    assert length(lines) > 8
    table = Router.table(API.routes())

    for line <- lines do
      [_, path] = Regex.run(~r/"\$WB_URL([^"]+)"/, line)
      body = with [_, body] <- Regex.run(~r/ -d '([^']+)'/, line), do: body

      method =
        cond do
          line =~ " -T " -> "PUT"
          body || line =~ "-X POST" -> "POST"
          true -> "GET"
        end

      {:ok, segments} = path |> String.replace("$RUN", "run") |> Path.segments()
      assert {:ok, route, _params} = Router.find(table, method, segments), line
      if body, do: assert(Schema.check(JSON.decode!(body), route.meta.takes.json) == :ok)
    end
  end

  test "the error is one" do
    [_, error] = Regex.run(~r/^```json\n(.*?)^```$/ms, @guide)
    assert Schema.check(JSON.decode!(error), Schemas.ref("Error"), Schemas.components()) == :ok
    {_tenant, key} = TestWeb.tenant()
    assert TestWeb.json(TestWeb.request("GET", "/api/workbooks/sum?version=0", key: key)) == JSON.decode!(error)
  end
end
