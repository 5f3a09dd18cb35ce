defmodule Workbooks.Web.EventsTest do
  # A run that goes on, followed over a real connection.
  use ExUnit.Case, async: true

  import Workbooks.TestWeb, only: [tenant: 0]

  alias Workbooks.HTTP.Server
  alias Workbooks.{JSON, Library, Runs, TestHTTP, TestWait}
  alias Workbooks.Web.{Keys, Router}

  @moduletag :capture_log

  @endless """
  * Endless
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  ** Count
  :PROPERTIES:
  :out: n
  :END:
  #+begin_src js
  export const count = () => { for (;;) {} }
  #+end_src
  """

  # What stands before it may have come before.
  @last_chunk ~r/(\A|\r\n)0\r\n\r\n\z/

  setup do
    server = start_supervised!({Server, router: {Router, heartbeat_ms: 20}, listen: [{{127, 0, 0, 1}, 0}]})
    [address] = Server.addresses(server)
    {tenant, key} = tenant()
    {:ok, _} = Library.put(tenant, "endless", @endless)
    {:ok, run} = Runs.start(tenant, "endless")
    on_exit(fn -> Runs.cancel(tenant, run) end)
    %{server: server, address: address, tenant: tenant, key: key, run: run}
  end

  defp auth(key), do: {"authorization", "Bearer " <> key}

  # A connection on which the events of a run come.
  defp follow(%{address: address, key: key, run: run}, headers \\ []) do
    socket = TestHTTP.connect(address)
    TestHTTP.ask(socket, "GET", "/api/runs/#{run}/events", [auth(key) | headers])
    socket
  end

  # What has come when `what` has.
  defp upto(socket, what, got \\ "") do
    if got =~ what do
      got
    else
      {:ok, more} = :gen_tcp.recv(socket, 0, 60_000)
      upto(socket, what, got <> more)
    end
  end

  defp numbers(text), do: for([_, id] <- Regex.scan(~r/^id: (\d+)\r?$/m, text), do: String.to_integer(id))

  test "events come as they happen, a comment while nothing does, and the end behind the last", context do
    socket = follow(context)
    head = upto(socket, "event: step_start")
    assert head =~ ~r/^content-type: text\/event-stream\r$/m
    assert head =~ ~r/^cache-control: no-store\r$/m
    assert numbers(head) == [1, 2]
    upto(socket, ":\n\n")

    assert %{status: 204} = TestHTTP.request(context.address, "DELETE", "/api/runs/#{context.run}", [auth(context.key)])
    rest = upto(socket, @last_chunk)
    assert rest =~ "event: stop"
    assert [data] = for([_, data] <- Regex.scan(~r/event: stop\ndata: (.*)\n/, rest), do: data)
    assert JSON.decode!(data)["status"] == "cancelled"

    # Who comes again misses nothing, and who knows all is told to go.
    again = follow(context, [{"last-event-id", "2"}])
    assert [3 | _] = known = numbers(upto(again, @last_chunk))
    last = {"last-event-id", "#{List.last(known)}"}
    events = "/api/runs/#{context.run}/events"
    assert %{status: 204} = TestHTTP.request(context.address, "GET", events, [auth(context.key), last])
  end

  test "a client that leaves leaves nothing behind", %{server: server, tenant: tenant, run: run} = context do
    sockets = for _ <- 1..3, do: follow(context)
    for socket <- sockets, do: upto(socket, "event: step_start")
    assert Server.stats(server).in_flight == 3
    Enum.each(sockets, &:gen_tcp.close/1)
    TestWait.until(fn -> Server.stats(server).in_flight == 0 end)
    assert {:ok, %{status: :running}} = Runs.get(tenant, run)
  end

  test "a tenant has so many open, and another may when one is closed", %{key: key, run: run} do
    settings = [streams: 2]
    server = start_supervised!({Server, router: {Router, settings}, listen: [{{127, 0, 0, 1}, 0}]}, id: :few)
    [address] = Server.addresses(server)
    context = %{address: address, key: key, run: run}
    [first, _second] = for _ <- 1..2, do: tap(follow(context), &upto(&1, "event: step_start"))
    path = "/api/runs/#{run}/events"
    assert %{status: 429, body: body} = TestHTTP.request(address, "GET", path, [auth(key)])
    assert %{"error" => %{"code" => "rate_limited"}} = JSON.decode!(body)

    :gen_tcp.close(first)
    # One of them is taken out when its process knows that nobody listens.
    TestWait.until(fn -> TestHTTP.request(address, "HEAD", path, [auth(key)]).status == 200 end)
    upto(follow(context), "event: step_start")
  end

  test "what a key began ends with it", %{tenant: tenant, key: key} = context do
    socket = follow(context)
    upto(socket, "event: step_start")
    {:ok, %{id: id}} = Keys.verify(key)
    :ok = Keys.revoke(tenant, id)
    refute upto(socket, @last_chunk) =~ "event: stop"
  end

  test "the same over the server as without: a source, and what is too large", %{address: address, key: key} do
    put = &TestHTTP.request(address, "PUT", "/api/workbooks/tea", [auth(key), {"content-type", "text/org"}], &1)
    assert %{status: 201} = put.("* Tea")
    assert %{status: 200, body: "* Tea"} = TestHTTP.request(address, "GET", "/api/workbooks/tea", [auth(key)])
    assert %{status: 200, body: ""} = TestHTTP.request(address, "HEAD", "/api/workbooks/tea", [auth(key)])
    assert %{status: 413, body: body} = put.(String.duplicate("a", 10_485_761))
    assert %{"error" => %{"code" => "too_large"}} = JSON.decode!(body)
  end
end
