# What do others notice of guests that never end?
#
# A bystander calls a guest of its own and times each call; a timer of a millisecond
# is timed beside as many loops. The floor is the same beside nothing, and, since
# loops take CPU from others whatever they are made of, beside loops in Elixir.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Fairness do
  alias Bench.Guests
  alias Workbooks.Wasm

  @calls 20_000
  @timers 200

  def question, do: "Beside guests that never end"

  def rows do
    component = Guests.component()
    elixir = beside(elixir_loops(32), &kill/1, component)
    alone = beside([], &kill/1, component)

    rows =
      for loops <- [2, 8, 32] do
        {loops, loops |> Guests.spinners(component) |> beside(&Guests.stop/1, component)}
      end

    calls =
      for {loops, {calls, _}} <- rows do
        goal = if loops == 32, do: 100_000
        Bench.spread("p99 of a call beside #{loops} guests' loops", calls, floor: {"alone", elem(alone, 0)}, goal: goal)
      end

    timers =
      for {loops, {_, timers}} <- rows do
        Bench.spread("worst lateness of a 1 ms timer beside #{loops}", timers,
          figure: :worst,
          floor: {"alone", elem(alone, 1)}
        )
      end

    calls ++
      [Bench.spread("p99 of a call beside 32 loops in Elixir", elem(elixir, 0), floor: {"alone", elem(alone, 0)})] ++
      timers ++
      [
        Bench.spread("worst lateness of a timer beside 32 in Elixir", elem(elixir, 1),
          figure: :worst,
          floor: {"alone", elem(alone, 1)}
        )
      ]
  end

  defp beside(loops, stop, component) do
    measured = Task.await(Task.async(fn -> {calls(component), Bench.lateness(@timers)} end), :infinity)
    stop.(loops)
    measured
  end

  defp calls(component) do
    instance = Wasm.instantiate!(component)
    for _ <- 1..1_000, do: Wasm.call(instance, "add", [1, 2])
    for _ <- 1..@calls, do: timed(instance)
  end

  defp timed(instance) do
    begun = Bench.now()
    {:ok, 3} = Wasm.call(instance, "add", [1, 2])
    Bench.now() - begun
  end

  defp elixir_loops(count), do: for(_ <- 1..count, do: spawn(&forever/0))
  defp forever, do: forever()
  defp kill(pids), do: for(pid <- pids, do: Process.exit(pid, :kill))
end

Bench.run(Bench.Fairness)
