defmodule Workbooks.Wasm.Line do
  @moduledoc false
  # Those who wait for an instance of a pool or a server: first come, first served, each with a
  # deadline. Whoever leaves, by whatever way, leaves nothing behind. The monitor that names a
  # place is its keeper's; the timer is the line's, and sends its keeper `{:expired, lease}`.

  defstruct next: 0, waiting: :gb_trees.empty(), places: %{}

  @type lease :: reference
  @type t :: %__MODULE__{}

  # Longer than this is for ever: a timer that cannot be set would end the one who keeps the line.
  @longest 0xFFFFFFFF

  @doc "Takes the last place: the line and how many stand in it."
  @spec join(t, lease, GenServer.from(), timeout) :: {pos_integer, t}
  def join(line, lease, from, timeout) do
    timer = if is_integer(timeout) and timeout <= @longest, do: Process.send_after(self(), {:expired, lease}, timeout)
    position = size(line) + 1
    waiting = :gb_trees.insert(line.next, {lease, from, timer, position}, line.waiting)
    {position, %{line | next: line.next + 1, waiting: waiting, places: Map.put(line.places, lease, line.next)}}
  end

  @doc "Takes the first out, with the place it began at."
  @spec pop(t) :: {{lease, GenServer.from(), pos_integer}, t} | :empty
  def pop(line) do
    if :gb_trees.is_empty(line.waiting) do
      :empty
    else
      {_, {lease, from, timer, position}, waiting} = :gb_trees.take_smallest(line.waiting)
      cancel(timer)
      {{lease, from, position}, %{line | waiting: waiting, places: Map.delete(line.places, lease)}}
    end
  end

  @doc "Takes one out, wherever it stands; `nil` when it does not."
  @spec leave(t, lease) :: {{GenServer.from(), pos_integer} | nil, t}
  def leave(line, lease) do
    case Map.pop(line.places, lease) do
      {nil, _} ->
        {nil, line}

      {place, places} ->
        {{_, from, timer, position}, waiting} = :gb_trees.take(place, line.waiting)
        cancel(timer)
        {{from, position}, %{line | waiting: waiting, places: places}}
    end
  end

  @doc "How many stand in it."
  @spec size(t) :: non_neg_integer
  def size(line), do: map_size(line.places)

  # Its message may be there already, and finds nobody then.
  defp cancel(nil), do: :ok
  defp cancel(timer), do: Process.cancel_timer(timer, async: true, info: false)
end
