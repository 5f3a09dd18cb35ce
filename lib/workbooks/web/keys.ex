defmodule Workbooks.Web.Keys do
  @moduledoc """
  The keys that open the control plane, each for one tenant.

      iex> alias Workbooks.Web.Keys
      iex> {:ok, key} = Keys.create("doc-keys", name: "ci")
      iex> {:ok, %{tenant: "doc-keys", id: id}} = Keys.verify(key)
      iex> [%{id: ^id, name: "ci", revoked: nil}] = Keys.list("doc-keys")
      iex> Keys.revoke("doc-keys", id)
      :ok
      iex> Keys.verify(key)
      :error

  A key is a text, `wb_<id>_<secret>`, that nothing tells again: what is kept of it is the SHA-256 of its 32 random
  bytes, and they are compared in a time that says nothing. One that is revoked stays in the list.

  What is created and revoked is durable when it is answered, and verified from memory.

  ## Settings

      config :workbooks, Workbooks.Web.Keys, storage: MyApp.Storage

  | setting | default | what |
  | --- | --- | --- |
  | `storage:` | `Workbooks.Storage` | the storage that keeps them |

  Every function takes `keys:`, the process's name (`Workbooks.Web.Keys`), and those that write
  `timeout:`, in milliseconds (30,000). Where the storage cannot be read they answer its error.
  """

  alias Workbooks.{Error, Names, Options, Storage}
  alias Workbooks.Storage.Mirror
  alias Workbooks.Web.Keys.Table

  @type tenant :: String.t()
  @type id :: String.t()
  @type key :: %{id: id, name: String.t(), created: DateTime.t(), revoked: DateTime.t() | nil}
  @type option :: {:keys, atom} | {:timeout, timeout}

  @schema [name: {:any, __MODULE__}, storage: {:any, Storage}]
  @options [keys: {:any, __MODULE__}, timeout: {:timeout, 30_000}]

  @id_bytes 10
  @secret_bytes 32
  @name_characters 64
  # Nothing longer is a key, nor is hashed to find out.
  @longest 128

  @nobody %{hash: :crypto.hash(:sha256, ""), revoked: 0, tenant: ""}

  @doc "Starts the process that keeps them: `name:` (`Workbooks.Web.Keys`) and the settings above."
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options \\ []) do
    settings = Options.validate!(options, @schema, "Workbooks.Web.Keys")
    Mirror.start_link(name: settings.name, module: Table, table: "web", storage: settings.storage)
  end

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  @doc """
  A new key of a tenant: its text, which is never to be had again. `name:` (1 to 64 characters) is for people.

      iex> {:error, error} = Workbooks.Web.Keys.create("doc-keys", name: "")
      iex> error.message
      "a key's name is 1 to 64 characters, none of them a control character"
  """
  @spec create(tenant, [option | {:name, String.t()}]) :: {:ok, String.t()} | {:error, Error.t()}
  def create(tenant, options \\ []) do
    options = Options.validate!(options, [name: {:string, "key"}] ++ @options, "Workbooks.Web.Keys.create/2")

    with :ok <- Names.tenant(tenant), :ok <- named(options.name) do
      id = random(@id_bytes)
      secret = random(@secret_bytes)
      row = %{tenant: tenant, name: options.name, created: now(), revoked: nil, hash: hash(secret)}

      with :ok <- Mirror.write(options.keys, {:create, id, row}, options.timeout), do: {:ok, "wb_#{id}_#{secret}"}
    end
  end

  @doc "The keys of a tenant, the newest first; revoked ones too."
  @spec list(tenant, [option]) :: [key] | {:error, Error.t()}
  def list(tenant, options \\ []) do
    options = Options.validate!(options, @options, "Workbooks.Web.Keys.list/2")
    match = {{{tenant, :_, :"$1"}, :"$2"}, [], [{{:"$1", :"$2"}}]}

    with :ok <- Names.tenant(tenant), {:ok, rows} <- Mirror.select(options.keys, [match]) do
      for {id, row} <- Enum.reverse(rows), do: shown(id, row)
    end
  end

  @doc """
  Has a key open nothing any more, and ends the sessions that were begun with it. One of another tenant is
  `kind: :not_found`, as one that is not there.
  """
  @spec revoke(tenant, id, [option]) :: :ok | {:error, Error.t()}
  def revoke(tenant, id, options \\ []) do
    options = Options.validate!(options, @options, "Workbooks.Web.Keys.revoke/3")
    with :ok <- Names.tenant(tenant), do: Mirror.write(options.keys, {:revoke, tenant, id, now()}, options.timeout)
  end

  @doc """
  Whose key a text is: `:error` for one that is none, or was revoked. It takes as long for any of them.

      iex> for text <- ["", "wb_x_y", "Bearer"], do: Workbooks.Web.Keys.verify(text)
      [:error, :error, :error]
  """
  @spec verify(String.t(), [option]) :: {:ok, %{tenant: tenant, id: id}} | :error | {:error, Error.t()}
  def verify(text, options \\ [])

  def verify(text, options) when is_binary(text) and byte_size(text) <= @longest do
    options = Options.validate!(options, @options, "Workbooks.Web.Keys.verify/2")
    {id, secret} = parts(text)

    with {:ok, row} <- found(id, options.keys) do
      # Both are looked at, whichever says no.
      same? = :crypto.hash_equals(hash(secret), row.hash)
      if same? and row.revoked == nil, do: {:ok, whose(id, row)}, else: :error
    end
  end

  def verify(_other, _options), do: :error

  @doc """
  Whose key has this id, if it still opens something: for what was begun with a key and goes on.

      iex> Workbooks.Web.Keys.live("nobody")
      :error
  """
  @spec live(id, [option]) :: {:ok, %{tenant: tenant, id: id}} | :error | {:error, Error.t()}
  def live(id, options \\ []) do
    options = Options.validate!(options, @options, "Workbooks.Web.Keys.live/2")

    case Mirror.lookup(options.keys, {:key, id}) do
      {:ok, %{revoked: nil} = row} -> {:ok, whose(id, row)}
      {:ok, _revoked} -> :error
      other -> other
    end
  end

  # An id that is nobody's is compared as one that there is, with what nothing is equal to.
  defp found(id, keys) do
    with :error <- Mirror.lookup(keys, {:key, id}), do: {:ok, @nobody}
  end

  # A text that is no key has a secret too, for the sake of its time; `""` is nobody's id.
  defp parts(text) do
    case String.split(text, "_", parts: 3) do
      ["wb", id, secret] -> {id, secret}
      _no_key -> {"", text}
    end
  end

  # The secret is random and long: there is nothing to guess that a slow hash would have to slow down.
  defp hash(secret), do: :crypto.hash(:sha256, secret)

  defp whose(id, row), do: %{tenant: row.tenant, id: id}

  defp shown(id, row) do
    %{id: id, name: row.name, created: time(row.created), revoked: row.revoked && time(row.revoked)}
  end

  defp time(microseconds), do: DateTime.from_unix!(microseconds, :microsecond)
  defp now, do: System.os_time(:microsecond)
  defp random(bytes), do: Base.encode32(:crypto.strong_rand_bytes(bytes), case: :lower, padding: false)

  defp named(name) do
    if byte_size(name) in 1..(4 * @name_characters) and String.valid?(name) and
         length(String.codepoints(name)) <= @name_characters and not String.match?(name, ~r/[\x00-\x1f\x7f]/) do
      :ok
    else
      Error.tuple(:bad_value, "a key's name is 1 to #{@name_characters} characters, none of them a control character")
    end
  end
end
