defmodule Workbooks.Storage.Postgres do
  @moduledoc """
  The store in a PostgreSQL database (11 or later): for data that outgrows a machine's disk, or that a
  database server keeps safe anyway.

  Its tables, `records` and `meta`, are made in a schema of their own. One session holds a lock and
  makes every commit, so that who has lost the lock cannot write; `pool:` others read. A connection
  that is lost is made again; what became of a commit on its way is looked up, not guessed.

      postgres://user:password@host:5432/database?sslmode=require

  | `sslmode` | what |
  | --- | --- |
  | none | `disable` for this machine, else `require` |
  | `disable` | in the clear |
  | `require`, `verify-full` | encrypted, to a server that proves its name: by the web's authorities, or by those in the PEM file `sslrootcert=` |

  The lock belongs to a session: a pooler that lends sessions by the transaction (PgBouncer's
  `pool_mode = transaction`) cannot keep it. Name the server's own port, or use `pool_mode = session`.
  """
  @behaviour Workbooks.Storage.Backend

  alias Workbooks.Storage.Engine

  @connect_ms 5_000
  @statement_ms 30_000

  @impl true
  def open(settings), do: Engine.open(options(settings))

  @impl true
  def restore(path, settings, timeout) do
    Engine.restore(path, options(settings), Map.get(settings, :replace, false), timeout)
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

  defp options(%{url: url, schema: schema, pool: pool}) do
    {:postgres, url, schema, pool, @connect_ms, @statement_ms}
  end
end
