# How many calls a second do so many processes make, each with an instance of its own?
#
# The floor is as many processes that each send to a process of their own and wait.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Throughput do
  alias Bench.Guests
  alias Workbooks.Wasm

  @calls 200_000
  @rounds 5

  def question, do: "Calls a second, by the number of processes"

  def rows do
    component = Guests.component()

    for processes <- [1, 2, 8, 64] do
      messages = rounds(processes, &Bench.echo/0, &Bench.round_trip(&1, 3))
      calls = rounds(processes, fn -> Wasm.instantiate!(component) end, &Wasm.call(&1, "add", [1, 2]))
      goal = if processes >= 8, do: 1_000_000
      name = "#{processes} #{if processes == 1, do: "process", else: "processes"}"
      Bench.rate(name, calls, floor: {"messages and back", messages}, goal: goal)
    end
  end

  defp rounds(processes, make, call), do: for(_ <- 1..@rounds, do: round(processes, make, call))

  defp round(processes, make, call) do
    me = self()
    each = div(@calls, processes)

    workers =
      for _ <- 1..processes do
        spawn_link(fn ->
          made = make.()
          for _ <- 1..100, do: call.(made)
          send(me, :ready)
          receive do: (:go -> loop(each, made, call))
          send(me, :done)
          # What it made ends with it: not while others are timed.
          receive do: (:end -> :ok)
        end)
      end

    for _ <- workers, do: receive(do: (:ready -> :ok))
    begun = Bench.now()
    for pid <- workers, do: send(pid, :go)
    for _ <- workers, do: receive(do: (:done -> :ok))
    took = Bench.now() - begun
    for pid <- workers, do: send(pid, :end)
    each * processes * 1.0e9 / took
  end

  defp loop(0, _made, _call), do: :ok

  defp loop(left, made, call) do
    call.(made)
    loop(left - 1, made, call)
  end
end

Bench.run(Bench.Throughput)
