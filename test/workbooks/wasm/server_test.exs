defmodule Workbooks.Wasm.ServerTest do
  use ExUnit.Case, async: true
  doctest Workbooks.Wasm.Server

  import ExUnit.CaptureLog
  alias Workbooks.{Telemetry, TestGuests, TestWait, Wasm}
  alias Workbooks.Wasm.{Error, Server}

  # Counts its calls, spins and traps; `ask` calls the host, `ask-spin` does before it spins.
  defp guest do
    TestGuests.component!(
      """
      (module
        (import "host:test/ops" "ask" (func $ask (param i64) (result i64)))
        (global $n (mut i64) (i64.const 0))
        (func (export "count") (result i64)
          (global.set $n (i64.add (global.get $n) (i64.const 1)))
          (global.get $n))
        (func (export "ask") (param i64) (result i64) (call $ask (local.get 0)))
        (func (export "spin") (loop (br 0)))
        (func (export "ask-spin") (drop (call $ask (i64.const 0))) (loop (br 0)))
        (func (export "boom") unreachable))
      """,
      wit: """
      package test:server;
      world w {
        import host:test/ops;
        export count: func() -> s64;
        export ask: func(x: s64) -> s64;
        export spin: func();
        export ask-spin: func();
        export boom: func();
      }
      package host:test { interface ops { ask: func(x: s64) -> s64; } }
      """
    )
  end

  defp imports(ask \\ & &1), do: %{"host:test/ops" => %{"ask" => ask}}

  defp server(options \\ []) do
    defaults = [component: guest(), imports: imports()]
    start_supervised!({Server, Keyword.merge(defaults, options)}, restart: :temporary)
  end

  # A call that is in a host function until it is told to go on.
  defp held(options \\ []) do
    me = self()

    ask = fn x ->
      send(me, {:asked, x, self()})
      receive do: (:go -> x)
    end

    server = server([imports: imports(ask)] ++ options)
    {server, hold(server, 1)}
  end

  defp hold(server, tag) do
    me = self()
    pid = spawn(fn -> send(me, {:answer, tag, Server.call(server, "ask", [tag], timeout: :infinity)}) end)
    assert_receive {:asked, ^tag, ^pid}, 5_000
    pid
  end

  defp wait(server, tag, options \\ [timeout: :infinity]) do
    me = self()
    waiting = Server.stats(server).waiting
    pid = spawn(fn -> send(me, {:answer, tag, Server.call(server, "count", [], options)}) end)
    TestWait.until(fn -> Server.stats(server).waiting == waiting + 1 end)
    pid
  end

  defp listen(server, events) do
    id = make_ref()
    me = self()

    tell = fn event, measurements, metadata, _ ->
      if metadata.server == server, do: send(me, {List.last(event), measurements, metadata})
    end

    Telemetry.attach_many(id, for(event <- events, do: [:workbooks, :wasm, :server, event]), tell, nil)
    on_exit(fn -> Telemetry.detach(id) end)
  end

  describe "call/4" do
    test "keeps the guest's state from one call to the next, for all callers" do
      server = server()
      counts = 1..50 |> Enum.map(fn _ -> Task.async(fn -> Server.call!(server, "count") end) end) |> Task.await_many()
      assert Enum.sort(counts) == Enum.to_list(1..50)
      assert %{state: :available, calls: 50, waiting: 0, restarts: 0} = Server.stats(server)
    end

    test "runs host functions in the caller's process" do
      me = self()
      server = server(imports: imports(fn x -> then(send(me, {:in, self()}), fn _ -> x end) end))
      assert Server.call(server, "ask", [3]) == {:ok, 3}
      assert_received {:in, ^me}
    end

    test "answers with the errors of a call, and keeps the state where the instance lives on" do
      server = server()
      assert Server.call!(server, "count", []) == 1
      assert {:error, %Error{kind: :export}} = Server.call(server, "nope", [])
      assert {:error, %Error{kind: :type}} = Server.call(server, "ask", ["no"])
      assert_raise ArgumentError, fn -> Server.call(server, "count", [], nonsense: 1) end
      assert_raise ArgumentError, fn -> Server.call(server, "count", [], timeout: -1) end
      assert_raise ArgumentError, ~r/suspend/, fn -> Server.call(server, "count", [], on_host_call: :suspend) end
      assert Server.call!(server, "count", []) == 2
    end

    test "queues 1500 callers behind a slow guest, who time out by an error, and the next call works" do
      {server, holder} = held()
      test = self()

      callers =
        for n <- 1..1500 do
          spawn_monitor(fn ->
            timeout = if n <= 1400, do: 100, else: :infinity
            answer = Server.call(server, "count", [], timeout: timeout)
            send(test, {:answered, timeout, answer})
          end)
        end

      for _ <- 1..1400, do: assert_receive({:answered, 100, {:error, %Error{kind: :timeout}}}, 20_000)
      TestWait.until(fn -> Server.stats(server).waiting == 100 end)
      send(holder, :go)
      counts = for _ <- 1..100, do: elem(elem(assert_receive({:answered, :infinity, {:ok, _}}, 20_000), 2), 1)
      assert Enum.sort(counts) == Enum.to_list(1..100)
      for {pid, monitor} <- callers, do: assert_receive({:DOWN, ^monitor, :process, ^pid, :normal}, 5_000)
      assert Server.call(server, "count", []) == {:ok, 101}
      settled(server)
    end

    test "serves in the order they came, without those who gave up or died" do
      {server, holder} = held()
      pids = for n <- 1..6, do: wait(server, n, timeout: if(n == 2, do: 1_000, else: :infinity))
      Process.exit(Enum.at(pids, 3), :kill)
      assert_receive {:answer, 2, {:error, %Error{kind: :timeout, details: %{position: 2}}}}, 5_000
      TestWait.until(fn -> Server.stats(server).waiting == 4 end)
      send(holder, :go)
      # The guest itself counts in which order it was called.
      for {n, turn} <- [{1, 1}, {3, 2}, {5, 3}, {6, 4}], do: assert_receive({:answer, ^n, {:ok, ^turn}}, 5_000)
    end

    test "refuses more than max_waiting" do
      {server, holder} = held(max_waiting: 1)
      wait(server, :in)
      assert {:error, %Error{kind: :overloaded, details: %{waiting: 1}}} = Server.call(server, "count", [])
      send(holder, :go)
      assert_receive {:answer, :in, {:ok, 1}}, 5_000
    end

    test "of the server from within one of its calls is :busy, not a dead end" do
      name = :"#{inspect(make_ref())}"
      me = self()

      server(
        name: name,
        imports: imports(fn x -> send(me, Server.call(name, "count", [], timeout: :infinity)) && x end)
      )

      assert Server.call(name, "ask", [1]) == {:ok, 1}
      assert_received {:error, %Error{kind: :busy}}
      assert Server.call(name, "count", []) == {:ok, 1}
    end

    test "of a server that does not run, or ends meanwhile, is an error" do
      assert {:error, %Error{kind: :closed}} = Server.call(:no_such_server, "count", [])
      {server, holder} = held()
      wait(server, :waiting)
      stop_supervised!(Server)
      assert_receive {:answer, :waiting, {:error, %Error{kind: :closed}}}, 5_000
      send(holder, :go)
      assert_receive {:answer, 1, {:error, %Error{kind: kind}}} when kind in [:closed, :cancelled], 5_000
    end

    test "has a bang form" do
      server = server()
      assert Server.call!(server, "count") == 1
      assert_raise Error, fn -> Server.call!(server, "boom") end
    end
  end

  describe "while a guest runs" do
    test "the server answers to all the rest" do
      me = self()
      server = server(imports: imports(fn x -> send(me, :begun) && x end))
      spinner = spawn(fn -> Server.call(server, "ask-spin", [], timeout: :infinity) end)
      # To be lent the instance is not yet to be in it: only a guest that has begun is lost.
      assert_receive :begun, 5_000
      assert {:status, _, _, _} = :sys.get_status(server, 1_000)
      assert {:error, %Error{kind: :timeout}} = Server.call(server, "count", [], timeout: 10)
      Process.exit(spinner, :kill)
      assert Server.call(server, "count", []) == {:ok, 1}
      assert %{restarts: 1} = Server.stats(server)
    end

    test "its caller's death ends the call, and the next has a fresh instance" do
      server = server()
      assert Server.call!(server, "count", []) == 1
      before = Server.stats(server).calls
      caller = spawn(fn -> Server.call(server, "spin", [], timeout: :infinity) end)
      TestWait.until(fn -> Server.stats(server).calls == before + 1 end)
      waiter = Task.async(fn -> Server.call(server, "count", []) end)
      Process.exit(caller, :kill)
      assert Task.await(waiter) in [{:ok, 1}, {:ok, 2}]
      settled(server)
    end

    test "a caller killed while its turn is on the way to it loses nothing for the others" do
      {server, holder} = held()
      waiter = wait(server, :killed)
      :erlang.suspend_process(waiter)
      send(holder, :go)
      TestWait.until(fn -> Server.stats(server).waiting == 0 end)
      assert {:error, %Error{kind: :timeout}} = Server.call(server, "count", [], timeout: 10)
      Process.exit(waiter, :kill)
      # It had not begun: nothing is lost.
      assert Server.call(server, "count", []) == {:ok, 1}
      assert Server.stats(server).restarts == 0
    end
  end

  describe "an instance that ended" do
    test "by a trap or a timeout is replaced before the next call; its state is lost, and that is told" do
      server = server()
      listen(server, [:restart])

      for {{name, options, kind}, n} <- Enum.with_index([{"boom", [], :trap}, {"spin", [timeout: 10], :timeout}], 1) do
        assert Server.call!(server, "count", []) == 1
        assert Server.call!(server, "count", []) == 2
        assert {:error, %Error{kind: ^kind}} = Server.call(server, name, [], options)
        assert_receive {:restart, %{duration: _, attempt: 1}, %{reason: ^kind, result: :ok}}, 5_000
        assert %{restarts: ^n} = Server.stats(server)
      end

      assert Server.call!(server, "count", []) == 1
    end

    test "and cannot be had again ends the server, after some attempts; those who wait get the error" do
      me = self()

      log =
        capture_log(fn ->
          {:ok, server} =
            Task.async(fn -> unlinked(component: guest(), imports: imports(), attempts: 2) end) |> Task.await()

          listen(server, [:restart])
          monitor = Process.monitor(server)
          :sys.replace_state(server, &put_in(&1.config.instance, []))
          {:error, %Error{kind: :trap}} = Server.call(server, "boom", [])
          spawn(fn -> send(me, Server.call(server, "boom", [], timeout: :infinity)) end)
          assert_receive {:DOWN, ^monitor, _, _, {:cannot_instantiate, %Error{}}}, 5_000
          for n <- 1..2, do: assert_received({:restart, %{attempt: ^n}, %{reason: :trap, result: :import}})
          refute_received {:restart, _, _}
          assert_receive {:error, %Error{kind: :import}}, 5_000
        end)

      assert log =~ "cannot_instantiate"
    end

    test "is back after an attempt that failed" do
      server = server()
      listen(server, [:restart])
      good = :sys.get_state(server).config.instance
      :sys.replace_state(server, &put_in(&1.config.instance, []))
      assert {:error, %Error{kind: :trap}} = Server.call(server, "boom", [])
      assert_receive {:restart, %{attempt: 1}, %{result: :import}}, 5_000
      assert %{state: :restarting} = Server.stats(server)
      :sys.replace_state(server, &put_in(&1.config.instance, good))
      assert Server.call(server, "count", []) == {:ok, 1}
      assert %{state: :available, restarts: 1} = Server.stats(server)
    end
  end

  defp unlinked(options) do
    with {:ok, server} <- Server.start_link(options), true <- Process.unlink(server), do: {:ok, server}
  end

  describe "reload/2" do
    test "runs the new component from then on, with the same imports" do
      server = server(component: guest(), imports: imports(&(&1 * 10)))
      assert Server.call!(server, "count", []) == 1
      assert Server.reload(server, guest()) == :ok
      assert Server.call!(server, "count", []) == 1
      assert Server.call!(server, "ask", [4]) == 40
      assert Server.reload(server) == :ok
      assert Server.call!(server, "count", []) == 1
      assert %{reloads: 2, restarts: 0} = Server.stats(server)
    end

    test "lets a call under way finish on the old instance, and the others go on at once" do
      {server, holder} = held()
      wait(server, :waiting)
      old = :sys.get_state(server).instance
      assert Server.reload(server, guest()) == :ok
      assert_receive {:answer, :waiting, {:ok, 1}}, 5_000
      assert %{replaced: 1, state: :available} = Server.stats(server)
      assert Wasm.state(old) == :running
      # Twice, while the first still runs.
      other = hold(server, 2)
      assert Server.reload(server, guest()) == :ok
      assert %{replaced: 2} = Server.stats(server)
      send(holder, :go)
      assert_receive {:answer, 1, {:ok, 1}}, 5_000
      send(other, :go)
      assert_receive {:answer, 2, {:ok, 2}}, 5_000
      TestWait.until(fn -> Server.stats(server).replaced == 0 end)
      assert Wasm.state(old) == :closed
      settled(server)
    end

    test "closes the old instance at once when it is in no call" do
      server = server()
      old = :sys.get_state(server).instance
      assert Server.reload(server) == :ok
      assert Wasm.state(old) == :closed
    end

    test "that fails leaves all as it was" do
      server = server()
      assert Server.call!(server, "count", []) == 1
      other = TestGuests.calling_host()
      assert {:error, %Error{kind: :import}} = Server.reload(server, other)
      assert {:error, %Error{kind: :not_found}} = Server.reload(server, path: "/nowhere.wasm")

      capture_log(fn ->
        assert {:error, %Error{kind: :internal, message: message}} = Server.reload(server, fn -> raise "oh" end)
        assert message =~ "oh"
      end)

      assert_raise ArgumentError, fn -> Server.reload(server, "bytes") end
      assert Server.call!(server, "count", []) == 2
      assert {:error, %Error{kind: :closed}} = Server.reload(:no_such_server)
    end

    test "is one at a time" do
      server = server()
      me = self()
      component = guest()

      slow = fn ->
        send(me, {:compiling, self()})
        receive do: (:go -> {:ok, component})
      end

      task = Task.async(fn -> Server.reload(server, slow) end)
      assert_receive {:compiling, maker}, 5_000
      assert maker != server
      assert {:error, %Error{kind: :busy}} = Server.reload(server, component)
      # Nothing waits for it.
      assert Server.call!(server, "count", []) == 1
      send(maker, :go)
      assert Task.await(task) == :ok
      assert Server.call!(server, "count", []) == 1
    end

    test "ends a restart that is failing" do
      server = server(attempts: 1_000)
      listen(server, [:restart, :reload])
      good = :sys.get_state(server).config.instance
      :sys.replace_state(server, &put_in(&1.config.instance, []))
      Server.call(server, "boom", [])
      assert_receive {:restart, %{attempt: 1}, _}, 5_000
      :sys.replace_state(server, &put_in(&1.config.instance, good))
      assert Server.reload(server, guest()) == :ok
      assert_received {:reload, %{duration: _}, %{result: :ok}}
      assert Server.call!(server, "count", []) == 1
      assert Server.stats(server).state == :available
    end
  end

  describe "start_link/1" do
    test "takes a file, which a reload reads again" do
      path = Path.join(System.tmp_dir!(), "server #{System.unique_integer([:positive])}.wasm")
      on_exit(fn -> File.rm(path) end)

      write =
        &File.write!(path, Wasm.componentize!("(module (func (export \"version\") (result i32) (i32.const #{&1})))"))

      write.(1)
      {:ok, server} = Server.start_link(path: path)
      assert Server.call(server, "version", []) == {:ok, 1}
      write.(2)
      assert Server.reload(server) == :ok
      assert Server.call(server, "version", []) == {:ok, 2}
    end

    test "says why there is no instance" do
      Process.flag(:trap_exit, true)
      assert {:error, %Error{kind: :import}} = Server.start_link(component: guest())
      assert {:error, %Error{kind: :not_found}} = Server.start_link(path: "/nowhere.wasm")

      assert {:error, %Error{kind: :closed}} =
               Server.start_link(component: fn -> {:error, Error.new(:closed, "no")} end)
    end

    test "says which option is wrong" do
      for {options, message} <- [
            {[], ~r/needs one of component:, module: or path:/},
            {[component: guest(), path: "x"], ~r/needs one of/},
            {[component: "bytes"], ~r/needs one of/},
            {[path: "x", pool: 1], ~r/no option :pool/},
            {[path: "x", attempts: 0], ~r/an integer from 1/}
          ] do
        assert_raise ArgumentError, message, fn -> Server.start_link(options) end
      end
    end

    test "gives it a name, by which its supervisor knows it too" do
      name = :"#{inspect(make_ref())}"
      server(name: name)
      assert Server.call!(name, "count", []) == 1
      assert %{id: ^name} = Server.child_spec(name: name)
    end
  end

  test "nobody is watched who is in no call" do
    {server, holder} = held()
    for _ <- 1..10, do: {:error, _} = Server.call(server, "count", [], timeout: 0)
    send(holder, :go)
    for _ <- 1..10, do: Server.call!(server, "count", [])
    settled(server)
  end

  test "an instance whose maker raised is tried again too, and that ends as well" do
    log =
      capture_log(fn ->
        {:ok, server} =
          Task.async(fn -> unlinked(component: guest(), imports: imports(), attempts: 2) end) |> Task.await()

        monitor = Process.monitor(server)
        :sys.replace_state(server, &put_in(&1.config.instance, timeout: :never))
        {:error, %Error{kind: :trap}} = Server.call(server, "boom", [])
        assert_receive {:DOWN, ^monitor, _, _, {:cannot_instantiate, %Error{kind: :internal}}}, 5_000
      end)

    assert log =~ "ArgumentError"
  end

  test "the instance goes with the server" do
    server = server()
    instance = :sys.get_state(server).instance
    stop_supervised!(Server)
    TestWait.until(fn -> Wasm.state(instance) == :closed end)
  end

  test "telemetry tells of calls, of those who waited in vain and of those turned away" do
    {server, holder} = held(max_waiting: 1)
    listen(server, [:call, :timeout, :overloaded])
    {:error, _} = Server.call(server, "count", [], timeout: 1)
    assert_received {:timeout, %{duration: _, position: 1}, %{name: "count"}}
    assert_received {:call, %{position: 1}, %{result: :timeout}}
    wait(server, :in)
    {:error, _} = Server.call(server, "count", [])
    assert_received {:overloaded, %{waiting: 1}, %{name: "count"}}
    send(holder, :go)
    assert_receive {:answer, :in, {:ok, 1}}, 5_000
    assert_received {:call, %{duration: duration, queue: queue, position: 1}, %{name: "count", result: :ok}}
    assert queue in 0..duration
  end

  # Nobody is left behind in it: it monitors no caller any more.
  defp settled(server) do
    monitors = fn -> elem(Process.info(server, :monitors), 1) end
    TestWait.until(fn -> monitors.() == [] end, monitors)
  end
end
