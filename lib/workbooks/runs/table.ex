defmodule Workbooks.Runs.Table do
  @moduledoc false
  # What is known of runs, in one ordered ETS table that everybody reads:
  #
  #     {{:run, tenant, id}, pid | nil, summary}
  #     {{:result, id}, result, bytes}              once it is over
  #     {{:event, id, number}, event}
  #     {{:subscriber, id, reference}, pid}         while it is running
  #
  # A run's worker writes its rows; this process lets it in, says so when it died, and forgets what is old.

  use GenServer

  alias Workbooks.Error

  def start_link(settings), do: GenServer.start_link(__MODULE__, settings, name: table(settings.name))

  defp table(name), do: Module.concat(name, Table)

  # --- for those who ask -----------------------------------------------------------------------------

  def settings(name) do
    case :ets.lookup(table(name), :settings) do
      [{:settings, settings}] -> {:ok, settings}
    end
  rescue
    ArgumentError -> Error.not_running(name)
  end

  def view(name, tenant, id) do
    with {:ok, _pid, summary} <- row(name, tenant, id) do
      {:ok, Map.merge(summary, result(name, id))}
    end
  end

  defp result(name, id) do
    case :ets.lookup(table(name), {:result, id}) do
      [{_key, result, _bytes}] -> result
      [] -> %{steps: steps(events(name, id, 0)), exports: %{}, error: nil, html: nil}
    end
  end

  defp steps(events), do: for(%{name: "step", data: step} <- events, do: step)

  def list(name, tenant) do
    read(name, [], fn table ->
      table |> :ets.select([{{{:run, tenant, :_}, :_, :"$1"}, [], [:"$1"]}]) |> Enum.reverse()
    end)
  end

  def worker(name, tenant, id) do
    with {:ok, pid, _summary} <- row(name, tenant, id), do: {:ok, pid}
  end

  def running(name) do
    read(name, 0, &:ets.select_count(&1, [{{{:run, :_, :_}, :"$1", :_}, [{:is_pid, :"$1"}], [true]}]))
  end

  def unsubscribe(name, reference) do
    read(name, :ok, fn table ->
      :ets.match_delete(table, {{:subscriber, :_, reference}, :_})
      flush(reference)
    end)
  end

  defp flush(reference) do
    receive do
      {^reference, _event} -> flush(reference)
    after
      0 -> :ok
    end
  end

  defp row(name, tenant, id) do
    read(name, :error, fn table ->
      case :ets.lookup(table, {:run, tenant, id}) do
        [{_key, pid, summary}] -> {:ok, pid, summary}
        [] -> :error
      end
    end)
  end

  # Where nothing runs there are no runs.
  defp read(name, none, fun) do
    table = table(name)
    if :ets.whereis(table) == :undefined, do: none, else: fun.(table)
  end

  def events(name, id, last) do
    :ets.select(table(name), [{{{:event, id, :"$1"}, :"$2"}, [{:>, :"$1", last}], [:"$2"]}])
  end

  # --- for a run's worker ----------------------------------------------------------------------------

  @doc "Lets the calling process run its job, or says why not."
  def admit(name, job), do: GenServer.call(table(name), {:admit, job}, :infinity)

  def add_subscriber(name, id, reference, pid), do: :ets.insert(table(name), {{:subscriber, id, reference}, pid})

  def remove_subscriber(name, id, reference), do: :ets.delete(table(name), {:subscriber, id, reference})

  @doc "Keeps an event, and tells it to those who listen."
  def event(name, id, number, event, data) do
    event = %{id: number, name: event, data: data}
    :ets.insert(table(name), {{:event, id, number}, event})
    for {reference, pid} <- subscribers(name, id), do: send(pid, {reference, event})
    :ok
  end

  defp subscribers(name, id) do
    :ets.select(table(name), [{{{:subscriber, id, :"$1"}, :"$2"}, [], [{{:"$1", :"$2"}}]}])
  end

  @doc """
  Keeps what a run came to. Its last event comes behind, so that who hears of the end finds it; until then the run
  has its worker, which is asked what is past.
  """
  def result(name, tenant, id, status, ms, result) do
    [{key, pid, summary}] = :ets.lookup(table(name), {:run, tenant, id})
    summary = %{summary | status: status, ms: ms, ended: DateTime.utc_now()}
    # Binaries and terms take about as much memory as they would on a wire.
    :ets.insert(table(name), [{{:result, id}, result, :erlang.external_size(result)}, {key, pid, summary}])
    :ok
  end

  @doc "Nothing comes any more: it has no worker from here on, and those who listen are told."
  def ended(name, tenant, id) do
    :ets.update_element(table(name), {:run, tenant, id}, {2, nil})
    for {reference, pid} <- subscribers(name, id), do: send(pid, {reference, :ended})
    :ets.match_delete(table(name), {{:subscriber, id, :_}, :_})
    :ok
  end

  # --- the process -----------------------------------------------------------------------------------

  @impl true
  def init(settings) do
    table = table(settings.name)
    :ets.new(table, [:named_table, :public, :ordered_set, read_concurrency: true, write_concurrency: true])
    :ets.insert(table, {:settings, settings})
    # `over`: what ended, the oldest first, and its size; all together.
    {:ok, %{settings: settings, table: table, monitors: %{}, over: :queue.new(), bytes: 0}}
  end

  @impl true
  def handle_call({:admit, job}, {pid, _tag}, %{settings: settings} = state) do
    cond do
      map_size(state.monitors) >= settings.max_running ->
        {:reply, refused("#{settings.max_running} runs are going on, which is all that may (max_running)"), state}

      running_of(state, job.tenant) >= settings.max_running_of_tenant ->
        most = settings.max_running_of_tenant
        {:reply, refused("#{most} of your runs are going on, which is all that may at once"), state}

      true ->
        summary =
          job
          |> Map.take([:id, :workbook, :version])
          |> Map.merge(%{status: :running, started: DateTime.utc_now(), ended: nil, ms: nil})

        :ets.insert(state.table, {{:run, job.tenant, job.id}, pid, summary})
        {:reply, :ok, put_in(state.monitors[Process.monitor(pid)], {job.tenant, job.id})}
    end
  end

  defp running_of(state, tenant), do: Enum.count(state.monitors, &match?({_reference, {^tenant, _id}}, &1))

  defp refused(why), do: Error.tuple(:overloaded, "#{why}: ask again when one of them is over")

  @impl true
  def handle_info({:DOWN, reference, :process, _pid, reason}, state) do
    {{tenant, id}, monitors} = Map.pop!(state.monitors, reference)

    with [{_key, pid, _summary}] when is_pid(pid) <- :ets.lookup(state.table, {:run, tenant, id}),
         do: died(state, tenant, id, reason)

    Process.send_after(self(), {:expired, tenant, id}, state.settings.keep_ms)
    {:noreply, over(%{state | monitors: monitors}, tenant, id)}
  end

  def handle_info({:expired, tenant, id}, state), do: {:noreply, forget(state, &(&1 == {tenant, id}))}

  # One that ended without having said what it came to.
  defp died(%{settings: %{name: name}}, tenant, id, reason) do
    issue = %{"code" => "internal", "message" => "the run's process ended: #{inspect(reason, limit: 5)}"}
    past = events(name, id, 0)
    result = %{steps: steps(past), exports: %{}, error: [issue], html: nil}
    result(name, tenant, id, :failed, nil, result)
    event(name, id, length(past) + 1, "stop", %{status: :failed, ms: nil, error: [issue]})
    ended(name, tenant, id)
  end

  # --- what is old -----------------------------------------------------------------------------------

  defp over(state, tenant, id) do
    # Without the result, which may be large.
    bytes = :ets.lookup_element(state.table, {:result, id}, 3)
    state = %{state | over: :queue.in({{tenant, id}, bytes}, state.over), bytes: state.bytes + bytes}
    state |> too_many(tenant) |> too_large()
  end

  defp too_many(state, tenant) do
    own = :queue.fold(fn {{of, id}, _bytes}, own -> if(of == tenant, do: [id | own], else: own) end, [], state.over)
    if length(own) > state.settings.keep, do: forget(state, &(&1 == {tenant, List.last(own)})), else: state
  end

  # The last one stays, whatever it takes.
  defp too_large(state) do
    with true <- state.bytes > state.settings.keep_bytes and :queue.len(state.over) > 1,
         {:value, {oldest, _bytes}} <- :queue.peek(state.over) do
      state |> forget(&(&1 == oldest)) |> too_large()
    else
      _enough -> state
    end
  end

  defp forget(state, which?) do
    {gone, kept} = state.over |> :queue.to_list() |> Enum.split_with(fn {run, _bytes} -> which?.(run) end)

    for {{tenant, id}, _bytes} <- gone do
      :ets.delete(state.table, {:run, tenant, id})
      :ets.delete(state.table, {:result, id})
      :ets.match_delete(state.table, {{:event, id, :_}, :_})
    end

    %{state | over: :queue.from_list(kept), bytes: kept |> Enum.map(&elem(&1, 1)) |> Enum.sum()}
  end
end
