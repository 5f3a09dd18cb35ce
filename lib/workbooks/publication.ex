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

    with :ok <- free(host, tenant, options),
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
  Has a host serve an artifact from one moment to the next. Where the host cannot be had, what was published is
  taken back.
  """
  @spec switch(String.t(), String.t(), String.t() | nil, binary, pos_integer, map) :: {:ok, map} | {:error, Error.t()}
  def switch(tenant, id, host, artifact, version, options) do
    library = [library: options.library]

    with {:ok, site} <- Site.open(artifact),
         :ok <- free(host, tenant, options),
         {:ok, info} <- Library.publish(tenant, id, artifact, [version: version] ++ library),
         :ok <- attached(tenant, id, host, info, options) do
      pages = Enum.count(site.files, &String.ends_with?(&1.path, ".html"))
      {:ok, %{host: host, version: info.version, etag: info.etag, pages: pages}}
    end
  end

  # Somebody may have taken the host since it was found free.
  defp attached(_tenant, _id, nil, _info, _options), do: :ok

  defp attached(tenant, id, host, info, options) do
    with {:error, error} <- Domains.attach(host, {tenant, id}, domains: options.domains) do
      mine = [library: options.library, if_match: info.etag]

      # Where nothing was published before there is nothing to go back to.
      with {:error, %{kind: :not_found}} <- Library.rollback(tenant, id, mine), do: Library.unpublish(tenant, id, mine)
      {:error, error}
    end
  end

  defp free(nil, _tenant, _options), do: :ok
  defp free(host, tenant, options), do: Domains.check(host, tenant, domains: options.domains)
end
