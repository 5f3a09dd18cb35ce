defmodule Workbooks.TestMemoryStorage do
  @moduledoc """
  A backend that keeps everything in an Agent: for tests of what stands on the storage, and of the
  behaviour itself, that another one can be written.

  `settings.url` may be a function that is asked before each transaction: what it answers other than
  `:ok` is the transaction's answer.
  """
  @behaviour Workbooks.Storage.Backend

  alias Workbooks.Error

  @impl true
  def open(settings) do
    {:ok, agent} = Agent.start_link(fn -> %{} end)
    {:ok, {agent, if(is_function(settings.url, 1), do: settings.url, else: fn _operations -> :ok end)}}
  end

  @impl true
  def get({agent, _gate}, table, key, _timeout) do
    Agent.get(agent, fn all ->
      with %{^key => value} <- Map.get(all, table, %{}), do: {:ok, value}, else: (_ -> :error)
    end)
  end

  @impl true
  def transaction({agent, gate}, operations, _timeout) do
    with :ok <- gate.(operations),
         do: Agent.update(agent, &Enum.reduce(operations, &1, fn one, all -> apply_one(one, all) end))
  end

  defp apply_one({:put, table, key, value}, all), do: Map.update(all, table, %{key => value}, &Map.put(&1, key, value))
  defp apply_one({:delete, table, key}, all), do: Map.update(all, table, %{}, &Map.delete(&1, key))

  @impl true
  def page({agent, _gate}, table, last, bytes, _timeout) do
    rows =
      Agent.get(agent, &Map.get(&1, table, %{}))
      |> Enum.sort()
      |> Enum.drop_while(fn {key, _} -> last != nil and key <= last end)

    {page, _bytes} =
      Enum.reduce_while(rows, {[], 0}, fn {key, value} = row, {page, sum} ->
        sum = sum + byte_size(key) + byte_size(value)
        {if(sum < bytes, do: :cont, else: :halt), {[row | page], sum}}
      end)

    next = if length(page) < length(rows), do: page |> hd() |> elem(0)
    {:ok, Enum.reverse(page), next}
  end

  @impl true
  def backup(_handle, _path, _timeout), do: Error.tuple(:unavailable, "memory has no backups")

  @impl true
  def restore(_path, _settings, _timeout), do: Error.tuple(:unavailable, "memory has no backups")

  @impl true
  def info({agent, _gate}, _timeout), do: {:ok, %{backend: :memory, tables: Agent.get(agent, &Map.keys/1)}}

  @impl true
  def close({agent, _gate}), do: Agent.stop(agent)
end
