defmodule Workbooks.Wasm.PoolTest do
  use ExUnit.Case, async: true
  doctest Workbooks.Wasm.Pool

  import ExUnit.CaptureLog
  alias Workbooks.{Telemetry, TestGuests, TestWait, Wasm}
  alias Workbooks.Wasm.{Error, Pool, Pools}

  defp pool(options \\ []) do
    start_supervised!({Pool, Keyword.merge([component: TestGuests.misbehaving(), max: 2], options)})
  end

  # A process that has an instance of the pool until it is told to let go.
  defp hold(pool, function \\ fn _ -> {:ok, nil} end) do
    me = self()

    pid =
      spawn_link(fn ->
        Pool.run(pool, fn instance ->
          send(me, {:held, self(), instance})
          receive do: (:release -> function.(instance))
        end)
      end)

    assert_receive {:held, ^pid, instance}, 5_000
    {pid, instance}
  end

  # A process that waits for an instance, and says what it was answered.
  defp wait(pool, tag, options \\ [timeout: :infinity]) do
    me = self()
    waiting = Pool.stats(pool).waiting
    pid = spawn(fn -> send(me, {tag, Pool.call(pool, "add", [1, 1], options)}) end)
    TestWait.until(fn -> Pool.stats(pool).waiting == waiting + 1 end)
    pid
  end

  # Whoever looks at its state in the wrong moment keeps a call from beginning.
  defp spin(instance) do
    with {:error, %Error{kind: :busy}} <- Wasm.call(instance, "spin", [], timeout: :infinity), do: spin(instance)
  end

  defp listen(pool, event) do
    id = {make_ref(), event}
    me = self()
    event = [:workbooks, :wasm, :pool, event]

    Telemetry.attach(
      id,
      event,
      fn _, measurements, metadata, _ ->
        if metadata.pool == pool, do: send(me, {List.last(event), measurements, metadata})
      end,
      nil
    )

    on_exit(fn -> Telemetry.detach(id) end)
  end

  describe "call/4" do
    test "lets many callers share few instances" do
      pool = pool()
      tasks = for n <- 1..50, do: Task.async(fn -> Pool.call(pool, "add", [n, 1]) end)
      assert Enum.map(tasks, &Task.await/1) == for(n <- 1..50, do: {:ok, n + 1})
      TestWait.until(fn -> Pool.stats(pool).active == 0 end)
      assert %{available: available, waiting: 0, max: 2} = Pool.stats(pool)
      assert available in 1..2
    end

    test "ends at the time limit, on a free instance too" do
      pool = pool()
      assert {:error, %Error{kind: :timeout}} = Pool.call(pool, "spin", [], timeout: 20)
    end

    test "takes any time, none and for ever among them" do
      pool = pool(min: 1)
      TestWait.until(fn -> Pool.stats(pool).available == 1 end)

      for timeout <- [0, 1_000, :infinity, 1_000_000_000_000],
          do: assert({:ok, 3} = Pool.call(pool, "add", [1, 2], timeout: timeout))
    end

    test "does not wait at all with a timeout of 0, and a wait beyond all timers harms nobody" do
      pool = pool(max: 1)
      {holder, _} = hold(pool)
      assert {:error, %Error{kind: :pool_timeout}} = Pool.call(pool, "add", [1, 2], timeout: 0)
      wait(pool, :patient, timeout: 1_000_000_000_000)
      send(holder, :release)
      assert_receive {:patient, {:ok, 2}}, 5_000
    end

    test "has a bang form" do
      pool = pool()
      assert Pool.call!(pool, "add", [1, 2]) == 3
      assert_raise Error, fn -> Pool.call!(pool, "boom", []) end
      assert Pool.run!(pool, fn _ -> {:ok, 1} end) == 1
    end

    test "refuses to suspend, and options that there are not" do
      pool = pool()
      assert_raise ArgumentError, ~r/run/, fn -> Pool.call(pool, "add", [1, 2], on_host_call: :suspend) end
      assert_raise ArgumentError, ~r/no option :tiemout/, fn -> Pool.call(pool, "add", [1, 2], tiemout: 1) end
      assert_raise ArgumentError, ~r/milliseconds/, fn -> Pool.call(pool, "add", [1, 2], timeout: -1) end
      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
    end
  end

  describe "an instance" do
    test "that was used last is handed out first" do
      pool = pool(max: 3)
      [{a, one}, {b, two}, {c, three}] = for _ <- 1..3, do: hold(pool)

      for pid <- [a, c, b] do
        send(pid, :release)
        active = Pool.stats(pool).active
        TestWait.until(fn -> Pool.stats(pool).active < active or Pool.stats(pool).active == 0 end)
      end

      TestWait.until(fn -> Pool.stats(pool).available == 3 end)
      order = for _ <- 1..3, do: hold(pool)
      assert for({_, instance} <- order, do: instance.ref) |> Enum.sort() == Enum.sort([one.ref, two.ref, three.ref])
      assert {_, ^two} = hd(order)
    end

    test "that trapped is replaced" do
      pool = pool(max: 1)
      assert {:error, %Error{kind: :trap}} = Pool.call(pool, "boom", [])
      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
      TestWait.until(fn -> match?(%{available: 1, terminated: 1}, Pool.stats(pool)) end)
    end

    test "whose user raised, threw or exited is replaced" do
      pool = pool(max: 1)
      assert_raise RuntimeError, fn -> Pool.run(pool, fn _ -> raise "oh" end) end
      assert catch_throw(Pool.run(pool, fn _ -> throw(:it) end)) == :it
      assert catch_exit(Pool.run(pool, fn _ -> exit(:it) end)) == :it
      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
      TestWait.until(fn -> match?(%{available: 1, terminated: 3}, Pool.stats(pool)) end)
    end

    test "that grew too large is not kept" do
      pool = pool(max: 1, keep_memory: 10 * 65_536)
      assert Pool.call(pool, "grow", [20]) == {:ok, 1}
      assert Pool.call(pool, "grow", [0]) == {:ok, 1}
    end

    test "that somebody closed while it was available is not handed out" do
      pool = pool(max: 2)
      {a, one} = hold(pool)
      {b, two} = hold(pool)
      for pid <- [a, b], do: send(pid, :release)
      TestWait.until(fn -> Pool.stats(pool).available == 2 end)
      Wasm.close(one)
      Wasm.close(two)
      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
      TestWait.until(fn -> match?(%{available: 1, terminated: 2}, Pool.stats(pool)) end)
    end

    test "left in a call is replaced" do
      pool = pool(max: 1)
      me = self()

      assert {:ok, spinner} =
               Pool.run(pool, fn instance ->
                 spinner = spawn(fn -> send(me, {:spun, spin(instance)}) end)
                 TestWait.until(fn -> Wasm.state(instance) == :running end)
                 {:ok, spinner}
               end)

      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
      assert_receive {:spun, {:error, %Error{}}}, 5_000
      TestWait.until(fn -> not Process.alive?(spinner) end)
      assert Pool.stats(pool).terminated == 1
    end

    test "remembers what it is made to with state: :keep, and nothing with state: :fresh" do
      kept = pool(component: TestGuests.counting(), max: 1)
      assert for(_ <- 1..3, do: Pool.call!(kept, "count", [])) == [1, 2, 3]

      for min <- [0, 1, 2] do
        fresh = start_supervised!({Pool, component: TestGuests.counting(), max: 2, min: min, state: :fresh}, id: min)
        assert for(_ <- 1..20, do: Pool.call!(fresh, "count", [])) == List.duplicate(1, 20)
        TestWait.until(fn -> match?(%{available: ^min, active: 0, terminated: 20}, Pool.stats(fresh)) end)
      end
    end
  end

  describe "those who wait" do
    test "wait no longer than asked" do
      pool = pool(max: 1)
      {holder, _} = hold(pool)
      begun = System.monotonic_time(:millisecond)
      assert {:error, %Error{kind: :pool_timeout}} = Pool.call(pool, "add", [1, 2], timeout: 30)
      assert System.monotonic_time(:millisecond) - begun >= 30
      send(holder, :release)
      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
      assert Pool.stats(pool).waiting == 0
    end

    test "are served in the order they came, whoever gives up or dies among them" do
      pool = pool(max: 1)
      {holder, _} = hold(pool)
      pids = for n <- 1..8, do: wait(pool, n, timeout: if(n == 3, do: 1_000, else: :infinity))
      assert_receive {3, {:error, %Error{kind: :pool_timeout}}}, 5_000
      Process.exit(Enum.at(pids, 4), :kill)
      TestWait.until(fn -> Pool.stats(pool).waiting == 6 end)
      send(holder, :release)
      order = for _ <- 1..6, do: receive(do: ({n, {:ok, 2}} -> n), after: (5_000 -> nil))
      # Each has its instance in turn; the answers of two that follow one another may cross.
      assert Enum.sort(order) == [1, 2, 4, 6, 7, 8]
      for {n, at} <- Enum.with_index(order), do: assert(abs(Enum.find_index([1, 2, 4, 6, 7, 8], &(&1 == n)) - at) <= 1)
      assert Pool.stats(pool).waiting == 0
    end

    test "are as many as max_waiting; the next is told" do
      pool = pool(max: 1, max_waiting: 2)
      {holder, _} = hold(pool)
      for n <- 1..2, do: wait(pool, n)

      assert {:error, %Error{kind: :overloaded, details: %{waiting: 2}, message: message}} =
               Pool.call(pool, "add", [1, 2])

      assert message =~ "max_waiting"
      send(holder, :release)
      for n <- 1..2, do: assert_receive({^n, {:ok, 2}}, 5_000)
      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
      none = start_supervised!({Pool, component: TestGuests.misbehaving(), max: 1, max_waiting: 0}, id: :none)
      assert Pool.call(none, "add", [1, 2]) == {:ok, 3}
    end

    test "hear of the pool's end" do
      for {reason, n} <- Enum.with_index([:normal, :shutdown, :kill]) do
        {:ok, pool} = Task.async(fn -> started(component: TestGuests.misbehaving(), max: 1) end) |> Task.await()
        me = self()

        holder =
          spawn(fn ->
            Pool.run(pool, fn _ ->
              send(me, {:in, n})
              receive(do: (:never -> {:ok, nil}))
            end)
          end)

        assert_receive {:in, ^n}, 5_000
        wait(pool, {:told, n})
        if reason == :kill, do: Process.exit(pool, :kill), else: GenServer.stop(pool, reason)
        assert_receive {{:told, ^n}, {:error, %Error{kind: :closed, message: message}}}, 5_000
        assert message =~ "does not run"
        Process.exit(holder, :kill)
      end
    end
  end

  # Not linked to the test, so that it may be killed.
  defp started(options) do
    with {:ok, pool} <- Pool.start_link(options), true <- Process.unlink(pool), do: {:ok, pool}
  end

  describe "a caller that dies" do
    test "gives its place back, in a call or waiting" do
      pool = pool(max: 1)
      caller = spawn(fn -> Pool.call(pool, "spin", [], timeout: :infinity) end)
      TestWait.until(fn -> Pool.stats(pool).active == 1 end)
      waiter = wait(pool, :never)
      Process.exit(waiter, :kill)
      Process.exit(caller, :kill)
      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
      assert %{waiting: 0} = Pool.stats(pool)
      refute_received {:never, _}
    end

    test "while an instance is on its way to it loses nothing for the others" do
      pool = pool(max: 1)
      {holder, _} = hold(pool)
      waiter = wait(pool, :killed)
      # The grant is in the waiter's mailbox, and it will never look.
      :erlang.suspend_process(waiter)
      send(holder, :release)
      TestWait.until(fn -> Pool.stats(pool).waiting == 0 end)
      assert {:error, %Error{kind: :pool_timeout}} = Pool.call(pool, "add", [1, 2], timeout: 20)
      Process.exit(waiter, :kill)
      assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
    end

    test "between two calls takes its instance along: nobody knows what it was in the middle of" do
      pool = pool(max: 1)
      {holder, instance} = hold(pool)
      Process.unlink(holder)
      Process.exit(holder, :kill)
      assert {:ok, other} = Pool.run(pool, &{:ok, &1})
      assert other.ref != instance.ref
      assert Wasm.state(instance) == :closed
      assert Pool.stats(pool).terminated == 1
    end

    test "is no longer watched once it gave its instance back, or waited in vain" do
      pool = pool(max: 1)
      for _ <- 1..10, do: Pool.call!(pool, "add", [1, 2])
      {holder, _} = hold(pool)
      for _ <- 1..10, do: {:error, _} = Pool.call(pool, "add", [1, 2], timeout: 0)
      send(holder, :release)
      monitors = fn -> elem(Process.info(pool, :monitors), 1) end
      TestWait.until(fn -> monitors.() == [] end, monitors)
    end

    test "while it makes an instance leaves room for another" do
      me = self()
      component = TestGuests.misbehaving()

      make = fn ->
        send(me, {:making, self()})
        receive do: (:go -> {:ok, component})
      end

      pool = pool(component: make, max: 1)
      maker = spawn(fn -> Pool.call(pool, "add", [1, 2]) end)
      assert_receive {:making, ^maker}, 5_000
      waiter = Task.async(fn -> Pool.call(pool, "add", [1, 2]) end)
      TestWait.until(fn -> Pool.stats(pool).waiting == 1 end)
      Process.exit(maker, :kill)
      assert_receive {:making, pid} when pid != maker, 5_000
      send(pid, :go)
      assert Task.await(waiter) == {:ok, 3}
    end
  end

  describe "what cannot be made" do
    test "is everybody's error, and the place is free again" do
      pool = pool(component: fn -> {:error, Error.new(:not_found, "no such thing")} end, max: 1)
      for _ <- 1..3, do: assert({:error, %Error{kind: :not_found}} = Pool.call(pool, "add", [1, 2]))
      assert %{available: 0, active: 0} = Pool.stats(pool)
    end

    test "leaves its place to the next who waits" do
      me = self()

      make = fn ->
        send(me, {:making, self()})
        receive do: (:go -> {:error, Error.new(:not_found, "no such thing")})
      end

      pool = pool(component: make, max: 1)
      for n <- 1..2, do: spawn(fn -> send(me, {:answer, n, Pool.call(pool, "add", [1, 2], timeout: :infinity)}) end)

      for _ <- 1..2 do
        assert_receive {:making, maker}, 5_000
        send(maker, :go)
        assert_receive {:answer, _, {:error, %Error{kind: :not_found}}}, 5_000
      end
    end

    test "raises where it was to be made, and the place is free again" do
      pool = pool(component: fn -> raise "oh" end, max: 1)
      for _ <- 1..3, do: assert_raise(RuntimeError, "oh", fn -> Pool.call(pool, "add", [1, 2]) end)
      assert %{available: 0, active: 0} = Pool.stats(pool)
    end
  end

  describe "min" do
    test "instances are there from the start, and again after traps" do
      pool = pool(min: 2, max: 4)
      TestWait.until(fn -> Pool.stats(pool).available == 2 end)
      for _ <- 1..2, do: Pool.call(pool, "boom", [])
      TestWait.until(fn -> match?(%{available: 2, terminated: 2}, Pool.stats(pool)) end)
    end

    test "are made beside the pool, which answers meanwhile, and never more than max" do
      me = self()
      component = TestGuests.misbehaving()

      make = fn ->
        send(me, {:making, self()})
        receive do: (:go -> {:ok, component})
      end

      pool = pool(component: make, min: 1, max: 1)
      assert_receive {:making, maker}, 5_000
      assert maker != pool
      caller = Task.async(fn -> Pool.call(pool, "add", [1, 2]) end)
      TestWait.until(fn -> Pool.stats(pool).waiting == 1 end)
      refute_received {:making, _}
      send(maker, :go)
      assert Task.await(caller) == {:ok, 3}
      assert %{available: 1, active: 0} = Pool.stats(pool)
    end

    test "are tried again when it failed, and callers are told why meanwhile" do
      component = TestGuests.misbehaving()
      broken = :atomics.new(1, [])
      :atomics.put(broken, 1, 1)

      make = fn ->
        case :atomics.get(broken, 1) do
          1 -> {:error, Error.new(:not_found, "not yet")}
          2 -> raise "worse"
          0 -> {:ok, component}
        end
      end

      log =
        capture_log(fn ->
          pool = pool(component: make, min: 1, max: 1)
          assert {:error, %Error{kind: :not_found}} = Pool.call(pool, "add", [1, 2])
          :atomics.put(broken, 1, 2)
          assert_raise RuntimeError, fn -> Pool.call(pool, "add", [1, 2]) end
          TestWait.until(fn -> :sys.get_state(pool).pause > 400 end)
          :atomics.put(broken, 1, 0)
          TestWait.until(fn -> Pool.stats(pool).available == 1 end)
        end)

      assert log =~ "worse"
    end
  end

  describe "start_link/1" do
    test "says which option is wrong" do
      component = TestGuests.misbehaving()

      for {options, message} <- [
            {[], ~r/needs one of component: or module:/},
            {[component: "(module)"], ~r/needs one of component: or module:/},
            {[component: fn -> 1 end, module: fn -> 1 end], ~r/needs one of component: or module:/},
            {[component: component, size: 3], ~r/no option :size/},
            {[component: component, state: :old], ~r/one of :keep, :fresh/},
            {[component: component, min: 3, max: 2], ~r/min: 3 instances of max: 2/}
          ] do
        assert_raise ArgumentError, message, fn -> Pool.start_link(options) end
      end
    end
  end

  test "a pool of core modules is of core instances" do
    {:ok, module} = Wasm.compile(~S[(module (func (export "seven") (result i32) (i32.const 7)))])
    {:ok, pool} = Pool.start_link(module: module)
    assert Pool.call(pool, "seven") == {:ok, 7}
    assert Pool.call!(pool, "seven") == 7
  end

  describe "all pools" do
    test "are told of by name, or by pid, until they end, in whatever way" do
      name = :"#{inspect(make_ref())}"

      {:ok, named} =
        Task.async(fn -> started(component: TestGuests.misbehaving(), max: 3, name: name) end) |> Task.await()

      {:ok, nameless} = Task.async(fn -> started(component: TestGuests.misbehaving()) end) |> Task.await()
      assert %{^name => %{available: 0, max: 3}, ^nameless => %{}, Workbooks.OQL.Short => %{max: _}} = Pools.stats()
      GenServer.stop(nameless)
      monitor = Process.monitor(named)
      Process.exit(named, :kill)
      assert_receive {:DOWN, ^monitor, _, _, :killed}
      stats = Pools.stats()
      refute is_map_key(stats, name) or is_map_key(stats, nameless)
      refute :ets.member(Pools, named)
      assert is_map_key(stats, Workbooks.OQL.Short)
    end

    test "but one that does not answer" do
      {:ok, pool} = Task.async(fn -> started(component: TestGuests.misbehaving()) end) |> Task.await()
      :sys.suspend(pool)
      refute is_map_key(Pools.stats(20), pool)
      :sys.resume(pool)
      assert is_map_key(Pools.stats(), pool)
      GenServer.stop(pool)
      refute_received _
    end
  end

  describe "telemetry" do
    test "tells of checkouts, the line, and what became of the instance" do
      pool = pool(max: 1, max_waiting: 1)
      for event <- [:checkout, :queue, :timeout, :overloaded, :checkin], do: listen(pool, event)
      Pool.call(pool, "add", [1, 2])
      assert_received {:checkout, %{duration: _, position: 0}, %{result: :ok, from: :made}}
      assert_received {:checkin, %{duration: _}, %{reason: :kept}}
      Pool.call(pool, "boom", [])
      assert_received {:checkout, _, %{from: :warm}}
      assert_received {:checkin, _, %{reason: :closed}}
      catch_throw(Pool.run(pool, fn _ -> throw(:it) end))
      assert_received {:checkin, _, %{reason: :raised}}
      refute_received {:queue, _, _}

      {holder, _} = hold(pool)
      {:error, _} = Pool.call(pool, "add", [1, 2], timeout: 1)
      assert_received {:queue, %{duration: _, position: 1}, %{result: :pool_timeout}}
      assert_received {:timeout, %{duration: _, position: 1}, %{}}
      assert_received {:checkout, _, %{result: :pool_timeout, from: nil}}
      wait(pool, :waited)
      {:error, _} = Pool.call(pool, "add", [1, 2])
      assert_received {:overloaded, %{waiting: 1}, %{}}
      assert_received {:checkout, %{position: 0}, %{result: :overloaded}}
      send(holder, :release)
      assert_receive {:waited, {:ok, 2}}, 5_000
      assert_received {:queue, %{position: 1}, %{result: :ok}}
    end
  end

  test "a pool that does not run says so" do
    assert {:error, %Error{kind: :closed, message: message}} = Pool.call(:no_such_pool, "add", [1, 2])
    assert message =~ "does not run"
  end

  test "instances go with the pool" do
    pool = pool(min: 1)
    {:ok, instance} = Pool.run(pool, &{:ok, &1})
    stop_supervised!(Pool)
    TestWait.until(fn -> Wasm.state(instance) == :closed end)
  end
end
