defmodule Workbooks.Web.API do
  @moduledoc """
  The routes of the control plane that speak JSON, and their description (OpenAPI 3.1).

  `guides/api.md` shows them in use.
  """

  alias Workbooks.HTTP.{Conn, Route}
  alias Workbooks.Web.{API, Metrics, OpenAPI, Operation, Reply}

  import Workbooks.Web.API.Schemas, only: [object: 1]

  @doc """
  All of them.

      iex> paths = for route <- Workbooks.Web.API.routes(), do: route.path
      iex> "/api/workbooks/:id/run" in paths
      true
  """
  @spec routes :: [Route.t()]
  def routes do
    own() ++
      API.Workbooks.routes() ++
      API.Pipeline.routes() ++ API.Runs.routes() ++ API.Vars.routes() ++ API.Domains.routes() ++ API.Keys.routes()
  end

  defp own do
    text = %{type: "string"}

    [
      Operation.route(:get, "/health", {__MODULE__, :health},
        id: "getHealth",
        summary: "Whether this answers",
        auth: :open,
        query: nil,
        answers: %{200 => {"it does", object(status: text)}}
      ),
      Operation.route(:get, "/.well-known/workbooks-runtime", {__MODULE__, :runtime},
        id: "getRuntime",
        summary: "What this is, and where",
        auth: :open,
        query: nil,
        answers: %{200 => {"its version and paths", object(runtime: text, version: text, api: text, openapi: text)}}
      ),
      Operation.route(:get, "/openapi.json", {__MODULE__, :openapi},
        id: "getDescription",
        summary: "This description",
        answers: %{200 => {"OpenAPI 3.1", %{type: "object", additionalProperties: true}}}
      ),
      Operation.route(:get, "/metrics", {__MODULE__, :metrics},
        id: "getMetrics",
        summary: "What the virtual machine and the engine are at, as Prometheus reads it",
        answers: %{200 => {"the metrics", {:text, "text/plain"}}}
      )
    ]
  end

  @doc false
  def health(conn), do: Reply.json(conn, 200, %{status: "ok"})

  @doc false
  def runtime(conn) do
    Reply.json(conn, 200, %{
      runtime: "workbooks",
      version: OpenAPI.version(),
      api: Reply.path(conn, ["api"]),
      openapi: Reply.path(conn, ["openapi.json"])
    })
  end

  @doc false
  def openapi(conn), do: Reply.json(conn, 200, OpenAPI.document(routes(), Enum.map_join(conn.script, &("/" <> &1))))

  @doc false
  def metrics(conn) do
    Conn.respond(conn, 200, Metrics.text(), [{"content-type", "text/plain; version=0.0.4; charset=utf-8"}])
  end
end
