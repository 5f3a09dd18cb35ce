defmodule Workbooks.HTTPHazardTest do
  # Clients that send without end, or leave in the middle, over and over: memory stays bounded, and nothing is left.
  use ExUnit.Case, async: false
  use Workbooks.TestVM

  alias Workbooks.HTTP.Server
  alias Workbooks.{TestHTTP, TestProperty, TestRouter}

  @moduletag timeout: 1_200_000

  def start(options \\ []) do
    options = [router: {TestRouter, self()}, listen: [{{127, 0, 0, 1}, 0}], drain_ms: 1_000] ++ options
    {:ok, server} = Server.start_link(options)
    [at] = Server.addresses(server)
    {server, at}
  end

  # Of the operating system's: what the NIF takes counts too.
  def resident do
    [_total, pages | _] = "/proc/self/statm" |> File.read!() |> String.split()
    String.to_integer(pages) * 4_096
  end

  def forget(pid), do: receive(do: (_ -> forget(pid)), after: (0 -> :ok))

  @tag skip: if(File.exists?("/proc/self/statm"), do: false, else: "there is no /proc to ask for memory")
  test "a body of any length passes through bounded memory" do
    bytes = TestProperty.runs(256, 10_240) * 1_048_576

    in_vm(
      fn ->
        {server, at} = start(limits: [body_bytes: bytes, request_time: 3_600_000])
        # What a first request takes for good is not this one's.
        assert %{status: 200} = TestHTTP.request(at, "POST", "/count", [], :binary.copy("x", 1_000_000))
        before = resident()
        socket = TestHTTP.connect(at)
        :ok = :gen_tcp.send(socket, TestHTTP.head("POST", "/count", [{"content-length", bytes}]))
        piece = :binary.copy("x", 1_048_576)

        most =
          for _ <- 1..div(bytes, 1_048_576), reduce: 0 do
            most ->
              :ok = :gen_tcp.send(socket, piece)
              max(most, resident())
          end

        assert %{status: 200, body: body} = TestHTTP.answer(socket)
        assert body == "#{bytes}"
        assert most - before < 64 * 1_048_576, "#{div(most - before, 1_048_576)} MiB"
        Supervisor.stop(server)
      end,
      patience: 1_000_000
    )
  end

  test "clients that leave in the middle of a body or an answer leave nothing" do
    rounds = TestProperty.runs(10, 200)

    in_vm(
      fn ->
        {server, at} = start()

        round = fn ->
          for _ <- 1..20 do
            for {method, path, headers} <- [
                  {"POST", "/count", [{"content-length", 1_000_000}]},
                  {"POST", "/echo", [{"transfer-encoding", "chunked"}]},
                  {"GET", "/flood/1000", []},
                  {"GET", "/watch", []},
                  {"GET", "/wait", []}
                ] do
              socket = TestHTTP.connect(at)
              :ok = :gen_tcp.send(socket, TestHTTP.head(method, path, headers))
              if method == "POST", do: :gen_tcp.send(socket, "5\r\nhello\r\n")
              :gen_tcp.close(socket)
            end
          end

          # Those that wait for a word from here, and not for their clients.
          until(fn ->
            receive do
              {:waiting, pid} -> send(pid, :answer)
            after
              0 -> :ok
            end

            match?(%{in_flight: 0, connections: 0}, Server.stats(server))
          end)

          forget(self())
        end

        round.()
        processes = length(Process.list())
        memory = memory()
        for _ <- 1..rounds, do: round.()
        until(fn -> length(Process.list()) <= processes end, fn -> {processes, length(Process.list())} end)
        until(fn -> memory() < memory + 4_000_000 end, fn -> {memory, memory()} end)
        assert %{status: 200} = TestHTTP.request(at, "GET", "/hello")
        Supervisor.stop(server)
      end,
      patience: 1_000_000
    )
  end

  def memory do
    Enum.each(Process.list(), &:erlang.garbage_collect/1)
    :erlang.memory(:total)
  end

  test "servers that come and go leave nothing" do
    rounds = TestProperty.runs(20, 500)

    in_vm(fn ->
      round = fn ->
        {server, at} = start()
        assert %{status: 200} = TestHTTP.request(at, "GET", "/hello")
        waiting = TestHTTP.connect(at)
        TestHTTP.ask(waiting, "GET", "/watch")
        receive do: ({:waiting, pid} -> send(pid, :answer))
        Supervisor.stop(server)
        :gen_tcp.close(waiting)
        forget(self())
      end

      round.()
      processes = length(Process.list())
      terms = :persistent_term.info().count
      threads = threads()
      for _ <- 1..rounds, do: round.()
      until(fn -> length(Process.list()) <= processes end, fn -> {processes, length(Process.list())} end)
      until(fn -> threads() <= threads + 8 end, fn -> {threads, threads()} end)
      assert :persistent_term.info().count <= terms
    end)
  end

  def threads do
    case File.ls("/proc/self/task") do
      {:ok, tasks} -> length(tasks)
      {:error, _} -> 0
    end
  end

  test "acceptors and requests that are killed all the time cost their own requests and no other" do
    kills = TestProperty.runs(50, 2_000)

    in_vm(fn ->
      {server, at} = start(limits: [request_time: 30_000])

      clients =
        for _ <- 1..8 do
          Task.async(fn ->
            for _ <- 1..(kills * 4), do: TestHTTP.request(at, "GET", "/hello").status
          end)
        end

      for _ <- 1..kills do
        {_id, acceptors, _type, _modules} = server |> Supervisor.which_children() |> List.keyfind(Server.Acceptor, 0)

        if is_pid(acceptors) do
          for {_id, pid, _, _} <- Enum.take_random(Supervisor.which_children(acceptors), 1), is_pid(pid) do
            {:links, links} = Process.info(pid, :links) || {:links, []}
            for request <- links, is_pid(request), request != acceptors, do: Process.exit(request, :kill)
            if :rand.uniform(10) == 1, do: Process.exit(pid, :kill)
          end
        end

        receive after: (25 -> :ok)
      end

      statuses = clients |> Task.await_many(600_000) |> List.flatten() |> Enum.frequencies()
      assert Map.keys(statuses) -- [200, 500] == []
      assert statuses[200] > 0
      until(fn -> Server.stats(server).in_flight == 0 end)
      Supervisor.stop(server)
    end)
  end
end
