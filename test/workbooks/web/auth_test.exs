defmodule Workbooks.Web.AuthTest do
  # Who may do what: every route of the router's own table, so that none can be forgotten.
  use ExUnit.Case, async: true

  import Workbooks.TestWeb

  alias Workbooks.{TestConn, TestWebFixture}
  alias Workbooks.Web.{Keys, Router, Schema, Signer}
  alias Workbooks.Web.API.Schemas

  @moduletag :capture_log

  @other "wb_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

  defp ask(route, fixture, options) do
    options = merge(TestWebFixture.input(route), options)
    request(route.method, TestWebFixture.path(route, fixture), options)
  end

  defp merge(input, options), do: Keyword.merge(input, options, fn :headers, one, other -> one ++ other end)

  # A form of the console's brings its token as a field.
  defp by_session(route, fixture, browser, token) do
    form? = route.meta.kind == :page and route.method != "GET"
    cookie = {"cookie", browser.cookie}

    cond do
      form? ->
        body = if token, do: "_csrf=#{token}", else: "a=b"
        ask(route, fixture, headers: [cookie, {"content-type", "application/x-www-form-urlencoded"}], body: body)

      token ->
        ask(route, fixture, headers: [cookie, {"x-csrf-token", token}])

      true ->
        ask(route, fixture, headers: [cookie])
    end
  end

  defp refused!(answer, %{meta: %{kind: :page}}) do
    assert answer.status == 303
    assert "/sign-in" <> _ = TestConn.header(answer, "location")
  end

  defp refused!(answer, _route) do
    assert {answer.status, code(answer)} == {401, "unauthorized"}
    assert TestConn.header(answer, "www-authenticate") == "Bearer"
  end

  # A person is told on a page.
  defp forbidden!(answer, %{meta: %{kind: :page}}) do
    assert {answer.status, TestConn.header(answer, "content-type")} == {403, "text/html; charset=utf-8"}
  end

  defp forbidden!(answer, _route), do: assert({answer.status, code(answer)} == {403, "forbidden"})

  defp expired(key) do
    {:ok, %{id: id}} = Keys.verify(key)
    payload = <<1, 0, System.os_time(:second) - 12 * 3600 - 1::48, :crypto.strong_rand_bytes(16)::binary, id::binary>>
    {:ok, mac} = Signer.mac(["session", payload])
    %{cookie: "wb_session=" <> Base.url_encode64(mac <> payload, padding: false), csrf: ""}
  end

  defp revoked(tenant) do
    {:ok, key} = Keys.create(tenant)
    {:ok, %{id: id}} = Keys.verify(key)
    browser = browser(key)
    :ok = Keys.revoke(tenant, id)
    {key, browser}
  end

  test "there is something to ask" do
    assert length(Router.routes()) > 25
    open = for %{path: path, meta: %{auth: :open, kind: :api}} <- Router.routes(), do: path
    assert Enum.sort(open) == ["/.well-known/workbooks-runtime", "/health"]
  end

  for route <- Router.routes(), route.meta.auth == :tenant do
    @route route

    test "#{route.method} #{route.path}: nobody but who has a key, or a session that brings its token",
      do: nobody(@route)

    test "#{route.method} #{route.path}: another tenant's key sees and changes nothing", do: another(@route)
    test "#{route.method} #{route.path}: who may gets what is described", do: allowed(@route)
  end

  defp nobody(route) do
    fixture = TestWebFixture.tenant()
    before = TestWebFixture.everything(fixture)
    {revoked, revoked_browser} = revoked(TestWebFixture.tenant().tenant)

    # No key, what is none, one of nobody's, one that was revoked.
    for value <-
          [nil, "", "Bearer", "Bearer ", "Basic YTpi", fixture.key, "Bearer #{fixture.key}x", "Bearer " <> @other] ++
            ["Bearer " <> revoked, "Bearer #{fixture.key}, Bearer #{fixture.key}"] do
      headers = if value, do: [{"authorization", value}], else: []
      refused!(ask(route, fixture, headers: headers), route)
    end

    twice = [{"authorization", "Bearer " <> fixture.key}, {"authorization", "Bearer " <> fixture.key}]
    refused!(ask(route, fixture, headers: twice), route)

    # A key that is none is not made good by a session.
    browser = browser(fixture.key)
    both = [{"cookie", browser.cookie}, {"x-csrf-token", browser.csrf}, {"authorization", "Bearer " <> @other}]
    refused!(ask(route, fixture, headers: both), route)

    # Sessions that are over, or were never one.
    for browser <- [expired(fixture.key), revoked_browser, %{cookie: "wb_session=AAAA", csrf: "AAAA"}] do
      refused!(by_session(route, fixture, browser, browser.csrf), route)
    end

    if route.method != "GET" do
      other = browser(fixture.key)

      for token <- [nil, "", "x", other.csrf, String.upcase(browser.csrf)] do
        answer = by_session(route, fixture, browser, token)
        forbidden!(answer, route)
      end

      for from <- [
            {"origin", "https://evil.example"},
            {"origin", "null"},
            {"sec-fetch-site", "cross-site"},
            {"sec-fetch-site", "same-site"}
          ] do
        headers = [{"cookie", browser.cookie}, {"x-csrf-token", browser.csrf}, from]
        forbidden!(ask(route, fixture, headers: headers), route)
      end
    end

    assert TestWebFixture.everything(fixture) == before
  end

  defp another(route) do
    fixture = TestWebFixture.tenant()
    before = TestWebFixture.everything(fixture)
    {_other, other_key} = tenant()
    browser = browser(other_key)

    for answer <- [ask(route, fixture, key: other_key), by_session(route, fixture, browser, browser.csrf)] do
      refute answer.body =~ fixture.canary
      # What is asked for by its name is not there, or is the other's own from now on; a host is somebody's already.
      if route.meta.kind == :api and route.method == "GET" and route.path =~ ":", do: assert(answer.status == 404)
    end

    assert TestWebFixture.everything(fixture) == before
  end

  defp allowed(route) do
    for way <- [:key, :session] do
      fixture = TestWebFixture.tenant()
      browser = browser(fixture.key)

      answer =
        case way do
          :key -> ask(route, fixture, key: fixture.key)
          :session -> by_session(route, fixture, browser, browser.csrf)
        end

      if route.meta.kind == :api do
        assert answer.status in 200..299, answer.body
        assert {_what, schema} = route.meta[:answers][answer.status]
        described!(answer, schema)
      else
        refute answer.status in [401, 403] or answer.status >= 500
      end
    end
  end

  defp described!(answer, nil), do: assert(answer.body == "")
  defp described!(answer, {:events, _schema}), do: described!(answer, {:text, "text/event-stream"})
  defp described!(answer, {:text, type}), do: assert(String.starts_with?(TestConn.header(answer, "content-type"), type))

  defp described!(answer, schema) do
    assert TestConn.header(answer, "content-type") == "application/json"
    assert Schema.check(json(answer), schema, Schemas.components()) == :ok
  end

  test "a page of the plane's own may write, behind a proxy too" do
    {_tenant, key} = tenant()
    browser = browser(key)
    own = [{"cookie", browser.cookie}, {"x-csrf-token", browser.csrf}]

    for {host, origin, status} <- [
          {"localhost", "http://localhost", 201},
          {"localhost:4000", "http://localhost:4000", 201},
          {"books.example", "https://books.example", 201},
          {"books.example", "https://books.example:443", 201},
          {"books.example:80", "http://books.example", 201},
          {"Books.example", "https://books.EXAMPLE", 201},
          {"books.example", "https://books.example:8443", 403},
          {"books.example", "https://books.example.evil.example", 403},
          {"127.0.0.1:4000", "https://outside.example", 201},
          {nil, "http://localhost", 403},
          {"localhost", "localhost", 403}
        ] do
      answer =
        request("POST", "/api/keys",
          headers: [{"origin", origin}, {"sec-fetch-site", "same-origin"} | own],
          fields: [host: host],
          settings: [origins: ["https://outside.example"]]
        )

      assert answer.status == status, inspect({host, origin})
    end
  end

  test "a form that is too large is told to be that" do
    {_tenant, key} = tenant()
    browser = browser(key)
    headers = [{"cookie", browser.cookie}, {"content-type", "application/x-www-form-urlencoded"}]
    body = ["_csrf=#{browser.csrf}&name=", String.duplicate("a", 5 * 1_048_576)]
    assert request("POST", "/keys", headers: headers, body: body).status == 413
  end

  test "who brings too many keys that are none is told to wait, and the right one is taken" do
    {_tenant, key} = tenant()
    peer = [fields: [peer: {{203, 0, 113, :rand.uniform(250)}, 1}], settings: [failures: {3, 60_000}]]
    ask = fn key -> request("GET", "/api/keys", [key: key] ++ peer) end
    assert for(_ <- 1..4, do: ask.("wb_none").status) == [401, 401, 401, 429]
    assert %{status: 429} = answer = ask.("wb_none")
    assert {code(answer), TestConn.header(answer, "retry-after")} == {"rate_limited", "20"}
    assert json(answer)["error"]["retryable"]
    assert ask.(key).status == 200
  end

  test "who asks too often is told when to come again, and nobody else is" do
    {_tenant, key} = tenant()
    {_tenant, other} = tenant()
    ask = fn key -> request("GET", "/api/keys", key: key, settings: [rate: {1, 60_000}, burst: 2]) end
    assert for(_ <- 1..3, do: ask.(key).status) == [200, 200, 429]
    answer = ask.(key)
    assert code(answer) == "rate_limited"
    assert String.to_integer(TestConn.header(answer, "retry-after")) in 1..120
    assert ask.(other).status == 200
  end
end
