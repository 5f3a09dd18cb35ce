defmodule Workbooks.Web.OpenAPI do
  @moduledoc false
  # The description of the API, made of its routes.

  alias Workbooks.HTTP.Route
  alias Workbooks.Web.{Errors, Operation}
  alias Workbooks.Web.API.Schemas

  @doc "Of these routes, below a path."
  @spec document([Route.t()], String.t()) :: map
  def document(routes, base \\ "") do
    %{
      openapi: "3.1.0",
      info: %{
        title: "Workbooks",
        version: version(),
        description: "The control plane: sources of workbooks, their runs, variables, hosts and keys."
      },
      servers: [%{url: if(base == "", do: "/", else: base)}],
      paths:
        routes |> Enum.group_by(&path/1) |> Map.new(fn {path, routes} -> {path, Map.new(routes, &operation/1)} end),
      components: %{
        schemas: Schemas.components(),
        responses: for({code, status} <- Errors.statuses(), into: %{}, do: {to_string(code), refusal(code, status)}),
        securitySchemes: %{
          key: %{type: "http", scheme: "bearer", description: "a key, wb_…: the tenant is the key's"},
          session: %{
            type: "apiKey",
            in: "cookie",
            name: "wb_session",
            description: "a session of a browser; what it writes has to bring its token in x-csrf-token"
          }
        }
      }
    }
  end

  @doc "The version of this library."
  @spec version :: String.t()
  def version, do: :workbooks |> Application.spec(:vsn) |> to_string()

  defp path(route) do
    Enum.map_join(route.segments, fn
      {:param, name} -> "/{#{name}}"
      segment -> "/" <> segment
    end)
  end

  defp operation(%Route{method: method, meta: meta} = route) do
    {String.downcase(method),
     %{
       operationId: meta.id,
       summary: meta.summary,
       parameters: parameters(meta),
       responses: Map.merge(answers(meta.answers), errors(route)),
       security: if(meta.auth == :open, do: [], else: [%{key: []}, %{session: []}])
     }
     |> Map.merge(body(meta.takes))}
  end

  defp parameters(meta) do
    for({name, schema} <- meta.params, do: %{name: name, in: "path", required: true, schema: schema}) ++
      for({name, schema} <- meta.query || %{}, do: %{name: name, in: "query", required: false, schema: schema}) ++
      for(
        {name, schema} <- meta.headers,
        do: %{name: name, in: "header", required: false, schema: schema}
      )
  end

  defp body(nil), do: %{}

  defp body(%{json: schema, required: required}) do
    %{requestBody: %{required: required, content: %{"application/json" => %{schema: schema}}}}
  end

  defp body(%{text: types}) do
    %{requestBody: %{required: true, content: Map.new(types, &{&1, %{schema: %{type: "string"}}})}}
  end

  defp answers(answers),
    do: Map.new(answers, fn {status, {what, schema}} -> {to_string(status), answer(what, schema)} end)

  defp answer(what, nil), do: %{description: what}
  defp answer(what, {:text, type}), do: %{description: what, content: %{type => %{schema: %{type: "string"}}}}
  defp answer(what, {:events, event}), do: %{description: what, content: %{"text/event-stream" => %{schema: event}}}
  defp answer(what, schema), do: %{description: what, content: %{"application/json" => %{schema: schema}}}

  defp errors(route) do
    for code <- Operation.errors(route), into: %{} do
      {to_string(Errors.statuses()[code]), %{"$ref": "#/components/responses/#{code}"}}
    end
  end

  @meanings %{
    bad_request: "the request is none that this takes",
    unauthorized: "a key is needed, and this is none",
    forbidden: "the session's token is missing, or another site sent this",
    not_found: "there is no such thing of this tenant's",
    conflict: "somebody else was first",
    too_large: "the body is too large",
    unprocessable: "the workbook cannot be done this with",
    rate_limited: "too many requests: Retry-After says when to come again",
    internal: "a fault on this side",
    unavailable: "not now: Retry-After says when to come again"
  }

  defp refusal(code, _status) do
    %{
      description: Map.fetch!(@meanings, code),
      content: %{"application/json" => %{schema: Schemas.ref("Error")}}
    }
  end
end
