Code.require_file("../../../scripts/check_pages.exs", __DIR__)

defmodule Workbooks.Web.ConsoleTest do
  use ExUnit.Case, async: true

  import Workbooks.TestWeb

  # The audit's lines.
  @moduletag :capture_log

  alias Workbooks.{Domains, Library, Runs, TestConn, TestWorkbook}
  alias Workbooks.Vars.Store
  alias Workbooks.Web.{Console, Keys}
  alias Workbooks.Web.Console.{Assets, HTML, View}

  doctest Console
  doctest HTML
  doctest Console.Answer
  doctest Console.Parts
  doctest View.RunForm
  doctest View.Source

  @hello TestWorkbook.book([
           {"Greet", [in: "name", out: "greeting"], "js", "export const f = (name) => ({ greeting: `Hello, ${name}` })"}
         ])

  setup do
    {tenant, key} = tenant()
    %{tenant: tenant, key: key, browser: browser(key)}
  end

  defp get(browser, path, options \\ []) do
    request("GET", path, [headers: [{"cookie", browser.cookie}]] ++ options)
  end

  defp post(browser, path, fields \\ %{}, options \\ []) do
    body = fields |> Map.new() |> Map.put_new("_csrf", browser.csrf) |> URI.encode_query()
    headers = [{"cookie", browser.cookie}, {"content-type", "application/x-www-form-urlencoded"}]
    request("POST", path, [headers: headers, body: body] ++ options)
  end

  defp location(answer), do: TestConn.header(answer, "location")

  # Well-formed, with a language, a title and so on. Scripts, frames and links are what this is about, not a breach.
  defp assert_sound(%{body: html} = answer) do
    complaints = CheckPages.check(html, ".")

    known =
      ~r/has a <script>|has an <iframe>|fetches by <(link|script|iframe)|links to|no colours for the dark|refreshes itself/

    assert [] == Enum.reject(complaints, &(&1 =~ known)), html
    assert TestConn.header(answer, "content-type") == "text/html; charset=utf-8"
    refute html =~ ~r/<script(?! src="[^"]*\/assets\/console-)/
    refute html =~ ~r/ (style|on[a-z]+)=/
    answer
  end

  defp page(answer, status \\ 200) do
    assert answer.status == status, answer.body
    assert_sound(answer).body
  end

  defp ended(tenant, id) do
    {:ok, reference, _past, state} = Runs.subscribe(tenant, id)
    if state == :running, do: receive(do: ({^reference, :ended} -> :ok))
    id
  end

  describe "who is not signed in" do
    test "is asked to, and comes back to where they were going" do
      for route <- Console.routes(), route.method == "GET", route.meta.auth == :tenant do
        assert %{status: 303} = answer = request("GET", String.replace(route.path, ":id", "x"))
        assert location(answer) =~ ~r{\A/sign-in\?next=%2F}
      end

      html = page(request("GET", "/sign-in?next=%2Fruns"))
      assert html =~ ~s(name="next" value="/runs")
      assert html =~ ~s(<label for="key">)
      refute html =~ "Sign out"
    end

    test "signs in with a key, and with nothing else", %{key: key} do
      sign_in = fn fields, options ->
        options = Keyword.put(options, :body, URI.encode_query(fields))
        request("POST", "/sign-in", options)
      end

      assert %{status: 303} = answer = sign_in.(%{key: " #{key}\n", next: "/runs"}, [])
      assert location(answer) == "/runs"
      assert get(%{cookie: cookie(answer.headers)}, "/").status == 200

      html = page(sign_in.(%{key: key <> "x"}, []), 401)
      assert html =~ "no key that opens anything"
      refute html =~ key
      assert sign_in.(%{key: key}, headers: [{"origin", "https://elsewhere.example"}]).status == 403
    end

    test "is sent on within the console alone", %{key: key} do
      for {next, to} <- [
            {"/runs/x", "/runs/x"},
            {"//evil.example", "/"},
            {"/\\evil.example", "/"},
            {"https://evil.example", "/"},
            {"/a\r\nset-cookie: x", "/"},
            {"/sign-in", "/"},
            {"", "/"}
          ] do
        answer = request("POST", "/sign-in", body: URI.encode_query(%{key: key, next: next}))
        assert {answer.status, location(answer)} == {303, to}
      end
    end
  end

  test "signing out ends the session", %{browser: browser} do
    assert %{status: 303} = answer = post(browser, "/sign-out")
    assert location(answer) == "/sign-in?done=signed-out"
    assert get(browser, "/").status == 303
  end

  test "a form without the session's token changes nothing", %{tenant: tenant, browser: browser} do
    {:ok, _} = Library.put(tenant, "hello", @hello)

    for %{method: "POST", meta: %{auth: :tenant}} = route <- Console.routes(), token <- ["", "x"] do
      path = String.replace(route.path, ":id", "hello")
      assert post(browser, path, %{"_csrf" => token, "id" => "new", "key" => "k"}).status == 403
    end

    assert Map.keys(Library.list(tenant)) == ["hello"]
    assert get(browser, "/").status == 200
  end

  describe "every page" do
    test "is well-formed, has the policy, and is kept by nobody", %{tenant: tenant, browser: browser} do
      {:ok, _} = Library.put(tenant, "hello", @hello)
      {:ok, run} = Runs.start(tenant, "hello", %{"name" => "Ada"})
      ended(tenant, run)

      for %{method: "GET", meta: %{kind: :page, auth: :tenant}, path: path} <- Console.routes() do
        id = if path =~ "/runs/", do: run, else: "hello"
        answer = get(browser, String.replace(path, ":id", id))
        assert answer.status == 200, path
        assert TestConn.header(answer, "cache-control") == "no-store"
        policy = TestConn.header(answer, "content-security-policy")
        assert policy =~ "default-src 'none'"

        if path in ["/workbooks/:id/preview", "/runs/:id/page"] do
          assert policy =~ ~r/\Asandbox;/
          refute policy =~ "script"
          assert TestConn.header(answer, "x-frame-options") == "SAMEORIGIN"
          assert CheckPages.check(answer.body, ".") == []
        else
          assert policy =~ "style-src 'self'; script-src 'self'"
          assert policy =~ "frame-ancestors 'none'"
          refute policy =~ "unsafe"
          assert_sound(answer)
        end
      end
    end

    test "links below the path that an application has put the console at", %{tenant: tenant, browser: browser} do
      {:ok, _} = Library.put(tenant, "hello", @hello)
      script = [fields: [script: ["books", "a b"]]]

      for path <- ["/", "/workbooks/hello", "/workbooks/hello/page"] do
        html = page(get(browser, path, script))
        assert [_ | _] = links = Regex.scan(~r/ (?:href|src|action)="(\/[^"]*)"/, html, capture: :all_but_first)
        for [link] <- links, do: assert(String.starts_with?(link, "/books/a%20b/"), link)
      end

      assert location(post(browser, "/workbooks", %{"id" => "x", "source" => ""}, script)) ==
               "/books/a%20b/workbooks/x?done=created"
    end

    test "of another tenant's things is not there", %{tenant: tenant} do
      {:ok, _} = Library.put(tenant, "hello", @hello)
      {:ok, run} = Runs.start(tenant, "hello", %{"name" => "Ada"})
      {_tenant, other} = tenant()
      other = browser(other)

      for path <- ["", "/source", "/edit", "/page", "/preview", "/versions", "/publish"] do
        assert page(get(other, "/workbooks/hello" <> path), 404) =~ "There is no workbook of this id."
      end

      for path <- ["", "/page"], do: assert(page(get(other, "/runs/#{run}#{path}"), 404) =~ "There is no such run")
      assert page(post(other, "/runs/#{run}/cancel"), 404)
      assert post(other, "/workbooks/hello/run").status == 404
      assert post(other, "/workbooks/hello/delete", %{"etag" => "x"}).status in [404, 409]
      assert {:ok, _} = Library.get(tenant, "hello")
    end

    test "is text where somebody wrote it", %{tenant: tenant, browser: browser} do
      evil = ~s(<script>alert("1"\)</script>)

      org = """
      #+TITLE: #{evil}
      * #{evil}
      :PROPERTIES:
      :WORKBOOK_VERSION: 1
      :END:
      ** #{evil}
      :PROPERTIES:
      :in: a#{evil}
      :out: b#{evil}
      :END:
      #+begin_src js
      export const f = () => { throw new Error(`#{evil}`) } //#{evil}
      #+end_src
      </textarea>#{evil}
      """

      {:ok, _} = Library.put(tenant, "evil", org)
      {:ok, run} = Runs.start(tenant, "evil", %{("a" <> evil) => evil})
      ended(tenant, run)
      :ok = Store.set(tenant, "plain", evil)

      for path <- ["/workbooks/evil", "/workbooks/evil/source", "/workbooks/evil/edit", "/runs/#{run}", "/variables"] do
        html = page(get(browser, path))
        refute html =~ "<script>"
        assert html =~ "&lt;script&gt;alert("
      end

      assert page(get(browser, "/?q=" <> URI.encode_www_form(evil))) =~ "&lt;script&gt;"
      assert page(post(browser, "/workbooks", %{"id" => evil, "source" => evil}), 400) =~ "&lt;script&gt;"
      refute page(get(browser, "/?done=" <> URI.encode_www_form(evil))) =~ "script&gt;"
    end
  end

  describe "workbooks" do
    test "are created, searched and deleted", %{tenant: tenant, browser: browser} do
      assert page(get(browser, "/")) =~ "No workbook yet"
      answer = post(browser, "/workbooks", %{"id" => "hello", "source" => String.replace(@hello, "\n", "\r\n")})
      assert {303, "/workbooks/hello?done=created"} = {answer.status, location(answer)}
      # Forms have other line ends than files.
      assert {:ok, %{source: @hello, etag: etag}} = Library.get(tenant, "hello")
      assert page(get(browser, location(answer))) =~ "Created."

      html = page(post(browser, "/workbooks", %{"id" => "hello", "source" => "* Mine"}), 409)
      assert html =~ "nothing was changed"
      assert html =~ "* Mine"

      {:ok, _} = Library.put(tenant, "other", "* Other")
      html = page(get(browser, "/?q=HELL"))
      assert html =~ ~s(href="/workbooks/hello")
      refute html =~ ~s(href="/workbooks/other")

      assert post(browser, "/workbooks/hello/delete", %{"etag" => "another"}).status == 409
      assert location(post(browser, "/workbooks/hello/delete", %{"etag" => etag})) == "/?done=deleted"
      assert Library.get(tenant, "hello") == :error
    end

    test "that somebody else changed meanwhile are shown, not overwritten", %{tenant: tenant, browser: browser} do
      {:ok, first} = Library.put(tenant, "hello", "* One")
      assert page(get(browser, "/workbooks/hello/edit")) =~ ~s(name="etag" value="#{first.etag}")
      {:ok, theirs} = Library.put(tenant, "hello", "* Theirs")

      html = page(post(browser, "/workbooks/hello/source", %{"etag" => first.etag, "source" => "* Mine"}), 409)
      assert html =~ "Somebody else saved version 2 meanwhile."
      assert html =~ "* Mine"
      assert html =~ ~s(name="etag" value="#{theirs.etag}")
      assert {:ok, %{source: "* Theirs"}} = Library.get(tenant, "hello")

      assert %{status: 303} = post(browser, "/workbooks/hello/source", %{"etag" => theirs.etag, "source" => "* Mine"})
      assert {:ok, %{source: "* Mine", version: 3}} = Library.get(tenant, "hello")
      assert page(get(browser, "/workbooks/hello/source?version=1")) =~ "This is version 1."
      assert page(get(browser, "/workbooks/hello/source?version=9"), 404) =~ "not kept"
      html = page(get(browser, "/workbooks/hello/versions"))
      for v <- 1..3, do: assert(html =~ "Version #{v}")
    end

    test "are edited as they are, to the character", %{tenant: tenant, browser: browser} do
      source = "\n\n* A \f & <b> \u0001 \u{1F600}\n\tx"
      {:ok, info} = Library.put(tenant, "odd", source)

      [contents] =
        Regex.run(~r{<textarea[^>]*>\n(.*)</textarea>}s, get(browser, "/workbooks/odd/edit").body,
          capture: :all_but_first
        )

      back =
        for {entity, c} <- [{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}],
            reduce: contents,
            do: (text -> String.replace(text, entity, c))

      assert back == source

      assert location(post(browser, "/workbooks/odd/source", %{"etag" => info.etag, "source" => back})) ==
               "/workbooks/odd?done=same"

      {:ok, _} = Library.put(tenant, "crlf", "* A\r\n* B\r\n")
      html = page(get(browser, "/workbooks/crlf/edit"))
      assert html =~ "would change"
      refute html =~ "<textarea"
      {:ok, _} = Library.put(tenant, "long", String.duplicate("line\n", 300_000))
      assert page(get(browser, "/workbooks/long/edit")) =~ "too much for a form"
    end

    test "show what is wrong with them, at its line", %{tenant: tenant, browser: browser} do
      {:ok, _} =
        Library.put(tenant, "broken", "* No version\n** B\n:PROPERTIES:\n:out: x\n:END:\n#+begin_src nolang\n#+end_src")

      html = page(get(browser, "/workbooks/broken"))
      assert html =~ "missing version"
      assert html =~ ~s(href="/workbooks/broken/source#L6")
      html = page(get(browser, "/workbooks/broken/source"))

      assert html =~
               ~r{<span class="l l-error" id="L6">.*#\+begin_src nolang\n</span><span class="remark remark-error">error: }
    end

    test "of any size are shown, a part at a time", %{tenant: tenant, browser: browser} do
      {:ok, _} = Library.put(tenant, "long", String.duplicate("\n", 500_000) <> String.duplicate("x", 500_000))
      html = page(get(browser, "/workbooks/long/source"))
      assert byte_size(html) < 600_000
      assert html =~ ~s(href="/workbooks/long/source?from=2001")
      html = page(get(browser, "/workbooks/long/source?from=500001"))
      assert html =~ "bytes more"
      assert byte_size(html) < 100_000

      for from <- ["0", "-1", "x", "99999999999999999999", "900000000000"],
          do: page(get(browser, "/workbooks/long/source?from=#{from}"))
    end
  end

  describe "runs" do
    test "are begun with what the form has, and show what came of them", %{tenant: tenant, browser: browser} do
      {:ok, _} = Library.put(tenant, "hello", @hello)
      html = page(get(browser, "/workbooks/hello"))
      assert html =~ ~s(<label for="input-0">name</label><textarea id="input-0" name="in:name")
      "/runs/" <> run = location(post(browser, "/workbooks/hello/run", %{"in:name" => "Ada"}))
      ended(tenant, run)
      html = page(get(browser, "/runs/#{run}"))
      assert html =~ "Hello, Ada"
      assert html =~ "1 step in"
      refute html =~ "data-events"
      refute html =~ "http-equiv=\"refresh\""
      assert page(get(browser, "/runs")) =~ run
      assert get(browser, "/runs/#{run}/page").body =~ "Hello, Ada"
    end

    test "that fail show the line that did", %{tenant: tenant, browser: browser} do
      {:ok, _} =
        Library.put(
          tenant,
          "bad",
          TestWorkbook.book([{"Bad", [out: "x"], "js", "export const f = () => {\n  null.x\n}"}])
        )

      "/runs/" <> run = location(post(browser, "/workbooks/bad/run"))
      ended(tenant, run)
      html = page(get(browser, "/runs/#{run}"))

      assert html =~
               ~r{<span class="l l-error"><span class="n">11</span>  null.x\n</span><span class="remark remark-error">TypeError}

      assert html =~ ~s(href="/workbooks/bad/source?version=1#L11")
    end

    test "that lack something say so and lead back", %{tenant: tenant, browser: browser} do
      {:ok, _} = Library.put(tenant, "hello", @hello)
      "/runs/" <> run = location(post(browser, "/workbooks/hello/run"))
      ended(tenant, run)
      html = page(get(browser, "/runs/#{run}"))
      assert html =~ "missing input"
      assert html =~ ~s(href="/workbooks/hello#run")
    end

    test "that go on refresh themselves, and are cancelled", %{tenant: tenant, browser: browser} do
      {:ok, _} =
        Library.put(
          tenant,
          "spin",
          TestWorkbook.book([TestWorkbook.spin("Spin", out: "x"), TestWorkbook.spin("More", out: "y")])
        )

      "/runs/" <> run = location(post(browser, "/workbooks/spin/run"))
      html = page(get(browser, "/runs/#{run}"))
      assert html =~ ~s(<noscript><meta http-equiv="refresh" content="2" /></noscript>)
      assert html =~ ~s(data-events="/api/runs/#{run}/events")
      assert html =~ ~s(role="status" aria-live="polite")
      assert html =~ "of 2 steps are over."
      assert location(post(browser, "/runs/#{run}/cancel")) == "/runs/#{run}?done=cancelled"
      ended(tenant, run)
      assert page(get(browser, "/runs/#{run}")) =~ "status-cancelled"
    end

    test "of a workbook that is gone are shown without its source", %{tenant: tenant, browser: browser} do
      {:ok, _} = Library.put(tenant, "hello", @hello)
      {:ok, run} = Runs.start(tenant, "hello", %{"name" => "Ada"})
      ended(tenant, run)
      :ok = Library.delete(tenant, "hello")
      assert page(get(browser, "/runs/#{run}")) =~ "Hello, Ada"
      assert page(get(browser, "/runs/#{run}/page"), 404)
    end
  end

  describe "variables" do
    test "are set and deleted, and secrets never shown", %{tenant: tenant, browser: browser} do
      assert %{status: 303} = post(browser, "/variables", %{"key" => "url", "value" => "https://a.example"})
      assert %{status: 303} = post(browser, "/variables", %{"key" => "token", "value" => "hush-hush", "secret" => "on"})
      assert Store.list(tenant) == %{"token" => :secret, "url" => :plain}
      html = page(get(browser, "/variables"))
      assert html =~ "https://a.example"
      assert html =~ "not shown"
      refute html =~ "hush-hush"

      html = page(post(browser, "/variables", %{"key" => "no name", "value" => "hush-hush", "secret" => "on"}), 400)
      refute html =~ "hush-hush"
      assert html =~ "no variable name"

      assert %{status: 303} = post(browser, "/variables/delete", %{"key" => "url"})
      assert Store.list(tenant) == %{"token" => :secret}
    end
  end

  describe "domains" do
    test "are attached and detached", %{tenant: tenant, browser: browser} do
      {:ok, _} = Library.put(tenant, "hello", @hello)
      host = tenant <> ".example"
      assert %{status: 303} = post(browser, "/domains", %{"host" => host, "workbook" => "hello"})
      assert Domains.resolve(host) == {:ok, {tenant, "hello"}}
      assert page(get(browser, "/domains")) =~ host

      {_other, key} = tenant()
      other = browser(key)
      html = page(post(other, "/domains", %{"host" => host, "workbook" => "x"}), 409)
      assert html =~ "held by another tenant"
      assert post(other, "/domains/detach", %{"host" => host}).status == 404
      assert %{status: 303} = post(browser, "/domains/detach", %{"host" => host})
      assert Domains.resolve(host) == :error
    end
  end

  describe "keys" do
    test "are shown once, and open something until they are revoked", %{tenant: tenant, browser: browser} do
      html = page(post(browser, "/keys", %{"name" => "ci"}), 201)
      assert [key] = Regex.run(~r/wb_[a-z0-9]+_[a-z0-9]+/, html)
      assert {:ok, %{tenant: ^tenant, id: id}} = Keys.verify(key)
      html = page(get(browser, "/keys"))
      assert html =~ id
      refute html =~ key
      assert page(post(browser, "/keys", %{"name" => ""}), 400) =~ "name is 1 to 64 characters"

      assert %{status: 303} = post(browser, "/keys/revoke", %{"id" => id})
      assert Keys.verify(key) == :error
      assert page(get(browser, "/keys")) =~ "revoked"
    end
  end

  describe "publishing" do
    test "is one form, and is taken back by two", %{tenant: tenant, browser: browser} do
      {:ok, _} = Library.put(tenant, "hello", @hello)
      host = tenant <> ".example"
      assert page(get(browser, "/workbooks/hello/publish")) =~ "Nothing of this workbook is published."
      answer = post(browser, "/workbooks/hello/publish", %{"host" => host, "in:name" => "Ada"})
      assert location(answer) == "/workbooks/hello/publish?done=published"
      assert Domains.resolve(host) == {:ok, {tenant, "hello"}}
      html = page(get(browser, "/workbooks/hello/publish"))
      assert html =~ host
      assert html =~ "Version 1"

      assert location(post(browser, "/workbooks/hello/unpublish")) == "/workbooks/hello/publish?done=unpublished"
      assert Library.published(tenant, "hello") == :error
      assert location(post(browser, "/workbooks/hello/rollback")) == "/workbooks/hello/publish?done=rolled-back"
      assert {:ok, _} = Library.published(tenant, "hello")
      assert page(post(browser, "/workbooks/hello/rollback"), 404)
    end

    test "says why it was not", %{tenant: tenant, browser: browser} do
      {:ok, _} =
        Library.put(
          tenant,
          "bad",
          TestWorkbook.book([{"Bad", [out: "x"], "js", "export const f = () => {\n  null.x\n}"}])
        )

      html = page(post(browser, "/workbooks/bad/publish", %{"host" => tenant <> ".example"}), 422)
      assert html =~ "It was not published"
      assert html =~ ~s(href="/workbooks/bad/source#L11")
      assert html =~ ~s(value="#{tenant}.example")

      {:ok, _} = Library.put(tenant, "hello", @hello)
      html = page(post(browser, "/workbooks/hello/publish", %{"host" => "no host", "in:name" => "Ada"}), 400)
      assert html =~ ">Ada</textarea>" or html =~ "\nAda</textarea>"
    end
  end

  describe "assets" do
    test "may be kept for good under their address, and are nowhere else" do
      for {file, type} <- [{"console.css", "text/css; charset=utf-8"}, {"console.js", "text/javascript; charset=utf-8"}] do
        assert %{status: 200} = answer = request("GET", Assets.href(file))
        assert TestConn.header(answer, "cache-control") == "public, max-age=31536000, immutable"
        assert TestConn.header(answer, "content-type") == type
        assert answer.body == File.read!("priv/web/" <> file)
        etag = TestConn.header(answer, "etag")
        assert %{status: 304, body: ""} = request("GET", Assets.href(file), headers: [{"if-none-match", etag}])
      end

      for name <- ["console.css", "console-0000000000000000.css", "x"],
          do: assert(request("GET", "/assets/" <> name).status == 404)
    end
  end

  test "a key in a header opens the pages too", %{tenant: tenant, key: key} do
    {:ok, _} = Library.put(tenant, "hello", @hello)
    assert page(request("GET", "/workbooks/hello", key: key)) =~ "Greet"
    body = URI.encode_query(%{"key" => "a", "value" => "b"})
    assert %{status: 303} = request("POST", "/variables", key: key, body: body)
    assert {:ok, "b"} = Store.get(tenant, "a")
  end
end
