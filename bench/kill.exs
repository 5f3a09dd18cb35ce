# How long is a guest still there after its caller was killed?
#
# From the first kill until the engine's counters say that fibers and stores are gone.
# The floor is the end of as many processes that loop in Elixir.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Kill do
  alias Bench.Guests
  alias Workbooks.Native

  def question, do: "From a caller's kill to its guest's end"

  def rows do
    component = Guests.component()

    for {loops, times} <- [{1, 100}, {32, 30}] do
      guests = for _ <- 1..times, do: guests(loops, component)
      processes = for _ <- 1..times, do: processes(loops)
      name = if loops == 1, do: "p99 of 1 loop", else: "p99 of #{loops} loops, until the last"
      Bench.spread(name, guests, floor: {"as many loops in Elixir", processes}, goal: 5_000_000)
    end
  end

  defp guests(loops, component) do
    %{stores: stores, fibers: fibers} = Native.stats()
    pids = Guests.spinners(loops, component)
    # They have outlived their first slice some time ago.
    Process.sleep(5)
    begun = Bench.now()
    for pid <- pids, do: Process.exit(pid, :kill)
    until(fn -> match?(%{stores: ^stores, fibers: ^fibers}, Native.stats()) end)
    Bench.now() - begun
  end

  defp processes(loops) do
    pids = for _ <- 1..loops, do: spawn(&forever/0)
    Process.sleep(5)
    begun = Bench.now()
    monitors = for pid <- pids, do: Process.monitor(pid)
    for pid <- pids, do: Process.exit(pid, :kill)
    for monitor <- monitors, do: receive(do: ({:DOWN, ^monitor, _, _, _} -> :ok))
    Bench.now() - begun
  end

  defp forever, do: forever()

  # Whoever asks without a pause keeps a scheduler to itself.
  defp until(so) do
    if so.() do
      :ok
    else
      :erlang.yield()
      until(so)
    end
  end
end

Bench.run(Bench.Kill)
