defmodule Workbooks.CLI.Run.Local do
  @moduledoc false
  # A run on this machine.

  alias Workbooks.CLI.Run.Display
  alias Workbooks.Run

  @doc "Runs a workbook, shown as it goes."
  @spec run(String.t(), keyword, Display.t()) :: {Run.t(), Display.t()}
  def run(org, options, display) do
    case Workbooks.start_run(org, [subscriber: self()] ++ options) do
      {:ok, handle} ->
        display = follow(handle.id, Process.monitor(handle.pid), display)
        {_outcome, run} = awaited(handle)
        {run, Display.finish(display)}

      {:error, run} ->
        {run, display}
    end
  end

  defp awaited(handle) do
    with {:error, :ended} <- Workbooks.await(handle) do
      {:error, %Run{id: handle.id, status: :failed, error: [Workbooks.Workflow.ended()]}}
    end
  end

  defp follow(run, monitor, display) do
    receive do
      {:workbooks_run, ^run, {:stop, _status} = stop} ->
        Process.demonitor(monitor, [:flush])
        Display.event(display, stop)

      {:workbooks_run, ^run, event} ->
        follow(run, monitor, Display.event(display, event))

      {:DOWN, ^monitor, :process, _pid, _reason} ->
        display
    after
      Display.patience(display) -> follow(run, monitor, Display.draw(display))
    end
  end
end
