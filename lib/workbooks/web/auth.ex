defmodule Workbooks.Web.Auth do
  @moduledoc false
  # Who asks: a key in the header `Authorization`, or a session's cookie. What a browser sends by itself, which is what a
  # cookie is, proves nothing about who wrote the request: what it writes has to bring the session's token, and
  # may not come from another site.

  alias Workbooks.Error
  alias Workbooks.HTTP.Conn
  alias Workbooks.Web.{Keys, Sessions}

  @safe ["GET", "HEAD"]

  @type refusal :: :unauthorized | :rate_limited | :forbidden

  @doc """
  The conn with `tenant`, `key` and `via` among its assigns; why not, as a code and a message, or as the error of the layer below.
  """
  @spec who(Conn.t()) :: {:ok, Conn.t()} | {:error, refusal, String.t(), Conn.t()} | {:error, Error.t(), Conn.t()}
  def who(conn) do
    case Conn.headers(conn, "authorization") do
      [] -> by_cookie(conn)
      [value] -> by_key(conn, value)
      _several -> {:error, :unauthorized, "there are several Authorization headers", conn}
    end
  end

  defp by_key(conn, value) do
    with {:ok, text} <- bearer(value), {:ok, %{tenant: tenant, id: id}} <- Keys.verify(text) do
      {:ok, %{conn | assigns: Map.merge(conn.assigns, %{tenant: tenant, key: id, via: :key})}}
    else
      {:error, error} -> {:error, error, conn}
      :error -> refused(conn, Sessions.failed(conn))
    end
  end

  defp bearer(value) do
    case String.split(value, " ", parts: 2) do
      [scheme, text] -> if String.downcase(scheme) == "bearer", do: {:ok, String.trim(text, " ")}, else: :error
      _other -> :error
    end
  end

  defp refused(conn, :unauthorized), do: {:error, :unauthorized, "this is no key that opens anything here", conn}
  defp refused(conn, :rate_limited), do: {:error, :rate_limited, "too many keys that are none came from there", conn}

  defp by_cookie(conn) do
    case Sessions.resume(conn) do
      {:ok, conn} -> if conn.method in @safe, do: {:ok, conn}, else: own_site(conn)
      :error -> {:error, :unauthorized, "a key is needed: Authorization: Bearer wb_…", conn}
      {:error, error} -> {:error, error, conn}
    end
  end

  defp own_site(conn) do
    with :ok <- same_origin(conn), {:ok, token, conn} <- token(conn) do
      if Sessions.csrf?(conn, token),
        do: {:ok, conn},
        else: {:error, :forbidden, "the session's token is missing or another: x-csrf-token, or _csrf of a form", conn}
    end
  end

  # A form is read here, for its token, and is `assigns.form` to whom it is for.
  defp token(conn) do
    case {Conn.header(conn, "x-csrf-token"), form?(conn)} do
      {nil, true} -> with {:ok, form, conn} <- form(conn), do: {:ok, form["_csrf"], Conn.assign(conn, :form, form)}
      {header, _form?} -> {:ok, header, conn}
    end
  end

  defp form?(conn) do
    type = Conn.header(conn, "content-type") || ""
    type |> String.split(";") |> hd() |> String.trim() |> String.downcase() == "application/x-www-form-urlencoded"
  end

  defp form(conn) do
    with {:ok, body, conn} <- Conn.read_body(conn, conn.assigns.max_body) do
      case Conn.form(body) do
        {:ok, form} -> {:ok, form, conn}
        # Without a token that could be read.
        :error -> {:ok, %{}, conn}
      end
    end
  end

  @doc """
  Whether a request comes from this site, as far as its browser says: `Origin` and `Sec-Fetch-Site`. Other clients than
  browsers send neither.
  """
  @spec same_origin(Conn.t()) :: :ok | {:error, :forbidden, String.t(), Conn.t()}
  def same_origin(conn) do
    site = Conn.header(conn, "sec-fetch-site")

    if own?(Conn.header(conn, "origin"), conn) and site in [nil, "same-origin", "none"],
      do: :ok,
      else: {:error, :forbidden, "this was sent by a page of another site", conn}
  end

  defp own?(nil, _conn), do: true

  defp own?(origin, conn) do
    origin in conn.assigns.settings.origins or
      case String.split(origin, "://", parts: 2) do
        [scheme, authority] -> conn.host != nil and without_port(authority, scheme) == without_port(conn.host, scheme)
        _none -> false
      end
  end

  # By https to a proxy, and from there in the clear: the scheme may differ, host and port do not.
  defp without_port(authority, scheme) do
    String.trim_trailing(String.downcase(authority), if(scheme == "https", do: ":443", else: ":80"))
  end
end
