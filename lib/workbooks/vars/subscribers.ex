defmodule Workbooks.Vars.Subscribers do
  @moduledoc false
  # Who wants to be told of which tenant's changes. It stands before the store, so that it outlives a
  # store that is started anew; and it is no Registry, whose end would end those who subscribed.

  use GenServer

  alias Workbooks.Error

  @doc "Starts it: `name:`, also of its table."
  def start_link(options) do
    name = Keyword.fetch!(options, :name)
    GenServer.start_link(__MODULE__, name, name: name)
  end

  @doc false
  def child_spec(options) do
    %{id: Keyword.fetch!(options, :name), start: {__MODULE__, :start_link, [options]}}
  end

  @doc "Has the calling process told."
  @spec add(atom, String.t()) :: :ok | {:error, Error.t()}
  def add(name, tenant), do: call(name, {:add, tenant, self()})

  @doc "Has it told no more."
  @spec remove(atom, String.t()) :: :ok | {:error, Error.t()}
  def remove(name, tenant), do: call(name, {:remove, tenant, self()})

  @doc "Tells those who subscribed to this tenant."
  @spec tell(atom, String.t(), String.t(), :set | :delete) :: :ok
  def tell(name, tenant, key, what) do
    for {_tenant, pid} <- :ets.lookup(name, tenant), do: send(pid, {:vars, tenant, key, what})
    :ok
  rescue
    # It is being started anew: nobody has subscribed yet.
    ArgumentError -> :ok
  end

  defp call(name, request) do
    GenServer.call(name, request, :infinity)
  catch
    :exit, _reason ->
      Error.tuple(:unavailable, "#{inspect(name)} is not running: is the application :workbooks started?")
  end

  @impl GenServer
  def init(name) do
    {:ok, %{table: :ets.new(name, [:named_table, :bag, :protected, read_concurrency: true]), tenants: %{}}}
  end

  @impl GenServer
  # `tenants` has, of each process, its monitor and what it subscribed to.
  def handle_call({:add, tenant, pid}, _from, state) do
    {monitor, tenants} = Map.get_lazy(state.tenants, pid, fn -> {Process.monitor(pid), []} end)
    :ets.insert(state.table, {tenant, pid})
    {:reply, :ok, put_in(state.tenants[pid], {monitor, Enum.uniq([tenant | tenants])})}
  end

  def handle_call({:remove, tenant, pid}, _from, state) do
    :ets.delete_object(state.table, {tenant, pid})

    case state.tenants do
      %{^pid => {monitor, [^tenant]}} ->
        Process.demonitor(monitor, [:flush])
        {:reply, :ok, %{state | tenants: Map.delete(state.tenants, pid)}}

      %{^pid => {monitor, tenants}} ->
        {:reply, :ok, put_in(state.tenants[pid], {monitor, List.delete(tenants, tenant)})}

      %{} ->
        {:reply, :ok, state}
    end
  end

  @impl GenServer
  def handle_info({:DOWN, monitor, :process, pid, _reason}, state) do
    {{^monitor, tenants}, left} = Map.pop!(state.tenants, pid)
    for tenant <- tenants, do: :ets.delete_object(state.table, {tenant, pid})
    {:noreply, %{state | tenants: left}}
  end

  def handle_info(_message, state), do: {:noreply, state}
end
