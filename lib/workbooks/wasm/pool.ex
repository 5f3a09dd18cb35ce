defmodule Workbooks.Wasm.Pool do
  @moduledoc """
  Instances of one component, shared by any number of processes.

      {:ok, pool} = Workbooks.Wasm.Pool.start_link(component: component, name: MyApp.Kernel, max: 4)
      {:ok, html} = Workbooks.Wasm.Pool.call(MyApp.Kernel, "render", [org], timeout: 5_000)

  The pool only hands instances out. The caller makes its call itself, in its own
  process, so the pool is never in the way of data and one slow call holds up
  nobody but those who wait for an instance. The one used last is handed out
  first, its memory being warm. An instance that trapped, timed out or was left
  in the middle of a call is replaced.

  Use it where calls are pure, or leave the instance as they found it. Where an
  instance is somebody's state, give it a process of its own instead.
  """

  use GenServer

  alias Workbooks.{Options, Wasm}
  alias Workbooks.Wasm.Error

  # An instance that a large input made grow is not kept: memory never shrinks.
  @keep_bytes 64 * 1024 * 1024

  @schema [
    component: {:any, nil},
    name: {:any, nil},
    min: {:non_negative, 0},
    max: {:positive, 1},
    keep_memory: {:positive, @keep_bytes},
    instance: {:keyword, []}
  ]

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  @doc """
  Starts a pool. Options:

    * `:component` - a component, or a function that answers `{:ok, component}`,
      called when the first instance is needed, in the process that needs it
    * `:name` - as for `GenServer.start_link/3`
    * `:min` - instances made at the start; 0
    * `:max` - instances at once; one for each scheduler
    * `:keep_memory` - an instance that holds more bytes than this is not used again; 64 MiB
    * `:instance` - options of `Workbooks.Wasm.instantiate/2` for each
  """
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options) do
    checked =
      Options.validate!(Keyword.put_new(options, :max, System.schedulers_online()), @schema, "Pool.start_link/1")

    server = if checked.name, do: [name: checked.name], else: []
    GenServer.start_link(__MODULE__, checked, server)
  end

  @doc """
  Calls an export on an instance of the pool.

  `:timeout` (5,000) covers the wait for an instance and the call. Errors: those
  of `Workbooks.Wasm.call/4`, and `:pool_timeout` when no instance was free in time.
  """
  @spec call(GenServer.server(), String.t() | [String.t()], list, keyword) :: {:ok, term} | {:error, Error.t()}
  def call(pool, name, arguments, options \\ []) do
    %{timeout: timeout} = Options.validate!(options, [timeout: {:timeout, 5_000}], "Pool.call/4")
    deadline = deadline(timeout)
    run(pool, &Wasm.call(&1, name, arguments, timeout: left(deadline)), options)
  end

  @doc """
  Runs `function` with an instance of the pool and answers what it answers, which
  must be `{:ok, _}` or `{:error, _}`. `:timeout` covers the wait for an instance.
  """
  @spec run(GenServer.server(), (Wasm.Instance.t() -> result), keyword) :: result | {:error, Error.t()}
        when result: {:ok, term} | {:error, term}
  def run(pool, function, options \\ []) do
    %{timeout: timeout} = Options.validate!(options, [timeout: {:timeout, 5_000}], "Pool.run/3")

    with {:ok, lease, instance} <- checkout(pool, timeout) do
      try do
        function.(instance)
      after
        GenServer.cast(pool, {:checkin, lease, instance})
      end
    end
  end

  @doc "How many instances are `idle`, `busy`, and how many callers are `waiting`."
  @spec stats(GenServer.server()) :: %{idle: integer, busy: integer, waiting: integer, max: integer}
  def stats(pool), do: GenServer.call(pool, :stats)

  defp checkout(pool, timeout) do
    case request(pool, timeout) do
      {:ok, lease, {:use, instance}} -> {:ok, lease, instance}
      {:ok, lease, {:make, owner, config}} -> make(pool, lease, owner, config)
      {:error, error} -> {:error, error}
    end
  end

  defp request(pool, timeout) do
    GenServer.call(pool, {:checkout, timeout}, :infinity)
  catch
    :exit, {reason, _call} when reason in [:noproc, :shutdown, :normal] ->
      {:error, Error.new(:closed, "the pool #{inspect(pool)} is not running: is its application started?")}
  end

  # Made by the one who needs it, so that the pool answers the others meanwhile.
  defp make(pool, lease, owner, config) do
    made =
      with {:ok, component} <- component(config.component) do
        Wasm.instantiate(component, [owner: owner] ++ config.instance)
      end

    case made do
      {:ok, instance} ->
        {:ok, lease, instance}

      {:error, error} ->
        GenServer.cast(pool, {:checkin, lease, nil})
        {:error, error}
    end
  end

  defp component(make) when is_function(make, 0), do: make.()
  defp component(component), do: {:ok, component}

  defp deadline(:infinity), do: :infinity
  defp deadline(timeout), do: System.monotonic_time(:millisecond) + timeout

  defp left(:infinity), do: :infinity
  defp left(deadline), do: max(0, deadline - System.monotonic_time(:millisecond))

  # The server. `leases` maps the monitor of each caller to its instance, or to
  # :making; `waiting` is a queue of {from, lease} with a timer each.

  @impl true
  def init(config) do
    state = %{config: config, idle: [], leases: %{}, waiting: :queue.new()}
    {:ok, state, {:continue, :fill}}
  end

  @impl true
  def handle_continue(:fill, %{config: %{min: 0}} = state), do: {:noreply, state}

  def handle_continue(:fill, %{config: config} = state) do
    idle =
      with {:ok, component} <- component(config.component) do
        for _ <- 1..min(config.min, config.max), {:ok, made} <- [Wasm.instantiate(component, config.instance)], do: made
      else
        # Whoever calls first is told why.
        {:error, _} -> []
      end

    {:noreply, %{state | idle: idle}}
  end

  @impl true
  def handle_call({:checkout, timeout}, {pid, _} = from, state) do
    lease = Process.monitor(pid)

    case grant(state, lease) do
      {:ok, answer, state} ->
        {:reply, answer, state}

      :full ->
        timer = if timeout != :infinity, do: Process.send_after(self(), {:expired, lease}, timeout)
        {:noreply, %{state | waiting: :queue.in({lease, from, timer}, state.waiting)}}
    end
  end

  def handle_call(:stats, _from, state) do
    stats = %{
      idle: length(state.idle),
      busy: map_size(state.leases),
      waiting: :queue.len(state.waiting),
      max: state.config.max
    }

    {:reply, stats, state}
  end

  @impl true
  def handle_cast({:checkin, lease, instance}, state) do
    Process.demonitor(lease, [:flush])

    case pop_in(state.leases[lease]) do
      {nil, state} -> {:noreply, drop(state, instance)}
      {_, state} -> {:noreply, state |> take_back(instance) |> serve()}
    end
  end

  @impl true
  def handle_info({:expired, lease}, state) do
    {expired, waiting} = split(state.waiting, lease)

    for {lease, from, _timer} <- expired do
      Process.demonitor(lease, [:flush])
      message = "no instance was free in time: all #{state.config.max} are busy"
      GenServer.reply(from, {:error, Error.new(:pool_timeout, message)})
    end

    {:noreply, %{state | waiting: waiting}}
  end

  def handle_info({:DOWN, lease, :process, _pid, _reason}, state) do
    case pop_in(state.leases[lease]) do
      {nil, state} ->
        {gone, waiting} = split(state.waiting, lease)
        for {_, _, timer} <- gone, timer, do: Process.cancel_timer(timer)
        {:noreply, %{state | waiting: waiting}}

      {:making, state} ->
        {:noreply, serve(state)}

      {instance, state} ->
        # Nobody knows what state its user left it in.
        {:noreply, state |> drop(instance) |> serve()}
    end
  end

  def handle_info(_other, state), do: {:noreply, state}

  defp grant(%{idle: [instance | idle]} = state, lease) do
    state = %{state | idle: idle, leases: Map.put(state.leases, lease, instance)}
    {:ok, {:ok, lease, {:use, instance}}, state}
  end

  defp grant(%{config: config} = state, lease) when map_size(state.leases) < config.max do
    make = {:make, self(), Map.take(config, [:component, :instance])}
    {:ok, {:ok, lease, make}, %{state | leases: Map.put(state.leases, lease, :making)}}
  end

  defp grant(_state, _lease), do: :full

  defp serve(state) do
    with {{:value, {lease, from, timer}}, waiting} <- :queue.out(state.waiting),
         {:ok, answer, state} <- grant(%{state | waiting: waiting}, lease) do
      if timer, do: Process.cancel_timer(timer)
      GenServer.reply(from, answer)
      state
    else
      _nobody_or_full -> state
    end
  end

  defp take_back(state, nil), do: state

  defp take_back(state, instance) do
    if Wasm.state(instance) == :idle and Wasm.memory_size(instance) <= state.config.keep_memory do
      %{state | idle: [instance | state.idle]}
    else
      drop(state, instance)
    end
  end

  defp drop(state, nil), do: state

  defp drop(state, instance) do
    Wasm.close(instance)
    state
  end

  defp split(waiting, lease) do
    {matching, others} = waiting |> :queue.to_list() |> Enum.split_with(fn {other, _, _} -> other == lease end)
    {matching, :queue.from_list(others)}
  end
end
