defmodule Workbooks.Storage.Embedded do
  @moduledoc """
  The store in one file, `store.redb`, that needs no server: the default.

  The folder is its owner's alone. Beside the file lies `store.lock`, which names the process that has
  the store open, and says that there is one: a file that is gone or damaged is reported, never
  replaced by an empty one. Every page of the file is checked whenever the store is opened.

  | file | what |
  | --- | --- |
  | `store.redb` | the records |
  | `store.lock` | who has it open |
  | `store.redb.format-1` | a copy from before the format changed with a new version |
  | `store.redb.before-…` | what `Workbooks.Storage.restore/2` set aside |
  """
  @behaviour Workbooks.Storage.Backend

  alias Workbooks.Storage.Engine

  @impl true
  def open(settings) do
    with :ok <- Engine.path(settings.folder), do: Engine.open(options(settings))
  end

  @impl true
  def restore(path, settings, timeout) do
    with :ok <- Engine.path(settings.folder) do
      Engine.restore(path, options(settings), Map.get(settings, :replace, false), timeout)
    end
  end

  @impl true
  defdelegate get(handle, table, key, timeout), to: Engine

  @impl true
  defdelegate transaction(handle, operations, timeout), to: Engine

  @impl true
  defdelegate page(handle, table, after_key, bytes, timeout), to: Engine

  @impl true
  defdelegate backup(handle, path, timeout), to: Engine

  @impl true
  defdelegate info(handle, timeout), to: Engine

  @impl true
  defdelegate close(handle), to: Engine

  defp options(settings), do: {:embedded, settings.folder}
end
