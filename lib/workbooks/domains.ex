defmodule Workbooks.Domains do
  @moduledoc """
  Which workbook a host name leads to.

      iex> alias Workbooks.Domains
      iex> Domains.attach("example.com", {"acme", "home"})
      :ok
      iex> Domains.attach("*.example.com", {"acme", "shop"})
      :ok
      iex> Domains.resolve("Example.COM:8080")
      {:ok, {"acme", "home"}}
      iex> Domains.resolve("books.example.com.")
      {:ok, {"acme", "shop"}}
      iex> {:error, error} = Domains.attach("example.com", {"other", "page"})
      iex> {error.kind, error.message}
      {:conflict, ~s("example.com" is held by another tenant)}
      iex> Domains.list("acme")
      %{"*.example.com" => "shop", "example.com" => "home"}
      iex> for host <- ["example.com", "*.example.com"], do: Domains.detach(host, "acme")
      [:ok, :ok]
      iex> Domains.resolve("example.com")
      :error

  What is attached is durable when `attach/3` answers, and resolved from memory: a host that is
  written as it is stored takes one look into a table, whatever there is beside it.

  ## Hosts

  A host is written in any way that a `Host` header may have it, and is the same in all of them:
  letters of either case, with a port or a last dot, in Unicode or as `xn--…` (IDNA, UTS 46).

  A wildcard `*.example.com` stands for all names below `example.com`, however many labels they
  have, and not for `example.com` itself. The most specific wins: the host's own name, then the
  longest wildcard. A wildcard has at least two labels behind it.

  A host is held by the tenant that it leads to. Others cannot attach it (`kind: :conflict`), nor what is
  below their wildcard; what was theirs before stays theirs. That a host may be attached proves nothing
  about who owns the name: whoever lets strangers attach has to ask for a proof first.

  ## Settings

      config :workbooks, Workbooks.Domains, storage: MyApp.Storage

  | setting | default | what |
  | --- | --- | --- |
  | `storage:` | `Workbooks.Storage` | the storage that keeps them |

  Every function takes `domains:`, the process's name (`Workbooks.Domains`), and those that write
  `timeout:`, in milliseconds (30,000). Where the storage cannot be read they answer its error.
  """

  alias Workbooks.Domains.{Host, Table}
  alias Workbooks.{Error, Names, Options, Storage}
  alias Workbooks.Storage.Mirror

  @type tenant :: String.t()
  @type workbook_id :: String.t()
  @type host :: String.t()
  @type option :: {:domains, atom} | {:timeout, timeout}

  @schema [name: {:any, __MODULE__}, storage: {:any, Storage}]
  @options [domains: {:any, __MODULE__}, timeout: {:timeout, 30_000}]

  # Nothing longer is any host, nor is hashed to find out.
  @longest 1024

  @doc "Starts the process that keeps them: `name:` (`Workbooks.Domains`) and the settings above."
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options \\ []) do
    settings = Options.validate!(options, @schema, "Workbooks.Domains")
    Mirror.start_link(name: settings.name, module: Table, table: "domains", storage: settings.storage)
  end

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  @doc """
  Has a host, or a wildcard, lead to a workbook of a tenant; one that it holds already is moved.

      iex> Workbooks.Domains.attach("moved.example", {"acme", "old"})
      :ok
      iex> Workbooks.Domains.attach("moved.example", {"acme", "new"})
      :ok
      iex> Workbooks.Domains.detach("moved.example")
      :ok
      iex> {:error, error} = Workbooks.Domains.attach("*.com", {"acme", "all"})
      iex> error.message
      ~s("*.com" is no host: a wildcard needs two labels behind it: *.example.com, not *.com)
  """
  @spec attach(host, {tenant, workbook_id}, [option]) :: :ok | {:error, Error.t()}
  def attach(host, {tenant, workbook}, options \\ []) do
    options = Options.validate!(options, @options, "Workbooks.Domains.attach/3")

    with {:ok, pattern} <- pattern(host),
         :ok <- Names.tenant(tenant),
         :ok <- Names.workbook(workbook) do
      row = {:binary.copy(tenant), :binary.copy(workbook)}
      Mirror.write(options.domains, {:attach, pattern, row, Names.shown(host)}, options.timeout)
    end
  end

  @doc """
  Whether this can be a host, or a wildcard, at all.

      iex> Workbooks.Domains.host("example.com")
      :ok
      iex> {:error, error} = Workbooks.Domains.host("example..com")
      iex> error.message
      ~s("example..com" is no host: there is nothing before a dot)
  """
  @spec host(term) :: :ok | {:error, Error.t()}
  def host(host), do: with({:ok, _pattern} <- pattern(host), do: :ok)

  @doc """
  Whether a host, or a wildcard, is the tenant's or free, as `attach/3` would find: `{:ok, workbook}` that it leads
  to now, which is nil where it leads nowhere. Nothing is changed.

      iex> Workbooks.Domains.attach("held.example", {"acme", "home"})
      :ok
      iex> {:error, error} = Workbooks.Domains.check("held.example", "other")
      iex> error.kind
      :conflict
      iex> Workbooks.Domains.check("held.example", "acme")
      {:ok, "home"}
      iex> Workbooks.Domains.detach("held.example")
      :ok
      iex> Workbooks.Domains.check("held.example", "other")
      {:ok, nil}
  """
  @spec check(host, tenant, [option]) :: {:ok, workbook_id | nil} | {:error, Error.t()}
  def check(host, tenant, options \\ []) do
    mirror = mirror(options, "check/3")

    with {:ok, pattern} <- pattern(host),
         :ok <- Names.tenant(tenant),
         :ok <- Mirror.ready(mirror),
         do: Table.free(pattern, tenant, &Mirror.lookup(mirror, &1), Names.shown(host))
  end

  @doc """
  Has a host, or a wildcard, lead nowhere any more.

  With a tenant it is that tenant's host or none: another's is `kind: :not_found`, as one that is not
  there. `:any`, the default, is for code that speaks for all tenants.

      iex> Workbooks.Domains.attach("mine.example", {"acme", "home"})
      :ok
      iex> {:error, error} = Workbooks.Domains.detach("mine.example", "other")
      iex> error.kind
      :not_found
      iex> Workbooks.Domains.detach("mine.example", "acme")
      :ok
  """
  @spec detach(host, tenant | :any | [option], [option]) :: :ok | {:error, Error.t()}
  def detach(host, whose \\ :any, options \\ [])
  def detach(host, options, []) when is_list(options), do: detach(host, :any, options)

  def detach(host, whose, options) do
    options = Options.validate!(options, @options, "Workbooks.Domains.detach/3")

    with {:ok, pattern} <- pattern(host),
         :ok <- if(whose == :any, do: :ok, else: Names.tenant(whose)) do
      Mirror.write(options.domains, {:detach, pattern, whose, Names.shown(host)}, options.timeout)
    end
  end

  @doc """
  Where a host leads: `:error` where nowhere, and for what is no host.

      iex> Workbooks.Domains.resolve("nobody.example")
      :error
      iex> Workbooks.Domains.resolve("no host\\r\\n")
      :error
  """
  @spec resolve(host, [option]) :: {:ok, {tenant, workbook_id}} | :error | {:error, Error.t()}
  def resolve(host, options \\ [])

  # Only names as they are stored are in the table: what is found as it came is right.
  def resolve(host, options) when is_binary(host) and byte_size(host) <= @longest do
    mirror = mirror(options, "resolve/2")
    with :error <- Mirror.lookup(mirror, host), do: resolve_written(host, mirror)
  end

  def resolve(_other, _options), do: :error

  defp resolve_written(host, mirror) do
    read = &Mirror.lookup(mirror, &1)

    case Host.name(host) do
      {:ok, ^host} -> Host.above(host, read)
      {:ok, name} -> Host.find(name, read)
      {:error, _wrong} -> :error
    end
  end

  @doc """
  All that is attached: `%{host => {tenant, workbook_id}}`.

      iex> Workbooks.Domains.attach("one.example", {"acme", "home"})
      :ok
      iex> Workbooks.Domains.all()["one.example"]
      {"acme", "home"}
      iex> Workbooks.Domains.detach("one.example")
      :ok
  """
  @spec all([option]) :: %{host => {tenant, workbook_id}} | {:error, Error.t()}
  def all(options \\ []) do
    listed(mirror(options, "all/1"), {{:"$1", :"$2"}, :"$3"}, {{:"$2", {{:"$1", :"$3"}}}})
  end

  @doc """
  What a tenant has attached: `%{host => workbook_id}`.

      iex> Workbooks.Domains.list("nobody")
      %{}
  """
  @spec list(tenant, [option]) :: %{host => workbook_id} | {:error, Error.t()}
  def list(tenant, options \\ []) do
    mirror = mirror(options, "list/2")
    with :ok <- Names.tenant(tenant), do: listed(mirror, {{tenant, :"$1"}, :"$2"}, {{:"$1", :"$2"}})
  end

  defp listed(mirror, match, body) do
    with {:ok, rows} <- Mirror.select(mirror, [{match, [], [body]}]) do
      Map.new(rows, fn {host, leads_to} -> {Host.text(host), leads_to} end)
    end
  end

  defp pattern(host) do
    with {:error, wrong} <- Host.pattern(host), do: Error.tuple(:bad_name, Host.refusal(host, wrong))
  end

  # Where there is nothing to check there is no time for it.
  defp mirror([], _where), do: __MODULE__
  defp mirror([domains: name], _where) when is_atom(name), do: name

  defp mirror(options, where) do
    Options.validate!(options, @options, "Workbooks.Domains.#{where}").domains
  end
end
