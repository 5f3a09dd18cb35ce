defmodule Workbooks.Build.FlightTest do
  use ExUnit.Case, async: true
  import Workbooks.TestWait

  alias Workbooks.Build.{Deadline, Flight, Problem}

  doctest Flight

  # A process that leads the flight until it is told what to answer.
  defp leader(key) do
    test = self()

    pid =
      spawn(fn ->
        try do
          send(test, {:leader, Flight.join(key, :infinity, fn -> told(test) end)})
        rescue
          # Raised where it was made, and nowhere else.
          exception in RuntimeError -> send(test, {:raised, exception.message})
        end
      end)

    assert_receive {:made_by, ^pid}, 30_000
    pid
  end

  defp told(test) do
    send(test, {:made_by, self()})

    receive do
      {:answer, answer} -> answer
      :raise -> raise "the compiler is broken"
    end
  end

  defp waiters(key, count, deadline \\ :infinity) do
    tasks = for _ <- 1..count, do: Task.async(fn -> Flight.join(key, deadline, fn -> {:ok, {:made, self()}} end) end)
    until(fn -> waiting(key) == count end)
    tasks
  end

  defp waiting(key) do
    case :sys.get_state(Flight) do
      %{^key => {_leader, _monitor, waiting}} -> :queue.len(waiting)
      _none -> 0
    end
  end

  test "what one makes all get" do
    key = make_ref()
    leader = leader(key)
    tasks = waiters(key, 20)
    send(leader, {:answer, {:ok, :made}})
    assert Task.await_many(tasks) == List.duplicate({:ok, :made}, 20)
    assert_receive {:leader, {:ok, :made}}
    until(fn -> not is_map_key(:sys.get_state(Flight), key) end)
  end

  test "what is wrong with a block all are told" do
    key = make_ref()
    leader = leader(key)
    tasks = waiters(key, 3)
    refused = {:error, Problem.new(:compile, "no C")}
    send(leader, {:answer, refused})
    assert Task.await_many(tasks) == List.duplicate(refused, 3)
  end

  test "when the first was out of time, or broken, or killed, the next makes it, for the others too" do
    late = {:error, Problem.new(:timeout, "too late")}

    for ending <- [&send(&1, {:answer, late}), &send(&1, :raise), &Process.exit(&1, :kill)] do
      key = make_ref()
      leader = leader(key)
      tasks = waiters(key, 5)
      ending.(leader)
      assert [{:ok, {:made, by}}] = tasks |> Task.await_many() |> Enum.uniq()
      assert by in Enum.map(tasks, & &1.pid)
    end
  end

  test "who was killed while waiting holds up nobody" do
    key = make_ref()
    leader = leader(key)
    {dead, _} = spawn_monitor(fn -> Flight.join(key, :infinity, fn -> {:ok, :never} end) end)
    until(fn -> waiting(key) == 1 end)
    Process.exit(dead, :kill)
    assert_receive {:DOWN, _, _, ^dead, _}
    task = Task.async(fn -> Flight.join(key, :infinity, fn -> {:ok, :next} end) end)
    until(fn -> waiting(key) == 2 end)
    Process.exit(leader, :kill)
    assert Task.await(task) == {:ok, :next}
  end

  test "each waits within its own time, and then waits no more" do
    key = make_ref()
    leader = leader(key)
    assert {:error, %Problem{kind: :timeout}} = Flight.join(key, Deadline.in_ms(20), fn -> {:ok, :never} end)
    until(fn -> waiting(key) == 0 end)
    Process.exit(leader, :kill)
    until(fn -> not is_map_key(:sys.get_state(Flight), key) end)
    assert Flight.join(key, :infinity, fn -> {:ok, :after} end) == {:ok, :after}
    refute_received _late_answer
  end
end
