defmodule Workbooks.Web.Operation do
  @moduledoc false
  # A route of the API, with all that is said of it: who may, what it takes, what it answers. What is checked, what is
  # described and what is tried all come from here.
  #
  #     id:        its name in the description
  #     summary:   what it does
  #     auth:      :tenant (the default), :open
  #     params:    schemas of the path's
  #     query:     schemas of the query's; nil where it does not matter
  #     headers:   schemas of those of the request that mean something here
  #     takes:     %{json: schema, required: boolean} or %{text: content types}
  #     max_body:  bytes, or a function that says; the settings' for all
  #     answers:   %{status => {what, schema | {:text, content type} | {:events, schema} | nil}}
  #     reads:     true where a POST changes nothing
  #     errors:    codes beside those that any of its kind may answer

  alias Workbooks.HTTP.Route

  @defaults %{
    kind: :api,
    auth: :tenant,
    params: %{},
    query: %{},
    headers: %{},
    takes: nil,
    errors: []
  }

  @doc "A route, answered by `module.function(conn)`."
  @spec route(atom, String.t(), {module, atom}, keyword) :: Route.t()
  def route(method, path, to, what), do: Route.new(method, path, to, Map.merge(@defaults, Map.new(what)))

  @doc "Every code that a route may answer."
  @spec errors(Route.t()) :: [atom]
  def errors(%Route{method: method, meta: meta}) do
    any = [:bad_request, :internal, :unavailable]
    tenant = if meta.auth == :tenant, do: [:unauthorized, :rate_limited], else: []
    # Whoever writes by a session's cookie has to bring its token.
    writes = if meta.auth == :tenant and method != "GET", do: [:forbidden], else: []
    takes = if meta.takes, do: [:too_large], else: []
    Enum.uniq(any ++ tenant ++ writes ++ takes ++ meta.errors)
  end
end
