defmodule Workbooks.TestWeb do
  @moduledoc false
  # Requests to the control plane, in the test's own process: by key, and as a browser that is signed in.

  alias Workbooks.{JSON, TestConn}
  alias Workbooks.Web.{Keys, Router, Sessions}

  @doc "A tenant of this test alone, and a key of its."
  def tenant do
    tenant = "t-#{System.unique_integer([:positive])}-#{:rand.uniform(1_000_000)}"
    {:ok, key} = Keys.create(tenant, name: "test")
    {tenant, key}
  end

  @doc "The answer to a request, as `Workbooks.TestConn.request/4` has it. `key:` is sent; `json:` is the body. `settings:` are the router's."
  def request(method, target, options \\ []) do
    {key, options} = Keyword.pop(options, :key)
    {json, options} = Keyword.pop(options, :json)
    {settings, options} = Keyword.pop(options, :settings, [])
    headers = Keyword.get(options, :headers, [])
    headers = if key, do: [{"authorization", "Bearer " <> key} | headers], else: headers
    headers = if json == nil, do: headers, else: [{"content-type", "application/json"} | headers]
    options = if json == nil, do: options, else: Keyword.put(options, :body, JSON.encode!(json))
    # From somewhere else each time: failures are counted by address.
    peer = {{10, :rand.uniform(255), :rand.uniform(255), :rand.uniform(255)}, 1}
    options = Keyword.update(options, :fields, [peer: peer], &Keyword.put_new(&1, :peer, peer))
    TestConn.request({Router, settings}, method, target, Keyword.put(options, :headers, headers))
  end

  @doc "An answer's JSON."
  def json(answer), do: JSON.decode!(answer.body)

  @doc "The code of an answer that is an error."
  def code(answer), do: json(answer)["error"]["code"]

  @doc "What a browser has that signed in with a key: `%{cookie:, csrf:}`."
  def browser(key, fields \\ []) do
    {:ok, conn} = Sessions.sign_in(TestConn.conn("POST", "/sign-in", fields: fields), key)
    %{cookie: cookie(conn.answer_headers), csrf: Sessions.csrf(conn)}
  end

  @doc "The cookie that an answer's headers set, as a browser sends it back; nil where they set none."
  def cookie(headers) do
    with {_name, set} <- List.keyfind(headers, "set-cookie", 0), do: set |> String.split(";") |> hd()
  end
end
