defmodule Workbooks.Wasm.Pool do
  @moduledoc """
  Instances of one component, shared by any number of processes.

      iex> {:ok, component} = Workbooks.Wasm.compile(~S\"""
      ...> (component
      ...>   (core module $m (func (export "twice") (param i32) (result i32)
      ...>     (i32.mul (local.get 0) (i32.const 2))))
      ...>   (core instance $i (instantiate $m))
      ...>   (func (export "twice") (param "n" s32) (result s32) (canon lift (core func $i "twice"))))
      ...> \""")
      iex> {:ok, pool} = Workbooks.Wasm.Pool.start_link(component: component, min: 1, max: 4)
      iex> Workbooks.Wasm.Pool.call(pool, "twice", [21], timeout: 5_000)
      {:ok, 42}

  In an application it is a child of a supervisor:

      {Workbooks.Wasm.Pool, component: component, name: MyApp.Kernel, max: 4}

  The pool only hands instances out. The caller makes its call itself, in its own
  process, so the pool is never in the way of data and one slow call holds up
  nobody but those who wait for an instance. The one used last is handed out
  first, its memory being warm; those who wait are served in the order they came.

  ## What an instance remembers

  With `state: :keep`, the default, an instance is handed out again as its last
  user left it: for calls that are pure, or leave the instance as they found it.
  With `state: :fresh` each checkout gets an instance that nobody used before, for
  some microseconds more: for guests that remember, and for users who may not see
  one another's traces. Where an instance is somebody's state, give it a process of
  its own instead: `Workbooks.Wasm.Server`.

  In either case an instance is replaced when it trapped, ran out of time, was left
  in the middle of a call or suspended, when the function that had it raised or its
  process died, and when its memory outgrew `:keep_memory`. Callers make what they
  lack themselves; up to `:min` are made in the background.

  Instances end with their pool. A call under way then answers with kind `:closed`
  or `:cancelled`.
  """

  use GenServer

  import Workbooks.Bang
  alias Workbooks.{Options, Telemetry, Wasm}
  alias Workbooks.Wasm.{Error, Instance, Line, Pools}

  # An instance that a large input made grow is not kept: memory never shrinks.
  @keep_bytes 64 * 1024 * 1024
  @max_waiting 10_000
  @event [:workbooks, :wasm, :pool]

  # Between two attempts to make what is missing, after one that failed: doubled each time, to the last.
  @pause 100
  @longest_pause 30_000

  @schema [
    component: {:any, nil},
    module: {:any, nil},
    name: {:any, nil},
    min: {:non_negative, 0},
    max: {:positive, 1},
    state: {{:in, [:keep, :fresh]}, :keep},
    max_waiting: {:non_negative, @max_waiting},
    keep_memory: {:positive, @keep_bytes},
    instance: {:keyword, []}
  ]

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  @doc """
  Starts a pool. Options:

    * `:component`, `:module` - compiled, or a function that answers `{:ok, component}`,
      called when an instance is to be made, in the process that makes it; one of the two is needed
    * `:name` - as for `GenServer.start_link/3`
    * `:min` - instances kept ready, made in the background; 0
    * `:max` - instances at once; one for each scheduler
    * `:state` - `:keep` or `:fresh`, as above; `:keep`
    * `:max_waiting` - callers that may wait; the next is told `:overloaded`; 10,000
    * `:keep_memory` - an instance that holds more bytes than this is not used again; 64 MiB
    * `:instance` - options of `Workbooks.Wasm.instantiate/2` for each

  An option that is none, or that is wrong, raises `ArgumentError`.
  """
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options) do
    checked =
      Options.validate!(Keyword.put_new(options, :max, System.schedulers_online()), @schema, "Pool.start_link/1")

    checked = %{checked | component: program!(checked)}

    if checked.min > checked.max do
      raise ArgumentError, "Pool.start_link/1 cannot keep min: #{checked.min} instances of max: #{checked.max}"
    end

    server = if checked.name, do: [name: checked.name], else: []
    GenServer.start_link(__MODULE__, checked, server)
  end

  @doc """
  Calls an export on an instance of the pool.

  `:timeout` (5,000) covers the wait for an instance and the call; other options are
  those of `Workbooks.Wasm.call/4`, without `on_host_call: :suspend`, for which an
  instance must be at hand for longer: `run/3`. Errors: those of
  `Workbooks.Wasm.call/4`, `:pool_timeout` when no instance was free in time,
  `:overloaded` when too many wait already, `:closed` when the pool does not run.
  """
  @spec call(GenServer.server(), String.t() | [String.t()], list, keyword) ::
          {:ok, term} | {:ok, term, map} | {:error, Error.t()}
  def call(pool, name, arguments \\ [], options \\ []) when is_list(arguments) do
    {given, others} = Keyword.split(options, [:timeout])
    %{timeout: timeout} = Options.validate!(given, [timeout: {:timeout, 5_000}], "Pool.call/4")

    if others[:on_host_call] == :suspend do
      raise ArgumentError, "Pool.call/4 cannot suspend a call, since its instance goes back: use Pool.run/3"
    end

    deadline = deadline(timeout)
    lent(pool, &Wasm.call(&1, name, arguments, [{:timeout, left(deadline)} | others]), timeout, deadline)
  end

  @doc """
  Runs `function` with an instance of the pool and answers what it answers, which
  must be `{:ok, _}` or `{:error, _}`. `:timeout` covers the wait for an instance.

  The instance is the function's until it returns. A call that it suspended must have
  been resumed by then.
  """
  @spec run(GenServer.server(), (Wasm.Instance.t() -> result), keyword) :: result | {:error, Error.t()}
        when result: {:ok, term} | {:ok, term, term} | {:error, term}
  def run(pool, function, options \\ []) do
    %{timeout: timeout} = Options.validate!(options, [timeout: {:timeout, 5_000}], "Pool.run/3")
    lent(pool, function, timeout, deadline(timeout))
  end

  @doc """
  The pool in figures. Of its instances, how many are

    * `available` - ready to be handed out
    * `active` - in somebody's hands, those still being made for somebody among them
    * `suspended` - in somebody's hands, in a call that is suspended
    * `terminated` - ended and never to be used again, counted since the start

  and how many callers are `waiting`; `min` and `max` as they were given.

  `Workbooks.Wasm.stats/0` has these of every pool.
  """
  @spec stats(GenServer.server()) :: %{
          available: non_neg_integer,
          active: non_neg_integer,
          suspended: non_neg_integer,
          terminated: non_neg_integer,
          waiting: non_neg_integer,
          min: non_neg_integer,
          max: pos_integer
        }
  def stats(pool), do: GenServer.call(pool, :stats)

  defbang(call: 2, call: 3, call: 4, run: 2, run: 3)

  defp program!(%{component: program, module: nil}) when is_function(program, 0) or is_struct(program), do: program
  defp program!(%{component: nil, module: program}) when is_function(program, 0) or is_struct(program), do: program

  defp program!(%{component: component, module: module}) do
    given = for {key, value} <- [component: component, module: module], value != nil, do: {key, value}
    raise ArgumentError, "Pool.start_link/1 needs one of component: or module:, got: #{inspect(given)}"
  end

  # --- in the caller's process -------------------------------------------------------------------

  defp lent(pool, function, timeout, deadline) do
    with {:ok, lease} <- checkout(pool, timeout, deadline) do
      begun = System.monotonic_time()

      try do
        function.(lease.instance)
      catch
        kind, reason ->
          # Nobody knows what it was in the middle of.
          checkin(pool, lease, :raised, begun)
          :erlang.raise(kind, reason, __STACKTRACE__)
      else
        answer ->
          checkin(pool, lease, fate(lease), begun)
          answer
      end
    end
  end

  defp checkout(pool, timeout, deadline) do
    begun = System.monotonic_time()
    {position, answer} = request(pool, timeout)

    case answer do
      {:use, id, config, instance} ->
        told(pool, begun, position, :ok, :warm)
        {:ok, %{id: id, config: config, instance: instance}}

      {:make, id, config, server} ->
        told_of_line(pool, begun, position, :ok)
        made(pool, id, config, server, begun, deadline, position)

      {:error, error} ->
        if error.kind == :overloaded, do: Telemetry.execute(@event ++ [:overloaded], error.details, %{pool: pool})
        told(pool, begun, position, error.kind, nil)
        {:error, error}
    end
  end

  defp request(pool, timeout) do
    GenServer.call(pool, {:checkout, timeout}, :infinity)
  catch
    :exit, {reason, {GenServer, :call, _}} ->
      message = "the pool #{inspect(pool)} does not run (#{Exception.format_exit(reason)}): is its application started?"
      {0, {:error, Error.new(:closed, message)}}
  end

  # Made by the one who needs it, so that the pool answers the others meanwhile.
  defp made(pool, id, config, server, begun, deadline, position) do
    case make(config, server, deadline) do
      {:ok, instance} ->
        GenServer.cast(pool, {:made, id, instance})
        told_of_checkout(pool, begun, position, :ok, :made)
        {:ok, %{id: id, config: config, instance: instance}}

      {:error, error} ->
        GenServer.cast(pool, {:checkin, id, :never_made})
        told_of_checkout(pool, begun, position, error.kind, nil)
        {:error, error}
    end
  catch
    kind, reason ->
      GenServer.cast(pool, {:checkin, id, :never_made})
      :erlang.raise(kind, reason, __STACKTRACE__)
  end

  defp make(config, owner, deadline) do
    with {:ok, component} <- component(config.component) do
      allowed = config.instance |> Keyword.get(:timeout, 5_000) |> min(left(deadline))
      Wasm.instantiate(component, Keyword.merge(config.instance, owner: owner, timeout: allowed))
    end
  end

  defp component(make) when is_function(make, 0), do: make.()
  defp component(component), do: {:ok, component}

  # Whether it can be used again, or why not.
  defp fate(%{config: %{state: :fresh}}), do: :fresh

  defp fate(%{config: config, instance: instance}) do
    case Wasm.state(instance) do
      :idle -> if Wasm.memory_size(instance) <= config.keep_memory, do: :kept, else: :memory
      state -> state
    end
  end

  # What is not used again is ended here, not in the pool's process.
  defp checkin(pool, lease, fate, begun) do
    if fate != :kept, do: Wasm.close(lease.instance)
    GenServer.cast(pool, {:checkin, lease.id, fate})

    if Telemetry.listening?(@event ++ [:checkin]) do
      Telemetry.execute(@event ++ [:checkin], since(begun), %{pool: pool, reason: fate})
    end
  end

  defp told(pool, begun, position, result, from) do
    told_of_line(pool, begun, position, result)
    told_of_checkout(pool, begun, position, result, from)
  end

  defp told_of_checkout(pool, begun, position, result, from) do
    if Telemetry.listening?(@event ++ [:checkout]) do
      measurements = Map.put(since(begun), :position, position)
      Telemetry.execute(@event ++ [:checkout], measurements, %{pool: pool, result: result, from: from})
    end
  end

  defp told_of_line(_pool, _begun, 0, _result), do: :ok

  defp told_of_line(pool, begun, position, result) do
    measurements = Map.put(since(begun), :position, position)
    Telemetry.execute(@event ++ [:queue], measurements, %{pool: pool, result: result})

    if result == :pool_timeout do
      Telemetry.execute(@event ++ [:timeout], measurements, %{pool: pool})
    end
  end

  defp since(begun), do: %{duration: System.monotonic_time() - begun}

  defp deadline(:infinity), do: :infinity
  defp deadline(timeout), do: System.monotonic_time(:millisecond) + timeout

  # A number is less than an atom, so that `min/2` with this does what it should.
  defp left(:infinity), do: :infinity
  defp left(deadline), do: max(0, deadline - System.monotonic_time(:millisecond))

  # --- the pool's process ------------------------------------------------------------------------

  # `leases` maps the monitor of each caller to its instance, or to :making; `idle` has the one used
  # last in front; `refill` is nil, {:making, pid} or {:pausing, timer}; somebody waits in `line`
  # only while nothing is idle and there is no room for more.

  @impl true
  def init(config) do
    # What refills the pool is linked to it, so that it ends with the pool, and may fail.
    Process.flag(:trap_exit, true)
    Pools.register(config.name)
    # What a caller has to know to make an instance, and to use one.
    to_make = Map.take(config, [:component, :instance, :state, :keep_memory])
    to_use = Map.take(config, [:state, :keep_memory])
    state = %{config: config, to_make: to_make, to_use: to_use, idle: [], leases: %{}, line: %Line{}}
    state = Map.merge(state, %{refill: nil, pause: @pause, terminated: 0})
    {:ok, state, {:continue, :refill}}
  end

  @impl true
  def handle_continue(:refill, state), do: {:noreply, refill(state)}

  @impl true
  def handle_call({:checkout, timeout}, {pid, _} = from, state) do
    lease = Process.monitor(pid)

    case grant(state, lease) do
      {:ok, granted, state} ->
        {:reply, {0, granted}, refill(state)}

      {:full, state} ->
        waiting = Line.size(state.line)

        if waiting >= state.config.max_waiting do
          Process.demonitor(lease, [:flush])
          message = "#{waiting} callers wait for an instance already: max_waiting is #{state.config.max_waiting}"
          {:reply, {0, {:error, Error.new(:overloaded, message, %{waiting: waiting})}}, state}
        else
          {_position, line} = Line.join(state.line, lease, from, timeout)
          {:noreply, %{state | line: line}}
        end
    end
  end

  def handle_call(:stats, _from, state) do
    suspended = Enum.count(state.leases, fn {_lease, held} -> suspended?(held) end)

    stats = %{
      available: length(state.idle),
      active: map_size(state.leases) - suspended,
      suspended: suspended,
      terminated: state.terminated,
      waiting: Line.size(state.line),
      min: state.config.min,
      max: state.config.max
    }

    {:reply, stats, state}
  end

  @impl true
  def handle_cast({:made, lease, instance}, state) do
    # Sent before anything that ends the lease, its caller's death included.
    {:noreply, put_in(state.leases[lease], instance)}
  end

  def handle_cast({:checkin, lease, fate}, state) do
    Process.demonitor(lease, [:flush])

    case {pop_in(state.leases[lease]), fate} do
      {{nil, state}, _} -> {:noreply, state}
      {{_, state}, :never_made} -> {:noreply, settle(state)}
      {{instance, state}, :kept} -> {:noreply, settle(%{state | idle: [instance | state.idle]})}
      {{_, state}, _ended} -> {:noreply, settle(%{state | terminated: state.terminated + 1})}
    end
  end

  @impl true
  def handle_info({:expired, lease}, state) do
    {expired, line} = Line.leave(state.line, lease)

    with {from, position} <- expired do
      Process.demonitor(lease, [:flush])
      message = "no instance was free in time: all #{state.config.max} are busy"
      GenServer.reply(from, {position, {:error, Error.new(:pool_timeout, message)}})
    end

    {:noreply, %{state | line: line}}
  end

  def handle_info({:DOWN, lease, :process, _pid, _reason}, state) do
    case pop_in(state.leases[lease]) do
      {nil, state} ->
        {_, line} = Line.leave(state.line, lease)
        {:noreply, %{state | line: line}}

      {:making, state} ->
        {:noreply, settle(state)}

      {instance, state} ->
        # Nobody knows what state its user left it in.
        {:noreply, state |> drop(instance) |> settle()}
    end
  end

  def handle_info({:refilled, maker, answer}, %{refill: {:making, maker}} = state) do
    case answer do
      {:ok, instance} -> {:noreply, settle(%{state | refill: nil, pause: @pause, idle: [instance | state.idle]})}
      {:error, _error} -> {:noreply, state |> pause() |> settle()}
    end
  end

  # It failed in a way that is no answer, and its own report says how.
  def handle_info({:EXIT, maker, _reason}, %{refill: {:making, maker}} = state) do
    {:noreply, state |> pause() |> settle()}
  end

  def handle_info(:refill, state), do: {:noreply, settle(%{state | refill: nil})}
  def handle_info(_other, state), do: {:noreply, state}

  @impl true
  def terminate(_reason, _state), do: Pools.unregister()

  # Something changed: those who wait are served first.
  defp settle(state), do: state |> serve() |> refill()

  defp serve(state) do
    with true <- Line.size(state.line) > 0,
         {:ok, instance, state} <- place(state),
         {{lease, from, position}, line} <- Line.pop(state.line) do
      {granted, state} = lend(%{state | line: line}, lease, instance)
      GenServer.reply(from, {position, granted})
      serve(state)
    else
      {:full, state} -> state
      _nobody -> state
    end
  end

  defp grant(state, lease) do
    with {:ok, instance, state} <- place(state) do
      {granted, state} = lend(state, lease, instance)
      {:ok, granted, state}
    end
  end

  # An instance, or room for one.
  defp place(%{idle: [instance | idle]} = state) do
    state = %{state | idle: idle}

    case Wasm.state(instance) do
      :idle -> {:ok, instance, state}
      # Somebody kept hold of it and closed it, or is calling it.
      _other -> state |> drop(instance) |> place()
    end
  end

  defp place(state), do: if(room?(state), do: {:ok, :making, state}, else: {:full, state})

  defp lend(state, lease, :making) do
    {{:make, lease, state.to_make, self()}, %{state | leases: Map.put(state.leases, lease, :making)}}
  end

  defp lend(state, lease, instance) do
    {{:use, lease, state.to_use, instance}, %{state | leases: Map.put(state.leases, lease, instance)}}
  end

  defp room?(state), do: length(state.idle) + map_size(state.leases) + coming(state) < state.config.max

  defp coming(%{refill: {:making, _}}), do: 1
  defp coming(_state), do: 0

  # One at a time, in a process of its own.
  defp refill(%{refill: nil, config: %{min: min}} = state) when min > 0 do
    if ready(state) < min and room?(state) do
      pool = self()
      config = state.to_make
      {:ok, maker} = Task.start_link(fn -> send(pool, {:refilled, self(), refilled(config, pool)}) end)
      %{state | refill: {:making, maker}}
    else
      state
    end
  end

  defp refill(state), do: state

  # Those in use come back, unless each is used once.
  defp ready(%{config: %{state: :keep}} = state), do: length(state.idle) + map_size(state.leases)
  defp ready(state), do: length(state.idle)

  defp refilled(config, pool) do
    begun = System.monotonic_time()
    answer = make(config, pool, :infinity)
    Telemetry.execute(@event ++ [:refill], since(begun), %{pool: pool, result: Telemetry.result(answer)})
    answer
  end

  # Whoever calls meanwhile makes an instance and is told why it fails.
  defp pause(state) do
    timer = Process.send_after(self(), :refill, state.pause)
    %{state | refill: {:pausing, timer}, pause: min(2 * state.pause, @longest_pause)}
  end

  defp suspended?(%Instance{} = instance), do: Wasm.state(instance) == :suspended
  defp suspended?(_making), do: false

  defp drop(state, instance) do
    Wasm.close(instance)
    %{state | terminated: state.terminated + 1}
  end
end
