defmodule Workbooks.Build.Flight do
  @moduledoc """
  Work that several processes want at once, done by the first of them.

  The others wait, each within its own deadline, and get the same answer: what was made, or
  what is wrong with the block. When the first ends without one (it was killed, it raised, its
  time was over) the next does the work itself.
  """

  @behaviour GenServer

  alias Workbooks.Build.{Deadline, Problem}

  # What is wrong with a block is wrong for everybody; that the time was over is not.
  @everybodys [:compile, :entry, :language, :limit, :output, :signature, :type]

  @doc false
  def child_spec(options), do: %{id: __MODULE__, start: {__MODULE__, :start_link, [options]}}

  @doc false
  def start_link(_options), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @doc """
  What `make` answers, here or in the process that began with this key before.

      iex> Workbooks.Build.Flight.join("a key", :infinity, fn -> {:ok, 1} end)
      {:ok, 1}
  """
  @spec join(term, Deadline.t(), (() -> answer)) :: answer when answer: {:ok, term} | {:error, Problem.t()}
  def join(key, deadline, make) do
    ref = make_ref()

    case ask(key, ref, deadline) do
      :lead -> lead(key, ref, make)
      {:landed, answer} -> answer
    end
  end

  defp ask(key, ref, deadline) do
    GenServer.call(__MODULE__, {:join, key, ref}, Deadline.left(deadline))
  catch
    :exit, {:timeout, _call} ->
      left(key, ref)
      {:landed, {:error, Problem.new(:timeout, "the same block was being compiled, and was not ready in time")}}
  end

  defp lead(key, ref, make) do
    answer = make.()
    if everybodys?(answer), do: GenServer.cast(__MODULE__, {:landed, key, ref, answer})
    answer
  after
    left(key, ref)
  end

  defp everybodys?({:ok, _made}), do: true
  defp everybodys?({:error, %Problem{kind: kind}}), do: kind in @everybodys

  # Nothing to say of what has landed.
  defp left(key, ref), do: GenServer.cast(__MODULE__, {:left, key, ref})

  # key => {who leads, its monitor, who waits}
  @impl true
  def init([]), do: {:ok, %{}}

  @impl true
  def handle_call({:join, key, ref}, from, flights) do
    case flights do
      %{^key => {leader, monitor, waiting}} ->
        {:noreply, Map.put(flights, key, {leader, monitor, :queue.in({ref, from}, waiting)})}

      _none ->
        {:noreply, led(flights, key, {ref, from}, :queue.new())}
    end
  end

  @impl true
  def handle_cast({:landed, key, ref, answer}, flights) do
    case flights do
      %{^key => {^ref, monitor, waiting}} ->
        Process.demonitor(monitor, [:flush])
        for {_ref, from} <- :queue.to_list(waiting), do: GenServer.reply(from, {:landed, answer})
        # What was made must not stay for this process's sake.
        {:noreply, Map.delete(flights, key), :hibernate}

      _another ->
        {:noreply, flights, :hibernate}
    end
  end

  def handle_cast({:left, key, ref}, flights) do
    case flights do
      %{^key => {^ref, monitor, waiting}} ->
        Process.demonitor(monitor, [:flush])
        {:noreply, next(flights, key, waiting)}

      %{^key => {leader, monitor, waiting}} ->
        waiting = :queue.filter(fn {waiter, _from} -> waiter != ref end, waiting)
        {:noreply, Map.put(flights, key, {leader, monitor, waiting})}

      _landed ->
        {:noreply, flights}
    end
  end

  @impl true
  def handle_info({:DOWN, monitor, :process, _pid, _reason}, flights) do
    case Enum.find(flights, &match?({_key, {_leader, ^monitor, _waiting}}, &1)) do
      {key, {_leader, _monitor, waiting}} -> {:noreply, next(flights, key, waiting)}
      nil -> {:noreply, flights}
    end
  end

  defp next(flights, key, waiting) do
    case :queue.out(waiting) do
      {{:value, waiter}, waiting} -> led(flights, key, waiter, waiting)
      {:empty, _waiting} -> Map.delete(flights, key)
    end
  end

  # One that is gone by now is told of at once.
  defp led(flights, key, {ref, {pid, _tag} = from}, waiting) do
    monitor = Process.monitor(pid)
    GenServer.reply(from, :lead)
    Map.put(flights, key, {ref, monitor, waiting})
  end
end
