defmodule Workbooks.TestPublicPlane do
  @moduledoc false
  # A public plane of a test's own: library, domains and sites over a storage in memory.

  import ExUnit.Callbacks, only: [start_supervised!: 2]

  alias Workbooks.{Domains, Library, PublicWeb, Site, Storage, TestConn}

  @doc "Starts it; what the router, and `Workbooks.publish/4`, take as options, is in `stores`."
  def start(settings \\ []) do
    name = fn part -> Module.concat([__MODULE__, "T#{System.unique_integer([:positive])}", part]) end
    [storage, library, domains, sites] = Enum.map([:Storage, :Library, :Domains, :Sites], name)
    backend = settings[:storage] || [backend: Workbooks.TestMemoryStorage, url: "memory"]
    start_supervised!({Storage, [name: storage] ++ backend}, id: storage)
    start_supervised!({Library, name: library, storage: storage}, id: library)
    start_supervised!({Domains, name: domains, storage: storage}, id: domains)
    start_supervised!({PublicWeb.Sites, [name: sites] ++ Keyword.take(settings, [:most_bytes])}, id: sites)

    %{
      library: library,
      domains: domains,
      sites: sites,
      storage: storage,
      stores: [library: library, domains: domains],
      router: {PublicWeb.Router, [library: library, domains: domains, sites: sites]}
    }
  end

  @doc "Has a host serve these files, `%{path => content}`."
  def serve(plane, files, options \\ []) do
    id = options[:id] || "site"
    tenant = options[:tenant] || "acme"
    {:ok, _} = Library.put(tenant, id, "* Site", library: plane.library)
    {:ok, artifact} = Site.pack(files)
    {:ok, _} = Library.publish(tenant, id, artifact, library: plane.library)
    :ok = Domains.attach(options[:host] || "site.example", {tenant, id}, domains: plane.domains)
  end

  @doc "What the plane answers; `host:` is `site.example`."
  def request(plane, method, target, options \\ []) do
    {host, options} = Keyword.pop(options, :host, "site.example")
    fields = Keyword.merge([host: host], options[:fields] || [])
    TestConn.request(plane.router, method, target, Keyword.put(options, :fields, fields))
  end

  @doc "The same of GET, with headers."
  def get(plane, target, headers \\ []), do: request(plane, "GET", target, headers: headers)
end
