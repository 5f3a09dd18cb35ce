defmodule Workbooks.Runs.Worker do
  @moduledoc false
  # The process that a run belongs to. It numbers what happens, keeps it, and ends with the run.

  use GenServer, restart: :temporary

  alias Workbooks.Run
  alias Workbooks.Runs.Table

  # Of a step's log, in an event; the whole stands in the result.
  @log_bytes 16_384

  def start_link({name, job}), do: GenServer.start_link(__MODULE__, {name, job})

  def cancel(pid), do: GenServer.cast(pid, :cancel)

  @doc "As `Workbooks.Runs.subscribe/4` answers; nil where the process is gone."
  def subscribe(pid, last) do
    GenServer.call(pid, {:subscribe, last}, :infinity)
  catch
    :exit, _gone -> nil
  end

  @impl true
  def init({name, job}) do
    with {:error, error} <- Table.admit(name, job) do
      {:stop, {:shutdown, error}}
    else
      :ok -> {:ok, %{name: name, job: job, handle: nil, number: 0}, {:continue, :go}}
    end
  end

  @impl true
  def handle_continue(:go, %{job: job} = state) do
    case Workbooks.start_run(job.source, [subscriber: self()] ++ job.run) do
      {:ok, handle} -> {:noreply, %{state | handle: handle}}
      {:error, run} -> over(state, run)
    end
  end

  @impl true
  def handle_cast(:cancel, state) do
    Workbooks.cancel(state.handle)
    {:noreply, state}
  end

  @impl true
  def handle_call({:subscribe, last}, {subscriber, _tag}, %{name: name, job: job} = state) do
    reference = Process.monitor(subscriber)
    Table.add_subscriber(name, job.id, reference, subscriber)
    {:reply, {:ok, reference, Table.events(name, job.id, last), :running}, state}
  end

  @impl true
  def handle_info({:workbooks_run, _id, {:stop, _status}}, state), do: awaited(state)

  def handle_info({:workbooks_run, _id, what}, state) do
    {event, data} = told(what)
    {:noreply, event(state, event, data)}
  end

  # The run's process ended without an end.
  def handle_info({:DOWN, reference, :process, _pid, _reason}, %{handle: %{task: %{ref: reference}}} = state) do
    awaited(state)
  end

  # A subscriber is gone.
  def handle_info({:DOWN, reference, :process, _pid, _reason}, state) do
    Table.remove_subscriber(state.name, state.job.id, reference)
    {:noreply, state}
  end

  defp awaited(%{handle: handle} = state) do
    case Workbooks.await(handle) do
      {:error, :ended} ->
        over(state, %Run{id: handle.id, status: :failed, error: [Workbooks.Workflow.ended()]})

      {_ok_or_error, run} ->
        over(state, run)
    end
  end

  defp over(%{name: name, job: job} = state, run) do
    Table.result(name, job.tenant, job.id, run.status, run.ms, Map.take(run, [:steps, :exports, :error, :html]))
    state = event(state, "stop", %{status: run.status, ms: run.ms, error: run.error})
    Table.ended(name, job.tenant, job.id)
    {:stop, :normal, state}
  end

  defp event(%{name: name, job: job, number: number} = state, event, data) do
    Table.event(name, job.id, number + 1, event, data)
    %{state | number: number + 1}
  end

  defp told({:start, steps}), do: {"start", %{steps: steps}}
  defp told({:step_start, component}), do: {"step_start", %{component: component}}
  defp told({:step_progress, component, words}), do: {"progress", %{component: component, message: words}}
  defp told({:step, step, _outputs}), do: {"step", %{step | log: Workbooks.Text.cut(step.log, @log_bytes)}}
end
