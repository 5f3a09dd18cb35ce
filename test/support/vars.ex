defmodule Workbooks.TestVars do
  @moduledoc false
  # Stores of variables for tests, each with a storage, a vault and a folder of its own.

  import ExUnit.Callbacks, only: [on_exit: 1, start_supervised!: 2]

  alias Workbooks.{Storage, Vars}

  @memory [backend: Workbooks.TestMemoryStorage, url: "memory"]

  @doc """
  The name of a new store. `storage:` are options of its storage, `vars:` of `Workbooks.Vars.children/1`,
  `folder:` that of the key.
  """
  def start(options \\ []) do
    name = Module.concat(__MODULE__, "T#{System.unique_integer([:positive])}")
    folder = Keyword.get_lazy(options, :folder, &folder/0)
    storage = Module.concat(name, Storage)
    start_supervised!({Storage, [name: storage] ++ Keyword.get(options, :storage, @memory)}, id: storage)

    [name: name, storage: storage, folder: folder]
    |> Keyword.merge(Keyword.get(options, :vars, []))
    |> Vars.children()
    |> Enum.each(&start_supervised!(&1, []))

    name
  end

  @doc "A folder for one test."
  def folder do
    folder = Path.join(System.tmp_dir!(), "workbooks-vars-#{System.pid()}-#{System.unique_integer([:positive])}")
    on_exit(fn -> File.rm_rf!(folder) end)
    folder
  end

  @doc "The processes of a store, by what they are."
  def processes(store) do
    [
      store: store,
      vault: Module.concat(store, Vault),
      subscribers: Module.concat(store, Subscribers),
      storage: Module.concat(store, Storage)
    ]
  end

  @doc "Ends a process as nothing else does, and waits until it is there again."
  def kill(name) do
    pid = Process.whereis(name)
    monitor = Process.monitor(pid)
    Process.exit(pid, :kill)
    receive do: ({:DOWN, ^monitor, :process, _pid, _reason} -> :ok)
    Workbooks.TestWait.until(fn -> Process.whereis(name) not in [nil, pid] end)
  end

  @doc "A key as the settings take it."
  def key, do: Base.encode64(:crypto.strong_rand_bytes(32))
end
