defmodule Workbooks.Workflow.ResultCache do
  @moduledoc """
  Results of steps, kept: in memory the last used ones, and on disk for the next virtual machine.

  A step's key is a digest of all that its result depends on: the artifact, the inputs, the
  seed, the memory it may use, what it is granted. A step that is granted something real (the
  clock, random numbers, hosts, files) has no key.

  | configuration of `:workbooks` | | default |
  | --- | --- | --- |
  | `:result_cache_memory_bytes` | of results in memory | 67,108,864 |
  | `:result_cache_disk_bytes` | of files in the folder | 268,435,456 |

  The folder is `results` beside what `Workbooks.Wasm.Cache` keeps, and none where that has
  none; `cache_dir:` of `Workbooks.run/2` names another. Beyond a bound, what was not used for
  longest goes.

  A file is put in its place by renaming it, and holds a digest of what is in it: one that was
  cut short or changed is as good as none. It is data: whoever can write it can make a step's
  result a wrong one, and nothing else.
  """

  use GenServer
  require Logger

  @memory_bytes 64 * 1024 * 1024
  @disk_bytes 256 * 1024 * 1024
  # Another one whenever what is in a file, or what a key is made of, changes.
  @version "workbooks result 1\n"
  @suffix ".result"
  @artifacts 100_000
  # What was being written when a machine stopped is cleared away, when nobody can be at it any more.
  @abandoned_seconds 600

  @typedoc "A folder, or `nil` for memory alone."
  @type store :: Path.t() | nil
  @typedoc "A step's outputs, the digest of each, and what the step printed."
  @type entry :: %{outputs: %{String.t() => term}, shas: %{String.t() => binary}, log: binary}

  @doc false
  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc """
  Where results are kept: in the folder that is named, else in the configured one.

      iex> Workbooks.Workflow.ResultCache.store("/tmp/results")
      "/tmp/results"
  """
  @spec store(Path.t() | nil) :: store
  def store(nil) do
    Workbooks.Wasm.Cache.configure()
    if folder = Workbooks.Wasm.Cache.stats().folder, do: Path.join(folder, "results")
  end

  def store(path), do: Path.expand(path)

  @doc """
  The digest of any term, the same wherever the terms are equal, `1` and `1.0` apart.

      iex> alias Workbooks.Workflow.ResultCache
      iex> ResultCache.digest(%{"a" => 1, "b" => [2]}) == ResultCache.digest(%{"b" => [2], "a" => 1})
      true
      iex> ResultCache.digest(1) == ResultCache.digest(1.0)
      false
  """
  @spec digest(term) :: <<_::256>>
  def digest(term), do: :crypto.hash(:sha256, canonical(term))

  defp canonical(term), do: :erlang.term_to_binary(term, [:deterministic, minor_version: 2])

  @doc "What a step came to, as it is kept."
  @spec entry(%{String.t() => term}, binary) :: entry
  def entry(outputs, log) do
    %{outputs: outputs, shas: Map.new(outputs, fn {name, value} -> {name, digest(value)} end), log: log}
  end

  @doc "What is kept under a key."
  @spec fetch(store, binary) :: {:ok, entry} | :error
  def fetch(store, key) do
    case :ets.lookup(__MODULE__, {store, key}) do
      [{id, body, _used}] ->
        # Lost races only mean that something else leaves first.
        :ets.update_element(__MODULE__, id, {3, now()})
        decode(body)

      [] ->
        from_disk(store, key)
    end
  end

  @doc "Keeps a step's entry. One that alone would take a quarter of the room is not kept."
  @spec put(store, binary, entry) :: :ok
  def put(store, key, entry) do
    body = canonical({entry.outputs, entry.shas, entry.log})
    remember(store, key, body)
    if store, do: to_disk(store, key, body)
    :ok
  end

  @doc "The digest of the artifact that a source was compiled to, by the source's own; `:error` when that is not known."
  @spec artifact(binary) :: {:ok, binary} | :error
  def artifact(source) do
    case :ets.lookup(__MODULE__.Artifacts, source) do
      [{^source, digest}] -> {:ok, digest}
      [] -> :error
    end
  end

  @doc "Remembers the digest of a source's artifact: what is kept is then found without compiling the source again."
  @spec remember_artifact(binary, binary) :: :ok
  def remember_artifact(source, digest) do
    # Each is some hundred bytes; to begin anew costs a look at the sources, once.
    if :ets.info(__MODULE__.Artifacts, :size) >= @artifacts, do: :ets.delete_all_objects(__MODULE__.Artifacts)
    :ets.insert(__MODULE__.Artifacts, {source, digest})
    :ok
  end

  @doc """
  Forgets what is in `:memory`, or `:all`: the files of the configured folder, too.

      iex> Workbooks.Workflow.ResultCache.clear(:memory)
      :ok
  """
  @spec clear(:memory | :all) :: :ok
  def clear(what \\ :all)
  def clear(:memory), do: GenServer.call(__MODULE__, :clear)

  def clear(:all) do
    if folder = store(nil), do: for(name <- names(folder), do: File.rm(Path.join(folder, name)))
    clear(:memory)
  end

  @doc """
  What is in memory, and how many files of a store are whole or broken. Reads them all.

      iex> %{memory_bytes: bytes} = Workbooks.Workflow.ResultCache.stats(nil)
      iex> is_integer(bytes)
      true
  """
  @spec stats(store) :: %{memory_bytes: integer, memory_entries: integer, whole: integer, broken: integer}
  def stats(store) do
    files = for name <- names(store), String.ends_with?(name, @suffix), do: Path.join(store, name)
    whole = Enum.count(files, &match?({:ok, _, _}, read(&1)))
    bytes = :ets.lookup_element(__MODULE__.Size, :bytes, 2)
    %{memory_bytes: bytes, memory_entries: :ets.info(__MODULE__, :size), whole: whole, broken: length(files) - whole}
  end

  # Safe: no atom is made that is not there, no function comes out.
  defp decode(body) do
    case :erlang.binary_to_term(body, [:safe]) do
      {outputs, shas, log} when is_map(outputs) and is_map(shas) and is_binary(log) ->
        {:ok, %{outputs: outputs, shas: shas, log: log}}

      _other ->
        :error
    end
  rescue
    ArgumentError -> :error
  end

  # --- memory --------------------------------------------------------------------------------------

  defp remember(store, key, body) do
    bound = bound(:result_cache_memory_bytes, @memory_bytes)

    if byte_size(body) <= div(bound, 4) do
      :ets.insert(__MODULE__, {{store, key}, body, now()})
      if :ets.update_counter(__MODULE__.Size, :bytes, byte_size(body)) > bound, do: GenServer.cast(__MODULE__, :evict)
    end
  end

  defp now, do: System.monotonic_time()

  @impl true
  def init([]) do
    :ets.new(__MODULE__, [:named_table, :public, read_concurrency: true])
    :ets.new(__MODULE__.Size, [:named_table, :public, write_concurrency: true])
    :ets.insert(__MODULE__.Size, {:bytes, 0})
    :ets.new(__MODULE__.Artifacts, [:named_table, :public, read_concurrency: true])
    {:ok, %{}}
  end

  @impl true
  def handle_call(:clear, _from, disks) do
    :ets.delete_all_objects(__MODULE__)
    :ets.delete_all_objects(__MODULE__.Artifacts)
    :ets.insert(__MODULE__.Size, {:bytes, 0})
    {:reply, :ok, disks}
  end

  # Down to nine tenths at once, so that a full cache is not looked through for each result. The
  # counter is put right here: what was replaced is counted twice until then.
  @impl true
  def handle_cast(:evict, disks) do
    bound = bound(:result_cache_memory_bytes, @memory_bytes)
    sizes = :ets.foldl(fn {id, bytes, used}, all -> [{used, id, byte_size(bytes)} | all] end, [], __MODULE__)
    total = sizes |> Enum.map(&elem(&1, 2)) |> Enum.sum()

    left =
      if total <= bound do
        total
      else
        oldest_until(Enum.sort(sizes), total, div(bound * 9, 10), &:ets.delete(__MODULE__, &1))
      end

    :ets.insert(__MODULE__.Size, {:bytes, left})
    {:noreply, disks}
  end

  def handle_cast({:stored, folder, bytes}, disks) do
    total = (disks[folder] || 0) + bytes
    most = bound(:result_cache_disk_bytes, @disk_bytes)
    # What the folder held before is not known until it was looked at once.
    total = if is_map_key(disks, folder) and total <= most, do: total, else: sweep(folder, most)
    {:noreply, Map.put(disks, folder, total)}
  end

  # The total that is left.
  defp oldest_until([{_used, id, bytes} | rest], total, goal, remove) when total > goal do
    remove.(id)
    oldest_until(rest, total - bytes, goal, remove)
  end

  defp oldest_until(_rest, total, _goal, _remove), do: total

  # --- disk ----------------------------------------------------------------------------------------

  defp file(folder, key), do: Path.join(folder, Base.encode16(key, case: :lower) <> @suffix)

  defp from_disk(nil, _key), do: :error

  defp from_disk(folder, key) do
    path = file(folder, key)

    with {:ok, body, entry} <- read(path) do
      # The time of its last use.
      _ = File.touch(path)
      remember(folder, key, body)
      {:ok, entry}
    end
  end

  defp read(path) do
    with {:ok, <<@version, digest::binary-size(32), body::binary>>} <- bytes(path),
         true <- :crypto.hash(:sha256, body) == digest,
         {:ok, entry} <- decode(body) do
      {:ok, body, entry}
    else
      _missing_or_broken -> :error
    end
  end

  # Raw: the other way leads through one process for all files.
  defp bytes(path) do
    with {:ok, file} <- :file.open(path, [:read, :raw, :binary]) do
      bytes = with {:ok, size} <- :file.position(file, :eof), do: :file.pread(file, 0, size)
      :ok = :file.close(file)
      bytes
    end
  end

  # A folder that cannot be written to is one without results.
  defp to_disk(folder, key, body) do
    if byte_size(body) <= div(bound(:result_cache_disk_bytes, @disk_bytes), 4) do
      temporary = Path.join(folder, "#{System.pid()}.#{System.unique_integer([:positive])}.new")

      with :ok <- written(folder, temporary, [@version, :crypto.hash(:sha256, body), body]),
           :ok <- :file.rename(temporary, file(folder, key)) do
        GenServer.cast(__MODULE__, {:stored, folder, byte_size(body)})
      else
        {:error, _reason} -> File.rm(temporary)
      end
    end
  end

  defp written(folder, path, bytes) do
    with {:error, :enoent} <- :file.write_file(path, bytes, [:raw]),
         :ok <- made(folder),
         do: :file.write_file(path, bytes, [:raw])
  end

  defp made(folder) do
    with :ok <- File.mkdir_p(folder), do: File.chmod(folder, 0o700)
  end

  defp sweep(folder, most) do
    now = System.os_time(:second)

    files =
      for name <- names(folder),
          path = Path.join(folder, name),
          {:ok, %{size: size, mtime: mtime}} <- [File.stat(path, time: :posix)] do
        if String.ends_with?(name, ".new") and now - mtime > @abandoned_seconds, do: File.rm(path)
        {mtime, path, size}
      end

    total = files |> Enum.map(&elem(&1, 2)) |> Enum.sum()
    if total <= most, do: total, else: oldest_until(Enum.sort(files), total, div(most * 9, 10), &File.rm/1)
  end

  # Nothing else of what lies in a folder is ours.
  defp names(nil), do: []

  defp names(folder) do
    case File.ls(folder) do
      {:ok, names} -> Enum.filter(names, &(&1 =~ ~r/\A([0-9a-f]{64}\.result|\d+\.\d+\.new)\z/))
      {:error, _} -> []
    end
  end

  defp bound(key, default) do
    case Application.get_env(:workbooks, key, default) do
      bytes when is_integer(bytes) and bytes >= 0 ->
        bytes

      other ->
        Logger.warning(
          "the configuration #{inspect(key)} of :workbooks must be bytes (an integer from 0), got: #{inspect(other)}"
        )

        default
    end
  end
end
