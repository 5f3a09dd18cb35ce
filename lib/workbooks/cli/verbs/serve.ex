defmodule Workbooks.CLI.Verbs.Serve do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Output, Start, State, Verb}
  alias Workbooks.{PublicWeb, Web}

  @impl true
  def name, do: "serve"
  @impl true
  def summary, do: "starts the control plane and the public plane"
  @impl true
  def usage, do: ["serve [--port PORT] [--public-port PORT] [--bind ADDRESS]"]

  @impl true
  def about do
    """
    Listens until Ctrl-C or SIGTERM, lets requests that are under way end, and closes the store. It prints both
    addresses and, while the tenant has no key, a first one: it is shown this once. The control plane is for those
    with a key: its console is at its address, in a browser. The public plane shows what was published.

    All else is set by the environment or the configuration (guides/http.md): WORKBOOKS_PORT,
    WORKBOOKS_PUBLIC_PORT, WORKBOOKS_BIND, WORKBOOKS_DATA_DIR, certificates and limits.
    """
  end

  @impl true
  def options do
    [
      {{:port, :p}, :integer, "PORT", "of the control plane; 4000, 0 is any that is free"},
      {:public_port, :integer, "PORT", "of the public plane; 4001"},
      {:bind, :string, "ADDRESS", "the address of this machine to listen on; 127.0.0.1"},
      Verb.tenant_option()
    ]
  end

  @impl true
  def examples do
    [
      {"wb serve", "both planes, for this machine alone"},
      {"WORKBOOKS_DATA_DIR=/srv/books wb serve --bind 0.0.0.0", "for others too, with a folder of its own"}
    ]
  end

  @impl true
  def run([], options) do
    :ok = Start.server(planes(options))
    url = url(Web.Endpoint, "WORKBOOKS_TLS_CERT")
    public = url(PublicWeb.Endpoint, "WORKBOOKS_PUBLIC_TLS_CERT")

    with {:ok, key} <- first_key(State.tenant(options)) do
      if options.json,
        do: Output.json(%{url: url, public_url: public, key: key}),
        else: Output.write(Output.table(lines(url, public, key)))

      # What ends it is a signal, which stops the virtual machine in good order.
      Process.sleep(:infinity)
    end
  end

  def run([other | _], _options), do: {:error, Failure.new(:usage, "wb serve takes no #{other} (wb help serve)")}

  defp planes(options) do
    bind = if options.bind, do: [ip: options.bind], else: []
    port = fn port -> if port, do: [port: port], else: [] end
    [{Web.Endpoint, bind ++ port.(options.port)}, {PublicWeb.Endpoint, bind ++ port.(options.public_port)}]
  end

  defp lines(url, public, key) do
    [["control plane", url], ["public plane", public]] ++
      if(key, do: [["first key", key <> "  (not shown again)"]], else: [])
  end

  defp first_key(tenant) do
    case Web.Keys.list(tenant) do
      {:error, error} -> {:error, error}
      keys -> if Enum.any?(keys, &(&1.revoked == nil)), do: {:ok, nil}, else: Web.Keys.create(tenant, name: "first")
    end
  end

  defp url(endpoint, certificate) do
    case endpoint.addresses() do
      [{:unix, path} | _] -> "unix:" <> path
      [{ip, port} | _] -> "#{scheme(endpoint, certificate)}://#{host(ip)}:#{port}"
    end
  end

  # As the endpoint itself finds out.
  defp scheme(endpoint, certificate) do
    configured = Application.get_env(:workbooks, endpoint, [])[:certificates] || System.get_env(certificate, "")
    if configured in [[], ""], do: "http", else: "https"
  end

  defp host(ip) when tuple_size(ip) == 8, do: "[#{:inet.ntoa(ip)}]"
  defp host(ip), do: to_string(:inet.ntoa(ip))
end
