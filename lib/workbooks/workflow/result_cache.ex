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

  Files are sealed (`Workbooks.Build.Sealed`): one that was cut short or changed is as good as
  none. They are data: whoever can write one can make a step's result a wrong one, and nothing else.
  """

  alias Workbooks.Build.{Recent, Sealed}

  @memory_bytes 64 * 1024 * 1024
  @disk_bytes 256 * 1024 * 1024
  # Another one whenever what is in a file, or what a key is made of, changes.
  @version "workbooks result 1\n"
  @suffix ".result"
  @names ~r/\A[0-9a-f]{64}\.result\z/

  @typedoc "A folder, or `nil` for memory alone."
  @type store :: Path.t() | nil
  @typedoc "A step's outputs, the digest of each, and what the step printed."
  @type entry :: %{outputs: %{String.t() => term}, shas: %{String.t() => binary}, log: binary}

  @doc false
  def child_spec(_options), do: Recent.child_spec(name: __MODULE__, files: @names)

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
  def digest(term), do: :crypto.hash(:sha256, Sealed.encode(term))

  @doc "What a step came to, as it is kept."
  @spec entry(%{String.t() => term}, binary) :: entry
  def entry(outputs, log) do
    %{outputs: outputs, shas: Map.new(outputs, fn {name, value} -> {name, digest(value)} end), log: log}
  end

  @doc "What is kept under a key."
  @spec fetch(store, binary) :: {:ok, entry} | :error
  def fetch(store, key) do
    with {:ok, body} <- Recent.fetch(__MODULE__, {store, key}) do
      decode(body)
    else
      :error -> from_disk(store, key)
    end
  end

  @doc "Keeps a step's entry. One that alone would take a quarter of the room is not kept."
  @spec put(store, binary, entry) :: :ok
  def put(store, key, entry) do
    body = Sealed.encode({entry.outputs, entry.shas, entry.log})
    remember(store, key, body)
    if store, do: to_disk(store, key, body)
    :ok
  end

  @doc """
  Forgets what is in `:memory`, or `:all`: the files of the configured folder, too.

      iex> Workbooks.Workflow.ResultCache.clear(:memory)
      :ok
  """
  @spec clear(:memory | :all) :: :ok
  def clear(what \\ :all)
  def clear(:memory), do: Recent.clear(__MODULE__)

  def clear(:all) do
    if folder = store(nil), do: for(path <- paths(folder), do: File.rm(path))
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
    paths = paths(store)
    whole = Enum.count(paths, &match?({:ok, _, _}, read(&1)))
    Map.merge(Recent.stats(__MODULE__), %{whole: whole, broken: length(paths) - whole})
  end

  defp decode(body) do
    case Sealed.decode(body) do
      {:ok, {outputs, shas, log}} when is_map(outputs) and is_map(shas) and is_binary(log) ->
        {:ok, %{outputs: outputs, shas: shas, log: log}}

      _other ->
        :error
    end
  end

  # --- memory --------------------------------------------------------------------------------------

  defp remember(store, key, body) do
    bound = memory()
    if byte_size(body) <= div(bound, 4), do: Recent.put(__MODULE__, {store, key}, body, byte_size(body), bound)
  end

  defp memory, do: Recent.bound(:result_cache_memory_bytes, @memory_bytes)

  # --- disk ----------------------------------------------------------------------------------------

  defp name(key), do: Base.encode16(key, case: :lower) <> @suffix

  defp paths(nil), do: []
  defp paths(folder), do: for(name <- Sealed.names(folder, @names), do: Path.join(folder, name))

  defp from_disk(nil, _key), do: :error

  defp from_disk(folder, key) do
    path = Path.join(folder, name(key))

    with {:ok, body, entry} <- read(path) do
      # The time of its last use.
      _ = File.touch(path)
      remember(folder, key, body)
      {:ok, entry}
    end
  end

  defp read(path) do
    with {:ok, body} <- Sealed.read(path, @version), {:ok, entry} <- decode(body), do: {:ok, body, entry}
  end

  # A folder that cannot be written to is one without results.
  defp to_disk(folder, key, body) do
    if byte_size(body) <= div(disk(), 4) and Sealed.write(folder, name(key), @version, body) == :ok,
      do: Recent.stored(__MODULE__, folder, byte_size(body), disk())
  end

  defp disk, do: Recent.bound(:result_cache_disk_bytes, @disk_bytes)
end
