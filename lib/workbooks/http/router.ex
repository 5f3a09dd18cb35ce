defmodule Workbooks.HTTP.Router do
  @moduledoc """
  A table of routes, and which of them a request is for.

  A plane's routes are one list of data, so that whatever has to agree with it (an API description, a test of who
  may do what) is made from the same list.

      iex> alias Workbooks.HTTP.{Route, Router}
      iex> table = Router.table([
      ...>   Route.new(:get, "/api/workbooks", :list),
      ...>   Route.new(:get, "/api/workbooks/:id", :show),
      ...>   Route.new(:put, "/api/workbooks/:id", :store)
      ...> ])
      iex> {:ok, route, params} = Router.find(table, "GET", ["api", "workbooks", "tea"])
      iex> {route.to, params}
      {:show, %{"id" => "tea"}}
      iex> Router.find(table, "DELETE", ["api", "workbooks", "tea"])
      {:error, {:method_not_allowed, ["GET", "HEAD", "PUT"]}}
      iex> Router.find(table, "GET", ["elsewhere"])
      {:error, :not_found}
  """

  alias Workbooks.HTTP.Route

  @typedoc "By segment: the next tables, what a parameter leads to under `:param`, the routes under `:routes`."
  @opaque table :: map

  @doc "The table of routes; two for the same method and path are an `ArgumentError`."
  @spec table([Route.t()]) :: table
  def table(routes), do: Enum.reduce(routes, %{}, &insert(&2, &1.segments, &1))

  defp insert(table, [], route) do
    Map.update(table, :routes, %{route.method => route}, fn routes ->
      if is_map_key(routes, route.method), do: raise(ArgumentError, "two routes for #{route.method} #{route.path}")
      Map.put(routes, route.method, route)
    end)
  end

  defp insert(table, [{:param, _name} | rest], route), do: below(table, :param, rest, route)
  defp insert(table, [segment | rest], route), do: below(table, segment, rest, route)

  defp below(table, key, rest, route), do: Map.put(table, key, insert(Map.get(table, key, %{}), rest, route))

  @doc """
  The route of a method and a path's segments, with its parameters. `HEAD` is answered by the route of
  `GET`. A segment that a route names goes before one that is a parameter.
  """
  @spec find(table, String.t(), [String.t()]) ::
          {:ok, Route.t(), %{optional(String.t()) => String.t()}}
          | {:error, :not_found | {:method_not_allowed, [String.t(), ...]}}
  def find(table, method, segments) do
    case at(table, segments) do
      nil -> {:error, :not_found}
      routes -> chosen(routes, method, segments)
    end
  end

  defp at(table, []), do: table[:routes]

  defp at(table, [segment | rest]) do
    found = if next = table[segment], do: at(next, rest)
    # An empty segment is nobody's name.
    found || (segment != "" && table[:param] && at(table[:param], rest)) || nil
  end

  defp chosen(routes, method, segments) do
    case routes[method] || (method == "HEAD" && routes["GET"]) do
      %Route{} = route -> {:ok, route, params(route.segments, segments)}
      _none -> {:error, {:method_not_allowed, allowed(Map.keys(routes))}}
    end
  end

  defp allowed(methods), do: if("GET" in methods, do: Enum.sort(["HEAD" | methods]), else: Enum.sort(methods))

  defp params(names, segments),
    do: for({{:param, name}, value} <- Enum.zip(names, segments), into: %{}, do: {name, value})
end
