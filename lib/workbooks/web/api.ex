defmodule Workbooks.Web.API do
  @moduledoc """
  The routes of the control plane that speak JSON.
  """

  alias Workbooks.HTTP.{Conn, Route}
  alias Workbooks.JSON

  @open %{auth: :open, kind: :api}

  @routes [
    Route.new(:get, "/health", {__MODULE__, :health}, @open),
    Route.new(:get, "/.well-known/workbooks-runtime", {__MODULE__, :runtime}, @open)
  ]

  @doc "All of them."
  @spec routes :: [Route.t()]
  def routes, do: @routes

  @doc false
  def health(conn), do: json(conn, 200, %{status: "ok"})

  @doc false
  def runtime(conn) do
    version = :workbooks |> Application.spec(:vsn) |> to_string()
    json(conn, 200, %{runtime: "workbooks", version: version, api: "/api", openapi: "/openapi.json"})
  end

  defp json(conn, status, body) do
    Conn.respond(conn, status, [JSON.encode!(body), ?\n], [{"content-type", "application/json"}])
  end
end
