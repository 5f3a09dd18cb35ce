defmodule Workbooks.CLI.Remote do
  @moduledoc false
  # A control plane elsewhere: WB_URL and WB_KEY, or --url and --key. Requests by OTP's httpc, whose
  # peers must show a certificate that the system trusts (or SSL_CERT_FILE's).

  alias Workbooks.CLI.Failure
  alias Workbooks.JSON

  defstruct [:url, :key]

  @type t :: %__MODULE__{url: String.t(), key: String.t()}
  @type answer :: %{status: pos_integer, headers: %{String.t() => String.t()}, body: binary}

  @connect_ms 10_000
  @answer_ms 120_000

  defimpl Inspect do
    # A key is nobody's to read.
    def inspect(remote, _options), do: "#Workbooks.CLI.Remote<#{remote.url}>"
  end

  @doc "The control plane to ask; `nil` when it is this machine."
  @spec from(map) :: {:ok, t | nil} | {:error, Failure.t()}
  def from(options) do
    case {given(options[:url], "WB_URL"), given(options[:key], "WB_KEY")} do
      {nil, _key} ->
        {:ok, nil}

      {url, nil} ->
        {:error, Failure.new(:unauthorized, "#{url} wants a key: set WB_KEY, or give --key KEY")}

      {url, key} ->
        with :ok <- url(url), :ok <- key(key), do: {:ok, %__MODULE__{url: String.trim_trailing(url, "/"), key: key}}
    end
  end

  defp given(option, variable) do
    case option || System.get_env(variable) do
      none when none in [nil, ""] -> nil
      text -> text
    end
  end

  defp url(url) do
    case URI.parse(url) do
      %URI{scheme: scheme, host: host, query: nil, fragment: nil, userinfo: nil}
      when scheme in ["http", "https"] and is_binary(host) and host != "" ->
        :ok

      _other ->
        {:error, Failure.new(:bad_value, "#{url} is no control plane's address: http://host:port, or https://host")}
    end
  end

  # What stands in a header must be a line of it.
  defp key(key) do
    if key =~ ~r/\A[\x21-\x7e]+\z/,
      do: :ok,
      else: {:error, Failure.new(:unauthorized, "the key is none: it has blanks or odd characters")}
  end

  @doc "A path of names, each made fit for it."
  @spec path([String.t()]) :: String.t()
  def path(names), do: "/" <> Enum.map_join(names, "/", &URI.encode(&1, fn char -> URI.char_unreserved?(char) end))

  @doc "The data that a route answers; `body` is sent as JSON."
  @spec json(t, :get | :post | :put | :delete, String.t(), term) :: {:ok, term} | {:error, Failure.t()}
  def json(remote, method, path, body \\ nil) do
    content = if body == nil, do: nil, else: {"application/json", JSON.encode!(body)}

    with {:ok, answer} <- request(remote, method, path, content) do
      if answer.body == "", do: {:ok, nil}, else: decoded(remote, answer.body)
    end
  end

  defp decoded(remote, body) do
    with {:error, _message} <- JSON.decode(body), do: {:error, stranger(remote)}
  end

  @doc "As `json/4`, of a route whose answer does not matter."
  @spec done(t, :put | :delete, [String.t()], term) :: :ok | {:error, Failure.t()}
  def done(remote, method, names, body \\ nil) do
    with {:ok, _answer} <- json(remote, method, path(names), body), do: :ok
  end

  @doc "An answer of status 2xx; any other is a failure, in the words of the control plane."
  @spec request(t, :get | :post | :put | :delete, String.t(), nil | {type :: String.t(), iodata}) ::
          {:ok, answer} | {:error, Failure.t()}
  def request(remote, method, path, content \\ nil) do
    start()
    url = remote.url <> path
    headers = headers(remote)

    request =
      if content,
        do: {url, headers, to_charlist(elem(content, 0)), elem(content, 1) |> IO.iodata_to_binary()},
        else: bare(method, url, headers)

    case :httpc.request(method, request, http(remote) ++ [timeout: @answer_ms], body_format: :binary) do
      {:ok, {{_version, status, _words}, headers, body}} -> answer(remote, status, headers, body)
      {:error, reason} -> {:error, unreachable(remote, reason)}
    end
  end

  # httpc sends no POST without a body.
  defp bare(method, url, headers) when method in [:post, :put], do: {url, headers, ~c"application/json", ""}
  defp bare(_method, url, headers), do: {url, headers}

  defp answer(_remote, status, headers, body) when status in 200..299 do
    {:ok,
     %{
       status: status,
       headers: Map.new(headers, fn {name, value} -> {to_string(name), to_string(value)} end),
       body: body
     }}
  end

  defp answer(remote, status, _headers, body), do: {:error, refused(remote, status, body)}

  @doc false
  # What an answer that is none of success says.
  def refused(remote, status, body) do
    case JSON.decode(body) do
      {:ok, %{"error" => %{"code" => "unauthorized"}}} ->
        Failure.new(
          :unauthorized,
          "#{remote.url} does not know this key: it is another server's, or was revoked (wb key create, on the server, makes one)"
        )

      {:ok, %{"error" => %{"code" => code, "message" => message}}} ->
        Failure.new(code, "#{message} (#{remote.url})")

      _other when status == 401 ->
        Failure.new(:unauthorized, "#{remote.url} does not know this key")

      _other ->
        stranger(remote, status)
    end
  end

  defp stranger(remote, status \\ 200) do
    Failure.new(:bad_answer, "#{remote.url} answers with status #{status} as no control plane does: is WB_URL right?")
  end

  @doc false
  def unreachable(remote, reason) do
    Failure.new(:unavailable, "no control plane answers at #{remote.url} (#{why(reason)}): is wb serve running there?")
  end

  defp why({:failed_connect, details}) do
    case List.keyfind(details, :inet, 0) || List.keyfind(details, :inet6, 0) do
      {_family, _options, {:tls_alert, {alert, _text}}} -> "its certificate: #{alert}"
      {_family, _options, reason} when is_atom(reason) -> reason |> :inet.format_error() |> to_string()
      _other -> "no connection"
    end
  end

  defp why(:timeout), do: "no answer in time"
  defp why(:socket_closed_remotely), do: "it closed the connection"
  defp why(_other), do: "the connection failed"

  # --- httpc ---------------------------------------------------------------------------------------

  @doc false
  def start do
    for application <- [:inets, :ssl], do: {:ok, _started} = Application.ensure_all_started(application)
    # An address of either family.
    :ok = :httpc.set_options(ipfamily: :inet6fb4)
  end

  @doc false
  def headers(%{key: key}),
    do: [
      {~c"authorization", to_charlist("Bearer " <> key)},
      {~c"accept", ~c"application/json"},
      {~c"user-agent", ~c"wb"}
    ]

  @doc false
  def http(%{url: "https" <> _}) do
    trusted =
      case System.get_env("SSL_CERT_FILE", "") do
        "" -> [cacerts: :public_key.cacerts_get()]
        file -> [cacertfile: to_charlist(file)]
      end

    match = :public_key.pkix_verify_hostname_match_fun(:https)
    [ssl: [verify: :verify_peer, depth: 5, customize_hostname_check: [match_fun: match]] ++ trusted] ++ http(nil)
  end

  def http(_plain), do: [connect_timeout: @connect_ms, autoredirect: false]
end
