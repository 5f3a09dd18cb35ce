defmodule Workbooks.Publication do
  @moduledoc false
  # Steps of `Workbooks.publish/4`: what is published, as what, and the switch to it.

  alias Workbooks.{Domains, Error, Library, Options, Page, Run, Site}

  @schema [version: {:positive, nil}, page: {:keyword, []}, library: {:any, Library}, domains: {:any, Domains}]

  @doc "The options of publishing, and those that are for the run."
  @spec options!(keyword) :: {map, keyword}
  def options!(options) do
    {own, run} = if Keyword.keyword?(options), do: Keyword.split(options, Keyword.keys(@schema)), else: {options, []}
    {Options.validate!(own, @schema, "Workbooks.publish/4"), run}
  end

  @doc "What is to be run, unless the host could not be switched afterwards anyway."
  @spec source(String.t(), String.t(), String.t() | nil, map) :: {:ok, map} | {:error, Error.t()}
  def source(tenant, id, host, options) do
    version = if options.version, do: [version: options.version], else: []

    with {:ok, _before} <- free(host, tenant, options),
         :error <- Library.get(tenant, id, [library: options.library] ++ version) do
      which = if options.version, do: " of version #{options.version}", else: ""
      Error.tuple(:not_found, "there is no workbook #{inspect(id)}#{which}")
    end
  end

  @doc "The site of a run: one page. Times and run ids are left out, so that equal results are equal pages."
  @spec pack(Run.t(), String.t(), map) :: {:ok, binary} | {:error, Error.t()}
  def pack(%Run{html: html}, org, options) do
    Site.pack(%{"index.html" => Page.html(html, Keyword.merge(Page.keywords(org), options.page))})
  end

  @doc """
  Has a host serve an artifact from one moment to the next.

  A host that leads nowhere is taken first, and given back where the artifact cannot be published: of two
  tenants who want it one has published nothing. One that leads to another workbook of the tenant's, and so can be
  had, is moved last: until then it serves what it did.
  """
  @spec switch(String.t(), String.t(), String.t() | nil, binary, pos_integer, map) :: {:ok, map} | {:error, Error.t()}
  def switch(tenant, id, host, artifact, version, options) do
    with {:ok, site} <- Site.open(artifact),
         {:ok, before} <- free(host, tenant, options),
         {:ok, info} <- switched(tenant, id, host, before, {artifact, version}, options) do
      pages = Enum.count(site.files, &String.ends_with?(&1.path, ".html"))
      {:ok, %{host: host, version: info.version, etag: info.etag, pages: pages}}
    end
  end

  defp switched(tenant, id, nil, _before, made, options), do: published(tenant, id, made, options)

  defp switched(tenant, id, host, nil, made, options) do
    domains = [domains: options.domains]

    with :ok <- Domains.attach(host, {tenant, id}, domains),
         {:error, error} <- published(tenant, id, made, options) do
      Domains.detach(host, tenant, domains)
      {:error, error}
    end
  end

  defp switched(tenant, id, host, _before, made, options) do
    with {:ok, info} <- published(tenant, id, made, options),
         :ok <- Domains.attach(host, {tenant, id}, domains: options.domains),
         do: {:ok, info}
  end

  defp published(tenant, id, {artifact, version}, options) do
    Library.publish(tenant, id, artifact, version: version, library: options.library)
  end

  defp free(nil, _tenant, _options), do: {:ok, nil}
  defp free(host, tenant, options), do: Domains.check(host, tenant, domains: options.domains)
end
