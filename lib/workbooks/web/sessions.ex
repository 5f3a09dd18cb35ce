defmodule Workbooks.Web.Sessions do
  @moduledoc """
  Sessions of people in a browser: signed cookies, begun with a key.

  A session lasts 12 hours (`session_hours:` of `Workbooks.Web`), and is renewed by whoever uses it in its second
  half. It ends when it is signed out, wherever the cookie may have gone, and when its key is revoked. The cookie
  names the key and nothing more: whose it is says the key alone. It is `HttpOnly` and `SameSite=Lax`, and `Secure`
  where the browser came by https.

  What a session writes takes its token, `csrf/1`: as the field `_csrf` of a form, or the header `x-csrf-token`.
  """

  alias Workbooks.Error
  alias Workbooks.HTTP.Conn
  alias Workbooks.Storage.Mirror
  alias Workbooks.Web.{Keys, Limits, Peer, Settings, Signer}

  @cookie "wb_session"
  @id_bytes 16
  @mac_bytes 32
  # Longer is no cookie of ours.
  @longest 256

  @type session :: %{id: binary, key: Keys.id(), begun: non_neg_integer, secure: boolean}

  @doc """
  Begins a session with a key: the answer will set its cookie. A key that is none is `:unauthorized`, and
  `:rate_limited` where too many of those came from there lately; `:unavailable` where keys cannot be read now.
  """
  @spec sign_in(Conn.t(), String.t()) ::
          {:ok, Conn.t()} | {:error, :unauthorized | :rate_limited | :unavailable, Conn.t()}
  def sign_in(conn, key_text) do
    with {:ok, %{id: key, tenant: tenant}} <- Keys.verify(key_text),
         session = %{id: :crypto.strong_rand_bytes(@id_bytes), key: key, begun: now(), secure: secure?(conn)},
         {:ok, conn} <- put_cookie(conn, session) do
      {:ok, assigned(conn, session, tenant)}
    else
      :error -> {:error, failed(conn), conn}
      {:error, %Error{}} -> {:error, :unavailable, conn}
    end
  end

  @doc false
  # A key or a sign-in that failed, counted for where it came from. A key that is right is taken whatever
  # others there did, so that nobody can lock out another.
  @spec failed(Conn.t()) :: :unauthorized | :rate_limited
  def failed(conn) do
    {n, _per_ms} = rate = settings(conn).failures
    if Limits.take({:failed, Peer.of(conn)}, rate, n) == :ok, do: :unauthorized, else: :rate_limited
  end

  @doc "Ends the session: the answer will remove its cookie, and a copy of it is worth nothing any more."
  @spec sign_out(Conn.t()) :: Conn.t()
  def sign_out(conn) do
    case conn.assigns[:session] do
      nil -> :ok
      session -> Mirror.write(Keys, {:end, session.id, session.begun + life(conn), over()})
    end

    gone = "#{@cookie}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    conn = Conn.add_header(without_cookie(conn), "set-cookie", gone)
    %{conn | assigns: Map.delete(conn.assigns, :session)}
  end

  @doc """
  What a form of this session has to bring as `_csrf`; `""` where there is no session.

      iex> Workbooks.Web.Sessions.csrf(%Workbooks.HTTP.Conn{})
      ""
  """
  @spec csrf(Conn.t()) :: String.t()
  def csrf(conn) do
    with %{id: id} <- conn.assigns[:session], {:ok, mac} <- Signer.mac(["csrf", id]) do
      Base.url_encode64(mac, padding: false)
    else
      _none -> ""
    end
  end

  @doc false
  @spec csrf?(Conn.t(), term) :: boolean
  def csrf?(conn, token) do
    expected = csrf(conn)

    is_binary(token) and expected != "" and byte_size(token) == byte_size(expected) and
      :crypto.hash_equals(token, expected)
  end

  @doc false
  # The session of a request's cookie, renewed where it is time: `:error` where there is none that is good.
  @spec resume(Conn.t()) :: {:ok, Conn.t()} | :error | {:error, Error.t()}
  def resume(conn) do
    with {:ok, payload, mac} <- cookie(conn),
         {:ok, expected} <- Signer.mac(["session", payload]),
         true <- :crypto.hash_equals(mac, expected),
         {:ok, session} <- session(payload),
         age = now() - session.begun,
         true <- age in 0..(life(conn) - 1),
         :error <- Mirror.lookup(Keys, {:ended, session.id}),
         {:ok, %{tenant: tenant}} <- Keys.live(session.key),
         {:ok, conn, session} <- renewed(conn, session, age) do
      {:ok, assigned(conn, session, tenant)}
    else
      {:error, error} -> {:error, error}
      _none -> :error
    end
  end

  # As the same session: what was signed out stays so, and its forms stay good.
  defp renewed(conn, session, age) do
    if age * 2 < life(conn) do
      {:ok, conn, session}
    else
      session = %{session | begun: now()}
      with {:ok, conn} <- put_cookie(conn, session), do: {:ok, conn, session}
    end
  end

  defp assigned(conn, session, tenant) do
    %{conn | assigns: Map.merge(conn.assigns, %{session: session, tenant: tenant, key: session.key, via: :session})}
  end

  # --- the cookie ----------------------------------------------------------------------------------

  defp put_cookie(conn, session) do
    secure = if session.secure, do: 1, else: 0
    payload = <<1, secure, session.begun::48, session.id::binary, session.key::binary>>

    with {:ok, mac} <- Signer.mac(["session", payload]) do
      value = Base.url_encode64(mac <> payload, padding: false)

      attributes =
        "; Path=/; HttpOnly; SameSite=Lax; Max-Age=#{life(conn)}" <> if(session.secure, do: "; Secure", else: "")

      {:ok, Conn.add_header(without_cookie(conn), "set-cookie", "#{@cookie}=#{value}#{attributes}")}
    end
  end

  # One of ours that was set before, in the same answer.
  defp without_cookie(conn) do
    ours? = fn {name, value} -> name == "set-cookie" and String.starts_with?(value, @cookie <> "=") end
    %{conn | answer_headers: Enum.reject(conn.answer_headers, ours?)}
  end

  # HTTP/2 may bring a cookie a header. Of two by our name neither is taken: somebody else has set one of them.
  defp cookie(conn) do
    values =
      for header <- Conn.headers(conn, "cookie"),
          pair <- String.split(header, ";"),
          [@cookie, value] <- [pair |> String.trim() |> String.split("=", parts: 2)],
          do: value

    with [value] when byte_size(value) <= @longest <- values,
         {:ok, <<mac::binary-size(@mac_bytes), payload::binary>>} <- Base.url_decode64(value, padding: false) do
      {:ok, payload, mac}
    else
      _none -> :error
    end
  end

  defp session(<<1, secure, begun::48, id::binary-size(@id_bytes), key::binary>>) do
    {:ok, %{id: id, key: key, begun: begun, secure: secure == 1}}
  end

  defp session(_other), do: :error

  # Behind a proxy that ends TLS the request itself came in the clear; the browser says what it went to.
  defp secure?(conn) do
    conn.scheme == :https or match?("https://" <> _, Conn.header(conn, "origin") || "")
  end

  # --- small things --------------------------------------------------------------------------------

  # Sessions that were signed out, and would be over by now anyway.
  defp over do
    case Mirror.select(Keys, [{{{:ended, :"$1", :"$2"}, :_}, [{:<, :"$1", now()}], [:"$2"]}]) do
      {:ok, ids} -> ids
      {:error, _error} -> []
    end
  end

  defp life(conn), do: settings(conn).session_hours * 3600
  defp settings(conn), do: conn.assigns[:settings] || Settings.read()
  defp now, do: System.os_time(:second)
end
