defmodule Workbooks.CLI.Verbs.Publish do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Inputs, Remote, Start, State, Verb, Workbook}
  alias Workbooks.{Library, Publish, Run}

  @impl true
  def name, do: "publish"
  @impl true
  def summary, do: "pages and sites: init, validate, apply, site, page"

  @impl true
  def usage do
    [
      "publish site [FOLDER] [--out FOLDER] [--title TITLE] [--clean] [--strict]",
      "publish init [FOLDER]",
      "publish validate [FOLDER|publish.org]",
      "publish apply [FOLDER|publish.org] [--strict]",
      "publish page WORKBOOK [HOST] [--input NAME=VALUE]..."
    ]
  end

  @impl true
  def about do
    """
    site runs the Org files that a folder's site.org links to and writes them as pages, with a sidebar, the files
    that they show, and links between them. apply does what a publish.org says: each heading that is tagged
    :publish: names a target, local for a folder of files or runtime for the public plane of this machine. init
    writes a publish.org to begin with; validate reads one and says what it would do.

    page runs one workbook and publishes its page under a host name, in one switch: on this machine, or with a
    control plane there. WORKBOOK is a file, which is stored under its name, or the id of a stored workbook.

    Links that lead nowhere are told, and with --strict keep anything from being published.
    """
  end

  @impl true
  def options do
    [
      {{:out, :o}, :string, "FOLDER", "of site: where it is written; FOLDER/_site"},
      {:title, :string, "TITLE", "of site: its title; what site.org says"},
      {:clean, :boolean, "", "of site: links without .html, for a server that knows such"},
      {:strict, :boolean, "", "a link that leads nowhere is an error"},
      {{:input, :i}, :keep, "NAME=VALUE", "an input of the workbooks, as often as there are inputs"},
      Verb.tenant_option()
    ] ++ Verb.remote_options()
  end

  @impl true
  def examples do
    [
      {"wb publish site docs --out public", "a folder of Org files as a site"},
      {"wb publish init docs && wb publish validate docs", "a publish.org to begin with"},
      {"wb publish page tea.org tea.example.com -i tea=green", "one workbook under a host"}
    ]
  end

  @impl true
  def run(["init" | rest], _options), do: with({:ok, folder} <- place(rest), do: done(Publish.init(folder)))

  def run(["validate" | rest], _options) do
    Start.kernel()
    with {:ok, path} <- place(rest), do: done(Publish.validate(path))
  end

  def run(["site" | rest], options) do
    Start.application()

    with {:ok, folder} <- place(rest), {:ok, inputs} <- Inputs.read(options.input) do
      chosen = for name <- [:out, :title, :clean, :strict], value = options[name], do: {name, value}
      done(Publish.site(folder, [run: [inputs: inputs]] ++ chosen))
    end
  end

  def run(["apply" | rest], options) do
    Start.application()

    with {:ok, path} <- place(rest), {:ok, inputs} <- Inputs.read(options.input), :ok <- here(path, options) do
      done(Publish.apply(path, strict: options.strict || false, tenant: State.tenant(options), run: [inputs: inputs]))
    end
  end

  def run(["page", name], options), do: page(name, nil, options)
  def run(["page", name, host], options), do: page(name, host, options)
  def run(arguments, _options), do: {:error, State.usage(arguments, usage())}

  defp place([]), do: {:ok, "."}
  defp place([path]), do: {:ok, path}
  defp place([_, other | _]), do: {:error, Failure.new(:usage, "wb publish: one at a time, not #{other} too")}

  # A site of several pages is no source that a control plane could be sent.
  defp here(path, options) do
    with {:ok, remote} <- Remote.from(options), {:ok, %{plans: plans}} <- Publish.validate(path) do
      if remote != nil and Enum.any?(plans, &(&1.target == :runtime)),
        do:
          {:error,
           Failure.new(
             :unavailable,
             "a target runtime is published where the server's store is, without WB_URL; wb publish page publishes one workbook there"
           )},
        else: :ok
    end
  end

  # --- one page ------------------------------------------------------------------------------------

  defp page(name, host, options) do
    with {:ok, inputs} <- Inputs.read(options.input) do
      State.with(options, fn
        {:here, tenant} -> page_here(name, host, inputs, tenant, options)
        {:there, _remote} -> page_there(name, host, inputs, options)
      end)
    end
  end

  defp page_here(name, host, inputs, tenant, options) do
    with {:ok, id} <- stored(name, tenant, options) do
      case Workbooks.publish(tenant, id, host, inputs: inputs) do
        {:ok, published} ->
          published(Map.take(published, [:host, :version, :etag, :pages]), id)

        {:error, %Run{} = run} ->
          {:error,
           Failure.new(
             :unprocessable,
             "#{name}'s run ended #{run.status}, and nothing was published (wb run #{name} tells why)"
           )}

        {:error, error} ->
          {:error, error}
      end
    end
  end

  # Without a control plane an id cannot be told from a file by its looks: what is no file is one.
  defp stored(name, tenant, options) do
    if name == "-" or File.exists?(name) or String.contains?(name, "/") or Path.extname(name) == ".org" do
      with {:ok, workbook} <- Workbook.find(name, options),
           id = Workbook.id(name),
           {:ok, _info} <- Library.put(tenant, id, workbook.org),
           do: {:ok, id}
    else
      {:ok, name}
    end
  end

  defp page_there(name, host, inputs, options) do
    with {:ok, workbook} <- Workbook.find(name, options),
         {:ok, workbook} <- Workbook.store(workbook),
         body = if(host, do: %{inputs: inputs, host: host}, else: %{inputs: inputs}),
         {:ok, answer} <- Remote.json(workbook.remote, :post, Workbook.path(workbook, ["publish"]), body) do
      published(answer, workbook.name)
    end
  end

  defp published(data, id) do
    where = data[:host] || data["host"] || "the hosts that lead to it"
    {:ok, {"#{id} is published: version #{data[:version] || data["version"]}, at #{where}\n", data}}
  end

  # --- what Workbooks.Publish answers --------------------------------------------------------------

  defp done({:ok, %{lines: lines} = data}), do: {:ok, {Enum.map(lines, &[&1, ?\n]), plain(Map.delete(data, :lines))}}

  defp done({:error, %{details: %{problems: [_, _ | _] = problems}} = error}) do
    lines = for problem <- problems, do: [place_of(problem), problem.message, ?\n]
    {:failed, {lines, %{error: %{code: error.kind, message: error.message, problems: problems}}}, error.message}
  end

  defp done({:error, error}), do: {:error, error}

  defp place_of(%{file: file, line: nil}), do: "#{file}: "
  defp place_of(%{file: file, line: line}), do: "#{file}:#{line}: "

  # A plan is a struct.
  defp plain(%{plans: plans} = data), do: %{data | plans: Enum.map(plans, &Map.from_struct/1)}
  defp plain(data), do: data
end
