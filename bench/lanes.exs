# What does a short document notice of long ones?
#
# One process renders a kilobyte and pauses for two milliseconds, again and again, beside
# so many that render ten megabytes each. The floor is the same beside nothing.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/documents.exs", __DIR__)

defmodule Bench.Lanes do
  alias Bench.Documents
  alias Workbooks.OQL

  @times 1_000

  def question, do: "A kilobyte rendered beside documents of ten megabytes"

  def rows do
    {short, long} = {Documents.mixed(1_000), Documents.mixed(10_000_000)}
    alone = beside(0, short, long)

    for count <- [1, 2, 4] do
      # A slice is a millisecond at most, and the machine's own scheduler has a few of its own.
      goal = if count == 4, do: [goal: 10_000_000], else: []
      Bench.spread("p99 beside #{count}", beside(count, short, long), [{:floor, {"alone", alone}} | goal])
    end
  end

  defp beside(count, short, long) do
    pids = for _ <- 1..count//1, do: spawn(fn -> forever(long) end)
    # All are under way.
    Process.sleep(200)
    times = Task.await(Task.async(fn -> for(_ <- 1..@times, do: time(short)) end), :infinity)
    monitors = for pid <- pids, do: Process.monitor(pid)
    for pid <- pids, do: Process.exit(pid, :kill)
    for monitor <- monitors, do: receive(do: ({:DOWN, ^monitor, _, _, _} -> :ok))
    times
  end

  defp forever(long) do
    OQL.render(long, timeout: :infinity)
    forever(long)
  end

  defp time(short) do
    begun = Bench.now()
    {:ok, _} = OQL.render(short, timeout: :infinity)
    took = Bench.now() - begun
    Process.sleep(2)
    took
  end
end

Bench.run(Bench.Lanes)
