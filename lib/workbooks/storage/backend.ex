defmodule Workbooks.Storage.Backend do
  @moduledoc """
  What keeps the tables of `Workbooks.Storage`: a behaviour.

  `Workbooks.Storage.Embedded` and `Workbooks.Storage.Postgres` are this library's. Another one is named
  by `config :workbooks, Workbooks.Storage, backend: MyBackend`, and has to keep what is promised
  there: one virtual machine at a time, all or nothing, durable when acknowledged.

  All calls block, in the process that makes them, and come from any number of processes at once.
  Settings are those of `Workbooks.Storage`, as a map.
  """

  alias Workbooks.Error

  @type table :: String.t()
  @type operation :: {:put, table, key :: binary, value :: binary} | {:delete, table, key :: binary}
  @type handle :: term

  @doc "Opens, or makes, what the settings name. Whoever calls this owns it: it is closed when that process ends."
  @callback open(settings :: map) :: {:ok, handle} | {:error, Error.t()}
  @doc "A value; `:error` where there is none."
  @callback get(handle, table, key :: binary, timeout) :: {:ok, binary} | :error | {:error, Error.t()}
  @doc """
  Writes all of it or nothing, durably. An error means nothing was written, unless its `details` have
  `unknown: true`.
  """
  @callback transaction(handle, [operation], timeout) :: :ok | {:error, Error.t()}
  @doc "Rows in the order of their keys, from the first behind `after`, some `bytes` of them, and the key to go on after."
  @callback page(handle, table, after_key :: binary | nil, bytes :: pos_integer, timeout) ::
              {:ok, [{key :: binary, value :: binary}], next :: binary | nil} | {:error, Error.t()}
  @doc "Writes a copy of everything, as it is at one moment, to a new file, while writers go on."
  @callback backup(handle, Path.t(), timeout) :: :ok | {:error, Error.t()}
  @doc "Makes the store that the settings name out of a backup. One that is there is kept aside with `replace: true`, else refused."
  @callback restore(Path.t(), settings :: map, timeout) :: :ok | {:error, Error.t()}
  @doc "What and where it is."
  @callback info(handle, timeout) :: {:ok, map} | {:error, Error.t()}
  @doc "Closes it. When this answers, another may open it."
  @callback close(handle) :: :ok
end
