defmodule Workbooks.Wasm.LifeCycleTest do
  @moduledoc """
  Pools and servers among hundreds of processes that call, trap, run out of time, give up and are
  killed, in an order made by `:rand` from a seed, ExUnit's own unless `SEED` says another.
  """
  # Not async: the counters are the whole VM's.
  use ExUnit.Case, async: false

  import ExUnit.CaptureLog
  alias Workbooks.{TestGuests, TestWait, Wasm}
  alias Workbooks.Wasm.{Error, Pool, Pools, Server}

  @processes 300
  @kinds [:ok, :trap, :timeout, :pool_timeout, :overloaded, :raised, :killed]

  setup do
    seed = String.to_integer(System.get_env("SEED") || "#{ExUnit.configuration()[:seed]}")
    :rand.seed(:exsss, seed)
    before = Wasm.stats()

    # Not more than before: what tests that ran earlier left to the garbage collector may go meanwhile.
    on_exit(fn ->
      TestWait.until(
        fn -> Wasm.stats().stores <= before.stores and Wasm.stats().fibers <= before.fibers end,
        fn -> {before, Wasm.stats()} end
      )
    end)

    {:ok, seed: seed}
  end

  for {state, min, max} <- [{:keep, 0, 1}, {:keep, 2, 4}, {:fresh, 0, 3}, {:fresh, 2, 4}] do
    test "a pool of #{min} to #{max}, #{state}, outlives all its callers do", %{seed: seed} do
      %{min: min, max: max, state: state} = unquote(Macro.escape(%{min: min, max: max, state: state}))
      options = [component: TestGuests.counting(), min: min, max: max, state: state, max_waiting: 200]
      pool = start_supervised!({Pool, options})
      most = watch(fn -> used(Pool.stats(pool)) end)

      outcomes = storm(fn script -> Enum.map(script, &pool_call(pool, &1)) end)
      assert Enum.all?(outcomes, &(&1 in @kinds)), "seed #{seed}: #{inspect(Enum.uniq(outcomes) -- @kinds)}"
      assert :ok in outcomes and :trap in outcomes and :killed in outcomes

      # All are back, or replaced, and as many are ready as shall be.
      settled = fn -> Map.take(Pool.stats(pool), [:active, :suspended, :waiting]) end
      TestWait.until(fn -> settled.() == %{active: 0, suspended: 0, waiting: 0} end, settled)
      TestWait.until(fn -> Pool.stats(pool).available in min..max end, fn -> {seed, Pool.stats(pool)} end)
      nothing_left(pool)
      assert stop(most) <= max, "seed #{seed}"

      # As good as new.
      assert {:ok, n} = Pool.call(pool, "count", [])
      assert counted?(state, n)
      assert length(together(pool, max)) == max
      stop_supervised!(Pool)
      refute is_map_key(Pools.stats(), pool)
    end
  end

  test "a server outlives all its callers do", %{seed: seed} do
    server = start_supervised!({Server, component: TestGuests.counting(), max_waiting: 200})
    reloading = Task.async(fn -> for _ <- 1..10, do: Server.reload(server) end)

    outcomes = storm(fn script -> Enum.map(script, &server_call(server, &1)) end)
    # A guest may be cut off by the reload that closes its instance between two calls, never in one.
    assert Enum.all?(outcomes, &(&1 in @kinds)), "seed #{seed}: #{inspect(Enum.uniq(outcomes) -- @kinds)}"
    assert :ok in outcomes and :trap in outcomes and :killed in outcomes
    assert Task.await(reloading) == List.duplicate(:ok, 10)

    seen = fn -> Server.stats(server) end
    TestWait.until(fn -> match?(%{state: :available, waiting: 0, replaced: 0}, seen.()) end, seen)
    nothing_left(server)
    assert :sys.get_state(server).leases == %{}
    assert {:ok, _} = Server.call(server, "count", [])
  end

  test "pools that are killed and started again leave nothing", %{seed: seed} do
    component = TestGuests.counting()

    capture_log(fn ->
      for _ <- 1..20 do
        {:ok, pool} = Pool.start_link(component: component, min: :rand.uniform(3), max: 3)
        Process.unlink(pool)

        callers =
          for n <- 1..10, do: spawn_monitor(fn -> exit(pool_call(pool, Enum.at([:count, :spin, :hold], rem(n, 3)))) end)

        for _ <- 1..:rand.uniform(20), do: :erlang.yield()
        monitor = Process.monitor(pool)
        Process.exit(pool, Enum.random([:kill, :shutdown]))
        assert_receive {:DOWN, ^monitor, :process, ^pool, _}, 5_000

        for {pid, monitor} <- callers do
          assert_receive {:DOWN, ^monitor, :process, ^pid, outcome}, 20_000
          # :busy is a call that began while the instance was being closed.
          assert outcome in [:ok, :closed, :cancelled, :busy, :timeout, :pool_timeout],
                 "seed #{seed}: #{inspect(outcome)}"
        end
      end
    end)
  end

  # --- what callers do -----------------------------------------------------------------------------

  defp counted?(:fresh, n), do: n == 1
  defp counted?(:keep, n), do: n >= 1

  defp pool_call(pool, :count), do: kind(Pool.call(pool, "count", [], timeout: 20_000))
  defp pool_call(pool, :trap), do: kind(Pool.call(pool, "boom", [], timeout: 20_000))
  defp pool_call(pool, :spin), do: kind(Pool.call(pool, "spin", [], timeout: 3))
  defp pool_call(pool, :hurry), do: kind(Pool.call(pool, "count", [], timeout: 0))
  defp pool_call(pool, :endless), do: kind(Pool.call(pool, "spin", [], timeout: :infinity))

  defp pool_call(pool, :raise) do
    Pool.run(pool, fn _ -> raise "oh" end, timeout: 20_000) |> kind()
  rescue
    RuntimeError -> :raised
  end

  defp pool_call(pool, :hold) do
    Pool.run(pool, fn instance ->
      Enum.each(1..3, fn _ -> :erlang.yield() end)
      Wasm.call(instance, "count", [])
    end)
    |> kind()
  end

  defp server_call(server, :count), do: kind(Server.call(server, "count", [], timeout: 20_000))
  defp server_call(server, :trap), do: kind(Server.call(server, "boom", [], timeout: 20_000))
  defp server_call(server, :spin), do: kind(Server.call(server, "spin", [], timeout: 3))
  defp server_call(server, :hurry), do: kind(Server.call(server, "count", [], timeout: 0))
  defp server_call(server, :endless), do: kind(Server.call(server, "spin", [], timeout: :infinity))
  defp server_call(server, :hold), do: server_call(server, :count)

  defp server_call(server, :raise) do
    Server.call(server, "count", [], timeout: 20_000, nonsense: true) |> kind()
  rescue
    ArgumentError -> :raised
  end

  defp kind({:ok, _}), do: :ok
  defp kind({:error, %Error{kind: kind}}), do: kind

  # Runs @processes, each with a script of its own, and kills some; answers what came of all calls.
  defp storm(run) do
    callers =
      for _ <- 1..@processes do
        script =
          for _ <- 1..:rand.uniform(4), do: Enum.random([:count, :count, :count, :trap, :spin, :hurry, :raise, :hold])

        # Somebody must kill those: they would never end.
        fate = Enum.random([:lives, :lives, :lives, :killed, :endless])
        script = if fate == :endless, do: script ++ [:endless], else: script
        spawned = spawn_monitor(fn -> exit({:done, run.(script)}) end)
        if :rand.uniform(8) == 1, do: :erlang.yield()
        {spawned, fate}
      end

    for {{pid, _}, fate} <- Enum.shuffle(callers), fate != :lives do
      for _ <- 1..:rand.uniform(30), do: :erlang.yield()
      Process.exit(pid, :kill)
    end

    for {{pid, monitor}, _} <- callers, outcome <- ended(pid, monitor), do: outcome
  end

  defp ended(pid, monitor) do
    receive do
      {:DOWN, ^monitor, :process, ^pid, {:done, outcomes}} -> outcomes
      {:DOWN, ^monitor, :process, ^pid, :killed} -> [:killed]
      {:DOWN, ^monitor, :process, ^pid, other} -> [{:died, other}]
    after
      60_000 -> [{:hangs, Process.info(pid, :current_stacktrace)}]
    end
  end

  # --- what is looked at -----------------------------------------------------------------------------

  defp used(stats), do: stats.available + stats.active + stats.suspended

  # No monitor, no message, no timer's leftover, no process but those that there were.
  defp nothing_left(server) do
    seen = fn -> Process.info(server, [:monitors, :message_queue_len]) end
    TestWait.until(fn -> seen.() == [monitors: [], message_queue_len: 0] end, seen)
    line = :sys.get_state(server).line
    assert {map_size(line.places), :gb_trees.size(line.waiting)} == {0, 0}
  end

  # `count` processes that have an instance each at the same time.
  defp together(pool, count) do
    me = self()

    held =
      for _ <- 1..count do
        Task.async(fn ->
          Pool.run(pool, fn instance ->
            send(me, {:held, instance.ref})
            receive do: (:release -> {:ok, nil})
          end)
        end)
      end

    refs = for _ <- held, do: receive(do: ({:held, ref} -> ref), after: (5_000 -> flunk("no instance for all")))
    for task <- held, do: send(task.pid, :release)
    Task.await_many(held)
    Enum.uniq(refs)
  end

  # The most that `look` ever answered, looking all the time.
  defp watch(look), do: Task.async(fn -> looking(look, 0) end)

  defp looking(look, most) do
    most = max(most, look.())

    receive do
      :stop -> most
    after
      1 -> looking(look, most)
    end
  end

  defp stop(watcher) do
    send(watcher.pid, :stop)
    Task.await(watcher)
  end
end
