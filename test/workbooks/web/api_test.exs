defmodule Workbooks.Web.APITest do
  use ExUnit.Case, async: true

  import Workbooks.TestWeb

  # The audit's lines.
  @moduletag :capture_log

  alias Workbooks.{Domains, Library, Runs, TestConn, TestWait}
  alias Workbooks.Vars.Store

  doctest Workbooks.Web.API
  doctest Workbooks.Web.Reply
  doctest Workbooks.Web.Schema

  @sum """
  * Sum
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  ** Add
  :PROPERTIES:
  :in: a, b
  :out: sum
  :END:
  #+begin_src js
  export const add = (a, b) => a + b
  #+end_src
  """

  setup do
    {tenant, key} = tenant()
    {_other, other_key} = tenant()
    %{tenant: tenant, key: key, other_key: other_key}
  end

  defp put(key, id, source, headers \\ []) do
    request("PUT", "/api/workbooks/#{id}", key: key, body: source, headers: [{"content-type", "text/org"} | headers])
  end

  defp etag(answer), do: TestConn.header(answer, "etag")

  describe "workbooks" do
    test "are stored, read, listed and removed", %{key: key, other_key: other_key} do
      assert %{status: 201} = answer = put(key, "sum", @sum)
      assert %{"id" => "sum", "version" => 1, "etag" => etag, "bytes" => bytes} = json(answer)
      assert bytes == byte_size(@sum)
      assert TestConn.header(answer, "location") == "/api/workbooks/sum"
      assert etag(answer) == ~s("#{etag}")

      assert %{status: 200, body: @sum} = answer = request("GET", "/api/workbooks/sum", key: key)
      assert TestConn.header(answer, "content-type") == "text/org; charset=utf-8"
      assert TestConn.header(answer, "cache-control") == "no-store"
      assert etag(answer) == ~s("#{etag}")

      assert %{status: 200} = put(key, "sum", "* Another")
      assert %{body: "* Another"} = request("GET", "/api/workbooks/sum", key: key)
      assert %{body: @sum} = request("GET", "/api/workbooks/sum?version=1", key: key)

      assert %{"workbooks" => [%{"id" => "sum", "version" => 2, "published" => nil}]} =
               json(request("GET", "/api/workbooks", key: key))

      assert %{"versions" => [%{"version" => 2}, %{"version" => 1}]} =
               json(request("GET", "/api/workbooks/sum/versions", key: key))

      # Another tenant's is as if it were not there.
      assert json(request("GET", "/api/workbooks", key: other_key)) == %{"workbooks" => []}

      for path <- ["/api/workbooks/sum", "/api/workbooks/sum/versions", "/api/workbooks/sum?version=1"] do
        assert {404, "not_found"} =
                 {request("GET", path, key: other_key).status, code(request("GET", path, key: other_key))}
      end

      assert %{status: 404} = request("DELETE", "/api/workbooks/sum", key: other_key)
      assert %{status: 204, body: ""} = request("DELETE", "/api/workbooks/sum", key: key)
      assert %{status: 404} = request("GET", "/api/workbooks/sum", key: key)
      assert %{status: 404} = request("DELETE", "/api/workbooks/sum", key: key)
    end

    test "are written where they are what their writer thinks", %{key: key} do
      first = put(key, "tea", "* Green", [{"if-none-match", "*"}])
      assert first.status == 201
      assert %{status: 409} = answer = put(key, "tea", "* Black", [{"if-none-match", "*"}])
      assert code(answer) == "conflict"
      assert json(answer)["error"]["details"]["etag"] == json(first)["etag"]

      assert %{status: 200} = second = put(key, "tea", "* Black", [{"if-match", etag(first)}])
      assert %{status: 409} = answer = put(key, "tea", "* White", [{"if-match", etag(first)}])
      assert etag(answer) == etag(second)
      assert %{status: 200} = third = put(key, "tea", "* Red", [{"if-match", ~s("0", #{etag(second)})}])
      assert %{status: 200} = fourth = put(key, "tea", "* Blue", [{"if-match", "*"}])
      assert %{status: 409} = put(key, "tea", "* White", [{"if-match", "W/" <> etag(fourth)}])
      assert %{status: 409} = put(key, "tea", "* White", [{"if-match", ""}])
      assert %{status: 409} = put(key, "none", "* White", [{"if-match", "*"}])

      for headers <- [[{"if-match", "x"}], [{"if-none-match", etag(third)}]] do
        assert %{status: 400} = put(key, "tea", "* White", headers)
      end

      assert %{status: 409} = put(key, "tea", "* White", [{"if-match", "*"}, {"if-none-match", "*"}])
      assert %{status: 409} = request("DELETE", "/api/workbooks/tea", key: key, headers: [{"if-match", etag(third)}])
      assert %{status: 204} = request("DELETE", "/api/workbooks/tea", key: key, headers: [{"if-match", etag(fourth)}])
    end

    test "are not sent to whoever knows them", %{key: key} do
      tag = etag(put(key, "tea", "* Green"))

      for known <- [tag, "W/" <> tag, ~s("x", #{tag}), "*"] do
        assert %{status: 304, body: ""} =
                 answer = request("GET", "/api/workbooks/tea", key: key, headers: [{"if-none-match", known}])

        assert etag(answer) == tag
      end

      assert %{status: 200} = request("GET", "/api/workbooks/tea", key: key, headers: [{"if-none-match", ~s("x")}])
    end

    test "what is no source, or no name, is told", %{key: key} do
      assert {400, "bad_request"} = {put(key, "tea", <<255>>).status, code(put(key, "tea", <<255>>))}
      assert %{"field" => "id", "message" => message} = json(put(key, "-tea", "* T"))["error"]
      assert message =~ ~s("id" must match)
      answer = put(key, "tea", "* T", [])
      assert answer.status == 201
      json = request("PUT", "/api/workbooks/tea", key: key, json: "* Tea")
      assert %{"field" => "content-type"} = json(json)["error"]
      too_large = [{"content-length", "99999999"}]
      assert %{status: 413} = answer = put(key, "tea", "* T", too_large)
      assert code(answer) == "too_large"
      assert %{status: 413} = put(key, "tea", List.duplicate(String.duplicate("a", 1_048_576), 11))
      assert %{"field" => "version"} = json(request("GET", "/api/workbooks/tea?version=0", key: key))["error"]
      assert %{"field" => "versoin"} = json(request("GET", "/api/workbooks/tea?versoin=1", key: key))["error"]
      assert %{status: 400} = request("GET", "/api/workbooks/tea?version=%ff", key: key)
      assert %{status: 404} = request("GET", "/api/workbooks/tea?version=7", key: key)
    end
  end

  describe "the pipeline" do
    setup %{key: key} do
      put(key, "sum", @sum)
      :ok
    end

    defp post(key, path, body \\ nil), do: request("POST", "/api/workbooks" <> path, key: key, json: body)

    test "plans, lints and renders", %{key: key} do
      assert %{status: 200} = answer = post(key, "/sum/plan")
      assert %{"exports" => ["sum"], "imports" => ["a", "b"]} = json(answer)
      assert json(post(key, "/sum/lint")) == %{"issues" => []}
      assert %{"html" => html} = json(post(key, "/sum/render", %{title: false, num: false, toc: 1, math: "plain"}))
      assert html =~ "Add"

      put(key, "sum", "* No version")
      assert %{"issues" => [%{"code" => "missing_version", "line" => 1}]} = json(post(key, "/sum/lint"))
      assert json(post(key, "/sum/lint", %{version: 1})) == %{"issues" => []}

      for path <- ~w(/none/plan /none/lint /none/render /none/run /none/publish) do
        assert {404, "not_found"} = {post(key, path).status, code(post(key, path))}, path
      end

      assert %{status: 404} = post(key, "/sum/plan", %{version: 9})
    end

    test "a body that is none is told by its field", %{key: key} do
      for {path, body, field, message} <- [
            {"/sum/render", %{toc: "yes"}, "toc", ~s("toc" must be a boolean or an integer, got "yes")},
            {"/sum/render", %{math: "tex"}, "math", ~s("math" must be one of "mathjax", "plain", got "tex")},
            {"/sum/render", %{allow_html: true}, "allow_html",
             ~s("allow_html" is not known here: headline_levels, math, num, title, toc, version)},
            {"/sum/run", %{inputs: [1]}, "inputs", ~s("inputs" must be an object, got an array)},
            {"/sum/run", [], "", "the body must be an object, got an array"},
            {"/sum/run", %{timeout: 0}, "timeout", ~s("timeout" must be at least 1, got 0)}
          ] do
        answer = post(key, path, body)
        assert answer.status == 400
        assert %{"code" => "bad_request", "field" => ^field, "message" => ^message} = json(answer)["error"]
      end

      for {body, type} <- [{"{", "application/json"}, {"a=b", "application/x-www-form-urlencoded"}, {"{}", nil}] do
        headers = if type, do: [{"content-type", type}], else: []
        assert %{status: 400} = request("POST", "/api/workbooks/sum/run", key: key, body: body, headers: headers)
      end

      assert %{status: 413} =
               request("POST", "/api/workbooks/sum/run",
                 key: key,
                 json: %{inputs: %{a: String.duplicate("a", 1_100_000)}}
               )
    end

    test "runs, says how far it is, and what it came to", %{key: key, other_key: other_key} do
      assert %{status: 202} = answer = post(key, "/sum/run", %{inputs: %{a: 1, b: 2}})
      assert %{"id" => id, "events" => events} = json(answer)
      path = "/api/runs/#{id}"
      assert TestConn.header(answer, "location") == path
      assert events == path <> "/events"

      text = request("GET", events, key: key).body
      assert text =~ "event: start\n"
      assert text =~ ~r/event: stop\ndata: {.*"status":"ok"/

      assert %{"status" => "ok", "exports" => %{"sum" => 3}, "steps" => [%{"status" => "ok"}], "html" => html} =
               json(request("GET", path, key: key))

      assert html =~ "3"

      assert %{"runs" => [%{"id" => ^id, "workbook" => "sum", "version" => 1}]} =
               json(request("GET", "/api/runs", key: key))

      assert %{"runs" => 1, "by_status" => %{"ok" => 1}, "recent" => [%{"id" => ^id}]} =
               json(request("GET", "/api/telemetry", key: key))

      assert %{"steps" => [%{"component" => _, "status" => "ok", "ms" => _}]} =
               json(request("GET", "/api/telemetry/#{id}", key: key))

      for path <- [path, events, "/api/telemetry/#{id}", "/api/runs/0"] do
        assert %{status: 404} = request("GET", path, key: other_key)
      end

      assert %{status: 404} = request("DELETE", path, key: other_key)
      assert json(request("GET", "/api/runs", key: other_key)) == %{"runs" => []}
      assert %{status: 204} = request("DELETE", path, key: key)
    end

    test "a run without its inputs ends with what is missing", %{key: key} do
      %{"id" => id} = json(post(key, "/sum/run"))
      request("GET", "/api/runs/#{id}/events", key: key)

      assert %{"status" => "invalid", "error" => [%{"code" => "missing_input"} | _]} =
               json(request("GET", "/api/runs/#{id}", key: key))
    end

    test "a run is ended", %{key: key, tenant: tenant} do
      put(key, "long", String.replace(@sum, "=> a + b", "=> { for (;;) {} }"))
      %{"id" => id} = json(post(key, "/long/run", %{inputs: %{a: 1, b: 2}}))
      assert %{status: 204} = request("DELETE", "/api/runs/#{id}", key: key)
      TestWait.until(fn -> match?({:ok, %{status: :cancelled}}, Runs.get(tenant, id)) end)
      assert %{"status" => "cancelled"} = json(request("GET", "/api/runs/#{id}", key: key))
    end
  end

  describe "publishing" do
    setup %{key: key} do
      put(key, "page", "* Hello\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n")
      :ok
    end

    defp publish(key, body), do: request("POST", "/api/workbooks/page/publish", key: key, json: body)

    test "serves a page at a host, and goes back", %{key: key, tenant: tenant, other_key: other_key} do
      host = "#{tenant}.example"
      assert %{status: 200} = answer = publish(key, %{host: host})
      assert %{"host" => ^host, "version" => 1, "pages" => 1, "etag" => first} = json(answer)
      assert Domains.resolve(host) == {:ok, {tenant, "page"}}
      put(key, "page", "* Again\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n")
      assert %{"version" => 2, "host" => nil} = json(publish(key, %{}))
      assert %{"workbooks" => [%{"published" => 2}]} = json(request("GET", "/api/workbooks", key: key))

      rollback = fn -> request("POST", "/api/workbooks/page/rollback", key: key) end
      assert %{"version" => 1, "etag" => ^first} = json(rollback.())
      assert %{status: status} = rollback.()
      assert status in [404, 409]
      assert %{status: 204} = request("DELETE", "/api/workbooks/page/publish", key: key)
      assert Library.published(tenant, "page") == :error
      assert %{"etag" => ^first} = json(rollback.())

      put(other_key, "page", "* Other\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n")
      conflict = publish(other_key, %{host: host})
      assert {conflict.status, code(conflict)} == {409, "conflict"}
      for host <- ["a..b", "", 7], do: assert(publish(key, %{host: host}).status == 400)
    end

    test "a workbook that fails says where, and nothing is published", %{key: key, tenant: tenant} do
      put(key, "page", @sum)
      assert %{status: 422} = answer = publish(key, %{})
      assert %{"status" => "invalid", "issues" => [%{"code" => "missing_input"} | _]} = json(answer)["error"]["details"]

      put(key, "page", String.replace(@sum, "=> a + b", "=> { throw new Error('no') }"))
      assert %{status: 422} = answer = publish(key, %{inputs: %{a: 1, b: 2}})

      assert %{"status" => "failed", "steps" => [%{"line" => 11, "message" => message}]} =
               json(answer)["error"]["details"]

      assert message =~ "no"
      assert Library.published(tenant, "page") == :error
    end
  end

  describe "events" do
    setup %{key: key} do
      put(key, "sum", @sum)
      %{"id" => id} = json(request("POST", "/api/workbooks/sum/run", key: key, json: %{inputs: %{a: 1, b: 2}}))
      # Until it is over.
      request("GET", "/api/runs/#{id}/events", key: key)
      %{path: "/api/runs/#{id}/events"}
    end

    defp ids(answer), do: for([_, id] <- Regex.scan(~r/^id: (\d+)$/m, answer.body), do: String.to_integer(id))

    test "come from where one knows them", %{key: key, path: path} do
      all = request("GET", path, key: key)
      assert TestConn.header(all, "content-type") == "text/event-stream"
      assert [1, 2 | _] = ids(all)
      rest = request("GET", path, key: key, headers: [{"last-event-id", "1"}])
      assert ids(rest) == tl(ids(all))

      assert %{status: 204, body: ""} =
               request("GET", path, key: key, headers: [{"last-event-id", "#{List.last(ids(all))}"}])

      assert ids(request("GET", path, key: key, headers: [{"last-event-id", ""}])) == ids(all)
      assert %{status: 400} = request("GET", path, key: key, headers: [{"last-event-id", "x"}])
      assert %{status: 200, body: ""} = request("HEAD", path, key: key)
    end
  end

  describe "variables" do
    test "are set, read, listed and removed; a secret never comes back", %{
      key: key,
      tenant: tenant,
      other_key: other_key
    } do
      assert %{status: 204} = request("PUT", "/api/vars/greeting", key: key, json: %{value: "hello"})
      assert %{status: 204} = request("PUT", "/api/vars/token", key: key, json: %{value: "k3y", secret: true})

      assert json(request("GET", "/api/vars/greeting", key: key)) == %{
               "key" => "greeting",
               "secret" => false,
               "value" => "hello"
             }

      assert json(request("GET", "/api/vars/token", key: key)) == %{"key" => "token", "secret" => true, "bytes" => 3}
      assert {:ok, "k3y"} = Store.host_secret(tenant, "token")

      assert json(request("GET", "/api/vars", key: key))["vars"] == [
               %{"key" => "greeting", "secret" => false},
               %{"key" => "token", "secret" => true}
             ]

      assert json(request("GET", "/api/vars", key: other_key)) == %{"vars" => []}
      assert %{status: 404} = request("GET", "/api/vars/greeting", key: other_key)
      assert %{status: 204} = request("DELETE", "/api/vars/greeting", key: other_key)
      assert %{status: 200} = request("GET", "/api/vars/greeting", key: key)
      assert %{status: 204} = request("DELETE", "/api/vars/greeting", key: key)
      assert %{status: 404} = request("GET", "/api/vars/greeting", key: key)
      :ok = Store.set(tenant, "bytes", <<255>>)
      assert %{"base64" => "/w=="} = json(request("GET", "/api/vars/bytes", key: key))
    end

    test "what is none is told, and not repeated", %{key: key} do
      answer = request("PUT", "/api/vars/token", key: key, json: %{value: 123_456, secret: true})

      assert %{"field" => "value", "message" => ~s("value" must be a string, got something else)} =
               json(answer)["error"]

      assert %{"field" => "value", "message" => ~s("value" is missing)} =
               json(request("PUT", "/api/vars/a", key: key, json: %{}))["error"]

      assert %{status: 400} = request("PUT", "/api/vars/secret%3Aa", key: key, json: %{value: ""})
      assert %{status: 413} = request("PUT", "/api/vars/a", key: key, json: %{value: String.duplicate("a", 1_048_577)})
      assert %{status: 400} = request("PUT", "/api/vars/a", key: key)
    end
  end

  test "hosts are attached, read, listed and detached", %{key: key, other_key: other_key, tenant: tenant} do
    host = "#{tenant}.example"
    path = "/api/domains/#{host}"
    assert json(request("PUT", path, key: key, json: %{workbook: "sum"})) == %{"host" => host, "workbook" => "sum"}
    assert Domains.resolve(host) == {:ok, {tenant, "sum"}}

    assert json(request("GET", String.upcase(path) |> String.replace("/API/DOMAINS", "/api/domains"), key: key))["host"] ==
             host

    assert json(request("GET", "/api/domains", key: key)) == %{"domains" => [%{"host" => host, "workbook" => "sum"}]}
    assert json(request("GET", "/api/domains", key: other_key)) == %{"domains" => []}

    conflict = request("PUT", path, key: other_key, json: %{workbook: "sum"})
    assert {conflict.status, code(conflict)} == {409, "conflict"}
    assert %{status: 404} = request("GET", path, key: other_key)
    assert %{status: 404} = request("DELETE", path, key: other_key)
    assert %{status: 400} = request("PUT", "/api/domains/a..b", key: key, json: %{workbook: "sum"})
    assert %{status: 400} = request("GET", "/api/domains/a..b", key: key)
    assert %{"field" => "workbook"} = json(request("PUT", path, key: key, json: %{workbook: "-"}))["error"]
    assert %{status: 204} = request("DELETE", path, key: key)
    assert %{status: 404} = request("DELETE", path, key: key)
    wildcard = "*.#{tenant}.example"
    assert %{"host" => ^wildcard} = json(request("PUT", "/api/domains/#{wildcard}", key: key, json: %{workbook: "sum"}))
    assert %{"host" => ^wildcard} = json(request("GET", "/api/domains/#{wildcard}", key: key))
    assert %{status: 204} = request("DELETE", "/api/domains/#{wildcard}", key: key)
  end

  test "keys are made, listed and revoked", %{key: key, other_key: other_key} do
    assert %{status: 201} = answer = request("POST", "/api/keys", key: key, json: %{name: "ci"})
    assert %{"key" => new, "id" => id, "name" => "ci"} = json(answer)

    assert %{"keys" => [%{"id" => ^id, "name" => "ci", "revoked" => nil}, %{"name" => "test"}]} =
             json(request("GET", "/api/keys", key: new))

    refute request("GET", "/api/keys", key: new).body =~ new |> String.split("_") |> List.last()
    assert %{status: 404} = request("DELETE", "/api/keys/#{id}", key: other_key)
    assert %{status: 204} = request("DELETE", "/api/keys/#{id}", key: key)
    assert %{status: 401} = request("GET", "/api/keys", key: new)
    assert %{status: 201} = request("POST", "/api/keys", key: key)
    assert %{status: 400} = request("POST", "/api/keys", key: key, json: %{name: ""})
    assert %{status: 400} = request("POST", "/api/keys", key: key, json: %{name: "a\nb"})
  end

  test "what is open answers anybody" do
    assert json(request("GET", "/health?once=1")) == %{"status" => "ok"}
    assert %{"api" => "/api", "runtime" => "workbooks"} = json(request("GET", "/.well-known/workbooks-runtime"))
    inside = request("GET", "/.well-known/workbooks-runtime", fields: [script: ["wb"]])
    assert %{"api" => "/wb/api", "openapi" => "/wb/openapi.json"} = json(inside)
  end

  test "metrics are as Prometheus reads them", %{key: key} do
    answer = request("GET", "/metrics", key: key)
    assert TestConn.header(answer, "content-type") =~ "text/plain; version=0.0.4"

    for line <- String.split(answer.body, "\n", trim: true), not String.starts_with?(line, "#") do
      assert line =~ ~r/\Aworkbooks_[a-z0-9_]+(\{(kind|server)="[A-Za-z.]+"\})? \d+\z/
    end

    for name <- ~w(wasm_stores wasm_calls_total runs_running beam_processes) do
      assert answer.body =~ ~r/^workbooks_#{name} \d+$/m
    end
  end

  test "the library knows what came by here", %{key: key, tenant: tenant} do
    put(key, "a", "* A")
    assert {:ok, %{source: "* A"}} = Library.get(tenant, "a")
  end
end
