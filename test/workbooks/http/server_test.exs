defmodule Workbooks.HTTP.ServerTest do
  # The whole way: a socket, native/http, a message, a process, a router, and back.
  use ExUnit.Case, async: true
  doctest Workbooks.HTTP.Server

  import ExUnit.CaptureLog
  import Workbooks.TestHTTP
  alias Workbooks.HTTP.{Conn, Error, Server}
  alias Workbooks.{TestRouter, TestWait}

  @local {{127, 0, 0, 1}, 0}

  defp start(options \\ []) do
    options = Keyword.merge([router: {TestRouter, self()}, listen: [@local], drain_ms: 1_000], options)
    server = start_supervised!(Supervisor.child_spec({Server, options}, id: make_ref(), restart: :temporary))
    [address | _] = Server.addresses(server)
    %{server: server, at: address}
  end

  defp in_flight(server), do: Server.stats(server).in_flight

  defp acceptors(server) do
    {_id, supervisor, _type, _modules} = server |> Supervisor.which_children() |> List.keyfind(Server.Acceptor, 0)
    for {_id, pid, _type, _modules} <- Supervisor.which_children(supervisor), do: pid
  end

  test "the kinds of errors are native/http's" do
    assert Workbooks.Native.http_error_kinds() == Error.kinds()
  end

  describe "a request" do
    test "comes to the router with all that was sent, and is answered" do
      %{at: {ip, port} = at} = start()
      answer = request(at, "GET", "/conn?a=1&b=%20", [{"x-a", "1"}, {"X-B", "caf\xe9"}, {"x-a", "2"}])
      assert answer.status == 200
      conn = :erlang.binary_to_term(answer.body)
      assert %Conn{method: "GET", scheme: :http, version: :"1.1", host: "test.example"} = conn
      assert %Conn{path: "/conn", query: "a=1&b=%20", segments: ["conn"], script: [], peer: {^ip, _}} = conn
      assert Conn.headers(conn, "x-a") == ["1", "2"]
      assert Conn.header(conn, "x-b") == "caf\xe9"
      assert :binary.match(inspect(conn), "caf") == :nomatch
      assert port > 0
    end

    test "may have a path that is none, which the router sees" do
      %{at: at} = start()
      assert %{status: 400, body: "no path\n"} = request(at, "GET", "/a%2fb")
    end

    test "follows another on the same connection, whether its body was read or not" do
      %{at: at} = start()
      socket = connect(at)
      for _ <- 1..3, do: ask(socket, "POST", "/hello", [], "unread") && assert(%{status: 200} = answer(socket))
      ask(socket, "HEAD", "/hello")
      assert %{status: 200, body: ""} = answer(socket, "HEAD")
      ask(socket, "POST", "/count", [], "12345")
      assert %{status: 200, body: "5"} = answer(socket)
    end

    test "is answered with bodies of any size, copied or not" do
      %{at: at} = start()

      for bytes <- [0, 1, 64, 65, 32_768, 32_769, 5_000_000] do
        assert %{status: 200, body: body} = request(at, "GET", "/bytes/#{bytes}")
        assert body == :binary.copy("x", bytes)
      end
    end

    test "leaves nothing in flight" do
      %{at: at, server: server} = start()
      for _ <- 1..20, do: request(at, "GET", "/hello")
      TestWait.until(fn -> match?(%{in_flight: 0, connections: 0, requests: 20}, Server.stats(server)) end)
    end
  end

  describe "bodies" do
    test "go both ways at once, piece by piece" do
      %{at: at} = start()
      socket = connect(at)
      :ok = :gen_tcp.send(socket, head("POST", "/echo", [{"transfer-encoding", "chunked"}]))
      body = :crypto.strong_rand_bytes(300_000)

      sender =
        Task.async(fn ->
          for <<piece::binary-size(1_000) <- body>>, do: :ok = :gen_tcp.send(socket, ["3e8\r\n", piece, "\r\n"])
          :ok = :gen_tcp.send(socket, "0\r\n\r\n")
        end)

      assert %{status: 200, body: ^body} = answer(socket)
      Task.await(sender, 30_000)
    end

    test "of requests that nobody reads stay with the client" do
      %{at: at} = start()
      # More than all buffers on the way hold.
      bytes = 32 * 1024 * 1024
      socket = connect(at, send_timeout: 500, sndbuf: 65_536)
      :ok = :gen_tcp.send(socket, head("POST", "/late", [{"content-length", bytes}]))
      assert_receive {:late, router}, 20_000
      assert {:sent, sent} = push(socket, bytes, 0)
      assert sent < bytes
      send(router, :read)
      :ok = :inet.setopts(socket, send_timeout: 30_000)
      rest(socket, bytes - sent)
      assert %{status: 200, body: body} = answer(socket)
      assert body == "#{bytes}"
    end

    test "of answers wait for the client" do
      %{at: at} = start()
      socket = connect(at, recbuf: 65_536)
      chunks = 1_000
      ask(socket, "GET", "/flood/#{chunks}")
      assert_receive {:flood, _router}, 20_000
      told = told(0)
      assert told < chunks
      assert %{status: 200, body: body} = answer(socket)
      assert byte_size(body) == chunks * 65_536
      assert told + told(0) == chunks
    end

    test "larger than allowed are refused at once where they say so, and when they are seen to be" do
      %{at: at} = start(limits: [body_bytes: 100_000])
      socket = connect(at)
      # 10 GB
      :ok = :gen_tcp.send(socket, head("POST", "/count", [{"content-length", 10_000_000_000}]))
      assert %{status: 413} = answer(socket)

      socket = connect(at)
      :ok = :gen_tcp.send(socket, head("POST", "/count", [{"transfer-encoding", "chunked"}]))
      chunk = ["10000\r\n", :binary.copy("x", 65_536), "\r\n"]
      for _ <- 1..3, do: :gen_tcp.send(socket, chunk)
      assert_receive {:body, %Error{kind: :too_large}}, 20_000
      assert %{status: status} = answer(socket)
      assert status in [400, 413]
    end

    test "without an end, or with framing that is none, are told to the reader" do
      %{at: at, server: server} = start()
      socket = connect(at)
      :ok = :gen_tcp.send(socket, [head("POST", "/count", [{"content-length", 10}]), "12345"])
      :gen_tcp.close(socket)
      assert_receive {:body, %Error{kind: kind}}, 20_000
      assert kind in [:incomplete, :gone]

      socket = connect(at)
      :ok = :gen_tcp.send(socket, [head("POST", "/count", [{"transfer-encoding", "chunked"}]), "zz\r\n"])
      assert_receive {:body, %Error{kind: :malformed}}, 20_000
      assert %{status: 400} = answer(socket)

      TestWait.until(fn -> in_flight(server) == 0 end)
    end

    test "that stall are told too" do
      %{at: at} = start(limits: [body_gap: 50])
      socket = connect(at)
      :ok = :gen_tcp.send(socket, [head("POST", "/count", [{"content-length", 10}]), "12345"])
      assert_receive {:body, %Error{kind: :timeout}}, 20_000
    end
  end

  # Until nothing more goes through.
  defp push(socket, bytes, sent) when sent < bytes do
    case :gen_tcp.send(socket, :binary.copy("x", 65_536)) do
      :ok -> push(socket, bytes, sent + 65_536)
      # What did not go at once is still with the socket, and goes first.
      {:error, :timeout} -> {:sent, sent + 65_536}
    end
  end

  defp push(_socket, _bytes, sent), do: {:sent, sent}

  defp rest(socket, bytes), do: if(bytes > 0, do: :ok = :gen_tcp.send(socket, :binary.copy("x", bytes)))

  # Chunks that were taken, until no more are.
  defp told(count) do
    receive do
      {:chunk, left} when is_integer(left) -> told(count + 1)
    after
      1_000 -> count
    end
  end

  describe "a router that does not answer" do
    test "is a 500, and a line in the log without headers" do
      %{at: at} = start()

      for {path, said} <- [
            {"/raise", "(RuntimeError) no GET"},
            {"/match", "(MatchError)"},
            {"/exit", "(exit) :normal"},
            {"/throw", "(throw)"},
            {"/nothing", "has answered nothing"},
            {"/bad-header", "a character that none may have"},
            {"/bad-status", "199"}
          ] do
        log =
          capture_log(fn ->
            assert %{status: 500} = request(at, "GET", path, [{"authorization", "Bearer s3cret"}])
          end)

        assert log =~ "GET #{path} was not answered: "
        assert log =~ said
        refute log =~ "s3cret"
      end
    end

    test "is a 500 when its process is killed" do
      %{at: at, server: server} = start()
      socket = connect(at)
      ask(socket, "GET", "/wait")
      assert_receive {:waiting, pid}, 20_000
      Process.exit(pid, :kill)
      assert %{status: 500} = answer(socket)
      ask(socket, "GET", "/hello")
      assert %{status: 200} = answer(socket)
      TestWait.until(fn -> in_flight(server) == 0 end)
    end

    test "breaks off what was begun, however it ends" do
      %{at: at, server: server} = start()

      for finish <- [&Process.exit(&1, :kill), &send(&1, :answer)] do
        socket = connect(at)
        ask(socket, "GET", "/begun")
        assert_receive {:waiting, pid}, 20_000

        capture_log(fn ->
          finish.(pid)
          assert {:cut, _} = answer(socket)
        end)
      end

      TestWait.until(fn -> in_flight(server) == 0 end)
    end

    test "too long is answered for" do
      %{at: at} = start(limits: [request_time: 50])
      assert %{status: 503} = request(at, "GET", "/wait")
    end
  end

  describe "a client that goes away" do
    test "is told to the process that watches, which is not cut by the request's time" do
      %{at: at, server: server} = start(limits: [request_time: 300])
      socket = connect(at)
      ask(socket, "GET", "/watch")
      assert_receive {:waiting, pid}, 20_000
      refute_receive {:gone, ^pid}, 600
      :gen_tcp.close(socket)
      capture_log(fn -> assert_receive({:gone, ^pid}, 20_000) end)
      TestWait.until(fn -> in_flight(server) == 0 end)
    end

    test "after the end is not" do
      %{at: at} = start()
      socket = connect(at)
      ask(socket, "GET", "/watch")
      assert_receive {:waiting, pid}, 20_000
      send(pid, :answer)
      assert %{status: 200, body: "data: 1\n\n"} = answer(socket)
      :gen_tcp.close(socket)
      assert_receive {:finished, ^pid}, 20_000
    end

    test "is an error of the next chunk" do
      %{at: at} = start()
      socket = connect(at)
      ask(socket, "GET", "/flood/100000")
      assert_receive {:chunk, _}, 20_000
      :gen_tcp.close(socket)
      assert_receive {:chunk, %Error{kind: :gone}}, 20_000
    end
  end

  describe "an acceptor that is killed" do
    test "takes its requests along, and is followed by another" do
      %{at: at, server: server} = start()
      sockets = for _ <- 1..8, do: connect(at)
      for socket <- sockets, do: ask(socket, "GET", "/wait")
      for _ <- sockets, do: assert_receive({:waiting, _pid}, 20_000)
      for pid <- acceptors(server), do: Process.exit(pid, :kill)
      for socket <- sockets, do: assert(%{status: 500} = answer(socket))
      TestWait.until(fn -> Enum.all?(acceptors(server), &is_pid/1) end)
      for _ <- 1..20, do: assert(%{status: 200} = request(at, "GET", "/hello"))
    end

    test "harms nobody else" do
      %{at: at, server: server} = start()
      [one | _] = acceptors(server)
      :erlang.suspend_process(one)
      Process.exit(one, :kill)
      for _ <- 1..20, do: assert(%{status: 200} = request(at, "GET", "/hello"))
    end

    test "speaks OTP" do
      %{at: at, server: server} = start()
      for pid <- acceptors(server), do: assert({^at, ^pid} = {at, :sys.get_state(pid) && pid})
      assert %{status: 200} = request(at, "GET", "/hello")
    end

    test "leaves nobody in the line" do
      %{at: at, server: server} = start()
      pids = acceptors(server)
      sockets = for _ <- 1..20, do: connect(at)
      for pid <- pids, do: :erlang.suspend_process(pid)
      for socket <- sockets, do: ask(socket, "GET", "/hello")
      TestWait.until(fn -> in_flight(server) == 20 end)
      for pid <- pids, do: Process.exit(pid, :kill)
      # Told that it failed, or served by who came after: nobody waits.
      for socket <- sockets, do: assert(answer(socket).status in [200, 500])
      TestWait.until(fn -> in_flight(server) == 0 end)
      assert %{status: 200} = request(at, "GET", "/hello")
    end
  end

  describe "drain/2" do
    test "lets what is in flight be answered, and takes no more" do
      %{at: at, server: server} = start()
      socket = connect(at)
      ask(socket, "GET", "/wait")
      assert_receive {:waiting, pid}, 20_000
      drain = Task.async(fn -> Server.drain(server, 30_000) end)
      {ip, port} = at
      TestWait.until(fn -> match?({:error, _}, :gen_tcp.connect(ip, port, [], 1_000)) end)
      send(pid, :answer)
      assert %{status: 200, body: "at last"} = answer(socket)
      assert Task.await(drain, 30_000) == {:ok, 0}
      # Twice is as good as once.
      assert Server.drain(server, 1_000) == {:ok, 0}
    end

    test "cuts what takes longer" do
      %{at: at, server: server} = start()
      socket = connect(at)
      ask(socket, "GET", "/wait")
      assert_receive {:waiting, _pid}, 20_000
      assert Server.drain(server, 20) == {:ok, 1}
      assert {:cut, _} = answer(socket)
    end
  end

  describe "the end of a server" do
    test "waits for what is in flight" do
      %{at: at, server: server} = start(drain_ms: 30_000)
      socket = connect(at)
      ask(socket, "GET", "/wait")
      assert_receive {:waiting, pid}, 20_000
      stop = Task.async(fn -> Supervisor.stop(server) end)
      Process.send_after(pid, :answer, 50)
      assert %{status: 200} = answer(socket)
      Task.await(stop, 30_000)
    end

    test "leaves nobody waiting" do
      %{at: at, server: server} = start(drain_ms: 20)
      watching = connect(at)
      ask(watching, "GET", "/watch")
      assert_receive {:waiting, watcher}, 20_000
      reading = connect(at)
      :ok = :gen_tcp.send(reading, head("POST", "/count", [{"content-length", 10}]))
      TestWait.until(fn -> in_flight(server) == 2 end)
      monitor = Process.monitor(watcher)
      # A process of its own, so that the acceptors do not end it.
      Process.unlink(server)

      capture_log(fn ->
        {_id, listener, _type, _modules} = server |> Supervisor.which_children() |> List.keyfind(Server.Listener, 0)
        Process.exit(listener, :kill)
        assert_receive {:body, %Error{}}, 20_000
        assert_receive {:gone, ^watcher}, 20_000
        assert_receive {:DOWN, ^monitor, :process, ^watcher, _reason}, 20_000
        closed(watching)
      end)
    end

    test "of the listener alone is followed by another, at the same address" do
      port = free_port()
      at = {{127, 0, 0, 1}, port}
      %{server: server} = start(listen: [at], drain_ms: 0)

      for _ <- 1..3 do
        {_id, listener, _type, _modules} = server |> Supervisor.which_children() |> List.keyfind(Server.Listener, 0)
        Process.exit(listener, :kill)
        TestWait.until(fn -> up?(server, listener) end)
        assert %{status: 200} = request(at, "GET", "/hello")
      end
    end

    test "frees the address for the next at once, under load" do
      at = {{127, 0, 0, 1}, free_port()}
      test = self()
      load = for _ <- 1..4, do: spawn_link(fn -> load(at, test, 0) end)

      for _ <- 1..5 do
        %{server: server} = start(listen: [at], drain_ms: 5_000)
        assert_receive {:served, _}, 20_000
        assert :ok = Supervisor.stop(server)
      end

      for pid <- load, do: Process.unlink(pid) && Process.exit(pid, :kill)
    end
  end

  defp up?(server, old) do
    {_id, listener, _type, _modules} = server |> Supervisor.which_children() |> List.keyfind(Server.Listener, 0)
    is_pid(listener) and listener != old
  end

  defp free_port do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1}, reuseaddr: true)
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end

  # What is answered is answered whole, whatever becomes of the server.
  defp load({ip, port} = at, test, count) do
    with {:ok, socket} <- :gen_tcp.connect(ip, port, [:binary, active: false], 1_000) do
      with :ok <- :gen_tcp.send(socket, head("GET", "/hello", [])), %{status: status} <- answer(socket) do
        send(test, {:served, status})
        if status not in [200, 503], do: raise("#{status}")
      end

      :gen_tcp.close(socket)
    end

    receive after: (1 -> load(at, test, count + 1))
  end

  describe "places to listen" do
    test "are several, one of them a unix socket with its permissions" do
      path = Path.join(System.tmp_dir!(), "workbooks-#{System.unique_integer([:positive])}.sock")
      %{server: server} = start(listen: [{:unix, path}, @local, {{0, 0, 0, 0, 0, 0, 0, 1}, 0}], socket_mode: 0o640)
      assert [{:unix, ^path}, {{127, 0, 0, 1}, _}, {{0, 0, 0, 0, 0, 0, 0, 1}, _}] = Server.addresses(server)
      assert Bitwise.band(File.stat!(path).mode, 0o777) == 0o640

      for at <- Server.addresses(server) do
        assert %{status: 200, body: body} = request(at, "GET", "/conn")
        conn = :erlang.binary_to_term(body)
        assert if(match?({:unix, _}, at), do: conn.peer == :unix, else: elem(conn.peer, 0) == elem(at, 0))
      end

      Supervisor.stop(server)
      refute File.exists?(path)
    end

    test "that are taken are said to be" do
      %{at: {_ip, port} = at} = start()
      Process.flag(:trap_exit, true)

      assert {:error, {:shutdown, {:failed_to_start_child, Server.Listener, %Error{kind: :bind} = error}}} =
               Server.start_link(router: {TestRouter, self()}, listen: [at])

      assert error.message == "127.0.0.1:#{port} is in use: another program listens there"
    end
  end

  describe "options" do
    test "are checked" do
      for {options, said} <- [
            {[listen: [@local]], "option :router"},
            {[router: String, listen: [@local]], "a module with init/1 and call/2"},
            {[router: TestRouter], "option :listen"},
            {[router: TestRouter, listen: [{"127.0.0.1", 1}]], "{ip, port}"},
            {[router: TestRouter, listen: [{{127, 0, 0, 1}, 70_000}]], "70000"},
            {[router: TestRouter, listen: [@local], limits: [bodies: 1]], "limits: of"},
            {[router: TestRouter, listen: [@local], limits: [body_bytes: -1]], "an integer from 0"},
            {[router: TestRouter, listen: [@local], certificates: [[cert: "x"]]], "[cert: file, key: file"},
            {[router: TestRouter, listen: [@local], ports: 1], "no option :ports"}
          ] do
        assert Exception.message(catch_error(Server.start_link(options))) =~ said
      end
    end

    test "out of their range are said by native/http" do
      Process.flag(:trap_exit, true)

      assert {:error, {:shutdown, {:failed_to_start_child, Server.Listener, %Error{kind: :config, message: message}}}} =
               Server.start_link(router: {TestRouter, self()}, listen: [@local], limits: [request_line: 1])

      assert message == "request_line is 1, and must be from 64 to 60000"
    end
  end

  describe "many at once" do
    test "beyond the limit are told to come again" do
      %{at: at} = start(limits: [in_flight: 2])
      waiting = for _ <- 1..2, do: connect(at)
      for socket <- waiting, do: ask(socket, "GET", "/wait")
      pids = for _ <- waiting, do: assert_receive({:waiting, pid}, 20_000) && pid
      assert %{status: 503, headers: headers} = request(at, "GET", "/hello")
      assert {"retry-after", _} = List.keyfind(headers, "retry-after", 0)
      for pid <- pids, do: send(pid, :answer)
      for socket <- waiting, do: assert(%{status: 200} = answer(socket))
      TestWait.until(fn -> request(at, "GET", "/hello").status == 200 end)
    end
  end
end
