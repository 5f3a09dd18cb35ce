defmodule Workbooks.Web.Audit do
  @moduledoc false
  # A line for each write: who, by which key, what, and what came of it. Never what was written.

  alias Workbooks.HTTP.Conn
  alias Workbooks.Telemetry
  require Logger

  @doc "Tells of a request that was answered, if it was a write of somebody's; the conn as it came."
  @spec written(Conn.t(), integer) :: Conn.t()
  def written(%{method: method, assigns: %{tenant: tenant, route: route}} = conn, begun)
      when method not in ["GET", "HEAD"] and not is_map_key(route.meta, :reads) do
    what = %{
      tenant: tenant,
      key: conn.assigns.key,
      via: conn.assigns.via,
      method: method,
      route: route.path,
      status: conn.status
    }

    Telemetry.execute([:workbooks, :web, :audit], %{duration: System.monotonic_time() - begun}, what)

    Logger.info(
      "audit: tenant=#{tenant} key=#{what.key} via=#{what.via} #{method} #{route.path} #{conn.status}",
      Map.to_list(what)
    )

    conn
  end

  def written(conn, _begun), do: conn
end
