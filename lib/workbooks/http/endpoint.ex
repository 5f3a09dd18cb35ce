defmodule Workbooks.HTTP.Endpoint do
  @moduledoc false
  # The settings of a plane's server: what was configured, else what the environment says, else the
  # defaults. `guides/http.md` has them in one table.

  alias Workbooks.HTTP.Server
  alias Workbooks.Options

  @limits Server.Settings.limits()

  @options [
    name: {:any, nil},
    router: {:any, nil},
    port: {:any, nil},
    ip: {:any, nil},
    socket: {:any, nil},
    socket_mode: {:non_negative, 0o600},
    certificates: {:any, nil},
    h2: {:boolean, true},
    h2c: {:boolean, false},
    threads: {:positive, nil},
    drain_ms: {:non_negative, 10_000},
    limits: {:keyword, []}
  ]

  @doc """
  Whether the planes listen: `config :workbooks, server: true`, or `WORKBOOKS_SERVER`. Off by default: as a
  dependency nothing listens that was not asked to.
  """
  @spec server? :: boolean
  def server? do
    case Application.fetch_env(:workbooks, :server) do
      {:ok, on?} when is_boolean(on?) -> on?
      {:ok, other} -> wrong!("config :workbooks, server:", other, "true or false")
      :error -> env("WORKBOOKS_SERVER", false, "true or false", &boolean/1)
    end
  end

  defp boolean(text) when text in ["true", "1"], do: {:ok, true}
  defp boolean(text) when text in ["false", "0"], do: {:ok, false}
  defp boolean(_other), do: :error

  @doc """
  The options of `Workbooks.HTTP.Server.start_link/1`, out of those given to an endpoint. `plane` has its `router`,
  its default `port` and the `prefix` of its variables.
  """
  @spec server(module, keyword, %{router: module, port: 0..65_535, prefix: String.t()}) :: keyword
  def server(endpoint, given, plane) do
    where = "config :workbooks, #{inspect(endpoint)},"
    given = for {key, value} <- given, value != nil, do: {key, value}
    options = Options.validate!(given, @options, "config :workbooks, #{inspect(endpoint)}")
    certificates = certificates(options, plane)

    [
      name: options.name || endpoint,
      router: options.router || plane.router,
      listen: listen(options, certificates != [], plane, where),
      certificates: certificates,
      limits: Keyword.merge(limits(), options.limits)
    ] ++ for(key <- [:socket_mode, :h2, :h2c, :drain_ms], do: {key, options[key]}) ++ threads(options.threads)
  end

  defp threads(nil), do: []
  defp threads(count), do: [threads: count]

  # A socket alone needs no port.
  defp listen(options, tls?, plane, where) do
    socket = socket(options.socket, plane, where)
    port = port(options.port, plane, socket, where)
    ip = ip(options.ip, where)
    place = if tls?, do: {:tls, ip, port}, else: {ip, port}
    if(socket, do: [{:unix, socket}], else: []) ++ if(port, do: [place], else: [])
  end

  defp socket(nil, plane, _where), do: env("#{plane.prefix}SOCKET", nil, "a path", &{:ok, &1})
  defp socket(path, _plane, _where) when is_binary(path) and path != "", do: path
  defp socket(other, _plane, where), do: wrong!("#{where} socket:", other, "a path")

  @port "a port, from 0 (any that is free) to 65535"

  defp port(nil, plane, socket, _where) do
    env("#{plane.prefix}PORT", if(socket, do: nil, else: plane.port), @port, fn text ->
      with {port, ""} when port in 0..65_535 <- Integer.parse(text), do: {:ok, port}
    end)
  end

  defp port(port, _plane, _socket, _where) when is_integer(port) and port in 0..65_535, do: port
  defp port(other, _plane, _socket, where), do: wrong!("#{where} port:", other, @port)

  @ip "an IP address, as text or as a tuple"

  defp ip(nil, _where), do: env("WORKBOOKS_BIND", {127, 0, 0, 1}, @ip, &address/1)

  defp ip(given, where) do
    case if(is_binary(given), do: address(given), else: {:ok, given}) do
      {:ok, ip} when is_tuple(ip) -> if :inet.is_ip_address(ip), do: ip, else: wrong!("#{where} ip:", given, @ip)
      _other -> wrong!("#{where} ip:", given, @ip)
    end
  end

  defp address(text), do: text |> String.to_charlist() |> :inet.parse_strict_address()

  defp certificates(%{certificates: nil}, plane) do
    names = {"#{plane.prefix}TLS_CERT", "#{plane.prefix}TLS_KEY"}

    case {read(elem(names, 0)), read(elem(names, 1))} do
      {nil, nil} -> []
      {cert, key} when is_binary(cert) and is_binary(key) -> [[cert: cert, key: key]]
      {nil, _key} -> wrong!(elem(names, 0), nil, "a file in PEM, since #{elem(names, 1)} is set")
      {_cert, nil} -> wrong!(elem(names, 1), nil, "a file in PEM, since #{elem(names, 0)} is set")
    end
  end

  defp certificates(%{certificates: certificates}, _plane), do: certificates

  defp limits do
    for limit <- @limits,
        value =
          env("WORKBOOKS_LIMIT_#{limit |> to_string() |> String.upcase()}", nil, "an integer from 0", fn text ->
            with {number, ""} when number >= 0 <- Integer.parse(text), do: {:ok, number}
          end),
        do: {limit, value}
  end

  # What is set to nothing is not set.
  defp read(name), do: if((value = System.get_env(name, "")) != "", do: value)

  defp env(name, default, allowed, parse) do
    with text when is_binary(text) <- read(name) do
      case parse.(text) do
        {:ok, value} -> value
        _other -> wrong!(name, text, allowed)
      end
    else
      nil -> default
    end
  end

  @spec wrong!(String.t(), term, String.t()) :: no_return
  defp wrong!(setting, value, allowed) do
    raise ArgumentError, "#{setting} is #{inspect(value)}, and must be #{allowed}"
  end
end
