defmodule Workbooks.Vars do
  @moduledoc """
  Variables and secrets per tenant: `Workbooks.Vars.Store` has the calls, this how they are kept.

  All of them are in memory for readers, and in the store of `Workbooks.Storage`, durable before a write
  is acknowledged. Secrets are sealed wherever they are, in memory too: by AES-256-GCM, with a fresh nonce
  each time, for their tenant and name alone, so that what was sealed for one place opens at no other. The
  key is known to one process. A secret itself is only in the process that sets it or asks for it by
  `Workbooks.Vars.Store.host_secret/2` or `ref/3`; it is in no message, log, crash report or dump of any other.

  ## Settings

      config :workbooks, Workbooks.Vars, max_value_bytes: 65_536

  | setting | default | what |
  | --- | --- | --- |
  | `secret_key:` | `WORKBOOKS_SECRET_KEY` | 32 bytes in base64, or several of those between commas: the first seals, the others are only read with. A function that gives them is fine too. What is no key stops the start |
  | `max_value_bytes:` | 1,048,576 | the largest value; at most 33,554,432 |
  | `max_batch:` | 10,000 | variables that are set at once |
  | `max_batch_bytes:` | 33,554,432 | the bytes of their values |
  | `max_text_bytes:` | 16,777,216 | the largest template of `ref/3`, and what may come of it |

  ## The key

  Without a setting the key is a file, `secret.key`, in the storage's folder (with PostgreSQL too). It is
  made with the first secret, for its owner alone; a file that others may open is refused. **Without it
  the secrets are lost**: keep a copy apart from the backups of the store, and after
  `Workbooks.Vars.Store.rotate_key/1` the old copy as long as the backups from before. A setting takes
  the place of the file: to go over to one, put the file's key behind the new one and rotate.

  What the configuration or the environment has, all code in the virtual machine can read; of the file's
  key only the process has it that seals and opens.
  """

  alias Workbooks.{Error, Options, Storage}
  alias Workbooks.Vars.{Keys, Secrets, Settings, Store, Subscribers, Vault}

  # A value, sealed and in an envelope, has to fit into what the storage takes.
  @most_value 33_554_432

  @schema [
    name: {:any, Store},
    storage: {:any, Storage},
    folder: {:any, nil},
    secret_key: {:any, nil},
    max_value_bytes: {:positive, 1_048_576},
    max_batch: {:positive, 10_000},
    max_batch_bytes: {:positive, 33_554_432},
    max_text_bytes: {:positive, 16_777_216}
  ]

  @doc """
  What a supervisor has to start for a store of variables, in this order and `:rest_for_one`: the first
  keeps who subscribed, and may stand before the storage.

  Options are the settings above, and `name:` (`Workbooks.Vars.Store`), `storage:` (`Workbooks.Storage`) and
  `folder:` (of the key file; the storage's). `secret_key:` is a function here: a key would be shown
  among the supervisor's children. Without it the configuration is asked.
  """
  @spec children(keyword) :: [Supervisor.child_spec()]
  def children(options \\ []) do
    settings = Options.validate!(options, @schema, "Workbooks.Vars")
    key = settings.secret_key

    unless key == nil or is_function(key, 0) do
      raise ArgumentError, "option :secret_key of Workbooks.Vars.children/1 must be a function without arguments"
    end

    if settings.max_value_bytes > @most_value do
      raise ArgumentError,
            "option :max_value_bytes of Workbooks.Vars must be at most #{@most_value}, got: #{settings.max_value_bytes}"
    end

    vault = Module.concat(settings.name, "Vault")
    subscribers = Module.concat(settings.name, "Subscribers")
    folder = Storage.folder(settings.folder)

    [
      {Subscribers, name: subscribers},
      {Vault, name: vault, folder: folder, secret_key: key || (&__MODULE__.configured_key/0)},
      {Store,
       settings
       |> Map.drop([:secret_key, :folder])
       |> Map.merge(%{vault: vault, subscribers: subscribers})}
    ]
    |> Enum.map(&Supervisor.child_spec(&1, []))
  end

  @doc false
  # Whether the key that is configured can be one, so that the start can say so, before anybody relies on
  # it. A function is asked when its key is needed.
  @spec check_key() :: :ok | {:error, Error.t()}
  def check_key do
    setting = configured_key()

    case if(is_function(setting), do: :none, else: Keys.given(setting)) do
      {:error, error} -> {:error, error}
      _keys_or_none -> :ok
    end
  end

  @doc false
  # A secret of this library's own, for whoever keeps the bytes that come of it. No tenant is called "".
  @spec seal_own(String.t(), binary) :: {:ok, binary} | {:error, Error.t()}
  def seal_own(name, value) do
    with {:ok, settings} <- Settings.get(Store),
         {:ok, [blob]} <- Secrets.seal(settings, "", [{name, value}], 30_000),
         do: {:ok, blob}
  end

  @doc false
  # What `seal_own/2` sealed; `kind: :secret_key` where its key is gone.
  @spec open_own(String.t(), binary) :: {:ok, binary} | {:error, Error.t()}
  def open_own(name, blob) do
    with {:ok, settings} <- Settings.get(Store), do: Vault.open(settings.vault, "", name, blob, 30_000)
  end

  @doc false
  # Asked for when a key is needed first, so that nothing keeps it in between.
  def configured_key, do: Application.get_env(:workbooks, __MODULE__, [])[:secret_key]
end
