defmodule Workbooks.Build.Cache do
  @moduledoc """
  Artifacts, kept for the next time the same block is compiled: the last used ones in memory,
  and on disk for the next virtual machine.

  A block's key is a digest of its language, its compiler's version, its text, its `:sig:` and
  its ports. Who wants one while it is being compiled waits for that (`Workbooks.Build.Flight`).
  Native code is not kept here but by `Workbooks.Wasm.Cache`.

  | configuration of `:workbooks` | | default |
  | --- | --- | --- |
  | `:block_cache_memory_bytes` | of artifacts in memory; one with native code counts 64 KiB more | 67,108,864 |
  | `:block_cache_disk_bytes` | of files in the folder | 268,435,456 |

  The folder is `blocks` beside what `Workbooks.Wasm.Cache` keeps, and none where that has none.
  Beyond a bound, what was not used for longest goes. Files are sealed (`Workbooks.Build.Sealed`),
  and hold no native code: whoever can write one can make a block do something else, in the
  sandbox that it would have run in.
  """

  alias Workbooks.Build.Artifact.Codec
  alias Workbooks.Build.{Artifact, Call, Deadline, Flight, Problem, Recent, Sealed, Source}

  @memory_bytes 64 * 1024 * 1024
  @disk_bytes 256 * 1024 * 1024
  # Another one whenever what is in a file changes.
  @version "workbooks block 2\n"
  @suffix ".block"
  @names ~r/\A[0-9a-f]{64}\.block\z/
  # About what an entry takes beside its bytes, without and with native code of its own.
  @entry 2 * 1024
  @native 64 * 1024

  @doc false
  def child_spec(_options), do: Recent.child_spec(name: __MODULE__, files: @names)

  @doc """
  The key of a block.

      iex> source = %Workbooks.Build.Source{id: "a/b", language: "js", text: "export const f = () => 1"}
      iex> byte_size(Workbooks.Build.Cache.key(source, "1"))
      32
  """
  @spec key(Source.t(), version :: String.t()) :: <<_::256>>
  def key(%Source{} = source, version) do
    :crypto.hash(:sha256, Sealed.encode({version, source |> Map.from_struct() |> Map.delete(:folder)}))
  end

  @doc """
  What is kept under a key, else what `make` makes of it, which is then kept. Several that ask
  for the same at once have it made once.
  """
  @spec get(binary, Deadline.t(), (() -> answer)) :: answer when answer: {:ok, Artifact.t()} | {:error, Problem.t()}
  def get(key, deadline, make) do
    case Recent.fetch(__MODULE__, key) do
      {:ok, %Artifact{program: program} = artifact} when program != nil -> {:ok, artifact}
      _not_ready -> Flight.join(key, deadline, fn -> fetch_or_make(key, deadline, make) end)
    end
  end

  defp fetch_or_make(key, deadline, make) do
    with :error <- fetch(key, deadline), {:ok, artifact} <- make.() do
      put(key, artifact)
      {:ok, artifact}
    end
  end

  @doc "What is kept under a key, ready to be called."
  @spec fetch(binary, Deadline.t()) :: {:ok, Artifact.t()} | :error
  def fetch(key, deadline) do
    case peek(key) do
      {:ok, %Artifact{program: nil} = artifact} -> prepare(key, artifact, deadline)
      answer -> answer
    end
  end

  defp prepare(key, artifact, deadline) do
    case artifact.convention.prepare(artifact, deadline) do
      {:ok, artifact} ->
        remember(key, artifact)
        {:ok, artifact}

      {:error, _problem} ->
        :error
    end
  end

  @doc "What is kept under a key, maybe without its program: what it is can be told, no native code is loaded."
  @spec peek(binary) :: {:ok, Artifact.t()} | :error
  def peek(key) do
    with :error <- Recent.fetch(__MODULE__, key), do: from_disk(folder(), key)
  end

  @doc "Keeps an artifact."
  @spec put(binary, Artifact.t()) :: :ok
  def put(key, %Artifact{} = artifact) do
    remember(key, artifact)
    if folder = folder(), do: to_disk(folder, key, artifact)
    :ok
  end

  @doc """
  Forgets what is in `:memory`, or `:all`: the files, too.

      iex> Workbooks.Build.Cache.clear(:memory)
      :ok
  """
  @spec clear(:memory | :all) :: :ok
  def clear(what \\ :all)
  def clear(:memory), do: Recent.clear(__MODULE__)

  def clear(:all) do
    if folder = folder(), do: for(name <- Sealed.names(folder, @names), do: File.rm(Path.join(folder, name)))
    clear(:memory)
  end

  @doc """
  What is in memory.

      iex> is_integer(Workbooks.Build.Cache.stats().memory_bytes)
      true
  """
  @spec stats :: %{memory_bytes: integer, memory_entries: non_neg_integer}
  def stats, do: Recent.stats(__MODULE__)

  # --- memory --------------------------------------------------------------------------------------

  defp remember(key, artifact) do
    bound = memory()
    bytes = byte_size(artifact.bytes) + if(artifact.convention == Call.Engine, do: @entry, else: @native)

    if bytes <= bound, do: Recent.put(__MODULE__, key, artifact, bytes, bound)
  end

  defp memory, do: Recent.bound(:block_cache_memory_bytes, @memory_bytes)

  # --- disk ----------------------------------------------------------------------------------------

  defp folder do
    Workbooks.Wasm.Cache.configure()
    if folder = Workbooks.Wasm.Cache.stats().folder, do: Path.join(folder, "blocks")
  end

  # Another version of this library may make something else of the same block.
  defp name(key) do
    version = to_string(Application.spec(:workbooks, :vsn))
    Base.encode16(:crypto.hash(:sha256, [key, version]), case: :lower) <> @suffix
  end

  defp from_disk(nil, _key), do: :error

  defp from_disk(folder, key) do
    path = Path.join(folder, name(key))

    with {:ok, body} <- Sealed.read(path, @version), {:ok, artifact} <- Codec.decode(body) do
      # The time of its last use.
      _ = File.touch(path)
      remember(key, artifact)
      {:ok, artifact}
    end
  end

  # A folder that cannot be written to is one without artifacts.
  defp to_disk(folder, key, artifact) do
    body = Codec.encode(artifact)

    if byte_size(body) <= div(disk(), 4) and Sealed.write(folder, name(key), @version, body) == :ok,
      do: Recent.stored(__MODULE__, folder, byte_size(body), disk())
  end

  defp disk, do: Recent.bound(:block_cache_disk_bytes, @disk_bytes)
end
