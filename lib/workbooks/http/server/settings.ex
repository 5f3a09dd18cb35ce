defmodule Workbooks.HTTP.Server.Settings do
  @moduledoc false
  # A server's options: checked, and as native/http takes them.

  alias Workbooks.HTTP.Error
  alias Workbooks.Options

  @where "Workbooks.HTTP.Server.start_link/1"

  @options [
    router: {:any, nil},
    listen: {:any, []},
    name: {:any, nil},
    certificates: {:any, []},
    h2: {:boolean, true},
    h2c: {:boolean, false},
    threads: {:positive, nil},
    drain_ms: {:non_negative, 10_000},
    socket_mode: {:non_negative, 0o600},
    limits: {:keyword, []}
  ]

  @limits ~w(request_line header_bytes header_count body_bytes header_time body_gap idle_time request_time connections
    in_flight h2_streams h2_resets)a

  @doc "The names of the limits."
  @spec limits :: [atom, ...]
  def limits, do: @limits

  @doc "The options as a map; what is wrong with them is raised, with the option, the value and what is allowed."
  @spec check!(keyword) :: map
  def check!(options) do
    settings = Options.validate!(options, @options, @where)
    Options.validate!(settings.limits, for(limit <- @limits, do: {limit, {:non_negative, nil}}), "limits: of #{@where}")

    %{
      settings
      | router: router!(settings.router),
        listen: listen!(settings.listen),
        certificates: certificates!(settings.certificates),
        # The schedulers do as much for a request as these do; more of them wait for a core.
        threads: settings.threads || System.schedulers_online() |> div(2) |> max(1) |> min(4)
    }
  end

  defp router!(module) when is_atom(module) and module != nil, do: router!({module, []})

  defp router!({module, options}) when is_atom(module) do
    if Code.ensure_loaded?(module) and function_exported?(module, :init, 1) and function_exported?(module, :call, 2),
      do: {module, options},
      else: wrong!(:router, "a module with init/1 and call/2, or {module, options}", {module, options})
  end

  defp router!(other), do: wrong!(:router, "a module with init/1 and call/2, or {module, options}", other)

  defp listen!([_ | _] = places) do
    unless Enum.all?(places, &place?/1), do: wrong!(:listen, places!(), places)
    places
  end

  defp listen!(other), do: wrong!(:listen, places!(), other)

  defp places!, do: "a list of {ip, port}, {:tls, ip, port} and {:unix, path}, of one at least, with ports 0..65535"

  defp place?({:unix, path}), do: is_binary(path) and path != ""
  defp place?({:tls, ip, port}), do: place?({ip, port})
  defp place?({ip, port}) when is_tuple(ip), do: :inet.is_ip_address(ip) and is_integer(port) and port in 0..65_535
  defp place?(_other), do: false

  @doc "Certificates as the option has them, checked."
  @spec certificates!(term) :: [map]
  def certificates!(list) when is_list(list) do
    for one <- list do
      with true <- Keyword.keyword?(one),
           %{cert: cert, key: key, hosts: hosts} = certificate <-
             Options.validate!(
               one,
               [cert: {:string, nil}, key: {:string, nil}, hosts: {:any, []}],
               "certificates: of #{@where}"
             ),
           true <- is_binary(cert) and is_binary(key) and is_list(hosts) and Enum.all?(hosts, &is_binary/1) do
        certificate
      else
        _not -> wrong!(:certificates, certificate!(), one)
      end
    end
  end

  def certificates!(other), do: wrong!(:certificates, certificate!(), other)

  defp certificate!, do: "a list of [cert: file, key: file, hosts: [name]]"

  @doc "What `Workbooks.Native.http_start/2` takes. Keys are read from their files here: nobody keeps them."
  @spec native(map) :: {:ok, tuple} | {:error, Error.t()}
  def native(settings) do
    with {:ok, certificates} <- read(settings.certificates) do
      listen = Enum.map(settings.listen, &place(&1, settings.socket_mode))
      {:ok, {listen, certificates, settings.h2, settings.h2c, settings.threads, settings.limits}}
    end
  end

  defp place({:unix, path}, mode), do: {:unix, path, mode}
  defp place({:tls, ip, port}, _mode), do: {:tcp, text(ip), port, true}
  defp place({ip, port}, _mode), do: {:tcp, text(ip), port, false}

  defp text(ip), do: ip |> :inet.ntoa() |> to_string()

  @doc "The certificates with what is in their files."
  @spec read([map]) :: {:ok, [{[String.t()], binary, binary}]} | {:error, Error.t()}
  def read(certificates) do
    Enum.reduce_while(Enum.reverse(certificates), {:ok, []}, fn certificate, {:ok, done} ->
      with {:ok, chain} <- file(certificate.cert), {:ok, key} <- file(certificate.key) do
        {:cont, {:ok, [{certificate.hosts, chain, key} | done]}}
      else
        {:error, error} -> {:halt, {:error, error}}
      end
    end)
  end

  defp file(path) do
    with {:error, reason} <- File.read(path) do
      {:error, Error.new(:certificate, "#{path} cannot be read: #{:file.format_error(reason)}")}
    end
  end

  @spec wrong!(atom, String.t(), term) :: no_return
  defp wrong!(option, allowed, value) do
    raise ArgumentError, "option #{inspect(option)} of #{@where} must be #{allowed}, got: #{inspect(value)}"
  end
end
