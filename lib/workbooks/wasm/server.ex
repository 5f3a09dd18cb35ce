defmodule Workbooks.Wasm.Server do
  @moduledoc """
  One instance in a supervised process: for a guest that is somebody's state.

      iex> {:ok, component} = Workbooks.Wasm.compile(~S\"""
      ...> (component
      ...>   (core module $m (global $n (mut i32) (i32.const 0))
      ...>     (func (export "count") (result i32)
      ...>       (global.set $n (i32.add (global.get $n) (i32.const 1)))
      ...>       (global.get $n)))
      ...>   (core instance $i (instantiate $m))
      ...>   (func (export "count") (result s32) (canon lift (core func $i "count"))))
      ...> \""")
      iex> {:ok, server} = Workbooks.Wasm.Server.start_link(component: component)
      iex> Workbooks.Wasm.Server.call(server, "count", [])
      {:ok, 1}
      iex> Workbooks.Wasm.Server.call(server, "count", [], timeout: 1_000)
      {:ok, 2}
      iex> Workbooks.Wasm.Server.reload(server, component)
      :ok
      iex> Workbooks.Wasm.Server.call(server, "count", [])
      {:ok, 1}

  In an application it is a child of a supervisor:

      {Workbooks.Wasm.Server, path: "priv/kernel.wasm", name: MyApp.Kernel}

  ## Who makes the call

  The caller does, in its own process; the server lends it the instance, to one after
  the other, in the order they came. So arguments and results are not copied through
  the server, a host function runs in the process that made the call, as with
  `Workbooks.Wasm.call/4`, a call ends with the process that made it, and the server
  answers to `stats/1`, `reload/2`, its supervisor and `:sys` while a guest runs.

  A caller whose time is over while it waits is told so by an error of kind
  `:timeout`, never by an exit. A host function that calls the server it is called
  from gets one of kind `:busy`.

  ## What happens to the state

  A component that trapped, and any instance whose call ran out of time or lost its
  caller, is closed. The server then makes another of the same component, in a
  process of its own, before the next call: **what the guest had in memory is lost**.
  The event `[:workbooks, :wasm, :server, :restart]` tells of it
  (`Workbooks.Telemetry`), and `stats/1` counts it. A guest whose state must outlive
  a trap writes it down by a host function.

  When no instance can be made, `attempts:` times in a row, those who wait get the
  error and the server ends with reason `{:cannot_instantiate, error}`: it is its
  supervisor's turn. The first instance is made by `start_link/1` itself, which
  answers `{:error, error}` when it fails.
  """

  use GenServer

  import Workbooks.Bang
  alias Workbooks.{Options, Telemetry, Wasm}
  alias Workbooks.Wasm.{Error, Line}

  @max_waiting 10_000
  @event [:workbooks, :wasm, :server]

  # After a failed attempt to make an instance, times the number of attempts.
  @pause 100

  @sources [component: {:any, nil}, module: {:any, nil}, path: {:string, nil}]

  @schema @sources ++ [name: {:any, nil}, max_waiting: {:non_negative, @max_waiting}, attempts: {:positive, 3}]

  # Checked by `Workbooks.Wasm.instantiate/2`, which knows what each may be.
  @instance [:imports, :limits, :wasi, :fuel, :timeout, :host, :deterministic]

  @type source :: struct | (() -> {:ok, struct} | {:error, Error.t()}) | [{:component | :module | :path, term}]

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  @doc """
  Starts a server and makes its instance. One of these is needed:

    * `:component`, `:module` - compiled, or a function that answers `{:ok, component}`
    * `:path` - of a file, compiled when the server starts

  Options:

    * `:name` - as for `GenServer.start_link/3`
    * `:max_waiting` - callers that may wait; the next is told `:overloaded`; 10,000
    * `:attempts` - to make an instance, in a row, before the server ends; 3
    * `:imports`, `:limits`, `:wasi`, `:fuel`, `:timeout`, `:host`, `:deterministic` - of
      `Workbooks.Wasm.instantiate/2`, for each instance

  An option that is none, or that is wrong, raises `ArgumentError`.
  """
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options) do
    schema = @schema ++ for(option <- @instance, do: {option, {:any, nil}})
    config = Options.validate!(options, schema, "Server.start_link/1")
    source = source!(Keyword.take(options, Keyword.keys(@sources)), "Server.start_link/1")
    config = %{config | component: source} |> Map.put(:instance, Keyword.take(options, @instance))
    GenServer.start_link(__MODULE__, config, if(config.name, do: [name: config.name], else: []))
  end

  @doc """
  Calls an export, as `Workbooks.Wasm.call/4` does.

  `:timeout` (5,000) covers the wait for the server's instance and the call; other
  options are those of `Workbooks.Wasm.call/4`, without `on_host_call: :suspend`: a
  suspended call needs an instance of one's own. Errors: those of
  `Workbooks.Wasm.call/4`, `:timeout` also when it was not one's turn in time,
  `:overloaded` when too many wait already, `:closed` when the server does not run.
  """
  @spec call(GenServer.server(), String.t() | [String.t()], list, keyword) ::
          {:ok, term} | {:ok, term, map} | {:error, Error.t()}
  def call(server, name, arguments \\ [], options \\ []) when is_list(arguments) do
    {given, others} = Keyword.split(options, [:timeout])
    %{timeout: timeout} = Options.validate!(given, [timeout: {:timeout, 5_000}], "Server.call/4")

    if others[:on_host_call] == :suspend do
      raise ArgumentError, "Server.call/4 cannot suspend a call: make an instance of your own for it"
    end

    begun = System.monotonic_time()
    deadline = deadline(timeout)
    {position, lent} = request(server, timeout)
    lent_at = System.monotonic_time()

    answer =
      with {:ok, lease, instance} <- lent, do: lent_call(server, lease, instance, name, arguments, deadline, others)

    told(server, name, answer, lent, position, begun, lent_at)
    answer
  end

  @doc """
  Replaces what the server runs: `:ok`, or why the new one cannot be had; the old
  one then stays.

  `source` is a component or a module, a function that answers `{:ok, component}`, or
  `path: path`. Without it the server starts over from what it was given last; a file
  is read again. The options for instances stay what they were.

  A call under way finishes on the old instance, which is closed after it; all others,
  those that wait already among them, run on the new one, and do not wait for that call.
  The old instance's state is lost. While one reload is under way, another gets an error
  of kind `:busy`.
  """
  @spec reload(GenServer.server(), source | nil) :: :ok | {:error, Error.t()}
  def reload(server, source \\ nil) do
    source = if source, do: source!(if(is_list(source), do: source, else: [component: source]), "Server.reload/2")
    begun = System.monotonic_time()
    answer = ask(server, {:reload, source})
    metadata = %{server: server, result: Telemetry.result(answer)}
    Telemetry.execute(@event ++ [:reload], %{duration: System.monotonic_time() - begun}, metadata)
    answer
  end

  @doc """
  The server in figures:

    * `state` - of its instance: `:available`, `:active`, or `:restarting` while there is none
    * `waiting` - callers in the line
    * `replaced` - calls still running on an instance that a reload replaced
    * `calls`, `restarts`, `reloads` - since the start
  """
  @spec stats(GenServer.server()) :: %{
          state: :available | :active | :restarting,
          waiting: non_neg_integer,
          replaced: non_neg_integer,
          calls: non_neg_integer,
          restarts: non_neg_integer,
          reloads: non_neg_integer
        }
  def stats(server), do: GenServer.call(server, :stats)

  defbang(call: 2, call: 3, call: 4)

  # --- in the caller's process -------------------------------------------------------------------

  defp source!(given, where) do
    case given do
      [{:path, path}] when is_binary(path) -> {:path, path}
      [{kind, make}] when kind in [:component, :module] and is_function(make, 0) -> {:make, make}
      [{kind, %_{} = compiled}] when kind in [:component, :module] -> {:given, compiled}
      _ -> raise ArgumentError, "#{where} needs one of component:, module: or path:, got: #{inspect(given)}"
    end
  end

  defp request(server, timeout) do
    case ask(server, {:checkout, timeout}) do
      {:error, error} -> {0, {:error, error}}
      {_position, _lent} = answer -> answer
    end
  end

  defp ask(server, request) do
    GenServer.call(server, request, :infinity)
  catch
    :exit, {reason, {GenServer, :call, _}} ->
      {:error, Error.new(:closed, "the server #{inspect(server)} does not run (#{Exception.format_exit(reason)})")}
  end

  # Whatever happens in here, the server sees at the instance what is to be done with it.
  defp lent_call(server, lease, instance, name, arguments, deadline, options) do
    answer = Wasm.call(instance, name, arguments, [{:timeout, left(deadline)} | options])
    GenServer.cast(server, {:checkin, lease, Telemetry.result(answer)})
    answer
  catch
    kind, reason ->
      GenServer.cast(server, {:checkin, lease, :raised})
      :erlang.raise(kind, reason, __STACKTRACE__)
  end

  defp told(server, name, answer, lent, position, begun, lent_at) do
    metadata = %{server: server, name: name}

    case lent do
      {:error, %{kind: :overloaded, details: details}} ->
        Telemetry.execute(@event ++ [:overloaded], details, metadata)

      {:error, %{kind: :timeout}} ->
        Telemetry.execute(@event ++ [:timeout], %{duration: lent_at - begun, position: position}, metadata)

      _lent_or_else ->
        :ok
    end

    if Telemetry.listening?(@event ++ [:call]) do
      measurements = %{duration: System.monotonic_time() - begun, queue: lent_at - begun, position: position}
      Telemetry.execute(@event ++ [:call], measurements, Map.put(metadata, :result, Telemetry.result(answer)))
    end
  end

  defp deadline(:infinity), do: :infinity
  defp deadline(timeout), do: System.monotonic_time(:millisecond) + timeout

  defp left(:infinity), do: :infinity
  defp left(deadline), do: max(0, deadline - System.monotonic_time(:millisecond))

  # --- the server's process ----------------------------------------------------------------------

  # `leases` maps the monitor of each caller to {pid, instance}; `holder` is the lease of the
  # present instance, other leases being of those that a reload replaced. `maker` is nil,
  # {:making, pid, reason, attempt} or {:pausing, token}, and only while there is no instance;
  # `reloader` is nil or {pid, from, source}.

  @impl true
  def init(config) do
    # What makes instances is linked to the server, so that it ends with it, and may fail.
    Process.flag(:trap_exit, true)

    case make(config.component, config.instance, self()) do
      {:ok, component, instance} ->
        state = %{config: config, source: config.component, component: component, instance: instance}
        state = Map.merge(state, %{leases: %{}, holder: nil, line: %Line{}, maker: nil, reloader: nil})
        {:ok, Map.merge(state, %{calls: 0, restarts: 0, reloads: 0})}

      {:error, error} ->
        {:stop, error}
    end
  end

  @impl true
  def handle_call({:checkout, timeout}, {pid, _} = from, state) do
    waiting = Line.size(state.line)

    cond do
      match?({^pid, _}, state.leases[state.holder]) ->
        message = "this process is in a call of #{inspect(state.config.name || self())} already"
        {:reply, {0, {:error, Error.new(:busy, message)}}, state}

      ready?(state) ->
        {lent, state} = lend(state, Process.monitor(pid), pid)
        {:reply, {0, lent}, state}

      waiting >= state.config.max_waiting ->
        message = "#{waiting} callers wait for their turn already: max_waiting is #{state.config.max_waiting}"
        {:reply, {0, {:error, Error.new(:overloaded, message, %{waiting: waiting})}}, state}

      true ->
        {_position, line} = Line.join(state.line, Process.monitor(pid), from, timeout)
        {:noreply, %{state | line: line}}
    end
  end

  def handle_call({:reload, _source}, _from, %{reloader: reloader} = state) when reloader != nil do
    {:reply, {:error, Error.new(:busy, "a reload is under way")}, state}
  end

  def handle_call({:reload, source}, from, state) do
    source = source || state.source
    {:noreply, %{state | reloader: {maker(source, state), from, source}}}
  end

  def handle_call(:stats, _from, state) do
    holding = if state.holder, do: 1, else: 0

    stats = %{
      state: state(state),
      waiting: Line.size(state.line),
      replaced: map_size(state.leases) - holding,
      calls: state.calls,
      restarts: state.restarts,
      reloads: state.reloads
    }

    {:reply, stats, state}
  end

  @impl true
  def handle_cast({:checkin, lease, result}, state) do
    Process.demonitor(lease, [:flush])
    {:noreply, back(state, lease, result)}
  end

  @impl true
  def handle_info({:expired, lease}, state) do
    {expired, line} = Line.leave(state.line, lease)

    with {from, position} <- expired do
      Process.demonitor(lease, [:flush])
      message = "it was not this call's turn in time: #{position - 1} waited before it when it came"
      GenServer.reply(from, {position, {:error, Error.new(:timeout, message, %{position: position})}})
    end

    {:noreply, %{state | line: line}}
  end

  def handle_info({:DOWN, lease, :process, _pid, _reason}, state) do
    {_, line} = Line.leave(state.line, lease)
    {:noreply, back(%{state | line: line}, lease, :killed)}
  end

  def handle_info({:made, maker, answer}, %{maker: {:making, maker, reason, attempt}} = state) do
    case answer do
      {:ok, _component, instance} -> {:noreply, serve(%{state | maker: nil, instance: instance})}
      {:error, error} -> failed(state, error, reason, attempt)
    end
  end

  def handle_info({:made, maker, answer}, %{reloader: {maker, from, source}} = state) do
    state = %{state | reloader: nil}

    case answer do
      {:ok, component, instance} ->
        GenServer.reply(from, :ok)
        {:noreply, state |> retire() |> renew(source, component, instance) |> serve()}

      {:error, error} ->
        GenServer.reply(from, {:error, error})
        {:noreply, state}
    end
  end

  # One that a reload overtook.
  def handle_info({:made, _maker, {:ok, _component, instance}}, state) do
    Wasm.close(instance)
    {:noreply, state}
  end

  def handle_info({:retry, token, reason, attempt}, %{maker: {:pausing, token}} = state) do
    {:noreply, restart(state, reason, attempt)}
  end

  # A maker that failed in a way that is no answer; its own report says more.
  def handle_info({:EXIT, maker, reason}, %{maker: {:making, maker, cause, attempt}} = state) do
    failed(state, no_answer(reason), cause, attempt)
  end

  def handle_info({:EXIT, maker, reason}, %{reloader: {maker, from, _source}} = state) do
    GenServer.reply(from, {:error, no_answer(reason)})
    {:noreply, %{state | reloader: nil}}
  end

  def handle_info(_other, state), do: {:noreply, state}

  defp ready?(state), do: state.instance != nil and state.holder == nil

  defp serve(state) do
    with true <- ready?(state), {{lease, {pid, _} = from, position}, line} <- Line.pop(state.line) do
      {lent, state} = lend(%{state | line: line}, lease, pid)
      GenServer.reply(from, {position, lent})
      state
    else
      _not_ready_or_nobody -> state
    end
  end

  defp lend(%{instance: instance} = state, lease, pid) do
    leases = Map.put(state.leases, lease, {pid, instance})
    {{:ok, lease, instance}, %{state | leases: leases, holder: lease, calls: state.calls + 1}}
  end

  # A lease ended: of the present instance, of an old one, or of one who only waited.
  defp back(state, lease, result) do
    case {pop_in(state.leases[lease]), state.holder} do
      {{nil, state}, _} ->
        state

      {{{_pid, instance}, state}, ^lease} ->
        state = %{state | holder: nil}
        if Wasm.state(instance) == :idle, do: serve(state), else: lost(state, instance, result)

      {{{_pid, instance}, state}, _} ->
        Wasm.close(instance)
        state
    end
  end

  defp lost(state, instance, reason) do
    Wasm.close(instance)
    restart(%{state | instance: nil, restarts: state.restarts + 1}, reason, 1)
  end

  defp restart(state, reason, attempt) do
    server = self()
    %{component: component, config: %{instance: options}} = state

    {:ok, maker} =
      Task.start_link(fn ->
        begun = System.monotonic_time()
        answer = make({:given, component}, options, server)
        send(server, {:made, self(), answer})
        measurements = %{duration: System.monotonic_time() - begun, attempt: attempt}

        Telemetry.execute(@event ++ [:restart], measurements, %{
          server: server,
          reason: reason,
          result: Telemetry.result(answer)
        })
      end)

    %{state | maker: {:making, maker, reason, attempt}}
  end

  defp failed(%{config: %{attempts: attempts}} = state, error, _reason, attempt) when attempt >= attempts do
    {:stop, {:cannot_instantiate, error}, turn_away(state, error)}
  end

  defp failed(state, _error, reason, attempt) do
    token = make_ref()
    Process.send_after(self(), {:retry, token, reason, attempt + 1}, @pause * attempt)
    {:noreply, %{state | maker: {:pausing, token}}}
  end

  defp turn_away(state, error) do
    case Line.pop(state.line) do
      {{_lease, from, position}, line} ->
        GenServer.reply(from, {position, {:error, error}})
        turn_away(%{state | line: line}, error)

      :empty ->
        state
    end
  end

  defp maker(source, state) do
    server = self()
    options = state.config.instance
    {:ok, maker} = Task.start_link(fn -> send(server, {:made, self(), make(source, options, server)}) end)
    maker
  end

  # The old instance: closed now, or by the end of the call that it is in.
  defp retire(%{instance: nil} = state), do: state
  defp retire(%{holder: nil} = state), do: tap(state, &Wasm.close(&1.instance))
  defp retire(state), do: %{state | holder: nil}

  # A restart under way is of the old component: what it makes is closed when it comes.
  defp renew(state, source, component, instance) do
    state = %{state | maker: nil, source: source, component: component, instance: instance}
    %{state | reloads: state.reloads + 1}
  end

  defp make(source, options, owner) do
    with {:ok, component} <- compiled(source),
         {:ok, instance} <- Wasm.instantiate(component, [{:owner, owner} | options]) do
      {:ok, component, instance}
    end
  end

  defp compiled({:given, component}), do: {:ok, component}
  defp compiled({:make, make}), do: make.()
  defp compiled({:path, path}), do: Wasm.compile_file(path)

  defp state(%{instance: nil}), do: :restarting
  defp state(%{holder: nil}), do: :available
  defp state(_state), do: :active

  defp no_answer(reason) do
    Error.new(:internal, "no instance could be made: #{Exception.format_exit(reason)}", %{reason: reason})
  end
end
