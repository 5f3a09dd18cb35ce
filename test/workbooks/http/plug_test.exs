defmodule Workbooks.HTTP.PlugTest do
  # Against the real Plug and the real Bandit, where they are: this library depends on neither, so they come by
  # ERL_LIBS (a folder with plug, plug_crypto, mime, telemetry and, for Bandit, bandit, thousand_island, hpax, websock).
  use ExUnit.Case, async: true

  @compile {:no_warn_undefined, [Plug.Conn, Plug.Test, Bandit]}

  import Workbooks.TestHTTP, except: [answer: 1]
  alias Workbooks.{PublicWeb, TestHTTP, TestRouter, Web}

  plug? = Code.ensure_loaded?(Plug.Conn) and Code.ensure_loaded?(Plug.Test)
  bandit? = plug? and Code.ensure_loaded?(Bandit)

  defp called(plug), do: Workbooks.HTTP.Plug.call(plug, TestRouter, TestRouter.init(self()))

  describe "a router behind Plug" do
    @describetag skip: if(plug?, do: false, else: "Plug is not on the code path")

    test "sees what Plug has, below where it was forwarded to" do
      plug = Plug.Test.conn(:get, "/app/conn?a=1")
      plug = %{plug | script_name: ["app"], path_info: ["conn"], req_headers: [{"host", "a.example:81"}, {"x-a", "1"}]}
      sent = called(plug)
      assert %{status: 200, halted: true, state: :sent} = sent
      conn = :erlang.binary_to_term(sent.resp_body)
      assert %{method: "GET", host: "a.example:81", query: "a=1", path: "/app/conn", scheme: :http} = conn
      assert %{segments: ["conn"], script: ["app"], headers: [{"host", _}, {"x-a", "1"}]} = conn
      assert {{127, 0, 0, 1}, _port} = conn.peer
    end

    test "keeps what Plug drops of a path, unless it was rewritten" do
      for {path, script, info, segments} <- [
            {"/app/a/", ["app"], ["a"], ["a", ""]},
            {"/a//b", [], ["a", "b"], ["a", "", "b"]},
            {"/app/caf%C3%A9", ["app"], ["caf%C3%A9"], ["café"]},
            {"/a/b", [], ["c"], ["c"]},
            {"/a%2fb", [], ["a%2fb"], nil},
            {"/", [], [], []}
          ] do
        plug = %{Plug.Test.conn(:get, path) | script_name: script, path_info: info}
        assert Workbooks.HTTP.Plug.call(plug, __MODULE__.Segments, []).resp_body == inspect(segments)
      end
    end

    test "reads bodies, answers with its own headers and with chunks" do
      body = :crypto.strong_rand_bytes(300_000)
      assert called(Plug.Test.conn(:post, "/count", body)).resp_body == "300000"
      sent = called(Plug.Test.conn(:post, "/echo", body))
      assert {sent.state, sent.resp_body} == {:chunked, body}
      assert Plug.Conn.get_resp_header(sent, "content-type") == ["application/octet-stream"]
      assert Plug.Conn.get_resp_header(called(Plug.Test.conn(:get, "/hello")), "content-type") == ["text/plain"]
    end

    test "that does not answer raises, as Plugs do" do
      assert_raise RuntimeError, "no GET", fn -> called(Plug.Test.conn(:get, "/raise")) end
      assert_raise RuntimeError, ~r/has answered nothing/, fn -> called(Plug.Test.conn(:get, "/nothing")) end
    end

    test "may be a plane's" do
      for module <- [Web.Plug, PublicWeb.Plug] do
        assert module.call(Plug.Test.conn(:get, "/health"), module.init([])).status == 200
      end
    end
  end

  defmodule Segments do
    def init(options), do: options
    def call(conn, _options), do: Workbooks.HTTP.Conn.respond(conn, 200, inspect(conn.segments))
  end

  defmodule Forwarded do
    def init(pid), do: TestRouter.init(pid)
    def call(plug, pid), do: Workbooks.HTTP.Plug.call(plug, TestRouter, pid)
  end

  describe "a router behind Bandit" do
    @describetag skip: if(bandit?, do: false, else: "Bandit is not on the code path")
    @describetag :capture_log

    setup do
      {:ok, bandit} = start_supervised({Bandit, plug: {Forwarded, self()}, port: 0, ip: :loopback, startup_log: false})
      {:ok, {ip, port}} = ThousandIsland.listener_info(bandit)
      {:ok, at: {ip, port}}
    end

    @compile {:no_warn_undefined, ThousandIsland}

    test "answers as behind the server of this library", %{at: at} do
      assert %{status: 200, body: "hello\n"} = request(at, "GET", "/hello")
      assert %{status: 200, body: ""} = request(at, "HEAD", "/hello")
      body = :crypto.strong_rand_bytes(1_000_000)
      assert %{status: 200, body: "1000000"} = request(at, "POST", "/count", [], body)
      assert %{status: 200, body: ^body} = request(at, "POST", "/echo", [], body)
      assert %{status: 500} = request(at, "GET", "/raise")
      socket = connect(at)
      ask(socket, "GET", "/begun")
      assert_receive {:waiting, pid}, 20_000
      send(pid, :answer)
      assert {:cut, _} = TestHTTP.answer(socket)
    end

    test "learns from a chunk that the client is gone", %{at: at} do
      socket = connect(at)
      ask(socket, "GET", "/flood/100000")
      assert_receive {:chunk, _}, 20_000
      :gen_tcp.close(socket)
      assert_receive {:chunk, %Workbooks.HTTP.Error{kind: :gone}}, 20_000
    end
  end
end
