defmodule Workbooks.Storage.Mirror do
  @moduledoc """
  A stored table held in memory, read by everybody and written by one process.

  Readers look into ETS and wait for nobody. What is written is durable in the storage first, then
  in memory, then acknowledged; requests that come while a commit is under way make up the next one,
  so that many writers share what a disk takes for one. Nothing is read from the storage before
  somebody asks, and then all of the table, with progress in the log once it takes longer than a second.

  A module says what the rows are (`c:decode/2`, `c:encode_key/1`, `c:encode/1`), what a request comes to
  (`c:decide/3`), and who is told (`c:changed/2`). Requests are decided one after the other, each
  seeing what those before it came to, so a decision about what is there is exact.
  """

  use GenServer

  alias Workbooks.{Error, Options, Storage, Telemetry}
  require Logger

  @type key :: term
  @type row :: term
  @typedoc "What a request changes: a row, or something in another table that is not mirrored."
  @type change :: {:put, key, row} | {:delete, key} | {:store, Storage.operation()}
  @type read :: (key -> {:ok, row} | :error)

  @doc "A stored record as a row; an error says what is wrong with it."
  @callback decode(key :: binary, value :: binary) :: {:ok, key, row} | {:error, String.t()}
  @doc "The key that a row is stored under."
  @callback encode_key(key) :: binary
  @doc "A row as it is stored."
  @callback encode(row) :: binary
  @doc "What a request changes, and its answer. `read` sees what was decided before."
  @callback decide(request :: term, read, context :: term) :: {:ok, [change], answer :: term} | {:error, Error.t()}
  @doc "A row in the index, which is ordered: `{place, what}`."
  @callback index(key, row) :: {place :: term, what :: term}
  @doc "Told of rows that changed, once they are durable."
  @callback changed([change], context :: term) :: term

  # One commit takes so many requests at most, and none more once it is so large.
  @group 1024
  @group_bytes 8_388_608

  # What became of a commit is asked this often, until it is known.
  @settle_ms 1_000

  # The log tells of loading that takes longer than this, this often.
  @progress_ms 1_000

  @schema [
    name: {:any, nil},
    module: {:any, nil},
    table: {:string, nil},
    storage: {:any, Storage},
    context: {:any, nil}
  ]

  @doc """
  Starts a mirror: `name:` (of the process and the ETS table), `module:` (of this behaviour),
  `table:` (as stored), `storage:` (`Workbooks.Storage`), `context:` (handed to the module).
  """
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options) do
    settings = Options.validate!(options, @schema, "Workbooks.Storage.Mirror")
    GenServer.start_link(__MODULE__, settings, name: settings.name)
  end

  @doc false
  def child_spec(options) do
    %{id: Keyword.fetch!(options, :name), start: {__MODULE__, :start_link, [options]}}
  end

  @doc "A row, from memory: the first time, after it was filled."
  @spec lookup(atom, key) :: {:ok, row} | :error | {:error, Error.t()}
  def lookup(name, key) do
    case :ets.lookup(name, key) do
      [{_key, row}] -> {:ok, row}
      [] -> :error
    end
  rescue
    # There is no table before the first reader, nor while its process is started anew.
    ArgumentError -> with :ok <- ready(name), do: lookup(name, key)
  end

  @doc "All of the index that matches: a list of what `:ets.select/2` makes of it."
  @spec select(atom, :ets.match_spec()) :: {:ok, list} | {:error, Error.t()}
  def select(name, match_spec) do
    {:ok, :ets.select(index_name(name), match_spec)}
  rescue
    ArgumentError -> with :ok <- ready(name), do: select(name, match_spec)
  end

  @doc "How many rows there are."
  @spec size(atom) :: {:ok, non_neg_integer} | {:error, Error.t()}
  def size(name) do
    case :ets.info(name, :size) do
      :undefined -> with :ok <- ready(name), do: size(name)
      size -> {:ok, size}
    end
  end

  @doc "Has the table filled, if it is not yet."
  @spec ready(atom) :: :ok | {:error, Error.t()}
  def ready(name), do: call(name, :ready, :infinity)

  @doc """
  Has a request decided and what it changes written.

  With a timeout that passes, it may still be written later: `kind: :timeout`.
  """
  @spec write(atom, request :: term, timeout) :: answer :: term | {:error, Error.t()}
  def write(name, request, timeout \\ 30_000), do: call(name, {:write, request}, timeout)

  # A process that is being started anew is waited for so long.
  @restart_tries 100
  @restart_ms 10

  defp call(name, request, timeout, tries \\ @restart_tries) do
    GenServer.call(name, request, timeout)
  catch
    # Nobody was there to be told anything, so it can be told again.
    :exit, {:noproc, _call} when tries > 0 ->
      Process.sleep(@restart_ms)
      call(name, request, timeout, tries - 1)

    :exit, {:noproc, _call} ->
      Error.not_running(name)

    :exit, {:timeout, _call} ->
      Error.tuple(
        :timeout,
        "#{inspect(name)} did not answer within #{timeout} ms: what was to be written may be, or not"
      )

    :exit, {_reason, _call} ->
      Error.tuple(:unavailable, "#{inspect(name)} ended meanwhile: what was to be written may be, or not", %{
        unknown: true
      })
  end

  # --- the process ---------------------------------------------------------------------------------

  @impl GenServer
  def init(settings),
    do: {:ok, Map.merge(settings, %{loaded: false, waiting: :queue.new(), commit: nil, unsettled: []})}

  @impl GenServer
  def handle_call(:ready, _from, state) do
    case loaded(state) do
      {:ok, state} -> {:reply, :ok, state}
      {:error, error} -> {:reply, {:error, error}, state}
    end
  end

  def handle_call({:write, request}, from, state) do
    with {:ok, state} <- loaded(state), {:ok, state} <- settled(state) do
      {:noreply, commit(%{state | waiting: :queue.in({from, request}, state.waiting)})}
    else
      {:error, error} -> {:reply, {:error, error}, state}
    end
  end

  @impl GenServer
  def handle_info({:DOWN, monitor, :process, _pid, reason}, %{commit: {monitor, answers, changes}} = state) do
    case outcome(reason) do
      :ok ->
        Enum.each(changes, &apply_change(&1, state))
        state.module.changed(changes, state.context)
        for {from, answer} <- answers, do: GenServer.reply(from, answer)
        {:noreply, commit(%{state | commit: nil})}

      {:error, error} ->
        for {from, _answer} <- answers, do: GenServer.reply(from, {:error, error})
        state = %{state | commit: nil}
        {:noreply, if(error.details[:unknown], do: unsettled(changes, error, state), else: commit(state))}
    end
  end

  def handle_info(:settle, state) do
    case settled(state) do
      {:ok, state} ->
        {:noreply, commit(state)}

      {:error, _still_unknown} ->
        Process.send_after(self(), :settle, @settle_ms)
        {:noreply, state}
    end
  end

  def handle_info(_message, state), do: {:noreply, state}

  @impl GenServer
  # What waits may be somebody's data.
  def format_status(_reason, [_dictionary, state]) do
    %{
      name: state.name,
      table: state.table,
      loaded: state.loaded,
      waiting: :queue.len(state.waiting),
      commit: state.commit != nil
    }
  end

  # --- writing -------------------------------------------------------------------------------------

  defp outcome({:committed, result}), do: result

  defp outcome(_reason),
    do: Error.tuple(:unavailable, "the write was cut off: it may be done, or not", %{unknown: true})

  # One commit at a time, of all that came during the last one.
  defp commit(%{commit: nil} = state) do
    {group, waiting} = gather(state.waiting, state, %{answers: [], rows: %{}, others: [], requests: 0, bytes: 0})
    state = %{state | waiting: waiting}

    case Enum.map(Map.values(group.rows), &operation(&1, state)) ++ Enum.reverse(group.others) do
      [] ->
        for {from, answer} <- group.answers, do: GenServer.reply(from, answer)
        if :queue.is_empty(waiting), do: state, else: commit(state)

      operations ->
        %{state | commit: {begin(operations, state), group.answers, Map.values(group.rows)}}
    end
  end

  defp commit(state), do: state

  # In a process of its own, so that requests gather here meanwhile. It waits as long as it takes: only
  # what is known for certain may be told. Its name is for who comes after this process: see `finished/1`.
  defp begin(operations, %{name: name, storage: storage}) do
    mirror = self()

    {pid, monitor} =
      spawn_monitor(fn ->
        watch = Process.monitor(mirror)

        receive do
          :go -> exit({:committed, Storage.transaction(operations, storage: storage, timeout: :infinity)})
          {:DOWN, ^watch, :process, _pid, _reason} -> :ok
        end
      end)

    Process.register(pid, commit_name(name))
    send(pid, :go)
    monitor
  end

  # A commit of the process that was here before may be under way still: what is read must be what it left.
  defp finished(name) do
    case Process.whereis(commit_name(name)) do
      nil ->
        :ok

      pid ->
        monitor = Process.monitor(pid)

        receive do
          {:DOWN, ^monitor, :process, ^pid, _reason} -> :ok
        end
    end
  end

  defp gather(waiting, _state, %{requests: requests, bytes: bytes} = group)
       when requests == @group or bytes >= @group_bytes,
       do: {group, waiting}

  defp gather(waiting, state, group) do
    case :queue.out(waiting) do
      {{:value, {from, request}}, waiting} -> gather(waiting, state, decide(from, request, state, group))
      {:empty, waiting} -> {group, waiting}
    end
  end

  # An error is answered with the others too: it may rest on what they have yet to write.
  defp decide(from, request, state, group) do
    case state.module.decide(request, &read(state.name, group.rows, &1), state.context) do
      {:ok, changes, answer} ->
        Enum.reduce(
          changes,
          %{group | answers: [{from, answer} | group.answers], requests: group.requests + 1},
          &note(&1, &2)
        )

      {:error, error} ->
        %{group | answers: [{from, {:error, error}} | group.answers], requests: group.requests + 1}
    end
  end

  defp note({:store, operation}, group) do
    %{group | others: [operation | group.others], bytes: group.bytes + bytes(operation)}
  end

  defp note(change, group) do
    %{group | rows: Map.put(group.rows, elem(change, 1), change), bytes: group.bytes + :erlang.external_size(change)}
  end

  defp bytes({:put, _table, _key, value}), do: byte_size(value)
  defp bytes({:delete, _table, _key}), do: 0

  defp read(name, rows, key) do
    case rows do
      %{^key => {:put, _key, row}} -> {:ok, row}
      %{^key => {:delete, _key}} -> :error
      %{} -> lookup(name, key)
    end
  end

  # --- what is not known ---------------------------------------------------------------------------

  # A commit that may have been made, or not: readers go on with what was before, as if it were made
  # later, and nobody writes until the storage says what is there. Those who wait are told.
  defp unsettled(changes, error, state) do
    for {from, _request} <- :queue.to_list(state.waiting), do: GenServer.reply(from, {:error, refused(error)})
    Process.send_after(self(), :settle, @settle_ms)
    %{state | unsettled: Enum.map(changes, &elem(&1, 1)), waiting: :queue.new()}
  end

  defp refused(error), do: %{error | details: Map.delete(error.details, :unknown)}

  defp settled(%{unsettled: []} = state), do: {:ok, state}

  defp settled(%{unsettled: [key | keys]} = state) do
    with {:ok, change} <- stored(key, state) do
      if change do
        apply_change(change, state)
        state.module.changed([change], state.context)
      end

      settled(%{state | unsettled: keys})
    end
  end

  # What has to change in memory for this key, if anything.
  defp stored(key, state) do
    stored_key = state.module.encode_key(key)

    case Storage.get(state.table, stored_key, storage: state.storage) do
      {:ok, value} ->
        with {:ok, [{^key, row}]} <- decode([{stored_key, value}], state, []) do
          {:ok, if(:ets.lookup(state.name, key) != [{key, row}], do: {:put, key, row})}
        end

      :error ->
        {:ok, if(:ets.member(state.name, key), do: {:delete, key})}

      {:error, error} ->
        {:error, error}
    end
  end

  defp operation({:put, key, row}, %{module: module, table: table}) do
    {:put, table, module.encode_key(key), module.encode(row)}
  end

  defp operation({:delete, key}, %{module: module, table: table}), do: {:delete, table, module.encode_key(key)}

  # In this order, so that nobody misses what was there before and still is.
  defp apply_change({:put, key, row}, %{name: name, module: module}) do
    old = :ets.lookup(name, key)
    {place, _what} = entry = module.index(key, row)
    :ets.insert(name, {key, row})
    :ets.insert(index_name(name), entry)
    unindex(old, place, name, module)
  end

  defp apply_change({:delete, key}, %{name: name, module: module}) do
    old = :ets.lookup(name, key)
    :ets.delete(name, key)
    unindex(old, nil, name, module)
  end

  defp unindex([{key, row}], place, name, module) do
    case module.index(key, row) do
      {^place, _what} -> true
      {old, _what} -> :ets.delete(index_name(name), old)
    end
  end

  defp unindex([], _place, _name, _module), do: true

  # --- filling -------------------------------------------------------------------------------------

  defp loaded(%{loaded: true} = state), do: {:ok, state}

  defp loaded(state) do
    metadata = %{table: state.table}

    Telemetry.span([:workbooks, :storage, :load], metadata, fn ->
      answer = with {:ok, rows} <- fill(state), do: {:ok, %{state | loaded: true}, rows}

      case answer do
        {:ok, state, rows} -> {{:ok, state}, %{rows: rows}, %{result: :ok}}
        {:error, error} -> {{:error, error}, %{rows: 0}, %{result: error.kind}}
      end
    end)
  end

  # Readers see all of it or nothing: the tables get their names when they are full.
  defp fill(state) do
    finished(state.name)
    rows = :ets.new(Module.concat(state.name, Loading), [:set, :protected, :named_table, read_concurrency: true])

    index =
      :ets.new(Module.concat(state.name, LoadingIndex), [:ordered_set, :protected, :named_table, read_concurrency: true])

    begun = now()

    filled =
      Storage.pages(
        state.table,
        {0, begun},
        fn records, {count, told} ->
          with {:ok, page} <- decode(records, state, []) do
            :ets.insert(rows, page)
            :ets.insert(index, for({key, row} <- page, do: state.module.index(key, row)))
            count = count + length(page)
            {:ok, {count, progress(state, count, begun, told)}}
          end
        end,
        storage: state.storage,
        timeout: :infinity
      )

    case filled do
      {:ok, {count, told}} ->
        if told != begun, do: Logger.info("#{state.table}: all #{count} loaded, in #{now() - begun} ms")
        :ets.rename(index, index_name(state.name))
        :ets.rename(rows, state.name)
        {:ok, count}

      {:error, error} ->
        :ets.delete(rows)
        :ets.delete(index)
        {:error, error}
    end
  end

  defp decode([{key, value} | records], state, rows) do
    case state.module.decode(key, value) do
      {:ok, key, row} ->
        decode(records, state, [{key, row} | rows])

      {:error, wrong} ->
        Error.tuple(
          :damaged,
          "the table #{state.table} has a record that is none of this version's: #{wrong} " <>
            "(key #{inspect(key, limit: 64, printable_limit: 80)}). Nothing was changed; restore a backup by Workbooks.Storage.restore/2"
        )
    end
  end

  defp decode([], _state, rows), do: {:ok, Enum.reverse(rows)}

  defp progress(state, count, begun, told) do
    now = now()

    if now - told < @progress_ms do
      told
    else
      Logger.info("#{state.table}: #{count} loaded so far, after #{now - begun} ms")
      Telemetry.execute([:workbooks, :storage, :load, :progress], %{rows: count}, %{table: state.table})
      now
    end
  end

  defp now, do: System.monotonic_time(:millisecond)

  defp index_name(name), do: Module.concat(name, Index)
  defp commit_name(name), do: Module.concat(name, Commit)
end
