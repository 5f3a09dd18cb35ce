defmodule Workbooks.Build.Recent do
  @moduledoc """
  A table in memory that is bounded by the bytes of what is in it, and the files kept beside it
  (`Workbooks.Build.Sealed`): what was not used for longest leaves. Any process may read and
  write; one, of the table's name, evicts and sweeps. With it the table is gone.
  """

  @behaviour GenServer

  alias Workbooks.Build.Sealed

  require Logger

  @doc "A child for a supervisor. Options: `:name`, the table's; `:files`, what names of files look like."
  @spec child_spec(keyword) :: Supervisor.child_spec()
  def child_spec(options), do: %{id: options[:name], start: {__MODULE__, :start_link, [options]}}

  @doc false
  def start_link(options), do: GenServer.start_link(__MODULE__, options, name: options[:name])

  @impl true
  def init(options) do
    table = options[:name]
    :ets.new(table, [:named_table, :public, read_concurrency: true])
    :ets.new(size(table), [:named_table, :public, write_concurrency: true])
    :ets.insert(size(table), {:bytes, 0})
    # How much is in which folder.
    {:ok, %{table: table, files: options[:files], totals: %{}}}
  end

  # In turn with what evicts.
  @impl true
  def handle_call(:clear, _from, %{table: table} = state) do
    :ets.delete_all_objects(table)
    :ets.insert(size(table), {:bytes, 0})
    {:reply, :ok, state}
  end

  @impl true
  def handle_cast({:evict, bound}, state) do
    evict(state.table, bound)
    {:noreply, state}
  end

  def handle_cast({:stored, folder, bytes, most}, %{totals: totals} = state) do
    {:noreply, %{state | totals: Sealed.stored(totals, folder, state.files, bytes, most)}}
  end

  defp size(table), do: Module.concat(table, Size)

  @doc "What is there under a key."
  @spec fetch(atom, term) :: {:ok, term} | :error
  def fetch(table, key) do
    case :ets.lookup(table, key) do
      [{_key, value, _used, _bytes}] ->
        # Lost races only mean that something else leaves first.
        :ets.update_element(table, key, {3, now()})
        {:ok, value}

      [] ->
        :error
    end
  end

  @doc "Puts something of so many bytes under a key; beyond the bound the table is evicted from."
  @spec put(atom, term, term, bytes :: non_neg_integer, bound :: non_neg_integer) :: :ok
  def put(table, key, value, bytes, bound) do
    :ets.insert(table, {key, value, now(), bytes})
    if :ets.update_counter(size(table), :bytes, bytes) > bound, do: GenServer.cast(table, {:evict, bound}), else: :ok
  end

  @doc "Says that a file of so many bytes was put into a folder; beyond `most` it is swept."
  @spec stored(atom, Path.t(), bytes :: non_neg_integer, most :: non_neg_integer) :: :ok
  def stored(table, folder, bytes, most), do: GenServer.cast(table, {:stored, folder, bytes, most})

  # Apart even where the clock is coarse.
  defp now, do: {System.monotonic_time(), System.unique_integer([:monotonic])}

  # Down to nine tenths of the bound at once, so that a full table is not looked through for each
  # thing. The count is put right here: what was replaced is counted twice until then.
  defp evict(table, bound) do
    sizes = :ets.foldl(fn {key, _value, used, bytes}, all -> [{used, key, bytes} | all] end, [], table)
    total = sizes |> Enum.map(&elem(&1, 2)) |> Enum.sum()
    left = if total <= bound, do: total, else: sizes |> Enum.sort() |> oldest(total, div(bound * 9, 10), table)
    :ets.insert(size(table), {:bytes, left})
  end

  defp oldest([{_used, key, bytes} | rest], total, goal, table) when total > goal do
    :ets.delete(table, key)
    oldest(rest, total - bytes, goal, table)
  end

  defp oldest(_rest, total, _goal, _table), do: total

  @doc "Empties a table."
  @spec clear(atom) :: :ok
  def clear(table), do: GenServer.call(table, :clear)

  @doc "How much is in a table."
  @spec stats(atom) :: %{memory_bytes: integer, memory_entries: non_neg_integer}
  def stats(table) do
    %{memory_bytes: :ets.lookup_element(size(table), :bytes, 2), memory_entries: :ets.info(table, :size)}
  end

  @doc """
  A bound as the configuration of `:workbooks` has it, or else this.

      iex> Workbooks.Build.Recent.bound(:no_such_bound, 5)
      5
  """
  @spec bound(atom, non_neg_integer) :: non_neg_integer
  def bound(key, default) do
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
