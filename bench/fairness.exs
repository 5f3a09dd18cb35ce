# What do others notice of guests that never end?
#
# A bystander calls a guest of its own and times each call, once without a pause, as a
# busy process does, and once with a pause of a millisecond before each, as one does
# that answers requests. The pause is a timer, and how late it is is the third figure. The floor is the same beside nothing, and, since
# loops take CPU from others whatever they are made of, beside loops in Elixir.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Fairness do
  alias Bench.Guests
  alias Workbooks.Wasm

  @calls 20_000
  @pauses 500

  def question, do: "Beside guests that never end"

  def rows do
    component = Guests.component()
    elixir = beside(elixir_loops(32), &kill/1, component)
    alone = beside([], &kill/1, component)

    rows =
      for loops <- [2, 8, 32] do
        {loops, loops |> Guests.spinners(component) |> beside(&Guests.stop/1, component)}
      end

    rows = rows ++ [{:elixir, elixir}]

    each(rows, :calls, alone, "p99 of a call beside", goal: 100_000) ++
      each(rows, :after_pause, alone, "p99 of a call after a pause beside", goal: 100_000) ++
      each(rows, :timers, alone, "worst lateness of a 1 ms timer beside", figure: :worst)
  end

  # A goal is for the most guests.
  defp each(rows, what, alone, name, options) do
    for {loops, measured} <- rows do
      beside = if loops == :elixir, do: "32 loops in Elixir", else: "#{loops} guests"
      options = if loops == 32, do: options, else: Keyword.delete(options, :goal)
      Bench.spread("#{name} #{beside}", measured[what], [{:floor, {"alone", alone[what]}} | options])
    end
  end

  defp beside(loops, stop, component) do
    measured = Task.await(Task.async(fn -> bystander(component) end), :infinity)
    stop.(loops)
    measured
  end

  defp bystander(component) do
    instance = Wasm.instantiate!(component)
    for _ <- 1..1_000, do: Wasm.call(instance, "add", [1, 2])
    calls = for _ <- 1..@calls, do: timed(instance)
    {timers, after_pause} = Enum.unzip(for _ <- 1..@pauses, do: {hd(Bench.lateness(1)), timed(instance)})
    %{calls: calls, after_pause: after_pause, timers: timers}
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
