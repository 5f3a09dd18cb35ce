defmodule Workbooks.Build.Cache do
  @moduledoc """
  Artifacts, kept for the next time the same block is compiled: the last 512 used.

  A block's key is a digest of its language, its compiler's version, its text, its `:sig:` and
  its ports. Native code is not kept here but by `Workbooks.Wasm.Cache`.
  """

  @behaviour GenServer

  alias Workbooks.Build.{Artifact, Source}

  @most 512

  @doc false
  def child_spec(options), do: %{id: __MODULE__, start: {__MODULE__, :start_link, [options]}}

  @doc false
  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc """
  The key of a block.

      iex> source = %Workbooks.Build.Source{id: "a/b", language: "js", text: "export const f = () => 1"}
      iex> byte_size(Workbooks.Build.Cache.key(source, "1"))
      32
  """
  @spec key(Source.t(), version :: String.t()) :: <<_::256>>
  def key(%Source{} = source, version) do
    :crypto.hash(:sha256, :erlang.term_to_binary({version, Map.from_struct(source)}, minor_version: 2))
  end

  @doc "What is kept under a key."
  @spec fetch(binary) :: {:ok, Artifact.t()} | :error
  def fetch(key) do
    case :ets.lookup(__MODULE__, key) do
      [{^key, _used, artifact}] ->
        # Lost races only mean that something else leaves first.
        :ets.update_element(__MODULE__, key, {2, System.unique_integer([:monotonic])})
        {:ok, artifact}

      [] ->
        :error
    end
  end

  @doc "Keeps an artifact."
  @spec put(binary, Artifact.t()) :: :ok
  def put(key, %Artifact{} = artifact) do
    :ets.insert(__MODULE__, {key, System.unique_integer([:monotonic]), artifact})
    if :ets.info(__MODULE__, :size) > @most, do: GenServer.cast(__MODULE__, :evict)
    :ok
  end

  @doc "Forgets everything."
  @spec clear :: :ok
  def clear do
    :ets.delete_all_objects(__MODULE__)
    :ok
  end

  @impl true
  def init([]) do
    :ets.new(__MODULE__, [:named_table, :public, read_concurrency: true])
    {:ok, []}
  end

  # A tenth at once, so that a full cache does not sort itself for each artifact.
  @impl true
  def handle_cast(:evict, state) do
    used = :ets.select(__MODULE__, [{{:"$1", :"$2", :_}, [], [{{:"$2", :"$1"}}]}])

    for {_used, key} <- used |> Enum.sort() |> Enum.take(length(used) - div(@most * 9, 10)) do
      :ets.delete(__MODULE__, key)
    end

    {:noreply, state}
  end
end
