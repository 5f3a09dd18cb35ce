defmodule Workbooks.Web.API.Domains do
  @moduledoc false
  # Host names, and the workbooks that they lead to.

  alias Workbooks.Domains
  alias Workbooks.Domains.Host
  alias Workbooks.Web.{Errors, Operation, Reply}

  import Workbooks.Web.API.Schemas

  def routes do
    # What no host is at all; the rest is told by what looks at it.
    any = "^[^\\x00-\\x20\\x7f/\\\\]+$"
    host = %{host: %{type: "string", minLength: 1, maxLength: 1024, pattern: any, examples: ["example.com"]}}

    [
      Operation.route(:get, "/api/domains", {__MODULE__, :list},
        id: "listDomains",
        summary: "The hosts, and where they lead",
        answers: %{200 => {"the hosts", list(:domains, ref("Domain"))}}
      ),
      Operation.route(:get, "/api/domains/:host", {__MODULE__, :show},
        id: "getDomain",
        summary: "Where a host leads",
        params: host,
        answers: %{200 => {"the host", ref("Domain")}},
        errors: [:not_found]
      ),
      Operation.route(:put, "/api/domains/:host", {__MODULE__, :put},
        id: "putDomain",
        summary: "Has a host, or a wildcard, lead to a workbook",
        params: host,
        takes: %{json: object([workbook: workbook_id()], example: %{"workbook" => "sum"}), required: true},
        answers: %{200 => {"it leads there", ref("Domain")}},
        errors: [:conflict]
      ),
      Operation.route(:delete, "/api/domains/:host", {__MODULE__, :delete},
        id: "deleteDomain",
        summary: "Has a host lead nowhere any more",
        params: host,
        answers: %{204 => {"it leads nowhere", nil}},
        errors: [:not_found]
      )
    ]
  end

  def list(conn) do
    case Domains.list(conn.assigns.tenant) do
      {:error, error} -> Errors.respond(conn, error)
      hosts -> Reply.json(conn, 200, %{domains: for({host, workbook} <- Enum.sort(hosts), do: domain(host, workbook))})
    end
  end

  # Among the tenant's own: where another's leads is nobody's business.
  def show(%{params: %{"host" => host}} = conn) do
    with {:ok, pattern} <- Host.pattern(host),
         %{} = hosts <- Domains.list(conn.assigns.tenant),
         {:ok, workbook} <- Map.fetch(hosts, Host.text(pattern)) do
      Reply.json(conn, 200, domain(Host.text(pattern), workbook))
    else
      {:error, %_{} = error} -> Errors.respond(conn, error)
      {:error, wrong} -> Errors.respond(conn, :bad_request, Host.refusal(host, wrong), %{field: "host"})
      :error -> Errors.respond(conn, :not_found, "#{inspect(host)} is not attached")
    end
  end

  def put(%{params: %{"host" => host}, assigns: %{tenant: tenant, input: %{"workbook" => workbook}}} = conn) do
    case Domains.attach(host, {tenant, workbook}) do
      :ok -> Reply.json(conn, 200, domain(written(host), workbook))
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  def delete(%{params: %{"host" => host}, assigns: %{tenant: tenant}} = conn) do
    case Domains.detach(host, tenant) do
      :ok -> Reply.nothing(conn)
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  # As it is kept and listed.
  defp written(host) do
    {:ok, pattern} = Host.pattern(host)
    Host.text(pattern)
  end

  defp domain(host, workbook), do: %{host: host, workbook: workbook}
end
