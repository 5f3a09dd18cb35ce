defmodule Workbooks.Workflow.Events do
  @moduledoc false
  # What happens in a run, told to telemetry's listeners and to the run's subscriber. All of it
  # from the run's own process, so that it comes in order.

  alias Workbooks.Telemetry

  @enforce_keys [:run, :subscriber, :begun, :steps]
  defstruct [:run, :subscriber, :begun, :steps]

  @type t :: %__MODULE__{run: String.t(), subscriber: pid | nil, begun: integer, steps: non_neg_integer}

  @run [:workbooks, :run]
  @step [:workbooks, :run, :step]

  @doc "A run of so many steps begins."
  @spec start(String.t(), pid | nil, non_neg_integer) :: t
  def start(run, subscriber, steps) do
    events = %__MODULE__{run: run, subscriber: subscriber, begun: System.monotonic_time(), steps: steps}
    Telemetry.execute(@run ++ [:start], started(events.begun), %{run: run, steps: steps})
    tell(events, {:start, steps})
    events
  end

  @doc "A step begins; answers when."
  @spec step_started(t, String.t(), String.t()) :: integer
  def step_started(events, component, lang) do
    now = System.monotonic_time()
    Telemetry.execute(@step ++ [:start], started(now), %{run: events.run, component: component, lang: lang})
    tell(events, {:step_start, component})
    now
  end

  @doc "What the compiler of a block says of how far it is, maybe before its step begins."
  @spec step_progress(t, String.t(), String.t()) :: :ok
  def step_progress(events, component, words) do
    metadata = %{run: events.run, component: component, progress: words}
    Telemetry.execute(@step ++ [:progress], %{count: 1}, metadata)
    tell(events, {:step_progress, component, words})
  end

  @doc "A step is over, or will not be begun."
  @spec step_ended(t, Workbooks.Run.step(), map | nil) :: :ok
  def step_ended(events, step, outputs) do
    metadata = %{run: events.run, component: step.component, lang: step.lang, status: step.status}
    duration = System.convert_time_unit(round(step.ms * 1000), :microsecond, :native)

    case step do
      %{status: :skipped} ->
        Telemetry.execute(@step ++ [:skip], %{count: 1}, Map.put(metadata, :reason, step.error.kind))

      %{cached: true} ->
        Telemetry.execute(@step ++ [:cached], %{duration: duration}, metadata)

      _ran ->
        measurements = %{duration: duration, memory_peak: step.memory_peak, fuel: step.fuel}
        Telemetry.execute(@step ++ [:stop], measurements, Map.put(metadata, :error, step.error))
    end

    tell(events, {:step, step, outputs})
  end

  @doc "The run is over."
  @spec stop(t, Workbooks.Run.status()) :: :ok
  def stop(events, status) do
    now = System.monotonic_time()
    measurements = %{duration: now - events.begun, monotonic_time: now}
    Telemetry.execute(@run ++ [:stop], measurements, %{run: events.run, steps: events.steps, status: status})
    tell(events, {:stop, status})
  end

  defp started(now), do: %{system_time: System.system_time(), monotonic_time: now}

  defp tell(%{subscriber: nil}, _what), do: :ok

  defp tell(%{subscriber: pid, run: run}, what) do
    send(pid, {:workbooks_run, run, what})
    :ok
  end
end
