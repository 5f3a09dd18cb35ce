defmodule Workbooks.PublicWeb.Sites do
  @moduledoc """
  Published sites, opened and kept in memory, so that a request reads nothing from the storage.

  What is kept is what `Workbooks.Library` says is published now: that is asked with each request, and comes
  from memory too. A site that is not there yet is read and checked once, however many ask for it at the same
  time. Beyond `most_bytes:` the sites go that nobody asked for lately; the one that was read last always stays.

      config :workbooks, Workbooks.PublicWeb.Sites, most_bytes: 1_073_741_824

  | setting | default | what |
  | --- | --- | --- |
  | `most_bytes:` | 256 MiB | how much is kept, as artifacts have it |
  """

  # One process writes the table and everybody reads it. In it are, for each site, a row
  #     {{library, tenant, id}, SHA-256 of the artifact, number, whether somebody asked for it lately}
  # and under its number one for each path of a URL, `:missing` being what is shown where there is nothing.
  # A site's files are there before its row, and go after it.

  use GenServer

  alias Workbooks.{Error, Library, Options, Site}
  alias Workbooks.PublicWeb.Policy
  alias Workbooks.Site.Paths
  require Logger

  @type key :: {library :: atom, tenant :: String.t(), id :: String.t()}
  @typedoc "`etag` as a header has it; the first is the file as it is, the last the smallest."
  @type variant :: {:identity | :gzip | :br, etag :: String.t(), content :: binary}
  @typedoc "What the headers say of a file: its content type, and its content security policy."
  @type kind :: {type :: String.t(), policy :: String.t()}
  @type found ::
          {:file, kind, [variant, ...]}
          | {:redirect, String.t()}
          | {:missing, kind, [variant, ...]}
          | :missing

  @schema [name: {:any, __MODULE__}, most_bytes: {:positive, 268_435_456}]

  # A site that cannot be read is not read again sooner, however many ask.
  @failed_ms 1_000
  # Each publication that comes in between is another try.
  @tries 10

  @doc "Starts the process that keeps them: `name:` (`Workbooks.PublicWeb.Sites`) and the setting above."
  @spec start_link(keyword) :: GenServer.on_start()
  def start_link(options \\ []) do
    settings = Options.validate!(options, @schema, "Workbooks.PublicWeb.Sites")
    GenServer.start_link(__MODULE__, settings, name: settings.name)
  end

  @doc false
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
  end

  @doc """
  What a path of a URL leads to in the site that is published of a workbook; `:error` where none is.

      iex> Workbooks.PublicWeb.Sites.find(Workbooks.PublicWeb.Sites, {Workbooks.Library, "nobody", "none"}, "about")
      :error
  """
  @spec find(atom, key, String.t()) :: {:ok, found} | :error | {:error, Error.t()}
  def find(sites, {_library, _tenant, _id} = key, path), do: find(sites, key, path, @tries)

  defp find(_sites, _key, _path, 0), do: Error.tuple(:unavailable, "the site is published anew again and again")

  defp find(sites, {library, tenant, id} = key, path, tries) do
    with {:ok, digest} <- Library.published_digest(tenant, id, library) do
      case number(sites, key, digest) do
        number when is_integer(number) -> found(sites, key, path, digest, number, tries)
        :none -> with :ok <- load(sites, key, digest), do: find(sites, key, path, tries - 1)
      end
    end
  rescue
    # There is no table.
    ArgumentError -> Error.not_running(sites)
  end

  defp number(sites, key, digest) do
    case :ets.lookup(sites, key) do
      [{_key, ^digest, number, true}] ->
        number

      [{_key, ^digest, number, false}] ->
        :ets.update_element(sites, key, {4, true})
        number

      _none_or_other ->
        :none
    end
  end

  # What is not there may just have gone with the site it belonged to.
  defp found(sites, key, path, digest, number, tries) do
    with [] <- :ets.lookup(sites, {number, path}),
         missing = :ets.lookup(sites, {number, :missing}),
         ^number <- number(sites, key, digest) do
      case missing do
        [{_missing, what}] -> {:ok, what}
        [] -> {:ok, :missing}
      end
    else
      [{_path, what}] -> {:ok, what}
      _other_site -> find(sites, key, path, tries - 1)
    end
  end

  defp load(sites, key, digest) do
    GenServer.call(sites, {:load, key, digest}, 30_000)
  catch
    :exit, {:timeout, _call} -> Error.tuple(:timeout, "the site could not be read in time")
    :exit, _reason -> Error.not_running(sites)
  end

  # --- the process ---------------------------------------------------------------------------------

  @impl true
  def init(settings) do
    :ets.new(settings.name, [:named_table, :public, read_concurrency: true])

    {:ok,
     %{
       table: settings.name,
       most: settings.most_bytes,
       bytes: 0,
       # By key: what it is in the table, and when it was put there, for who has to go.
       sites: %{},
       order: :queue.new(),
       number: 0,
       # By key: `{monitor, callers}`; by monitor its key; and when reading failed last, with what.
       loading: %{},
       monitors: %{},
       failed: %{}
     }}
  end

  @impl true
  def handle_call({:load, key, digest}, from, state) do
    case state do
      %{sites: %{^key => %{digest: ^digest}}} -> {:reply, :ok, state}
      %{loading: %{^key => {monitor, callers}}} -> {:noreply, put_in(state.loading[key], {monitor, [from | callers]})}
      _idle -> begin(key, digest, from, state)
    end
  end

  @impl true
  def handle_info({:DOWN, monitor, :process, _pid, reason}, state) when is_map_key(state.monitors, monitor) do
    {key, monitors} = Map.pop!(state.monitors, monitor)
    {{^monitor, callers}, loading} = Map.pop!(state.loading, key)
    {answer, state} = loaded(reason, key, %{state | monitors: monitors, loading: loading})
    for caller <- callers, do: GenServer.reply(caller, answer)
    {:noreply, state}
  end

  def handle_info(_other, state), do: {:noreply, state}

  # Contents are nobody's to see in a report.
  @impl true
  def format_status(_reason, [_dictionary, state]), do: Map.take(state, [:table, :most, :bytes, :number])

  defp begin(key, digest, from, state) do
    case state.failed do
      %{^key => {^digest, at, error}} ->
        if now() - at < @failed_ms, do: {:reply, {:error, error}, state}, else: {:noreply, begin(key, from, state)}

      _never ->
        {:noreply, begin(key, from, state)}
    end
  end

  defp begin(key, from, state) do
    {_pid, monitor} = spawn_monitor(fn -> exit({:read, read(key)}) end)
    %{state | loading: Map.put(state.loading, key, {monitor, [from]}), monitors: Map.put(state.monitors, monitor, key)}
  end

  # In a process of its own: it takes a while to read and check what is large.
  defp read({library, tenant, id}) do
    with {:ok, %{artifact: artifact, etag: etag}} <- Library.published(tenant, id, library: library) do
      digest = Base.decode16!(etag, case: :lower)

      case Site.open(artifact) do
        {:ok, site} -> {:ok, %{digest: digest, bytes: site.bytes, rows: rows(site)}}
        {:error, error} -> {:error, digest, error}
      end
    end
  end

  defp loaded({:read, {:ok, site}}, key, state), do: {:ok, kept(key, site, state)}
  # It was taken down meanwhile, as who asks again finds out.
  defp loaded({:read, :error}, _key, state), do: {:ok, state}
  defp loaded({:read, {:error, digest, error}}, key, state), do: failed(key, digest, error, state)
  defp loaded({:read, {:error, error}}, key, state), do: failed(key, error.details[:etag], error, state)

  defp loaded(_reason, key, state) do
    failed(key, nil, Error.new(:unavailable, "the process that read the site was ended"), state)
  end

  defp failed({_library, tenant, id} = key, digest, error, state) do
    Logger.error("the site of #{tenant}/#{id} cannot be served: #{error.message}")
    digest = if is_binary(digest) and byte_size(digest) == 64, do: Base.decode16!(digest, case: :lower), else: digest
    {{:error, error}, put_in(state.failed[key], {digest, now(), error})}
  end

  defp now, do: System.monotonic_time(:millisecond)

  # --- what is kept --------------------------------------------------------------------------------

  defp rows(site) do
    routes = for {path, what} <- Site.routes(site), do: {path, row(what)}

    case Site.file(site, "404.html") do
      {:ok, file} -> [{:missing, {:missing, kind(file), variants(file)}} | routes]
      :error -> routes
    end
  end

  defp row({:file, file}), do: {:file, kind(file), variants(file)}
  defp row({:redirect, path}), do: {:redirect, "/" <> Paths.escaped(path)}

  defp kind(file), do: {file.type, Policy.of(file.type, hd(file.variants).content)}
  defp variants(file), do: for(one <- file.variants, do: {one.encoding, ~s("#{one.etag}"), one.content})

  defp kept(key, site, state) do
    number = state.number + 1
    rows = for {path, what} <- site.rows, do: {{number, path}, what}
    before = state.sites[key]
    :ets.insert(state.table, rows)
    :ets.insert(state.table, {key, site.digest, number, true})
    if before, do: remove(before, state)

    entry = %{digest: site.digest, bytes: site.bytes, paths: for({path, _what} <- rows, do: path)}

    evicted(key, %{
      state
      | number: number,
        bytes: state.bytes + site.bytes - if(before, do: before.bytes, else: 0),
        sites: Map.put(state.sites, key, entry),
        order: if(before, do: state.order, else: :queue.in(key, state.order)),
        failed: Map.delete(state.failed, key)
    })
  end

  defp remove(entry, state), do: Enum.each(entry.paths, &:ets.delete(state.table, &1))

  # Those at the head of the line that were asked for since they were looked at last go to its end once more.
  defp evicted(newest, state), do: evicted(newest, state, 2 * map_size(state.sites))

  defp evicted(newest, %{bytes: bytes, most: most} = state, left) when bytes > most and map_size(state.sites) > 1 do
    {{:value, key}, order} = :queue.out(state.order)
    [{^key, _digest, _number, asked?}] = :ets.lookup(state.table, key)

    if key == newest or (asked? and left > 0) do
      :ets.update_element(state.table, key, {4, false})
      evicted(newest, %{state | order: :queue.in(key, order)}, left - 1)
    else
      {entry, sites} = Map.pop!(state.sites, key)
      :ets.delete(state.table, key)
      remove(entry, state)
      evicted(newest, %{state | order: order, sites: sites, bytes: bytes - entry.bytes}, left)
    end
  end

  defp evicted(_newest, state, _left), do: state
end
