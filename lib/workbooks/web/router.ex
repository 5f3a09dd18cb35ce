defmodule Workbooks.Web.Router do
  @moduledoc """
  The control plane: one table of routes, and what holds for all of them.

  Every route asks for a key or a session, but for those that say `auth: :open`; `Workbooks.Web.API` has those that speak
  JSON. `init/1` takes the settings of `Workbooks.Web`, before what the configuration says:

      config :workbooks, Workbooks.Web, rate: {100, 1_000}, burst: 200

  | setting | default | what |
  | --- | --- | --- |
  | `rate:`, `burst:` | `{100, 1_000}`, `200` | requests of one key: so many in so many milliseconds, and so many at once |
  | `failures:` | `{20, 60_000}` | keys that are none, from one address |
  | `origins:` | `[]` | origins whose pages may write beside the plane's own: of a proxy that changes the host |
  | `session_hours:` | `12` | how long a session lasts that nobody uses |
  | `heartbeat_ms:` | 15,000 | how often a stream of events says that it is there, while nothing happens |
  | `streams:` | `64` | streams of events that a tenant has open at once |
  | `max_body:` | 1 MiB | the largest JSON body; sources and variables have limits of their own |
  """

  alias Workbooks.HTTP.{Conn, Route, Router}
  alias Workbooks.Web.{API, Audit, Auth, Console, Errors, Input, Limits, Sessions, Settings}
  require Logger

  @safe ["GET", "HEAD"]

  # Nothing of this plane is for another site's pages, frames or scripts.
  @headers [
    {"content-security-policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " <>
       "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"x-content-type-options", "nosniff"},
    {"x-frame-options", "DENY"},
    {"referrer-policy", "same-origin"},
    {"cross-origin-opener-policy", "same-origin"},
    {"cross-origin-resource-policy", "same-origin"}
  ]

  @doc "Every route of the control plane."
  @spec routes :: [Route.t()]
  def routes, do: API.routes() ++ Console.routes()

  @doc "What `call/2` needs: the settings above, before those of the configuration."
  @spec init(keyword) :: map
  def init(options), do: %{table: Router.table(routes()), settings: Settings.read(options)}

  @doc "Answers a request."
  @spec call(Conn.t(), map) :: Conn.t()
  def call(conn, %{table: table, settings: settings}) do
    begun = System.monotonic_time()
    conn = conn |> Conn.put_headers(@headers) |> Conn.assign(:settings, settings)

    conn |> routed(table) |> Audit.written(begun)
  end

  defp routed(%{segments: nil} = conn, _table), do: Errors.respond(conn, :bad_request, "this is no path")

  defp routed(conn, table) do
    case Router.find(table, conn.method, conn.segments) do
      {:ok, route, params} ->
        entered(%{conn | params: params}, route)

      {:error, :not_found} ->
        Errors.respond(conn, :not_found, "there is nothing at this path")

      # The contract has no code for it; HTTP has a status.
      {:error, {:method_not_allowed, allowed}} ->
        message = "#{conn.method} is not for this path: #{Enum.join(allowed, ", ")}"
        allow = [{"allow", Enum.join(allowed, ", ")}]
        Errors.respond(conn, :bad_request, message, %{}, status: 405, headers: allow)
    end
  end

  defp entered(conn, route) do
    conn = conn |> Conn.assign(:route, route) |> Conn.assign(:max_body, max_body(conn, route))
    conn = if route.meta.kind == :api, do: Conn.put_headers(conn, [{"cache-control", "no-store"}]), else: conn

    with {:ok, conn} <- allowed(conn, route), {:ok, conn} <- paced(conn), {:ok, conn} <- Input.read(conn, route.meta) do
      handled(conn, route)
    else
      {:error, error, conn} -> Errors.respond(conn, error)
      {:error, code, message, conn} -> refused(conn, route, code, message)
      {:error, code, message, more, conn} -> Errors.respond(conn, code, message, more)
      {:wait, ms, conn} -> Errors.respond(conn, :rate_limited, "too many requests with this key", %{}, retry_ms: ms)
    end
  end

  # The client gets an answer whatever raised. Arguments may be somebody's secrets, and an exception's message may
  # have them: neither gets into the log.
  defp handled(conn, %{to: {module, function}} = route) do
    apply(module, function, [conn])
  catch
    kind, reason ->
      what = if kind == :error, do: inspect(Exception.normalize(:error, reason).__struct__), else: to_string(kind)

      where =
        for {module, function, arguments, place} <- __STACKTRACE__, do: {module, function, arity(arguments), place}

      Logger.error("#{route.method} #{route.path} failed: #{what}\n" <> Exception.format_stacktrace(where))
      Errors.respond(conn, :internal, "a fault on this side: please report it")
  end

  defp arity(arguments) when is_list(arguments), do: length(arguments)
  defp arity(arity), do: arity

  defp max_body(conn, route) do
    case route.meta[:max_body] do
      nil -> conn.assigns.settings.max_body
      most when is_integer(most) -> most
      most when is_function(most, 0) -> most.()
    end
  end

  defp allowed(conn, %{meta: %{auth: :tenant}}), do: Auth.who(conn)

  # A page that is open shows who is signed in; what is written there comes from a page of ours.
  defp allowed(conn, %{meta: %{auth: :open, kind: :page}}) do
    with :ok <- if(conn.method in @safe, do: :ok, else: Auth.same_origin(conn)) do
      case Sessions.resume(conn) do
        {:ok, conn} -> {:ok, conn}
        _none -> {:ok, conn}
      end
    end
  end

  defp allowed(conn, %{meta: %{auth: :open}}), do: {:ok, conn}

  defp paced(%{assigns: %{key: key, settings: settings}} = conn) do
    case Limits.take({:key, key}, settings.rate, settings.burst) do
      :ok -> {:ok, conn}
      {:wait, ms} -> {:wait, ms, conn}
    end
  end

  defp paced(conn), do: {:ok, conn}

  # A person who is not signed in is asked to, and comes back.
  defp refused(conn, %{meta: %{kind: :page}}, :unauthorized, _message) do
    next = if conn.method in @safe, do: "?next=" <> URI.encode_www_form(conn.path), else: ""
    base = Enum.map(conn.script, &["/", URI.encode(&1, fn c -> URI.char_unreserved?(c) end)])
    Conn.respond(conn, 303, "", [{"location", "#{base}/sign-in#{next}"}, {"cache-control", "no-store"}])
  end

  defp refused(conn, _route, :unauthorized, message) do
    Errors.respond(conn, :unauthorized, message, %{}, headers: [{"www-authenticate", "Bearer"}])
  end

  defp refused(conn, _route, :rate_limited, message) do
    {n, per_ms} = conn.assigns.settings.failures
    Errors.respond(conn, :rate_limited, message, %{}, retry_ms: div(per_ms, n))
  end

  defp refused(conn, _route, code, message), do: Errors.respond(conn, code, message)
end
