# What does one call of a guest cost, beside what the BEAM itself charges?
#
#     mix run bench/call.exs
#
# Floors in the same run: an empty NIF, an empty dirty NIF, and a message to
# another process and back. The message comes three times, since its cost is two
# things: with both processes on one scheduler (the BEAM's best case), on two
# schedulers (a server that serves others too), and as a GenServer.call, which is
# what a binding pays that keeps its instances in processes.

defmodule Bench.Call do
  alias Workbooks.{Native, Wasm}

  @rounds 15

  def run do
    component = component()
    instance = Wasm.instantiate!(component)
    host = %{"test:host/ops" => %{"apply" => &Function.identity/1}}
    calling = Wasm.instantiate!(calling_component(), imports: host)
    # The option `scheduler` is the emulator's own, undocumented: it pins a process.
    [near, far] = for scheduler <- [1, 2], do: :erlang.spawn_opt(&echo/0, [:link, scheduler: scheduler])
    {:ok, server} = Agent.start_link(fn -> 3 end)

    IO.puts("One call, ns: the median of #{@rounds} rounds taken in turn (min, max), and as a multiple of")
    IO.puts("a message to a process and back on one scheduler / on two schedulers\n")

    cases = [
      {"empty NIF", 200_000, fn n -> noop(n) end},
      {"empty dirty NIF", 20_000, fn n -> noop_dirty(n) end},
      {"message and back, one scheduler", 50_000, fn n -> message(n, near) end},
      {"message and back, two schedulers", 10_000, fn n -> message(n, far) end},
      {"GenServer.call", 20_000, fn n -> server_call(n, server) end},
      {"call add(1, 2)", 50_000, fn n -> call(n, instance, "add", [1, 2]) end},
      {"call run(1), one host function in Elixir", 20_000, fn n -> call(n, calling, "run", [1]) end},
      {"instantiate, call, close", 2_000, fn n -> fresh(n, component) end}
    ]

    # In turn, so that a machine that slows down slows all of them.
    samples =
      for _ <- 1..@rounds, {name, n, work} <- cases, reduce: %{} do
        samples -> Map.update(samples, name, [time(n, work)], &[time(n, work) | &1])
      end

    [one, two] = for {"message" <> _ = name, _, _} <- cases, do: median(samples[name])

    for {name, _, _} <- cases do
      times = samples[name]
      row = [name, median(times), Enum.min(times), Enum.max(times), median(times) / one, median(times) / two]
      :io.format("  ~-42s ~9.1f  (~.1f, ~.1f)  ~.2fx / ~.2fx~n", row)
    end

    IO.puts("\nThroughput: calls a second, by the number of processes, each with an instance of its own")
    for processes <- [1, 8, 64], do: throughput(component, processes)
  end

  defp throughput(component, processes) do
    calls = div(400_000, processes)
    me = self()

    workers =
      for _ <- 1..processes do
        spawn_link(fn ->
          instance = Wasm.instantiate!(component)
          send(me, :ready)
          receive do: (:go -> call(calls, instance, "add", [1, 2]))
          send(me, :done)
        end)
      end

    for _ <- workers, do: receive(do: (:ready -> :ok))
    begun = System.monotonic_time()
    for pid <- workers, do: send(pid, :go)
    for _ <- workers, do: receive(do: (:done -> :ok))
    seconds = System.convert_time_unit(System.monotonic_time() - begun, :native, :microsecond) / 1.0e6
    :io.format("  ~3b: ~10b~n", [processes, round(calls * processes / seconds)])
  end

  defp time(n, work) do
    begun = System.monotonic_time()
    work.(n)
    System.convert_time_unit(System.monotonic_time() - begun, :native, :nanosecond) / n
  end

  defp median(list), do: list |> Enum.sort() |> Enum.at(div(length(list), 2))

  defp noop(0), do: :ok

  defp noop(n) do
    Native.noop([1, 2])
    noop(n - 1)
  end

  defp noop_dirty(0), do: :ok

  defp noop_dirty(n) do
    Native.noop_dirty([1, 2])
    noop_dirty(n - 1)
  end

  defp message(0, _echo), do: :ok

  defp message(n, echo) do
    reference = make_ref()
    send(echo, {self(), reference})
    receive do: (^reference -> message(n - 1, echo))
  end

  defp server_call(0, _server), do: :ok

  defp server_call(n, server) do
    Agent.get(server, & &1)
    server_call(n - 1, server)
  end

  defp echo do
    receive do
      {from, reference} ->
        send(from, reference)
        echo()
    end
  end

  defp call(0, _instance, _name, _arguments), do: :ok

  defp call(n, instance, name, arguments) do
    {:ok, _} = Wasm.call(instance, name, arguments)
    call(n - 1, instance, name, arguments)
  end

  defp fresh(0, _component), do: :ok

  defp fresh(n, component) do
    {:ok, instance} = Wasm.instantiate(component)
    {:ok, 3} = Wasm.call(instance, "add", [1, 2])
    Wasm.close(instance)
    fresh(n - 1, component)
  end

  defp component do
    ~S"""
    (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    """
    |> Wasm.componentize!()
    |> Wasm.compile!()
  end

  defp calling_component do
    ~S"""
    (module
      (import "test:host/ops" "apply" (func $apply (param i64) (result i64)))
      (func (export "run") (param i64) (result i64) (call $apply (local.get 0))))
    """
    |> Wasm.componentize!(
      wit: """
      package test:bench;
      world w { import test:host/ops; export run: func(x: s64) -> s64; }
      package test:host { interface ops { apply: func(x: s64) -> s64; } }
      """
    )
    |> Wasm.compile!()
  end
end

# On the first scheduler, so that "one scheduler" is true of the process above.
{pid, monitor} = :erlang.spawn_opt(&Bench.Call.run/0, [:monitor, scheduler: 1])

receive do
  {:DOWN, ^monitor, :process, ^pid, :normal} -> :ok
  {:DOWN, ^monitor, :process, ^pid, reason} -> exit(reason)
end
