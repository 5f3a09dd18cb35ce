defmodule Workbooks.Web.Limits do
  @moduledoc false
  # How often somebody may do something: a bucket of tokens for each, in ETS, taken from by whoever asks. And how many
  # may do it at once: `hold/2`, until the process that holds ends or lets go.
  #
  # A bucket is one number, the time at which it would be full again (GCRA): it is moved by compare and exchange, so
  # nobody waits for anybody and none of two who come at once is forgotten. This process owns the table and sweeps out
  # what is full, which is as good as not there.

  use GenServer

  @sweep_ms 60_000
  # Beyond so many, those who come new share one bucket: a table that others fill is bounded.
  @most 100_000

  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc """
  Takes a token of `who`, where there are `burst` at most and `n` more every `per_ms`: `:ok`, or `{:wait, ms}` until there is one.
  """
  @spec take(term, {pos_integer, pos_integer}, pos_integer) :: :ok | {:wait, pos_integer}
  def take(who, {n, per_ms}, burst) do
    # In microseconds, a token's time at least one.
    token = max(div(per_ms * 1_000, n), 1)
    take(bucket(who), token, burst * token, System.monotonic_time(:microsecond))
  rescue
    # The table is being made anew: nobody is held up by that.
    ArgumentError -> :ok
  end

  defp take(who, token, room, now) do
    known = :ets.lookup(__MODULE__, who)
    full = Enum.reduce(known, now, fn {_who, full}, now -> max(full, now) end)
    wait = full + token - now - room

    cond do
      wait > 0 -> {:wait, div(wait + 999, 1_000)}
      moved?(who, known, full + token) -> :ok
      true -> take(who, token, room, now)
    end
  end

  defp moved?(who, [], full), do: :ets.insert_new(__MODULE__, {who, full})

  defp moved?(who, [{_who, before}], full) do
    :ets.select_replace(__MODULE__, [{{who, before}, [], [{{{:const, who}, full}}]}]) == 1
  end

  defp bucket(who) do
    if :ets.info(__MODULE__, :size) < @most or :ets.member(__MODULE__, who), do: who, else: :others
  end

  @doc "Has the calling process be one of `most` of `who`, as long as it lives: `:ok`, or `:full`."
  @spec hold(term, pos_integer) :: :ok | :full
  def hold(who, most), do: call({:hold, who, most})

  @doc "Lets go of what `hold/2` gave."
  @spec release(term) :: :ok
  def release(who), do: call({:release, who})

  # As with tokens: where nobody counts, nobody is held up.
  defp call(request) do
    GenServer.call(__MODULE__, request)
  catch
    :exit, _reason -> :ok
  end

  @impl true
  def init([]) do
    :ets.new(__MODULE__, [:named_table, :public, read_concurrency: true, write_concurrency: true])
    Process.send_after(self(), :sweep, @sweep_ms)
    # Who holds what, by its monitor.
    {:ok, %{}}
  end

  @impl true
  def handle_call({:hold, who, most}, {pid, _tag}, holders) do
    if Enum.count(holders, &match?({_monitor, {^who, _pid}}, &1)) < most,
      do: {:reply, :ok, Map.put(holders, Process.monitor(pid), {who, pid})},
      else: {:reply, :full, holders}
  end

  def handle_call({:release, who}, {pid, _tag}, holders) do
    case Enum.find(holders, &match?({_monitor, {^who, ^pid}}, &1)) do
      {monitor, _held} ->
        Process.demonitor(monitor, [:flush])
        {:reply, :ok, Map.delete(holders, monitor)}

      nil ->
        {:reply, :ok, holders}
    end
  end

  @impl true
  def handle_info({:DOWN, monitor, :process, _pid, _reason}, holders), do: {:noreply, Map.delete(holders, monitor)}

  def handle_info(:sweep, state) do
    now = System.monotonic_time(:microsecond)
    :ets.select_delete(__MODULE__, [{{:_, :"$1"}, [{:<, :"$1", now}], [true]}])
    Process.send_after(self(), :sweep, @sweep_ms)
    {:noreply, state}
  end

  def handle_info(_message, state), do: {:noreply, state}
end
