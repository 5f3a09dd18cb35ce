defmodule Workbooks.PlanesTest do
  @moduledoc """
  Nothing of the control plane answers on the public one, whoever asks: each route of its table is asked for there, with a
  key that is good, on a host that leads somewhere and on others. (That the code of the one cannot reach the other's is
  `scripts/walls`' to say.)
  """
  use ExUnit.Case, async: true

  alias Workbooks.{Library, Domains, PublicWeb, TestConn, Web}

  setup do
    tenant = "planes-#{System.unique_integer([:positive])}"
    host = tenant <> ".example"
    {:ok, _} = Library.put(tenant, "site", "* Hello\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\nFrom the site.\n")
    {:ok, _} = Workbooks.publish(tenant, "site", host)
    {:ok, key} = Web.Keys.create(tenant)

    on_exit(fn ->
      Domains.detach(host, tenant)
      Library.delete(tenant, "site")
    end)

    %{tenant: tenant, host: host, key: key}
  end

  test "each route of the control plane is nothing there", %{host: host, key: key, tenant: tenant} do
    routes = Web.Router.routes()
    assert length(routes) > 50

    for route <- routes, host <- [host, "unknown.example", "localhost:4000", nil] do
      path = path(route, tenant)
      headers = [{"authorization", "Bearer " <> key}, {"accept", "application/json"}]
      answer = TestConn.request(PublicWeb.Router, route.method, path, headers: headers, fields: [host: host])
      asked = "#{route.method} #{path} on #{inspect(host)}"

      cond do
        route.method != "GET" ->
          assert answer.status == 405, asked

        path == "/health" ->
          assert {answer.status, answer.body} == {200, "ok\n"}, asked

        path == "/" and host == tenant <> ".example" ->
          assert answer.status == 200 and answer.body =~ "From the site.", asked

        true ->
          assert {answer.status, answer.body} == {404, "there is nothing here\n"}, asked
      end

      refute TestConn.header(answer, "set-cookie"), asked
      refute TestConn.header(answer, "www-authenticate"), asked
    end
  end

  # With what is there, so that it would be found.
  defp path(route, tenant) do
    route.path
    |> String.replace(":id", "site")
    |> String.replace(":host", tenant <> ".example")
    |> String.replace(~r/:\w+/, "x")
  end
end
