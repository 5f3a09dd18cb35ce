defmodule Workbooks.Web.RouterTest do
  use ExUnit.Case, async: true

  import ExUnit.CaptureLog
  import Workbooks.TestWeb
  import Workbooks.TestProperty, except: [check: 1]

  alias Workbooks.{Telemetry, TestConn, TestWebFixture}
  alias Workbooks.Web.{API, Errors, Router, Schema, Settings}
  alias Workbooks.Web.API.Schemas

  @moduletag :capture_log

  test "every answer has the headers that keep others out" do
    {_tenant, key} = tenant()

    for answer <- [
          request("GET", "/health"),
          request("GET", "/none"),
          request("GET", "/api/keys"),
          request("GET", "/api/keys", key: key)
        ] do
      assert TestConn.header(answer, "content-security-policy") =~ "frame-ancestors 'none'"
      assert TestConn.header(answer, "x-content-type-options") == "nosniff"
      assert TestConn.header(answer, "referrer-policy")
      for {name, _value} <- answer.headers, do: refute(String.starts_with?(name, "access-control-"))
    end

    assert TestConn.header(request("GET", "/api/keys"), "cache-control") == "no-store"
  end

  test "what is nowhere, and what is not for a path" do
    assert {404, "not_found"} = answer(request("GET", "/api"))
    assert {404, "not_found"} = answer(request("GET", "/api/workbooks/"))
    assert {404, "not_found"} = answer(request("GET", "/api/toolkits"))
    assert {404, "not_found"} = answer(request("POST", "/api/agents"))
    assert {400, "bad_request"} = answer(request("GET", "/api/%2e%2e/x"))
    assert {405, "bad_request"} = answer(wrong = request("PATCH", "/api/workbooks/sum"))
    assert TestConn.header(wrong, "allow") == "DELETE, GET, HEAD, PUT"
    assert {405, "bad_request"} = answer(request("OPTIONS", "/health"))
  end

  defp answer(answer), do: {answer.status, code(answer)}

  test "each kind of the errors below is a code" do
    for module <- [Workbooks.Error, Workbooks.Wasm.Error, Workbooks.HTTP.Error], kind <- module.kinds() do
      assert is_integer(Errors.statuses()[Errors.code(struct!(module, kind: kind, message: "m"))])
    end
  end

  test "what is wrong on this side is told to those who run it" do
    error = Workbooks.Error.new(:io, "/var/lib/secret.key cannot be read")

    log =
      capture_log(fn ->
        conn = Errors.respond(TestConn.conn("GET", "/"), error)
        assert {503, "1"} = {conn.status, List.keyfind(conn.answer_headers, "retry-after", 0) |> elem(1)}
        refute IO.iodata_to_binary(conn.answer_body) =~ "secret.key"
      end)

    assert log =~ "secret.key"
  end

  defmodule Raising do
    def call(_conn), do: raise(ArgumentError, "s3cret")
    def matching(conn), do: Map.fetch!(%{"s3cret" => conn}, :key)
    def exiting(_conn), do: exit({:s3cret, []})
  end

  test "what fails is answered, and nobody's data gets into the log" do
    {_tenant, key} = tenant()

    for function <- [:call, :matching, :exiting] do
      route = Workbooks.Web.Operation.route(:post, "/boom", {Raising, function}, id: "boom", summary: "", answers: %{})
      options = %{table: Workbooks.HTTP.Router.table([route]), settings: Settings.read()}
      conn = TestConn.conn("POST", "/boom", headers: [{"authorization", "Bearer " <> key}])

      log =
        capture_log(fn ->
          answered = Router.call(conn, options)
          assert answered.status == 500
          assert IO.iodata_to_binary(answered.answer_body) =~ ~s("internal")
        end)

      assert log =~ "POST /boom failed"
      refute log =~ "s3cret" or log =~ key
    end
  end

  test "each write is told once, with who and what, and without what was written" do
    {tenant, key} = tenant()
    me = self()
    id = "audit-#{tenant}"

    handler = fn _event, measurements, metadata, _config ->
      if metadata.tenant == tenant, do: send(me, {:audit, measurements, metadata})
    end

    :ok = Telemetry.attach(id, [:workbooks, :web, :audit], handler, nil)
    on_exit(fn -> Telemetry.detach(id) end)

    log =
      capture_log(fn ->
        request("PUT", "/api/vars/token", key: key, json: %{value: "s3cret", secret: true})
        request("GET", "/api/vars", key: key)
        request("POST", "/api/workbooks/none/plan", key: key)
        request("DELETE", "/api/workbooks/none", key: key)
      end)

    assert_received {:audit, %{duration: _},
                     %{method: "PUT", route: "/api/vars/:key", status: 204, via: :key, key: key_id}}

    assert_received {:audit, _, %{method: "DELETE", route: "/api/workbooks/:id", status: 404, key: ^key_id}}
    refute_received {:audit, _, _}
    assert log =~ "audit: tenant=#{tenant} key=#{key_id} via=key PUT /api/vars/:key 204"
    refute log =~ "s3cret" or log =~ key
  end

  test "a setting that is none says so" do
    for {options, wrong} <- [
          {[rate: 5], ":rate of Workbooks.Web must be {how many"},
          {[origins: "x"], ":origins of Workbooks.Web must be a list"},
          {[burst: 0], ":burst of Workbooks.Web must be an integer from 1"},
          {[speed: 1], "has no option :speed"}
        ] do
      assert_raise ArgumentError, ~r/#{Regex.escape(wrong)}/, fn -> Router.init(options) end
    end
  end

  # Names and values as somebody might send them: right ones, nearly right ones, and others.
  defp value(0), do: one_of([nil, true, 1, -1, 2.5, "", "a", "sum"])

  defp value(depth) do
    any_of([
      fn -> value(0) end,
      fn -> one_of(["\0", "é", String.duplicate("a", 300), 0xFFFFFFFFFFFFFFFF, -0x8000000000000000, 1.0e308]) end,
      fn -> list_of(fn -> value(depth - 1) end, 3) end,
      fn ->
        Map.new(
          list_of(
            fn -> {one_of(~w(version inputs host value secret name workbook toc math timeout x)), value(depth - 1)} end,
            4
          )
        )
      end
    ])
  end

  test "whatever is sent to any route, the answer is described, and never a fault" do
    fixture = TestWebFixture.tenant()
    routes = for route <- API.routes(), do: route
    settings = [rate: {1_000_000, 1_000}, burst: 1_000_000]

    check "any JSON to any route", runs: runs(300, 5_000) do
      route = note(:route, one_of(routes))
      # Its own tenant stays as it is, so that all of it goes on being there.
      {_tenant, key} = if route.method == "DELETE", do: tenant(), else: {fixture.tenant, fixture.key}
      path = note(:path, if(rarely(3), do: any_path(route), else: TestWebFixture.path(route, fixture)))

      path =
        if rarely(4),
          do: path <> "?" <> one_of(["version=1", "version=x", "a=b", "%", "version=%ff", "version"]),
          else: path

      type = one_of(["application/json", "application/json; charset=utf-8", "text/org", "text/plain", "", "x"])
      body = note(:body, if(rarely(4), do: bytes(40), else: Workbooks.JSON.encode!(value(3))))
      headers = [{"content-type", type}] ++ some_of([{"if-match", "x"}, {"if-none-match", "*"}, {"last-event-id", "1"}])

      answer = request(route.method, path, key: key, body: body, headers: headers, settings: settings)
      note(:answer, {answer.status, answer.body})
      assert answer.status < 500
      described!(route, answer)
    end
  end

  defp any_path(route) do
    Enum.map_join(route.segments, fn
      {:param, _name} ->
        "/" <> URI.encode_www_form(one_of(["none", "-", "a b", "é", "a:b", String.duplicate("a", 2_000)]))

      segment ->
        "/" <> segment
    end)
  end

  defp described!(route, answer) do
    case route.meta.answers[answer.status] do
      nil ->
        assert answer.status in Enum.map(Workbooks.Web.Operation.errors(route), &Errors.statuses()[&1])
        assert Schema.check(json(answer), Schemas.ref("Error"), Schemas.components()) == :ok

      {_what, %{} = schema} ->
        assert Schema.check(json(answer), schema, Schemas.components()) == :ok

      {_what, _text_or_nothing} ->
        :ok
    end
  end
end
