defmodule Workbooks.Vars.Store do
  @moduledoc """
  The variables and secrets of each tenant.

      iex> alias Workbooks.Vars.Store
      iex> Store.set("doc-store", "greeting", "hello")
      :ok
      iex> Store.set("doc-store", "token", "k3y", secret: true)
      :ok
      iex> Store.get("doc-store", "greeting")
      {:ok, "hello"}
      iex> Store.get("doc-store", "token")
      {:secret, :redacted, 3}
      iex> Store.list("doc-store")
      %{"greeting" => :plain, "token" => :secret}
      iex> Store.ref("doc-store", "{{greeting}}, {{secret:token}}", :host)
      {:ok, "hello, k3y"}

  `Workbooks.Vars` says how they are kept, and has the settings.

  Reading takes a look into memory: it waits for no writer. A write that was answered with `:ok` is
  durable; one that was answered with an error was not made, unless the error's `details` have
  `unknown: true` or its kind is `:timeout`. A tenant that is none, or has nothing, reads as one without
  variables; to write, it and the variable have to be named as `Workbooks.Names` says.

  The last argument of each function is options: `store:` (which one; `Workbooks.Vars.Store`), and of
  those that write `timeout:` (milliseconds; 30,000).
  """

  alias Workbooks.{Error, Names, Options}
  alias Workbooks.Storage.Mirror
  alias Workbooks.Vars.{Rotation, Seal, Secrets, Settings, Subscribers, Table, Template, Transfer, Writer}

  @type tenant :: String.t()
  @type key :: String.t()
  @type option :: {:store, atom} | {:timeout, timeout}

  @doc false
  # With the settings that `Workbooks.Vars.children/1` makes.
  def start_link(settings) do
    Settings.put(settings.name, settings)

    Mirror.start_link(
      name: settings.name,
      module: Table,
      table: Table.name(),
      storage: settings.storage,
      context: Map.take(settings, [:vault, :subscribers])
    )
  end

  @doc false
  def child_spec(settings), do: %{id: settings.name, start: {__MODULE__, :start_link, [settings]}}

  # --- reading -------------------------------------------------------------------------------------

  @doc """
  A variable's value; of a secret that it is one, and how many bytes it has; `:error` where there is none.

      iex> Workbooks.Vars.Store.get("doc-store", "nothing-here")
      :error
  """
  @spec get(tenant, key) :: {:ok, binary} | {:secret, :redacted, non_neg_integer} | :error | {:error, Error.t()}
  def get(tenant, key), do: read(__MODULE__, tenant, key)

  @doc "As `get/2`, with options."
  @spec get(tenant, key, [option]) ::
          {:ok, binary} | {:secret, :redacted, non_neg_integer} | :error | {:error, Error.t()}
  # As quick as without: nothing else can be said here.
  def get(tenant, key, store: store) when is_atom(store), do: read(store, tenant, key)
  def get(tenant, key, options), do: read(store(options, "get/3"), tenant, key)

  # Every run of a workbook comes by here: nothing stands between this and the table.
  @compile {:inline, read: 3}
  defp read(store, tenant, key) do
    case :ets.lookup(store, {tenant, key}) do
      [{_place, {:plain, value}}] -> {:ok, value}
      [{_place, {:secret, blob}}] -> {:secret, :redacted, Seal.size(blob)}
      [] -> :error
    end
  rescue
    # There is no table before the first reader.
    ArgumentError ->
      with {:ok, _settings} <- Settings.get(store), :ok <- Mirror.ready(store), do: get(tenant, key, store: store)
  end

  @doc "What a tenant has: the names, and of each whether it is a secret."
  @spec list(tenant, [option]) :: %{key => :plain | :secret} | {:error, Error.t()}
  def list(tenant, options \\ [])

  def list(tenant, options) when is_binary(tenant) do
    names = [
      {{{tenant, :"$1"}, :plain}, [], [{{:"$1", :plain}}]},
      {{{tenant, :"$1"}, {:secret, :_}}, [], [{{:"$1", :secret}}]}
    ]

    with {:ok, pairs} <- Mirror.select(store(options, "list/2"), names), do: Map.new(pairs)
  end

  # In a pattern an atom could stand for every tenant.
  def list(tenant, _options), do: Names.tenant(tenant)

  @doc """
  A text with `{{key}}` and `{{secret:key}}` filled in; `{{ key }}` is the same.

  For a `:guest` the placeholders of secrets stay as they are; for the `:host` they are filled. Names
  that there are not are told, all of them; so is `{{secret:key}}` where `key` is no secret. What is
  filled in is not looked through again, and what is no placeholder stays.

      iex> alias Workbooks.Vars.Store
      iex> Store.set_all("doc-ref", [{"name", "Ada"}, {"odd", "{{name}}"}])
      :ok
      iex> Store.set("doc-ref", "pin", "1234", secret: true)
      :ok
      iex> Store.ref("doc-ref", "{{name}} {{odd}} {{ pin }} {{secret:pin}} {{}}", :guest)
      {:ok, "Ada {{name}} {{ pin }} {{secret:pin}} {{}}"}
      iex> Store.ref("doc-ref", "{{name}} {{pin}} {{secret:pin}}", :host)
      {:ok, "Ada 1234 1234"}
      iex> Store.ref("doc-ref", "{{nome}} {{secret:name}}", :guest)
      {:error, {:unknown, ["nome", "secret:name"]}}
  """
  @spec ref(tenant, template :: binary, :guest | :host, [option]) ::
          {:ok, binary} | {:error, {:unknown, [String.t()]}} | {:error, Error.t()}
  def ref(tenant, template, mode, options \\ []) when mode in [:guest, :host] do
    with {:ok, settings} <- options |> store("ref/4") |> Settings.get() do
      most = settings.max_text_bytes

      cond do
        not is_binary(template) -> Error.tuple(:bad_value, "a template must be a binary")
        byte_size(template) > most -> Error.tuple(:too_large, "a template has at most #{most} bytes (max_text_bytes:)")
        true -> Template.fill(template, most, &resolve(&1, tenant, mode, settings))
      end
    end
  end

  defp resolve({kind, key}, tenant, mode, settings) do
    case Mirror.lookup(settings.name, {tenant, key}) do
      {:ok, {:plain, value}} when kind == :any -> {:ok, value}
      {:ok, {:secret, _blob}} when mode == :guest -> :keep
      {:ok, {:secret, blob}} -> with :error <- Secrets.open(settings, tenant, key, blob), do: :unknown
      {:error, error} -> {:error, error}
      _plain_or_none -> :unknown
    end
  end

  @doc """
  A secret's value, for the host's own code: whoever calls this has to keep it. `:error` where there is no
  such secret.

      iex> Workbooks.Vars.Store.set("doc-secret", "token", "k3y", secret: true)
      :ok
      iex> Workbooks.Vars.Store.host_secret("doc-secret", "token")
      {:ok, "k3y"}
  """
  @spec host_secret(tenant, key, [option]) :: {:ok, binary} | :error | {:error, Error.t()}
  def host_secret(tenant, key, options \\ []) do
    store = store(options, "host_secret/3")

    case Mirror.lookup(store, {tenant, key}) do
      {:ok, {:secret, blob}} ->
        with {:ok, settings} <- Settings.get(store), do: Secrets.open(settings, tenant, key, blob)

      {:ok, {:plain, _value}} ->
        :error

      other ->
        other
    end
  end

  # --- writing -------------------------------------------------------------------------------------

  @doc """
  Sets a variable; with `secret: true` it is a secret from then on, without it none.

      iex> Workbooks.Vars.Store.set("doc-set", "a/b", "1")
      {:error, %Workbooks.Error{kind: :bad_name, message: ~s("a/b" is no variable name: 1 to 128 bytes of letters and digits, composed (NFC\\), and _ . -, the first no . or -)}}
  """
  @spec set(tenant, key, binary, [option | {:secret, boolean}]) :: :ok | {:error, Error.t()}
  def set(tenant, key, value, options \\ []), do: put(tenant, [{key, value}], options, "set/4")

  @doc """
  Sets several variables of a tenant, a map or a list of pairs: all of them, or with an error none. Of a
  key that is there twice the last counts.

      iex> Workbooks.Vars.Store.set_all("doc-all", %{"a" => "1", "b" => "2"})
      :ok
      iex> Workbooks.Vars.Store.list("doc-all")
      %{"a" => :plain, "b" => :plain}
  """
  @spec set_all(tenant, %{key => binary} | [{key, binary}], [option | {:secret, boolean}]) :: :ok | {:error, Error.t()}
  def set_all(tenant, pairs, options \\ []), do: put(tenant, pairs, options, "set_all/3")

  defp put(tenant, pairs, options, where) do
    options = writing(options, [secret: {:any, false}], where)

    with {:ok, settings} <- Settings.get(options.store),
         do: Writer.put(settings, tenant, pairs, options.secret, options.timeout)
  end

  @doc """
  Sets a variable if it is what is expected, `nil` for absent; else the error is a `:conflict`.

  A secret stays a secret, and a plain variable plain, unless `secret:` says otherwise.

      iex> alias Workbooks.Vars.Store
      iex> Store.compare_and_set("doc-cas", "count", nil, "1")
      :ok
      iex> Store.compare_and_set("doc-cas", "count", "1", "2")
      :ok
      iex> {:error, error} = Store.compare_and_set("doc-cas", "count", "1", "2")
      iex> error.kind
      :conflict
  """
  @spec compare_and_set(tenant, key, expected :: binary | nil, binary, [option | {:secret, boolean}]) ::
          :ok | {:error, Error.t()}
  def compare_and_set(tenant, key, expected, new, options \\ []) do
    options = writing(options, [secret: {:any, nil}], "compare_and_set/5")

    with {:ok, settings} <- Settings.get(options.store) do
      Writer.swap(settings, tenant, key, expected, new, options.secret, options.timeout)
    end
  end

  @doc """
  Removes a variable; one that is not there is as good as removed.

      iex> Workbooks.Vars.Store.delete("doc-delete", "a")
      :ok
  """
  @spec delete(tenant, key, [option]) :: :ok | {:error, Error.t()}
  def delete(tenant, key, options \\ []) do
    options = writing(options, [], "delete/3")
    with {:ok, settings} <- Settings.get(options.store), do: Writer.delete(settings, tenant, key, options.timeout)
  end

  # --- being told ----------------------------------------------------------------------------------

  @doc """
  Has the calling process told of each change of a tenant's variables, once it is durable:
  `{:vars, tenant, key, :set | :delete}`, without the value. A secret that a new key seals is set too.

      iex> alias Workbooks.Vars.Store
      iex> Store.subscribe("doc-told")
      :ok
      iex> Store.set("doc-told", "a", "1")
      :ok
      iex> receive do: (message -> message)
      {:vars, "doc-told", "a", :set}
      iex> Store.unsubscribe("doc-told")
      :ok
  """
  @spec subscribe(tenant, [option]) :: :ok | {:error, Error.t()}
  def subscribe(tenant, options \\ []), do: subscribers(tenant, options, "subscribe/2", &Subscribers.add/2)

  @doc "Undoes `subscribe/2`."
  @spec unsubscribe(tenant, [option]) :: :ok | {:error, Error.t()}
  def unsubscribe(tenant, options \\ []), do: subscribers(tenant, options, "unsubscribe/2", &Subscribers.remove/2)

  defp subscribers(tenant, options, where, function) do
    with :ok <- Names.tenant(tenant), {:ok, settings} <- options |> store(where) |> Settings.get() do
      function.(settings.subscribers, tenant)
    end
  end

  # --- moving --------------------------------------------------------------------------------------

  @doc """
  All variables of a tenant as a JSON text, for `import/3`. Secrets are sealed in it: they can be imported
  where their key is, for this tenant.

      iex> Workbooks.Vars.Store.set("doc-export", "a", "1")
      :ok
      iex> Workbooks.Vars.Store.export("doc-export")
      {:ok, ~s({"format":1,"keys":[],"tenant":"doc-export","vars":{"a":{"text":"1"}}})}
  """
  @spec export(tenant, [option]) :: {:ok, binary} | {:error, Error.t()}
  def export(tenant, options \\ []) do
    with :ok <- Names.tenant(tenant), {:ok, settings} <- options |> store("export/2") |> Settings.get() do
      Transfer.export(settings, tenant)
    end
  end

  @doc """
  Sets what an export has, all of it or, with an error, nothing; other variables of the tenant stay. An
  export without secrets can be another tenant's.

      iex> Workbooks.Vars.Store.import("doc-import", ~s({"format":1,"tenant":"doc-import","vars":{"a":{"text":"1"}}}))
      :ok
      iex> Workbooks.Vars.Store.get("doc-import", "a")
      {:ok, "1"}
  """
  @spec import(tenant, binary, [option]) :: :ok | {:error, Error.t()}
  def import(tenant, export, options \\ []) do
    options = writing(options, [], "import/3")
    with {:ok, settings} <- Settings.get(options.store), do: Transfer.import(settings, tenant, export, options.timeout)
  end

  @doc """
  Has a new key seal all secrets, while they are read and written.

  A key file gets a new key, and loses the old one when no secret is under it any more. Where the keys
  are given by a setting, that is asked for anew, the first of them is the new one, and `retired` are those
  that may be taken out of it. Cut off, everything can still be read, and another call goes on with it. What was exported
  or backed up before opens with the old key alone.

      iex> {:ok, %{key: _, rewritten: _, retired: _}} = Workbooks.Vars.Store.rotate_key()
      iex> :ok
      :ok
  """
  @spec rotate_key([option]) ::
          {:ok, %{key: String.t() | nil, rewritten: non_neg_integer, retired: [String.t()]}} | {:error, Error.t()}
  def rotate_key(options \\ []) do
    with {:ok, settings} <- options |> store("rotate_key/1") |> Settings.get(), do: Rotation.run(settings)
  end

  # --- options -------------------------------------------------------------------------------------

  defp store([], _where), do: __MODULE__

  defp store(options, where) do
    named(Options.validate!(options, [store: {:any, __MODULE__}], where(where)), where).store
  end

  defp writing(options, more, where) do
    schema = [store: {:any, __MODULE__}, timeout: {:timeout, 30_000}] ++ more
    options = options |> Options.validate!(schema, where(where)) |> named(where)

    # Not by the schema: its message would show what is there instead, which may be the secret.
    if Map.get(options, :secret) in [nil, true, false],
      do: options,
      else: raise(ArgumentError, "option :secret of #{where(where)} must be true or false")
  end

  # A pid would not do: the table has the name of its process.
  defp named(%{store: store} = options, where) do
    if is_atom(store),
      do: options,
      else: raise(ArgumentError, "option :store of #{where(where)} must be a store's name, got: #{inspect(store)}")
  end

  defp where(where), do: "Workbooks.Vars.Store.#{where}"
end
