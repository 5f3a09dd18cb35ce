defmodule Workbooks.Web.SessionsTest do
  use ExUnit.Case, async: true

  alias Workbooks.HTTP.Conn
  alias Workbooks.{TestConn, TestWeb}
  alias Workbooks.Web.{Keys, Sessions, Settings, Signer}

  doctest Workbooks.Web.Sessions

  defp resume(cookie, options \\ []) do
    Sessions.resume(TestConn.conn("GET", "/", [headers: [{"cookie", cookie}]] ++ options))
  end

  # A cookie of ours that says what it likes.
  defp forged(key_id, begun, options \\ []) do
    id = Keyword.get(options, :id, :crypto.strong_rand_bytes(16))
    payload = <<1, 0, begun::48, id::binary, key_id::binary>>
    {:ok, mac} = Signer.mac(["session", payload])
    "wb_session=" <> Base.url_encode64(mac <> payload, padding: false)
  end

  defp key do
    {tenant, key} = TestWeb.tenant()
    {:ok, %{id: id}} = Keys.verify(key)
    {tenant, key, id}
  end

  test "a session is begun with a key, resumed by its cookie, and says whose it is" do
    {tenant, key, id} = key()
    conn = TestConn.conn("POST", "/sign-in")
    assert {:ok, conn} = Sessions.sign_in(conn, key)
    assert {"set-cookie", set} = List.keyfind(conn.answer_headers, "set-cookie", 0)
    assert [_value, "Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=43200"] = String.split(set, "; ")
    assert %{tenant: ^tenant, key: ^id, via: :session} = conn.assigns

    assert {:ok, again} = resume(TestWeb.cookie(conn.answer_headers))
    assert %{tenant: ^tenant, key: ^id, via: :session} = again.assigns
    assert again.answer_headers == []
    assert Sessions.csrf(again) == Sessions.csrf(conn)
    assert Sessions.csrf?(again, Sessions.csrf(conn))
    for token <- ["", nil, "x", Sessions.csrf(conn) <> "x"], do: refute(Sessions.csrf?(again, token))
  end

  test "by https the cookie is for https alone, behind a proxy too" do
    {_tenant, key, _id} = key()

    for options <- [[fields: [scheme: :https]], [headers: [{"origin", "https://localhost"}]]] do
      {:ok, conn} = Sessions.sign_in(TestConn.conn("POST", "/sign-in", options), key)
      {_name, set} = List.keyfind(conn.answer_headers, "set-cookie", 0)
      assert String.ends_with?(set, "; Secure")
    end
  end

  test "nothing else is a session" do
    {_tenant, key, id} = key()
    %{cookie: "wb_session=" <> value = cookie} = TestWeb.browser(key)
    <<byte, rest::binary>> = Base.url_decode64!(value, padding: false)
    now = System.os_time(:second)

    for {what, cookie} <- [
          none: "",
          other: "wb_sessions=" <> value,
          empty: "wb_session=",
          cut: String.slice(cookie, 0..-4),
          changed: "wb_session=" <> Base.url_encode64(<<Bitwise.bxor(byte, 1), rest::binary>>, padding: false),
          longer: cookie <> "AAAA",
          long: "wb_session=" <> String.duplicate("A", 10_000),
          twice: cookie <> "; " <> cookie,
          binary: "wb_session=" <> <<255, 0>>,
          over: forged(id, now - 12 * 3600),
          of_tomorrow: forged(id, now + 3600),
          of_nobody: forged("nobody", now)
        ] do
      assert resume(cookie) == :error, "#{what}"
    end

    assert {:ok, _} = resume(forged(id, now))
    assert {:ok, _} = resume("a=b; " <> cookie <> "; c=d")
    assert {:ok, _} = Sessions.resume(TestConn.conn("GET", "/", headers: [{"cookie", "a=b"}, {"cookie", cookie}]))
  end

  test "in its second half a session is renewed, and stays the same" do
    {_tenant, _key, id} = key()
    session = :crypto.strong_rand_bytes(16)
    now = System.os_time(:second)
    assert {:ok, young} = resume(forged(id, now - 6 * 3600 + 60, id: session))
    assert young.answer_headers == []
    assert {:ok, old} = resume(forged(id, now - 6 * 3600 - 60, id: session))
    assert cookie = TestWeb.cookie(old.answer_headers)
    assert {:ok, renewed} = resume(cookie)
    assert renewed.answer_headers == []
    assert Sessions.csrf(renewed) == Sessions.csrf(young)
  end

  test "signed out, a copy of the cookie is worth nothing" do
    {_tenant, key, _id} = key()
    %{cookie: cookie} = TestWeb.browser(key)
    %{cookie: other} = TestWeb.browser(key)
    {:ok, conn} = resume(cookie)
    conn = Sessions.sign_out(conn)
    assert [{"set-cookie", "wb_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"}] = conn.answer_headers
    assert Sessions.csrf(conn) == ""
    assert resume(cookie) == :error
    assert {:ok, _} = resume(other)
    # Without a session there is nothing to end.
    assert %Conn{} = Sessions.sign_out(TestConn.conn("POST", "/sign-out"))
  end

  test "a session ends with its key" do
    {tenant, key, id} = key()
    %{cookie: cookie} = TestWeb.browser(key)
    assert {:ok, _} = resume(cookie)
    :ok = Keys.revoke(tenant, id)
    assert resume(cookie) == :error
  end

  test "keys that are none are counted for their address, and the right one is taken all the same" do
    {_tenant, key, _id} = key()
    settings = Settings.read(failures: {2, 60_000})

    from = fn last ->
      TestConn.conn("POST", "/", fields: [peer: {{192, 0, 2, last}, 1}, assigns: %{settings: settings}])
    end

    n = :rand.uniform(250)
    assert {:error, :unauthorized, _} = Sessions.sign_in(from.(n), "wb_no_key")
    assert {:error, :unauthorized, _} = Sessions.sign_in(from.(n), "")
    assert {:error, :rate_limited, _} = Sessions.sign_in(from.(n), "wb_no_key")
    assert {:ok, _} = Sessions.sign_in(from.(n), key)
    assert {:error, :unauthorized, _} = Sessions.sign_in(from.(n + 1), "wb_no_key")
  end
end
