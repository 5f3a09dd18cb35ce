defmodule Workbooks.Telemetry do
  @moduledoc """
  What happens, told to those who listen.

      iex> me = self()
      iex> event = [:workbooks, :wasm, :instantiate, :stop]
      iex> Workbooks.Telemetry.attach("my-id", event, fn ^event, %{duration: _}, _, _ -> send(me, :made) end, nil)
      :ok
      iex> {:ok, component} = Workbooks.Wasm.compile("(component)")
      iex> {:ok, instance} = Workbooks.Wasm.instantiate(component)
      iex> Workbooks.Telemetry.detach("my-id")
      :ok
      iex> Workbooks.Wasm.close(instance)
      :ok

  The functions are of the shape of the package `:telemetry`, without depending on
  it. Where the application that uses this library has `:telemetry`, the events go
  there as well, so that what is attached there hears them: see `forward/1`.

  A handler runs in the process in which the event happens, so it delays that one:
  it should hand on what it wants and be quick. None runs in the process of a pool
  or a server. One that raises, throws or exits is detached, and that is logged.
  While nobody listens to an event it costs one look-up.

  ## Spans

  A span is three events: `:start` with `system_time` and `monotonic_time`; then
  `:stop` with `duration` and `monotonic_time`, or `:exception` with those
  measurements and `kind`, `reason` and `stacktrace` in the metadata. All carry the
  same `telemetry_span_context`. `result` is `:ok`, or the kind of the error.
  Times are in native units.

  | span | measurements besides | metadata | on `:stop` also |
  | --- | --- | --- | --- |
  | `[:workbooks, :wasm, :compile]` | | `bytes` (how many) | `result` |
  | `[:workbooks, :wasm, :instantiate]` | | `component` | `result` |
  | `[:workbooks, :wasm, :call]` | | `instance`, `name` | `result` (or `:suspended`) |
  | `[:workbooks, :run]` | | `run` (its id), `steps` (how many) | `status` |
  | `[:workbooks, :run, :step]` | on `:stop` `memory_peak` (bytes) and `fuel`, each or `nil` | `run`, `component`, `lang` | `status`, `error` (as the step has it) |
  | `[:workbooks, :oql, :call]` | | `function` (as in `wit/oql/kernel.wit`), `bytes` (given to it), `pool` | `result` |
  | `[:workbooks, :build, :clang, :prepare]` | | `program` (clang's file, on its way to native code) | `result` |
  | `[:workbooks, :storage, :open]` | | `backend` (a module) | `result` |
  | `[:workbooks, :storage, :load]` | on `:stop` `rows` | `table` | `result` |
  | `[:workbooks, :storage, :transaction]` | | `operations` (how many) | `result` |
  | `[:workbooks, :vars, :rotate]` | on `:stop` `rewritten` (secrets) | `store` | `result` |
  | `[:workbooks, :http, :request]` | | `router` (a module), `method`, `path` (as it was written) | `status`, `result` |

  ## Single events

  | event | measurements | metadata |
  | --- | --- | --- |
  | `[:workbooks, :wasm, :trap]` | `count` (1) | `instance`, `name`, `error` |
  | `[:workbooks, :wasm, :timeout]` | `count` (1) | `instance`, `name`, `error` |
  | `[:workbooks, :wasm, :pool, :checkout]` | `duration` (until there was an instance, or the error), `position` (in the line; 0 when there was none) | `pool`, `result`, `from` (`:warm`, `:made`, `nil`) |
  | `[:workbooks, :wasm, :pool, :queue]` | `duration`, `position`: of one who had to wait, once that is over | `pool`, `result` |
  | `[:workbooks, :wasm, :pool, :timeout]` | `duration`, `position`: of one who waited in vain | `pool` |
  | `[:workbooks, :wasm, :pool, :overloaded]` | `waiting` | `pool` |
  | `[:workbooks, :wasm, :pool, :checkin]` | `duration` (it was in use) | `pool`, `reason` (`:kept`, or why it is not used again: `:fresh`, `:closed`, `:running`, `:suspended`, `:memory`, `:raised`) |
  | `[:workbooks, :wasm, :pool, :refill]` | `duration` | `pool` (its pid), `result` |
  | `[:workbooks, :wasm, :server, :call]` | `duration`, `queue` (the part of it in the line), `position` | `server`, `name`, `result` |
  | `[:workbooks, :wasm, :server, :timeout]` | `duration`, `position`: of one who waited in vain | `server`, `name` |
  | `[:workbooks, :wasm, :server, :overloaded]` | `waiting` | `server`, `name` |
  | `[:workbooks, :wasm, :server, :restart]` | `duration`, `attempt` (from 1) | `server` (its pid), `reason` (an error's kind, `:killed`), `result` |
  | `[:workbooks, :wasm, :server, :reload]` | `duration` | `server`, `result` |
  | `[:workbooks, :build, :clang, :progress]` | `elapsed_ms`: clang has been on its way to native code for so long | `program` |
  | `[:workbooks, :storage, :load, :progress]` | `rows` (in memory so far) | `table` |
  | `[:workbooks, :vars, :rotate, :progress]` | `rewritten` (secrets so far), `left` | |
  | `[:workbooks, :run, :step, :cached]` | `duration`: of a step whose result was kept, instead of `:stop` | `run`, `component`, `lang`, `status` |
  | `[:workbooks, :run, :step, :progress]` | `count` (1): the compiler of a step's block says how far it is | `run`, `component`, `progress` (words) |
  | `[:workbooks, :run, :step, :skip]` | `count` (1): of a step that never began | `run`, `component`, `lang`, `status`, `reason` (an error's kind) |

  Those of a run happen in the run's own process, in their order, without a span's context and
  `:exception`: what goes wrong there is a status.
  """

  alias Workbooks.Options
  require Logger

  # Whether the application has it is seen when it runs.
  @compile {:no_warn_undefined, :telemetry}

  @type event :: [atom, ...]
  @type id :: term
  @type handler :: (event, map, map, term -> term)

  @spans [
    [:workbooks, :wasm, :compile],
    [:workbooks, :wasm, :instantiate],
    [:workbooks, :wasm, :call],
    [:workbooks, :oql, :call],
    [:workbooks, :build, :clang, :prepare],
    [:workbooks, :storage, :open],
    [:workbooks, :storage, :load],
    [:workbooks, :storage, :transaction],
    [:workbooks, :vars, :rotate],
    [:workbooks, :http, :request]
  ]

  @events for(span <- @spans, part <- [:start, :stop, :exception], do: span ++ [part]) ++
            [
              [:workbooks, :wasm, :trap],
              [:workbooks, :wasm, :timeout],
              [:workbooks, :wasm, :pool, :checkout],
              [:workbooks, :wasm, :pool, :queue],
              [:workbooks, :wasm, :pool, :timeout],
              [:workbooks, :wasm, :pool, :overloaded],
              [:workbooks, :wasm, :pool, :checkin],
              [:workbooks, :wasm, :pool, :refill],
              [:workbooks, :wasm, :server, :call],
              [:workbooks, :wasm, :server, :timeout],
              [:workbooks, :wasm, :server, :overloaded],
              [:workbooks, :wasm, :server, :restart],
              [:workbooks, :wasm, :server, :reload],
              [:workbooks, :build, :clang, :progress],
              [:workbooks, :storage, :load, :progress],
              [:workbooks, :vars, :rotate, :progress],
              [:workbooks, :run, :start],
              [:workbooks, :run, :stop],
              [:workbooks, :run, :step, :start],
              [:workbooks, :run, :step, :progress],
              [:workbooks, :run, :step, :stop],
              [:workbooks, :run, :step, :cached],
              [:workbooks, :run, :step, :skip]
            ]

  # A call of a guest takes so little time that the question whether anybody listens is asked in the
  # quickest way there is: an atom is found four times as fast as an event's name.
  @call [:workbooks, :wasm, :call]
  @calls :workbooks_telemetry_calls

  # It takes less time than asking `:telemetry` twice who listens, too.
  @frequent [[:workbooks, :wasm, :call, :start], [:workbooks, :wasm, :call, :stop]]

  @doc """
  Every event of this library.

      iex> [:workbooks, :wasm, :trap] in Workbooks.Telemetry.events()
      true
  """
  @spec events :: [event]
  def events, do: @events

  @doc """
  Has `function` called with each such event, its measurements, its metadata and `config`.

      iex> Workbooks.Telemetry.attach(:tea, [:tea, :ready], fn _, %{cups: n}, _, pid -> send(pid, {:cups, n}) end, self())
      :ok
      iex> Workbooks.Telemetry.execute([:tea, :ready], %{cups: 2}, %{})
      iex> receive do: (message -> message)
      {:cups, 2}
      iex> Workbooks.Telemetry.attach(:tea, [:tea, :ready], fn _, _, _, _ -> :ok end, nil)
      {:error, :already_exists}
      iex> Workbooks.Telemetry.detach(:tea)
      :ok

  Attaching and detaching are for an application's start and for looking into
  something: each makes every process of the VM be looked through once.
  """
  @spec attach(id, event, handler, term) :: :ok | {:error, :already_exists}
  def attach(id, event, function, config), do: attach_many(id, [event], function, config)

  @doc "As `attach/4`, for several events."
  @spec attach_many(id, [event], handler, term) :: :ok | {:error, :already_exists}
  def attach_many(id, events, function, config) when is_list(events) and is_function(function, 4) do
    for event <- events, not event?(event) do
      raise ArgumentError, "an event's name is a list of atoms, got: #{inspect(event)}"
    end

    change(fn handlers ->
      if Enum.any?(handlers, fn {_, list} -> List.keymember?(list, id, 0) end) do
        {{:error, :already_exists}, handlers}
      else
        # In the order they were attached.
        {:ok,
         Enum.reduce(events, handlers, &Map.update(&2, &1, [{id, function, config}], append(id, function, config)))}
      end
    end)
  end

  @doc """
  Undoes `attach/4` or `attach_many/4`.

      iex> Workbooks.Telemetry.detach(:nobody)
      {:error, :not_found}
  """
  @spec detach(id) :: :ok | {:error, :not_found}
  def detach(id) do
    change(fn handlers ->
      left =
        for {event, list} <- handlers,
            list = List.keydelete(list, id, 0),
            list != [],
            into: %{},
            do: {event, list}

      {if(left == handlers, do: {:error, :not_found}, else: :ok), left}
    end)
  end

  @doc """
  Who is attached to events that begin with `prefix`: maps with `id`, `event`, `function` and `config`.

      iex> Workbooks.Telemetry.list_handlers([:nothing, :of, :the, :kind])
      []
  """
  @spec list_handlers([atom]) :: [%{id: id, event: event, function: handler, config: term}]
  def list_handlers(prefix \\ []) when is_list(prefix) do
    for {event, list} <- handlers(), List.starts_with?(event, prefix), {id, function, config} <- list do
      %{id: id, event: event, function: function, config: config}
    end
  end

  @doc """
  Whether anybody listens to this event, or to one directly below it, such as the parts of a span.

  For who would otherwise work out measurements for nobody.

      iex> Workbooks.Telemetry.listening?([:nobody, :cares])
      false
  """
  @spec listening?([atom]) :: boolean
  def listening?(event), do: :persistent_term.get({__MODULE__, :listening, event}, false)

  @doc false
  # As `listening?([:workbooks, :wasm, :call])`, quicker.
  def calls?, do: :persistent_term.get(@calls, false)

  @doc """
  Tells those who listen to `event`.

      iex> Workbooks.Telemetry.execute([:nobody, :cares], %{count: 1}, %{})
      :ok
  """
  @spec execute(event, map, map) :: :ok
  def execute(event, measurements, metadata \\ %{}) do
    case :persistent_term.get({__MODULE__, :handlers, event}, []) do
      [] -> :ok
      handlers -> tell(handlers, event, measurements, metadata)
    end
  end

  @doc """
  Runs `function` between the events `prefix ++ [:start]` and `prefix ++ [:stop]`, or
  `[:exception]`, and answers its result.

  It answers `{result, metadata}` or `{result, measurements, metadata}` for `:stop`.

      iex> Workbooks.Telemetry.span([:tea, :brew], %{kind: :green}, fn -> {:tea, %{kind: :green, cups: 2}} end)
      :tea
  """
  @spec span(event, map, (() -> {result, map} | {result, map, map})) :: result when result: term
  def span(prefix, metadata, function) do
    if listening?(prefix), do: observed(prefix, metadata, function), else: elem(function.(), 0)
  end

  @doc """
  Has `:telemetry` told of `events` too. `{:error, :not_loaded}` where there is no `:telemetry`.

  The application does this when it starts, with all events but the start and the stop of
  a call: a call that stays in the guest takes less time than `:telemetry` takes to find
  out that nobody listens. Those who want them say so:

      config :workbooks, Workbooks.Telemetry, forward: :all

  or `forward: false` for none. Called again, it is the last events that count.
  """
  @spec forward([event] | :all) :: :ok | {:error, :not_loaded}
  def forward(events \\ @events -- @frequent)
  def forward(:all), do: forward(@events)

  def forward(events) when is_list(events) do
    if Code.ensure_loaded?(:telemetry) do
      detach(__MODULE__)
      attach_many(__MODULE__, events, &__MODULE__.hand_on/4, nil)
    else
      {:error, :not_loaded}
    end
  end

  @doc false
  # As the application's configuration has it.
  def start(config) do
    case Options.validate!(
           config,
           [forward: {{:in, [true, :all, false]}, true}],
           "config :workbooks, #{inspect(__MODULE__)}"
         ) do
      %{forward: true} -> forward()
      %{forward: :all} -> forward(:all)
      %{forward: false} -> :ok
    end
  end

  @doc false
  def hand_on(event, measurements, metadata, _config), do: :telemetry.execute(event, measurements, metadata)

  @doc false
  # What metadata has of an answer.
  def result({:error, %{kind: kind}}), do: kind
  def result({:suspended, _}), do: :suspended
  def result(_done), do: :ok

  defp observed(prefix, metadata, function) do
    begun = System.monotonic_time()
    metadata = Map.put_new_lazy(metadata, :telemetry_span_context, &make_ref/0)
    execute(prefix ++ [:start], %{system_time: System.system_time(), monotonic_time: begun}, metadata)

    try do
      function.()
    catch
      kind, reason ->
        failure = %{kind: kind, reason: reason, stacktrace: __STACKTRACE__}
        execute(prefix ++ [:exception], since(begun), Map.merge(metadata, failure))
        :erlang.raise(kind, reason, __STACKTRACE__)
    else
      {result, told} ->
        execute(prefix ++ [:stop], since(begun), Map.merge(metadata, told))
        result

      {result, measurements, told} ->
        execute(prefix ++ [:stop], Map.merge(measurements, since(begun)), Map.merge(metadata, told))
        result
    end
  end

  defp since(begun) do
    now = System.monotonic_time()
    %{duration: now - begun, monotonic_time: now}
  end

  defp tell(handlers, event, measurements, metadata) do
    for {id, function, config} <- handlers do
      try do
        function.(event, measurements, metadata, config)
      catch
        kind, reason ->
          detach(id)

          Logger.error(
            "the telemetry handler #{inspect(id)} failed at #{inspect(event)} and was detached: " <>
              Exception.format(kind, reason, __STACKTRACE__)
          )
      end
    end

    :ok
  end

  defp event?(event), do: is_list(event) and event != [] and Enum.all?(event, &is_atom/1)
  defp append(id, function, config), do: &(&1 ++ [{id, function, config}])

  # All handlers by event stand under one key, and, where they are read, those of each event under
  # one of its own, beside the mark for `listening?/1`.

  defp handlers, do: :persistent_term.get({__MODULE__, :all}, %{})

  # One change at a time, in a process of its own: who asked for it may be killed half-way.
  defp change(function) do
    {pid, monitor} =
      spawn_monitor(fn ->
        lock = {__MODULE__, self()}
        exit({:changed, :global.trans(lock, fn -> publish(function, handlers()) end, [node()])})
      end)

    receive do
      {:DOWN, ^monitor, :process, ^pid, {:changed, answer}} -> answer
      {:DOWN, ^monitor, :process, ^pid, reason} -> exit(reason)
    end
  end

  defp publish(function, old) do
    {answer, new} = function.(old)
    events = Enum.uniq(Map.keys(old) ++ Map.keys(new))
    heard = MapSet.new(Map.keys(new) ++ Enum.map(Map.keys(new), &parent/1))

    for event <- events, do: put({__MODULE__, :handlers, event}, Map.get(new, event, []), [])

    for event <- Enum.uniq(events ++ Enum.map(events, &parent/1)) do
      put({__MODULE__, :listening, event}, event in heard, false)
    end

    put(@calls, @call in heard, false)
    put({__MODULE__, :all}, new, %{})
    answer
  end

  defp parent(event), do: Enum.drop(event, -1)

  defp put(key, nothing, nothing), do: :persistent_term.erase(key)
  defp put(key, value, _nothing), do: :persistent_term.put(key, value)
end
