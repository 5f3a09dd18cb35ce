defmodule Workbooks.Wasm.Pools do
  @moduledoc false
  # The pools that there are, for `Workbooks.Wasm.stats/0`: a table that belongs to the
  # application itself, so that nothing but its end can lose it. A pool that was killed is
  # found dead when somebody looks.

  @doc "Makes the table. It lives as long as the calling process."
  @spec open :: :ok
  def open do
    if :ets.whereis(__MODULE__) == :undefined do
      :ets.new(__MODULE__, [:named_table, :public, read_concurrency: true])
    end

    :ok
  end

  @doc "Lists the calling process under `name`; its pid where that is `nil`."
  @spec register(term) :: :ok
  def register(name) do
    sweep()
    :ets.insert(__MODULE__, {self(), name || self()})
    :ok
  rescue
    # The application does not run: a pool is of use without it.
    ArgumentError -> :ok
  end

  @doc "Strikes the calling process out."
  @spec unregister :: :ok
  def unregister do
    :ets.delete(__MODULE__, self())
    :ok
  rescue
    ArgumentError -> :ok
  end

  @doc "What each pool answers to `:stats`, by its name; one that does not answer within `timeout` is left out."
  @spec stats(timeout) :: %{term => map}
  def stats(timeout \\ 1_000) do
    # All are asked before the first is waited for: together they take as long as the slowest.
    asked = for {pid, name} <- sweep(), do: {name, :gen_server.send_request(pid, :stats)}
    deadline = System.monotonic_time(:millisecond) + timeout

    for {name, request} <- asked,
        left = max(0, deadline - System.monotonic_time(:millisecond)),
        {:reply, stats} <- [:gen_server.receive_response(request, left)],
        into: %{},
        do: {name, stats}
  end

  defp sweep do
    {alive, dead} = __MODULE__ |> :ets.tab2list() |> Enum.split_with(fn {pid, _} -> Process.alive?(pid) end)
    for {pid, _} <- dead, do: :ets.delete(__MODULE__, pid)
    alive
  rescue
    ArgumentError -> []
  end
end
