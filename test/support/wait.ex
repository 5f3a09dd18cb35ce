defmodule Workbooks.TestWait do
  @moduledoc false
  # For what happens in another process, in its own time.

  @doc "Waits until `condition` answers true; raises with what `seen` answers when that takes too long."
  def until(condition, seen \\ fn -> nil end, deadline \\ System.monotonic_time(:millisecond) + 20_000) do
    cond do
      condition.() ->
        :ok

      System.monotonic_time(:millisecond) > deadline ->
        raise ExUnit.AssertionError, message: "never came true; in the end: #{inspect(seen.())}"

      true ->
        receive after: (2 -> until(condition, seen, deadline))
    end
  end

  @doc "Kills the process of a name, and waits until it is gone."
  def killed(name) do
    pid = Process.whereis(name)
    monitor = Process.monitor(pid)
    Process.exit(pid, :kill)
    receive do: ({:DOWN, ^monitor, :process, ^pid, _reason} -> :ok)
  end

  @doc "Kills the process of a name once, and again and again until the tasks are done or it was `most` times."
  def killed_while(name, tasks, most, times \\ 0) do
    cond do
      times == most or (times > 0 and not Enum.any?(tasks, &Process.alive?(&1.pid))) ->
        :ok

      Process.whereis(name) == nil ->
        receive after: (1 -> killed_while(name, tasks, most, times))

      true ->
        killed(name)
        receive after: (:rand.uniform(20) -> killed_while(name, tasks, most, times + 1))
    end
  end
end
