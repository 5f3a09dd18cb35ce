defmodule Workbooks.CLI.Verbs.Domain do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Output, Remote, State, Verb}
  alias Workbooks.Domains

  @impl true
  def name, do: "domain"
  @impl true
  def summary, do: "host names and the workbooks they lead to: attach, detach, list"
  @impl true
  def usage, do: ["domain attach HOST WORKBOOK_ID", "domain detach HOST", "domain list"]

  @impl true
  def about do
    """
    A host name leads to one workbook, whose published site the public plane answers there. *.example.com
    stands for all names below example.com. A host that another tenant holds is refused.
    """
  end

  @impl true
  def options, do: [Verb.tenant_option()] ++ Verb.remote_options()

  @impl true
  def examples do
    [
      {"wb domain attach tea.example.com tea", "tea.example.com shows the site of the workbook tea"},
      {"wb domain list --json", "all hosts"}
    ]
  end

  @impl true
  def run(["attach", host, id], options) do
    answer =
      State.with(options, fn
        {:here, tenant} -> Domains.attach(host, {tenant, id})
        {:there, remote} -> Remote.done(remote, :put, ["api", "domains", host], %{workbook: id})
      end)

    with :ok <- answer, do: {:ok, {"#{host} leads to #{id}\n", %{host: host, workbook: id}}}
  end

  def run(["detach", host], options) do
    answer =
      State.with(options, fn
        {:here, tenant} -> Domains.detach(host, tenant)
        {:there, remote} -> Remote.done(remote, :delete, ["api", "domains", host])
      end)

    with :ok <- answer, do: {:ok, {"#{host} leads nowhere\n", %{host: host, detached: true}}}
  end

  def run(["list"], options) do
    answer =
      State.with(options, fn
        {:here, tenant} ->
          with hosts when not is_tuple(hosts) <- Domains.list(tenant), do: {:ok, hosts}

        {:there, remote} ->
          with {:ok, %{"domains" => all}} <- Remote.json(remote, :get, "/api/domains"),
               do: {:ok, Map.new(all, &{&1["host"], &1["workbook"]})}
      end)

    with {:ok, hosts} <- answer do
      {:ok, {Output.table(for {host, id} <- Enum.sort(hosts), do: [host, id]), hosts}}
    end
  end

  def run(arguments, _options), do: {:error, State.usage(arguments, usage())}
end
