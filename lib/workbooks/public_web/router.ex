defmodule Workbooks.PublicWeb.Router do
  @moduledoc """
  The public plane: what is published, to anybody, by `GET` and `HEAD` alone.

  The `Host` says whose site it is (`Workbooks.Domains`), the path which file (`Workbooks.Site.routes/1`).
  A host that leads nowhere is a plain 404, the same for all of them; so is a path where there is nothing, unless
  the site has a `404.html`. `GET /health` answers on any host.

  Answers come from memory, under strong etags: the SHA-256 of what is sent. A client is asked to
  check each time whether what it has is still that (`no-cache`), which costs it a 304, so that a site
  changes for everybody at once. Files that were made smaller by gzip or brotli when the site was packed are sent
  so to who takes it. One range at a time is answered by 206, several by the whole.

  No answer brings or allows a script, whatever is in the files.

  Options: `domains:`, `library:`, `sites:`, the processes' names.
  """

  alias Workbooks.{Domains, Library, Options}
  alias Workbooks.HTTP.Conn
  alias Workbooks.PublicWeb.{Conditions, Encoding, Policy, Range, Sites}

  @schema [domains: {:any, Domains}, library: {:any, Library}, sites: {:any, Sites}]

  @secure [
    {"x-content-type-options", "nosniff"},
    {"x-frame-options", "DENY"},
    {"referrer-policy", "strict-origin-when-cross-origin"},
    {"cross-origin-opener-policy", "same-origin"}
  ]
  @text [{"content-type", "text/plain; charset=utf-8"}, {"content-security-policy", Policy.none()} | @secure]
  @plain [{"cache-control", "no-store"} | @text]

  # To be kept by anybody, and asked about before each use.
  @checked {"cache-control", "no-cache"}
  @varies {"vary", "accept-encoding"}
  @file_headers [@checked, {"accept-ranges", "bytes"} | @secure]

  @doc "Takes the options."
  @spec init(keyword) :: map
  def init(options) do
    settings = Options.validate!(options, @schema, "Workbooks.PublicWeb.Router")
    %{settings | domains: [domains: settings.domains]}
  end

  @doc "Answers a request."
  @spec call(Conn.t(), map) :: Conn.t()
  def call(%Conn{method: method, segments: segments} = conn, options) when method in ["GET", "HEAD"] do
    case segments do
      nil -> plain(conn, 400, "this is no path\n")
      ["health"] -> plain(conn, 200, "ok\n")
      segments -> conn |> found(Enum.join(segments, "/"), options) |> answer(conn)
    end
  end

  def call(conn, _options), do: plain(conn, 405, "GET and HEAD alone\n", [{"allow", "GET, HEAD"}])

  defp found(conn, path, options) do
    with {:ok, {tenant, id}} <- Domains.resolve(conn.host, options.domains),
         do: Sites.find(options.sites, {options.library, tenant, id}, path)
  end

  defp answer({:ok, {:file, kind, variants}}, conn), do: file(conn, kind, variants)
  defp answer({:ok, {:missing, kind, variants}}, conn), do: missing(conn, kind, variants)
  defp answer({:ok, {:redirect, path}}, conn), do: redirect(conn, path)
  defp answer({:ok, :missing}, conn), do: not_found(conn)
  # Whether there is no such host, or nothing published there, is nobody's business.
  defp answer(:error, conn), do: not_found(conn)
  defp answer({:error, _error}, conn), do: plain(conn, 503, "not now\n", [{"retry-after", "1"}])

  defp not_found(conn), do: plain(conn, 404, "there is nothing here\n")

  # --- files ---------------------------------------------------------------------------------------

  defp file(conn, kind, variants) do
    case Encoding.choose(variants, accepted(conn)) do
      {:ok, {encoding, etag, content}} ->
        case Conditions.check(conn, etag) do
          :ok -> content(conn, kind, encoding, etag, content, variants)
          304 -> Conn.respond(conn, 304, "", [{"etag", etag}, @checked | vary(variants, [])])
          412 -> plain(conn, 412, "this has changed\n")
        end

      :error ->
        plain(conn, 406, "there is no encoding of this that you take\n", vary(variants, []))
    end
  end

  defp content(%{method: "GET"} = conn, kind, encoding, etag, content, variants) do
    headers = headers(kind, encoding, etag, variants)

    with range when range != nil <- Conn.header(conn, "range"),
         true <- Conditions.range?(conn, etag) do
      part(conn, Range.parse(range, byte_size(content)), headers, content)
    else
      _whole -> Conn.respond(conn, 200, content, headers)
    end
  end

  # A range is of GET alone (RFC 9110, section 14.2).
  defp content(conn, kind, encoding, etag, content, variants) do
    without_body(conn, 200, content, headers(kind, encoding, etag, variants))
  end

  defp part(conn, {:ok, first, length}, headers, content) do
    range = {"content-range", "bytes #{first}-#{first + length - 1}/#{byte_size(content)}"}
    Conn.respond(conn, 206, binary_part(content, first, length), [range | headers])
  end

  defp part(conn, :unsatisfiable, _headers, content) do
    plain(conn, 416, "it has #{byte_size(content)} bytes\n", [{"content-range", "bytes */#{byte_size(content)}"}])
  end

  defp part(conn, :all, headers, content), do: Conn.respond(conn, 200, content, headers)

  defp missing(conn, {type, policy}, variants) do
    {encoding, content} =
      case Encoding.choose(variants, accepted(conn)) do
        {:ok, {encoding, _etag, content}} -> {encoding, content}
        # There is nothing that would be refused.
        :error -> {:identity, variants |> hd() |> elem(2)}
      end

    headers = vary(variants, encoded(encoding, [{"cache-control", "no-store"} | @secure]))
    bodied(conn, 404, content, [{"content-type", type}, {"content-security-policy", policy} | headers])
  end

  # All but the first are the same for all files: no request makes a list of them.
  defp headers({type, policy}, encoding, etag, variants) do
    constant = constant(encoding, match?([_identity], variants))
    [{"content-type", type}, {"etag", etag}, {"content-security-policy", policy} | constant]
  end

  for encoding <- [:identity, :gzip, :br], alone? <- [true, false] do
    coded = if encoding == :identity, do: [], else: [{"content-encoding", Encoding.name(encoding)}]
    varies = if alone?, do: [], else: [@varies]
    defp constant(unquote(encoding), unquote(alone?)), do: unquote(coded ++ varies ++ @file_headers)
  end

  defp vary([_identity], headers), do: headers
  defp vary(_several, headers), do: [@varies | headers]

  defp encoded(:identity, headers), do: headers
  defp encoded(encoding, headers), do: [{"content-encoding", Encoding.name(encoding)} | headers]

  defp accepted(conn) do
    case Conn.header(conn, "accept-encoding") do
      nil -> nil
      _one_or_more -> conn |> Conn.headers("accept-encoding") |> Enum.join(",")
    end
  end

  # --- other answers -------------------------------------------------------------------------------

  # Below what an application has taken of the path already.
  defp redirect(conn, path) do
    script = for segment <- conn.script, do: ["/", URI.encode(segment, &URI.char_unreserved?/1)]
    query = if conn.query != "" and conn.query =~ ~r/\A[\x21-\x7e]*\z/, do: ["?", conn.query], else: []
    location = IO.iodata_to_binary([script, path, query])

    bodied(conn, 301, "moved to #{location}\n", [{"location", location}, @checked | @text])
  end

  defp plain(conn, status, text, headers \\ []), do: bodied(conn, status, text, headers ++ @plain)

  defp bodied(%{method: "HEAD"} = conn, status, content, headers), do: without_body(conn, status, content, headers)
  defp bodied(conn, status, content, headers), do: Conn.respond(conn, status, content, headers)

  defp without_body(conn, status, content, headers) do
    Conn.respond(conn, status, "", [{"content-length", Integer.to_string(byte_size(content))} | headers])
  end
end
