defmodule Workbooks.Storage do
  @moduledoc """
  Where state is kept: named tables of bytes, written durably, all or nothing.

      iex> folder = Path.join(System.tmp_dir!(), "workbooks-doc-#{System.unique_integer([:positive])}")
      iex> {:ok, storage} = Workbooks.Storage.start_link(name: nil, folder: folder)
      iex> Workbooks.Storage.put("notes", "milk", "two bottles", storage: storage)
      :ok
      iex> Workbooks.Storage.get("notes", "milk", storage: storage)
      {:ok, "two bottles"}
      iex> Workbooks.Storage.transaction([{:delete, "notes", "milk"}, {:put, "notes", "tea", "one"}], storage: storage)
      :ok
      iex> Workbooks.Storage.fold("notes", [], fn key, value, all -> [{key, value} | all] end, storage: storage)
      {:ok, [{"tea", "one"}]}
      iex> GenServer.stop(storage)
      iex> {:ok, _} = File.rm_rf(folder)
      iex> :ok
      :ok

  Most of this library's readers never come here: `Workbooks.Vars.Store` and `Workbooks.Domains`
  read from memory, which their one writer keeps equal to what is stored.

  A table is a name of 1 to 32 of `a-z _`; a key is 1 to 1,024 bytes, a value up to 64 MiB. What is
  acknowledged is on the disk: it survives `kill -9` and the machine's power.

  ## Settings

      config :workbooks, Workbooks.Storage, folder: "/var/lib/workbooks"

  | setting | default | what |
  | --- | --- | --- |
  | `backend:` | `:embedded` | `:embedded` (a file, no server), `:postgres`, or a module of `Workbooks.Storage.Backend` |
  | `folder:` | `WORKBOOKS_DATA_DIR`, else `$XDG_DATA_HOME/workbooks` | where the embedded store lies; made for its owner alone |
  | `url:` | `WORKBOOKS_DATABASE_URL` | of PostgreSQL: `postgres://user:password@host/database?sslmode=require`. Where the variable is set, `:postgres` is the default |
  | `schema:` | `"workbooks"` | of PostgreSQL: the schema that the tables are made in |
  | `pool:` | `4` | of PostgreSQL: connections that read |

  Nothing is opened before it is needed. One virtual machine has a store open at a time: another one
  that wants it is told `{:error, %Workbooks.Error{kind: :locked}}`, and by whom.
  """

  use GenServer

  alias Workbooks.{Error, Options, Telemetry}
  alias Workbooks.Storage.Backend

  @type table :: Backend.table()
  @type operation :: Backend.operation()
  @type option :: {:storage, GenServer.server()} | {:timeout, timeout}

  @schema [
    name: {:any, __MODULE__},
    backend: {:any, nil},
    folder: {:any, nil},
    url: {:any, nil},
    schema: {:string, "workbooks"},
    pool: {:positive, 4}
  ]

  @backends [embedded: Workbooks.Storage.Embedded, postgres: Workbooks.Storage.Postgres]

  # Some of a table's rows at a time: what a reader holds of it.
  @page_bytes 1_048_576

  @most_key 1024
  @most_value 67_108_864

  @doc """
  Starts the process that opens the store when it is first asked for something.

  Takes the settings above, and `name:` (`Workbooks.Storage`, or `nil` for none).
  """
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options \\ []) do
    settings = Options.validate!(options, @schema, "Workbooks.Storage")
    GenServer.start_link(__MODULE__, settings, if(settings.name, do: [name: settings.name], else: []))
  end

  @doc """
  The value of a key, `:error` where there is none.

  Options of this and of the other calls: `storage:` (the process; `Workbooks.Storage`) and `timeout:`
  (milliseconds; 30,000).
  """
  @spec get(table, binary, [option]) :: {:ok, binary} | :error | {:error, Error.t()}
  def get(table, key, options \\ []) do
    options = options(options, "get/3")
    with :ok <- valid({:delete, table, key}), do: ask(options, & &1.get(&2, table, key, options.timeout))
  end

  @doc "Puts a value. When it answers `:ok`, it is durable."
  @spec put(table, binary, binary, [option]) :: :ok | {:error, Error.t()}
  def put(table, key, value, options \\ []), do: transaction([{:put, table, key, value}], options)

  @doc "Removes a key; one that is not there is as good as removed."
  @spec delete(table, binary, [option]) :: :ok | {:error, Error.t()}
  def delete(table, key, options \\ []), do: transaction([{:delete, table, key}], options)

  @doc """
  Writes several things at once: all of them or, with an error, none.

  With a `timeout:` that passes, whether it was written is not known (`kind: :timeout`).
  """
  @spec transaction([operation], [option]) :: :ok | {:error, Error.t()}
  def transaction(operations, options \\ []) when is_list(operations) do
    options = options(options, "transaction/2")

    with :ok <- each_valid(operations) do
      Telemetry.span([:workbooks, :storage, :transaction], %{operations: length(operations)}, fn ->
        answer = ask(options, & &1.transaction(&2, operations, options.timeout))
        {answer, %{result: Telemetry.result(answer)}}
      end)
    end
  end

  @doc """
  Folds over the rows of a table in the order of their keys: `function.(key, value, accumulator)`.

  What is written meanwhile may be seen or not. The table is read in parts, a mebibyte at a time.
  """
  @spec fold(table, accumulator, (binary, binary, accumulator -> accumulator), [option]) ::
          {:ok, accumulator} | {:error, Error.t()}
        when accumulator: term
  def fold(table, accumulator, function, options \\ []) when is_function(function, 3) do
    pages(
      table,
      accumulator,
      fn rows, accumulator ->
        {:ok, Enum.reduce(rows, accumulator, fn {key, value}, accumulator -> function.(key, value, accumulator) end)}
      end,
      options
    )
  end

  @doc false
  # As `fold/4`, by pages; `function` answers `{:ok, accumulator}`, or an error to stop with.
  def pages(table, accumulator, function, options \\ []) do
    options = options(options, "fold/4")

    with :ok <- valid({:delete, table, "k"}),
         do: ask(options, &next_page(&1, &2, table, nil, accumulator, function, options))
  end

  defp next_page(backend, handle, table, last, accumulator, function, options) do
    with {:ok, rows, next} <- backend.page(handle, table, last, @page_bytes, options.timeout),
         {:ok, accumulator} <- function.(rows, accumulator) do
      if next,
        do: next_page(backend, handle, table, next, accumulator, function, options),
        else: {:ok, accumulator}
    end
  end

  @doc """
  Writes a copy of the whole store, as it is at one moment, to a new file, while writers go on.

  The file is one of the embedded store's, whatever the backend: `restore/2` takes it for either.
  """
  @spec backup(Path.t(), [option]) :: :ok | {:error, Error.t()}
  def backup(path, options \\ []) do
    options = options([timeout: :infinity] |> Keyword.merge(options), "backup/2")
    ask(options, & &1.backup(&2, Path.expand(path), options.timeout))
  end

  @doc """
  Makes the store out of a backup.

  Where there is a store already, that is an error (`kind: :conflict`); with `replace: true` it is kept
  aside, under a name that tells when. Everything that reads from the store begins anew.
  """
  @spec restore(Path.t(), [option | {:replace, boolean}]) :: :ok | {:error, Error.t()}
  def restore(path, options \\ []) do
    {replace, options} = Keyword.pop(options, :replace, false)
    options = options([timeout: :infinity] |> Keyword.merge(options), "restore/2")
    call(options, {:restore, Path.expand(path), replace, options.timeout})
  end

  @doc "What is open and where: `%{backend: …, path: …, bytes: …, format: …, revision: …}`. Opens it."
  @spec info([option]) :: {:ok, map} | {:error, Error.t()}
  def info(options \\ []) do
    options = options(options, "info/1")
    ask(options, & &1.info(&2, options.timeout))
  end

  # --- calls ---------------------------------------------------------------------------------------

  defp options(options, where) do
    Options.validate!(
      options,
      [storage: {:any, __MODULE__}, timeout: {:timeout, 30_000}],
      "Workbooks.Storage.#{where}"
    )
  end

  # In the caller's process: only the handle is asked for.
  defp ask(options, function) do
    with {:ok, backend, handle} <- call(options, :handle), do: function.(backend, handle)
  end

  defp call(%{storage: storage}, request) do
    # Opening takes as long as it takes: there is nothing that could be done instead.
    GenServer.call(storage, request, :infinity)
  catch
    :exit, {reason, _call} ->
      Error.tuple(
        :unavailable,
        "the store's process #{inspect(storage)} is not there or ended just now: is the application :workbooks started?",
        %{reason: reason}
      )
  end

  defp each_valid(operations) do
    Enum.find_value(operations, :ok, fn operation -> with :ok <- valid(operation), do: nil end)
  end

  defp valid({:put, table, key, value}) do
    with :ok <- valid({:delete, table, key}) do
      cond do
        not is_binary(value) -> Error.tuple(:bad_value, "a stored value is a binary, got: #{inspect(value, limit: 3)}")
        byte_size(value) > @most_value -> Error.tuple(:too_large, "a stored value is up to #{@most_value} bytes")
        true -> :ok
      end
    end
  end

  defp valid({:delete, table, key}) do
    cond do
      not (is_binary(table) and byte_size(table) in 1..32 and table =~ ~r/\A[a-z_]+\z/) ->
        Error.tuple(:bad_name, "a table is named with 1 to 32 of a-z _, got: #{inspect(table, limit: 3)}")

      not (is_binary(key) and byte_size(key) in 1..@most_key) ->
        Error.tuple(:bad_name, "a stored key is 1 to #{@most_key} bytes")

      true ->
        :ok
    end
  end

  defp valid(other), do: Error.tuple(:bad_value, "no operation: #{inspect(other, limit: 3)}")

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  # --- the process ---------------------------------------------------------------------------------

  @impl GenServer
  def init(settings) do
    # So that it is closed when the application stops.
    Process.flag(:trap_exit, true)

    case settle(settings) do
      {:ok, backend, settings} -> {:ok, %{backend: backend, settings: settings, handle: nil}}
      {:error, error} -> {:stop, error}
    end
  end

  @impl GenServer
  def handle_call(:handle, _from, state) do
    case opened(state) do
      {:ok, state} -> {:reply, {:ok, state.backend, state.handle}, state}
      {:error, error} -> {:reply, {:error, error}, state}
    end
  end

  def handle_call({:restore, path, replace, timeout}, _from, state) do
    state = closed(state)
    answer = state.backend.restore(path, Map.put(state.settings, :replace, replace), timeout)
    # Who mirrors tables of it is started anew with this process.
    if answer == :ok, do: {:stop, {:shutdown, :restored}, :ok, state}, else: {:reply, answer, state}
  end

  @impl GenServer
  # Of a linked process that ended; the supervisor's own goes by terminate/2.
  def handle_info(_message, state), do: {:noreply, state}

  @impl GenServer
  def terminate(_reason, state), do: closed(state)

  defp opened(%{handle: nil} = state) do
    Telemetry.span([:workbooks, :storage, :open], %{backend: state.backend}, fn ->
      answer = with {:ok, handle} <- state.backend.open(state.settings), do: {:ok, %{state | handle: handle}}
      {answer, %{result: Telemetry.result(answer)}}
    end)
  end

  defp opened(state), do: {:ok, state}

  defp closed(%{handle: nil} = state), do: state

  defp closed(state) do
    state.backend.close(state.handle)
    %{state | handle: nil}
  end

  # --- settings ------------------------------------------------------------------------------------

  defp settle(settings) do
    url = settings.url || env("WORKBOOKS_DATABASE_URL")
    backend = settings.backend || if(url, do: :postgres, else: :embedded)

    cond do
      backend == :postgres and url == nil ->
        bad(:url, url, "a URL, for backend: :postgres; or set WORKBOOKS_DATABASE_URL")

      not is_atom(backend) ->
        bad(:backend, backend, ":embedded, :postgres or a module")

      not (settings.folder == nil or is_binary(settings.folder)) ->
        bad(:folder, settings.folder, "a path")

      true ->
        {:ok, Keyword.get(@backends, backend, backend), %{settings | folder: folder(settings.folder), url: url}}
    end
  end

  # The value of a URL may have a password in it.
  defp bad(:url, _url, allowed), do: Error.tuple(:bad_value, "url: of Workbooks.Storage must be #{allowed}")

  defp bad(setting, value, allowed) do
    Error.tuple(:bad_value, "#{setting}: of Workbooks.Storage must be #{allowed}, got: #{inspect(value)}")
  end

  @doc false
  # The folder where data lies, when the setting is this.
  def folder(setting), do: Path.expand(setting || env("WORKBOOKS_DATA_DIR") || default_folder())

  defp default_folder do
    Path.join(env("XDG_DATA_HOME") || Path.join(System.user_home() || System.tmp_dir!(), ".local/share"), "workbooks")
  end

  defp env(name) do
    case System.get_env(name) do
      unset when unset in [nil, ""] -> nil
      value -> value
    end
  end
end
