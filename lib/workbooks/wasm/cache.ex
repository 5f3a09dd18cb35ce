defmodule Workbooks.Wasm.Cache do
  @moduledoc """
  Compiled programs, kept.

  `Workbooks.Wasm.compile/2` compiles the same bytes with the same options once. Programs stay in
  memory, the last used ones, and their native code on disk for the next virtual machine; when
  several processes ask for the same at once, one compilation answers them all. With
  `cache: false` a compilation goes past it.

  | configuration of `:workbooks` | | default |
  | --- | --- | --- |
  | `:cache_dir` | the folder, or `false` for none | `$WORKBOOKS_CACHE_DIR`, `$XDG_CACHE_HOME/workbooks` or `~/.cache/workbooks` |
  | `:cache_memory_bytes` | of compiled code in memory | 268,435,456 |
  | `:cache_disk_bytes` | of files in the folder | 1,073,741,824 |

  The environment variable `WORKBOOKS_CACHE_DIR` serves where the configuration says nothing, and
  may be `false` as well. Beyond a bound, what was not used for longest goes.

  A file is named by SHA-256 of the bytes it was compiled from, the options, the engine's version
  and settings, and the kind of machine. It is trusted only when the user this runs as owns it,
  nobody else may write it, and its digest is right; any other is compiled anew and replaced. Who
  can write files as that user can forge one: native code is run as it is.
  """

  alias Workbooks.Native
  alias Workbooks.Wasm.Error

  @memory_bytes 256 * 1024 * 1024
  @disk_bytes 1024 * 1024 * 1024

  @type stats :: %{
          memory_bytes: non_neg_integer,
          memory_entries: non_neg_integer,
          disk_bytes: non_neg_integer,
          hits: non_neg_integer,
          disk_hits: non_neg_integer,
          misses: non_neg_integer,
          joined: non_neg_integer,
          compilations: non_neg_integer,
          evictions: non_neg_integer,
          disk_evictions: non_neg_integer,
          refused: non_neg_integer,
          folder: String.t() | nil,
          problem: String.t() | nil
        }

  @doc """
  What the cache holds, and what it did since the library was loaded. Looks at no disk.

    * `:memory_bytes`, `:memory_entries` - compiled code in memory
    * `:disk_bytes` - files in the folder, as far as this virtual machine knows; 0 before its first use
    * `:hits`, `:disk_hits` - requests answered from memory, from disk
    * `:misses` - requests that found nothing
    * `:joined` - requests that waited for a compilation another had asked for
    * `:compilations` - compilations for the cache
    * `:evictions`, `:disk_evictions` - what left memory, or the folder, for the bound's sake
    * `:refused` - files that were not trusted
    * `:folder` - the folder in use, or `nil`
    * `:problem` - why nothing is kept on disk although a folder is named, or `nil`

      iex> {:ok, _} = Workbooks.Wasm.compile("(module)")
      iex> Workbooks.Wasm.Cache.stats().memory_entries > 0
      true
  """
  @spec stats :: stats
  def stats, do: Native.cache_stats()

  @doc """
  Forgets the programs in `:memory`, removes the files on `:disk`, or `:all` of it. Programs in use
  go on. Errors: `:io` when a file cannot be removed.

      iex> Workbooks.Wasm.Cache.clear(:memory)
      :ok
      iex> Workbooks.Wasm.Cache.stats().memory_entries
      0
  """
  @spec clear(:memory | :disk | :all) :: :ok | {:error, Error.t()}
  def clear(what \\ :all)

  def clear(:memory), do: answer(Native.cache_clear_memory())

  def clear(:disk) do
    configure()
    answer(Native.cache_clear_disk())
  end

  def clear(:all) do
    with :ok <- clear(:memory), do: clear(:disk)
  end

  @doc false
  # Before each use: the settings may have changed since the last. That costs a look-up or two.
  def configure do
    memory = bytes(:cache_memory_bytes, @memory_bytes)
    disk = bytes(:cache_disk_bytes, @disk_bytes)
    {:ok, :ok} = Native.cache_configure(folder(), memory, disk)
    :ok
  end

  defp folder do
    case Application.get_env(:workbooks, :cache_dir) do
      nil -> from_environment(System.get_env("WORKBOOKS_CACHE_DIR"))
      false -> nil
      folder -> if path?(folder), do: Path.expand(folder), else: wrong(:cache_dir, folder, "a path or false")
    end
  end

  defp from_environment(none) when none in [nil, ""] do
    case System.get_env("XDG_CACHE_HOME") do
      # The specification says to ignore one that is not absolute.
      "/" <> _ = home -> Path.join(home, "workbooks")
      _ -> if home = System.user_home(), do: Path.join(home, ".cache/workbooks")
    end
  end

  defp from_environment("false"), do: nil
  defp from_environment(folder), do: Path.expand(folder)

  defp path?(folder), do: is_binary(folder) and folder != "" and String.valid?(folder)

  defp bytes(key, default) do
    case Application.get_env(:workbooks, key, default) do
      bytes when is_integer(bytes) and bytes >= 0 and bytes < 0x8000000000000000 -> bytes
      other -> wrong(key, other, "bytes (an integer from 0)")
    end
  end

  defp wrong(key, value, allowed) do
    raise ArgumentError, "the configuration #{inspect(key)} of :workbooks must be #{allowed}, got: #{inspect(value)}"
  end

  defp answer({:ok, :ok}), do: :ok
  defp answer({:error, error}), do: {:error, Error.from_native(error)}
end
