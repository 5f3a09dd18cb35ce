defmodule Workbooks.Web.BrowserTest do
  # The console as people have it: both planes behind their own servers, and a Chromium in front of them.
  use ExUnit.Case, async: false

  alias Workbooks.{Library, Runs, TestBrowser, TestWeb, TestWorkbook}
  alias Workbooks.{PublicWeb, Web}

  @moduletag :browser
  @moduletag :capture_log
  @moduletag skip: TestBrowser.missing()
  @moduletag timeout: 300_000

  # WORKBOOKS_SHOTS=folder keeps a picture of each page.
  @shots System.get_env("WORKBOOKS_SHOTS")

  @audit File.read!(Path.expand("../../support/audit.js", __DIR__))
  @external_resource Path.expand("../../support/audit.js", __DIR__)

  @hello """
  #+TITLE: A greeting

  * Hello
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  ** Greet
  :PROPERTIES:
  :in: name
  :out: greeting
  :END:
  #+begin_src javascript
  export function greet(name) {
    console.log("asked")
    return { greeting: `Hello, ${name}!` }
  }
  #+end_src
  """

  # One that is over at once, one that never is, and one that waits for it.
  @endless TestWorkbook.book([
             {"First", [out: "a"], "js", "export const f = () => { console.log('said so'); return { a: 1 } }"},
             TestWorkbook.spin("Spin", out: "x"),
             {"Last", [in: "x", out: "z", deps: "spin"], "js", "export const f = (x) => ({ z: x })"}
           ])

  setup_all do
    start_supervised!({Web.Endpoint, port: 0, ip: {127, 0, 0, 1}})
    start_supervised!({PublicWeb.Endpoint, port: 0, ip: {127, 0, 0, 1}})
    folder = Path.join(System.tmp_dir!(), "workbooks-browser-#{System.pid()}")
    browser = start_supervised!({TestBrowser, folder})
    [{_ip, port}] = Web.Endpoint.addresses()
    [{_ip, public}] = PublicWeb.Endpoint.addresses()
    %{browser: browser, url: "http://127.0.0.1:#{port}", public: public}
  end

  setup %{browser: browser} do
    {tenant, key} = TestWeb.tenant()
    TestBrowser.window(browser, 1280, 800)
    TestBrowser.scheme(browser, "light")
    TestBrowser.scripts(browser, true)
    TestBrowser.complaints(browser)
    %{tenant: tenant, key: key}
  end

  defp open(%{browser: browser, url: url}, path), do: TestBrowser.open(browser, url <> path)
  defp click(%{browser: browser}, selector), do: TestBrowser.click(browser, selector)
  defp fill(%{browser: browser}, selector, text), do: TestBrowser.fill(browser, selector, text)
  defp eval(%{browser: browser}, expression), do: TestBrowser.eval(browser, expression)
  defp until(%{browser: browser}, expression), do: TestBrowser.until(browser, expression)

  defp sees(context, selector, text) do
    found = "document.querySelector(#{TestBrowser.js(selector)})"
    until(context, "(#{found}?.innerText ?? #{found}?.textContent ?? '').includes(#{TestBrowser.js(text)})")
  end

  # Signed out first: there is one browser for all tests.
  defp sign_in(context) do
    TestBrowser.command(context.browser, "Network.clearBrowserCookies")
    open(context, "/")
    sees(context, "h1", "Sign in")
    fill(context, "#key", context.key)
    click(context, "main button")
    sees(context, "h1", "Workbooks")
  end

  test "sign in, create, run, see a failing line, mend it, publish, look at the page", context do
    sign_in(context)

    # Create, with what does not work.
    fill(context, "#id", "hello")
    fill(context, "#source", String.replace(@hello, "return {", "return nobody; {"))
    click(context, "#new button")
    sees(context, ".done", "Created.")
    sees(context, ".graph", "Greet")

    # Run.
    fill(context, "#input-0", "Ada")
    click(context, "#run button")
    sees(context, "#part-progress", "failed")
    sees(context, ".failure .message", "nobody")
    line = eval(context, "document.querySelector('.failure .l-error').innerText")
    assert line =~ "return nobody;"
    sees(context, ".failure .remark-error", "nobody")
    assert eval(context, "document.querySelector('details.log pre').textContent") == "asked\n"

    # To the line, and mend it.
    click(context, ".failure > p > a")
    until(context, "location.hash === '#L15' && document.querySelector(':target')")
    assert eval(context, "document.querySelector(':target').innerText") =~ "return nobody;"
    assert eval(context, "getComputedStyle(document.querySelector(':target')).backgroundColor") != "rgba(0, 0, 0, 0)"
    open(context, "/workbooks/hello/edit")
    fill(context, "#source", @hello)
    click(context, "main form button")
    sees(context, ".done", "Saved.")
    assert {:ok, %{source: @hello, version: 2}} = Library.get(context.tenant, "hello")

    fill(context, "#input-0", "Ada")
    click(context, "#run button")
    sees(context, ".results", "Hello, Ada!")
    # The document with the results, in a frame that has nothing of the console's.
    until(context, "document.querySelector('iframe')")

    assert eval(
             context,
             "(() => { try { return document.querySelector('iframe').contentDocument } catch { return null } })()"
           ) == nil

    # Publish, and be anybody.
    host = "#{context.tenant}.localhost"
    open(context, "/workbooks/hello/publish")
    fill(context, "#host", host)
    fill(context, "#input-0", "everybody")
    click(context, ".panel button")
    sees(context, ".done", "Published.")
    sees(context, ".hosts", host)
    assert TestBrowser.complaints(context.browser) == []

    TestBrowser.open(context.browser, "http://#{host}:#{context.public}/")
    sees(context, "h1", "A greeting")
    sees(context, "output", "Hello, everybody!")
    assert eval(context, "document.cookie") == ""
  end

  test "a run is seen as it goes on, without the page being loaded again", context do
    {:ok, _} = Library.put(context.tenant, "endless", @endless)
    sign_in(context)
    open(context, "/workbooks/endless")
    click(context, "#run button")
    until(context, "location.pathname.startsWith('/runs/')")
    eval(context, "window.stays = true")
    sees(context, "#part-progress", "1 of 3 steps are over.")
    steps = eval(context, "document.querySelector('#part-steps').innerText")
    assert steps =~ ~r/first\s+javascript\s+ok/
    assert steps =~ ~r/spin\s+javascript\s+running/
    assert steps =~ ~r/last\s+javascript\s+waiting/
    until(context, "document.querySelector('.graph .step-running')")

    # What was opened stays open, and the keyboard where it was.
    until(context, "document.querySelector('details.log')")
    eval(context, "document.querySelector('details.log').open = true; document.querySelector('.graph a').focus()")
    [%{id: id}] = Runs.list(context.tenant)
    :ok = Runs.cancel(context.tenant, id)
    sees(context, "#part-progress", "cancelled")
    assert eval(context, "window.stays") == true
    assert eval(context, "document.querySelector('details.log').open") == true
    assert eval(context, "document.activeElement.closest('.graph') !== null") == true
    assert eval(context, "document.querySelector('#part-cancel').children.length") == 0
    assert TestBrowser.complaints(context.browser) == []
  end

  test "a run is cancelled by its button", context do
    {:ok, _} = Library.put(context.tenant, "endless", @endless)
    sign_in(context)
    {:ok, id} = Runs.start(context.tenant, "endless")
    open(context, "/runs/#{id}")
    click(context, "#part-cancel button")
    sees(context, ".done", "Asked to end.")
    sees(context, "#part-progress", "cancelled")
  end

  test "without scripts the page is loaded again until the run is over", context do
    {:ok, _} = Library.put(context.tenant, "endless", @endless)
    sign_in(context)
    {:ok, id} = Runs.start(context.tenant, "endless")
    TestBrowser.scripts(context.browser, false)
    open(context, "/runs/#{id}")
    sees(context, "#part-progress", "running")
    :ok = Runs.cancel(context.tenant, id)
    sees(context, "#part-progress", "cancelled")
  end

  test "somebody else's change is shown before it is overwritten", context do
    {:ok, _} = Library.put(context.tenant, "hello", @hello)
    sign_in(context)
    open(context, "/workbooks/hello/edit")
    {:ok, _} = Library.put(context.tenant, "hello", "* Theirs")
    fill(context, "#source", "* Mine")
    click(context, "main form button")
    sees(context, ".alert", "Somebody else saved version 2 meanwhile.")
    assert eval(context, "document.querySelector('#source').value") == "* Mine"
    assert {:ok, %{source: "* Theirs"}} = Library.get(context.tenant, "hello")
  end

  test "all of it is reached by keyboard", context do
    {:ok, _} = Library.put(context.tenant, "hello", @hello)
    sign_in(context)
    open(context, "/workbooks/hello")
    TestBrowser.press(context.browser, "Tab")
    assert eval(context, "document.activeElement.className") == "skip"
    TestBrowser.press(context.browser, "Enter")
    until(context, "document.activeElement.id === 'main'")

    reached =
      for _ <- 1..14 do
        TestBrowser.press(context.browser, "Tab")

        eval(
          context,
          "document.activeElement.getAttribute('class') || document.activeElement.id || document.activeElement.tagName"
        )
      end

    for one <- ["node is-component", "SUMMARY", "input-0", "BUTTON"], do: assert(one in reached)

    # Where one is, is seen.
    open(context, "/variables")
    TestBrowser.press(context.browser, "Tab")
    TestBrowser.press(context.browser, "Tab")
    assert eval(context, "getComputedStyle(document.activeElement).outlineStyle") == "solid"
  end

  test "a file is read into the form", context do
    sign_in(context)

    eval(context, """
    (() => {
      const files = new DataTransfer();
      files.items.add(new File(["* From a file"], "My notes.org"));
      const input = document.querySelector("#file");
      input.files = files.files;
      input.dispatchEvent(new Event("change"));
    })()
    """)

    until(context, "document.querySelector('#source').value === '* From a file'")
    assert eval(context, "document.querySelector('#id').value") == "My-notes"
  end

  test "every page is labelled, ordered, in contrast and no wider than its window", context do
    %{tenant: tenant, browser: browser} = context
    sign_in(context)
    paths = pages(tenant)

    for {shot, width, height, kind, scheme} <- [
          {"desktop", 1280, 800, :desktop, "light"},
          {"phone", 360, 740, :phone, "light"},
          {"dark", 1280, 800, :desktop, "dark"},
          {"small", 320, 640, :phone, "dark"}
        ] do
      TestBrowser.window(browser, width, height, kind)
      TestBrowser.scheme(browser, scheme)

      for {name, path} <- paths do
        open(context, path)
        # What is closed is read as well.
        eval(context, "document.querySelectorAll('details').forEach((details) => (details.open = true))")
        assert {path, width, scheme, eval(context, @audit)} == {path, width, scheme, []}
        assert {path, TestBrowser.complaints(browser)} == {path, []}
        if @shots, do: TestBrowser.screenshot(browser, Path.join(@shots, "#{name}-#{shot}.png"))
      end
    end
  end

  # The check has to find something where there is something.
  test "a page that is none of it is found out", context do
    sign_in(context)

    eval(context, """
    document.querySelector("main").insertAdjacentHTML("beforeend",
      '<h4 id="id">Skipped</h4><input><p id="grey">Grey</p><button></button>');
    document.querySelector("#grey").style.setProperty("color", "#999");
    document.querySelector("main").style.setProperty("min-width", "3000px");
    """)

    found = eval(context, @audit) |> Enum.join("\n")
    for what <- ["heading skipped", "no label", "no name", "id twice", "contrast", "wider"], do: assert(found =~ what)
  end

  defp pages(tenant) do
    {:ok, _} = Library.put(tenant, "hello", @hello)
    {:ok, _} = Library.put(tenant, "hello", @hello <> "\nMore.\n")

    {:ok, _} =
      Library.put(tenant, "broken", "* No version\n** A\n:PROPERTIES:\n:out: x\n:END:\n#+begin_src nolang\n#+end_src\n")

    {:ok, _} =
      Library.put(
        tenant,
        "bad",
        TestWorkbook.book([{"Bad", [out: "x"], "js", "export const f = () => {\n  null.x\n}"}])
      )

    {:ok, _} = Library.put(tenant, "sixty", sixty())
    :ok = Workbooks.Vars.Store.set(tenant, "url", "https://#{String.duplicate("long.", 60)}example")
    :ok = Workbooks.Vars.Store.set(tenant, "token", "hush", secret: true)
    {:ok, _} = Workbooks.publish(tenant, "hello", tenant <> ".example", inputs: %{"name" => "Ada"})
    good = over(tenant, "hello", %{"name" => "Ada"})
    bad = over(tenant, "bad", %{})
    invalid = over(tenant, "hello", %{})

    [
      list: "/",
      search: "/?q=nothing-like-it",
      workbook: "/workbooks/hello?done=created",
      sixty: "/workbooks/sixty",
      broken: "/workbooks/broken",
      source: "/workbooks/hello/source#L9",
      wrong_source: "/workbooks/broken/source",
      old_source: "/workbooks/hello/source?version=1",
      edit: "/workbooks/hello/edit",
      preview: "/workbooks/hello/page",
      versions: "/workbooks/hello/versions",
      publish: "/workbooks/hello/publish",
      runs: "/runs",
      good: "/runs/#{good}",
      bad: "/runs/#{bad}",
      invalid: "/runs/#{invalid}",
      variables: "/variables",
      domains: "/domains",
      keys: "/keys"
    ]
  end

  defp over(tenant, workbook, inputs) do
    {:ok, id} = Runs.start(tenant, workbook, inputs)
    {:ok, reference, _past, state} = Runs.subscribe(tenant, id)
    if state == :running, do: receive(do: ({^reference, :ended} -> :ok))
    id
  end

  # Each takes what two before it give.
  defp sixty do
    TestWorkbook.book(
      for n <- 1..60 do
        before = for m <- [n - 1, n - 7], m > 0, do: m

        wired =
          if before == [],
            do: [],
            else: [in: Enum.map_join(before, ", ", &"v#{&1}"), deps: Enum.map_join(before, " ", &"step-#{&1}")]

        {"Step #{n}", wired ++ [out: "v#{n}"], "js", "export const f = () => ({ v#{n}: #{n} })"}
      end
    )
  end
end
