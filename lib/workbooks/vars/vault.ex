defmodule Workbooks.Vars.Vault do
  @moduledoc false
  # The one process that has the keys. They are in a private ETS table, so that neither its state nor
  # its dictionary shows them, and it is marked as sensitive: it cannot be traced, and is not dumped.
  # Secrets come and go in boxes (Workbooks.Vars.Box); only sealed bytes are in messages.
  #
  # Keys are read when the first is needed. The id of the one in use stands in a table that everybody
  # can read: see `current/1`.

  use GenServer

  alias Workbooks.{Error, Options}
  alias Workbooks.Vars.{Box, KeyFile, Keys, Seal}

  @schema [name: {:any, __MODULE__}, folder: {:string, nil}, secret_key: {:any, nil}]

  # A process that is being started anew is waited for so long.
  @restart_tries 100
  @restart_ms 10

  @type name :: atom
  @type id :: binary

  @doc "Starts it: `name:`, `folder:` (of the key file), `secret_key:` (a function that gives the setting, or `nil`)."
  def start_link(options) do
    settings = Options.validate!(options, @schema, "Workbooks.Vars.Vault")
    GenServer.start_link(__MODULE__, settings, name: settings.name)
  end

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  @doc "The id of the key that secrets are sealed with now; `nil` before it is known."
  @spec current(name) :: id | nil
  def current(vault) do
    case :ets.lookup(ids(vault), :current) do
      [{:current, id}] -> id
      [] -> nil
    end
  rescue
    ArgumentError -> nil
  end

  @doc "The values sealed, each for its name; `:no_key` where there is no key yet: see `make_key/1`."
  @spec seal(name, String.t(), [{String.t(), binary}], timeout) :: {:ok, [binary]} | :no_key | {:error, Error.t()}
  def seal(vault, tenant, pairs, timeout) do
    with {:ok, pid} <- whereis(vault) do
      boxed = for {name, value} <- pairs, do: {name, Box.new(value, pid)}
      call(pid, {:seal, tenant, boxed}, timeout)
    end
  end

  @doc "A secret, for the process that asks."
  @spec open(name, String.t(), String.t(), binary, timeout) :: {:ok, binary} | {:error, Error.t()}
  def open(vault, tenant, name, blob, timeout) do
    with {:ok, pid} <- whereis(vault),
         {:ok, box} <- call(pid, {:open, tenant, name, blob}, timeout) do
      with :error <- Box.take(box), do: lost()
    end
  end

  @doc "Whether a secret is `value`."
  @spec same?(name, String.t(), String.t(), binary, binary, timeout) :: {:ok, boolean} | {:error, Error.t()}
  def same?(vault, tenant, name, blob, value, timeout) do
    with {:ok, pid} <- whereis(vault) do
      call(pid, {:same?, tenant, name, blob, Box.new(value, pid)}, timeout)
    end
  end

  @doc "Sealed secrets, sealed anew with the key of now: of each what came of it."
  @spec reseal(name, [{String.t(), String.t(), binary}], timeout) ::
          {:ok, [{:ok, binary} | {:error, Error.t()}]} | {:error, Error.t()}
  def reseal(vault, secrets, timeout) do
    with {:ok, pid} <- whereis(vault), do: call(pid, {:reseal, secrets}, timeout)
  end

  @doc "Makes the key file with a first key, if there is no key at all."
  @spec make_key(name) :: :ok | {:error, Error.t()}
  def make_key(vault), do: with({:ok, pid} <- whereis(vault), do: call(pid, :make_key, :infinity))

  @doc """
  Begins a rotation: from now on a new key seals. Where there are several keys already, the first of
  them is the new one: a rotation was cut off, or somebody gave them so.
  """
  @spec rotate(name) :: {:ok, %{current: id, others: [id]}} | :no_key | {:error, Error.t()}
  def rotate(vault), do: with({:ok, pid} <- whereis(vault), do: call(pid, :rotate, :infinity))

  @doc "Ends the rotation to `id`: the other keys go, those of a file for good."
  @spec retire(name, id) :: :ok | {:error, Error.t()}
  def retire(vault, id), do: with({:ok, pid} <- whereis(vault), do: call(pid, {:retire, id}, :infinity))

  @doc "Where the key file is, or would be."
  @spec key_file(name) :: {:ok, Path.t()} | {:error, Error.t()}
  def key_file(vault), do: with({:ok, pid} <- whereis(vault), do: call(pid, :key_file, :infinity))

  defp whereis(vault, tries \\ @restart_tries) do
    case Process.whereis(vault) do
      nil when tries > 0 ->
        Process.sleep(@restart_ms)
        whereis(vault, tries - 1)

      nil ->
        Error.not_running(vault)

      pid ->
        {:ok, pid}
    end
  end

  defp call(pid, request, timeout) do
    GenServer.call(pid, request, timeout)
  catch
    :exit, {:timeout, _call} -> Error.tuple(:timeout, "the vault of secrets did not answer within #{timeout} ms")
    :exit, _reason -> Error.tuple(:unavailable, "the vault of secrets ended meanwhile: try again")
  end

  # --- the process ---------------------------------------------------------------------------------

  @impl GenServer
  def init(settings) do
    Process.flag(:sensitive, true)
    # What was opened or sealed is let go of by the next collection, whatever its age.
    Process.flag(:fullsweep_after, 0)
    :ets.new(ids(settings.name), [:named_table, :protected, read_concurrency: true])
    {:ok, Map.put(settings, :keys, :ets.new(:keys, [:private]))}
  end

  @impl GenServer
  # A failure would be logged with what it was about.
  def handle_call(request, {caller, _tag}, state) do
    {:reply, answer(request, caller, state), state}
  catch
    _kind, _reason -> {:reply, Error.tuple(:internal, "the vault of secrets failed: please report it"), state}
  end

  @impl GenServer
  def handle_info(_message, state), do: {:noreply, state}

  @impl GenServer
  def format_status(_reason, _dictionary_and_state), do: :hidden

  defp answer({:seal, tenant, boxed}, _caller, state) do
    with :ok <- loaded(state), do: seal_each(boxed, tenant, state, [])
  end

  defp answer({:open, tenant, name, blob}, caller, state) do
    with :ok <- loaded_for(blob, state), {:ok, value} <- opened(tenant, name, blob, state) do
      {:ok, Box.new(value, caller)}
    end
  end

  defp answer({:same?, tenant, name, blob, box}, _caller, state) do
    with :ok <- loaded_for(blob, state), {:ok, value} <- opened(tenant, name, blob, state) do
      case Box.take(box) do
        {:ok, other} -> {:ok, Seal.equal?(value, other)}
        :error -> lost()
      end
    end
  end

  defp answer({:reseal, [{_tenant, _name, first} | _] = secrets}, _caller, state) do
    with :ok <- loaded_for(first, state) do
      {:ok,
       for {tenant, name, blob} <- secrets do
         with {:ok, value} <- opened(tenant, name, blob, state), do: sealed(tenant, name, value, state)
       end}
    end
  end

  defp answer(:make_key, _caller, state) do
    with :no_key <- loaded(state),
         made when made in [:ok, :exists] <- KeyFile.create(KeyFile.path(state.folder), [Seal.new_key()]) do
      with :no_key <- loaded(state), do: missing_file(state, "was made, and is gone")
    end
  end

  defp answer(:rotate, _caller, state) do
    with :ok <- loaded(state), :ok <- renewed(state), do: {:ok, %{current: current_id(state), others: others(state)}}
  end

  defp answer({:retire, id}, _caller, state) do
    with :ok <- loaded(state) do
      if current_id(state) == id and source(state) == :file, do: forget_others(state), else: :ok
    end
  end

  defp answer(:key_file, _caller, state), do: {:ok, KeyFile.path(state.folder)}

  # --- sealing and opening -------------------------------------------------------------------------

  defp seal_each([{name, box} | boxed], tenant, state, blobs) do
    with {:ok, value} <- Box.take(box), {:ok, blob} <- sealed(tenant, name, value, state) do
      seal_each(boxed, tenant, state, [blob | blobs])
    else
      :error -> lost()
      {:error, error} -> {:error, error}
    end
  end

  defp seal_each([], _tenant, _state, blobs), do: {:ok, Enum.reverse(blobs)}

  defp sealed(tenant, name, value, state) do
    id = current_id(state)

    with :error <- Seal.seal(key(id, state), id, tenant, name, value) do
      Error.tuple(:internal, "OTP's :crypto does not seal by AES-256-GCM: is it built without?")
    end
  end

  # A key that is not here takes as long as one that does not fit.
  defp opened(tenant, name, blob, state) do
    id = Seal.key_id(blob)

    with :error <- Seal.open(key(id, state), tenant, name, blob) do
      Error.tuple(
        :secret_key,
        "a secret does not open: it was sealed with the key #{Seal.shown(id)} and the keys here are " <>
          "#{Enum.map_join(all_ids(state), ", ", &Seal.shown/1)}. Either its key has to be put back, or it is not what " <>
          "was sealed, there, under this name",
        %{key: Seal.shown(id)}
      )
    end
  end

  # --- keys ----------------------------------------------------------------------------------------

  defp loaded_for(blob, state) do
    with :no_key <- loaded(state) do
      missing_file(
        state,
        "is missing, and there are secrets that were sealed with the key #{Seal.shown(Seal.key_id(blob))}"
      )
    end
  end

  defp missing_file(state, what) do
    Error.tuple(
      :secret_key,
      "the key file #{KeyFile.path(state.folder)} #{what}: put it back, or set WORKBOOKS_SECRET_KEY"
    )
  end

  defp loaded(state) do
    if source(state), do: :ok, else: load(state)
  end

  defp load(state) do
    with :none <- with({:ok, keys} <- given(state), do: {:setting, keys}),
         :none <- with({:ok, keys} <- KeyFile.read(KeyFile.path(state.folder)), do: {:file, keys}) do
      :no_key
    else
      {:error, error} -> {:error, error}
      {source, keys} -> take_up(source, keys, state)
    end
  end

  # What the setting's own function raises may have the setting in it.
  defp given(state) do
    Keys.given(state.secret_key)
  catch
    _kind, _reason -> Error.tuple(:secret_key, "secret_key: of Workbooks.Vars is a function that failed")
  end

  defp take_up(source, keys, state) do
    named = for key <- keys, do: {Seal.id(key), key}
    [{current, _key} | _] = named
    :ets.delete_all_objects(state.keys)
    :ets.insert(state.keys, for({id, key} <- named, do: {{:key, id}, key}))
    :ets.insert(state.keys, dummy: Seal.new_key(), ids: Enum.map(named, &elem(&1, 0)), source: source)
    # Last: from now on nothing is written that another key sealed.
    :ets.insert(ids(state.name), {:current, current})
    :ok
  end

  # The keys that a rotation goes to and comes from. What it adds is on the disk before it seals anything.
  defp renewed(state) do
    case {source(state), given_now(state)} do
      {_source, {:error, error}} -> {:error, error}
      {:setting, {:ok, keys}} -> take_up(:setting, keys, state)
      # One that was cut off, or that somebody began in the file.
      {:file, {:ok, [_, _ | _] = keys}} -> take_up(:file, keys, state)
      {:file, {:ok, [key]}} -> add_key([Seal.new_key(), key], state)
    end
  end

  defp add_key(keys, state) do
    with :ok <- KeyFile.replace(KeyFile.path(state.folder), keys), do: take_up(:file, keys, state)
  end

  # As they stand there by now; none that was read before is forgotten.
  defp given_now(state) do
    now =
      case source(state) do
        :setting -> given(state)
        :file -> KeyFile.read(KeyFile.path(state.folder))
      end

    case now do
      {:ok, keys} -> {:ok, Enum.uniq(keys ++ all_keys(state))}
      :none -> {:ok, all_keys(state)}
      {:error, error} -> {:error, error}
    end
  end

  defp forget_others(state) do
    [current | _] = all_keys(state)

    with :ok <- KeyFile.replace(KeyFile.path(state.folder), [current]), do: take_up(:file, [current], state)
  end

  defp source(state), do: get(:source, state)
  defp all_ids(state), do: get(:ids, state)
  defp current_id(state), do: hd(all_ids(state))
  defp others(state), do: tl(all_ids(state))
  defp all_keys(state), do: Enum.map(all_ids(state), &key(&1, state))
  defp key(id, state), do: get({:key, id}, state) || get(:dummy, state)

  defp get(what, state) do
    case :ets.lookup(state.keys, what) do
      [{_what, value}] -> value
      [] -> nil
    end
  end

  defp lost, do: Error.tuple(:internal, "a secret was lost on its way between two processes: please report it")

  defp ids(vault), do: Module.concat(vault, Ids)
end
