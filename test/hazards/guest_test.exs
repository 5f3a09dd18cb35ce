defmodule Workbooks.Hazards.GuestTest do
  # What a guest may do to the VM. Not async: the counters are the whole VM's.
  use ExUnit.Case, async: false

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.Error

  setup do
    {:ok, component: TestGuests.misbehaving()}
  end

  defp settled(before, tries \\ 200) do
    now = Wasm.stats()

    cond do
      {now.stores, now.fibers} == {before.stores, before.fibers} -> :ok
      tries == 0 -> flunk("stores or fibers left: #{inspect(now)}, before: #{inspect(before)}")
      true -> Process.sleep(10) && settled(before, tries - 1)
    end
  end

  test "traps carry their code, close the instance and count", %{component: component} do
    for {name, arguments, code} <- [
          {"boom", [], :unreachable},
          {"recurse", [], :stack_overflow},
          {"divide", [1, 0], :integer_division_by_zero},
          {"peek", [0x7FFFFFFF], :out_of_bounds}
        ] do
      instance = Wasm.instantiate!(component)
      before = Wasm.stats().traps
      assert {:error, %Error{kind: :trap, details: %{code: ^code}}} = Wasm.call(instance, name, arguments)
      assert Wasm.stats().traps == before + 1
      assert {:error, %Error{kind: :closed, message: message}} = Wasm.call(instance, "add", [1, 2])
      assert message =~ "ended by a trap"
    end
  end

  test "a guest that loops ends at its timeout", %{component: component} do
    instance = Wasm.instantiate!(component)
    begun = System.monotonic_time(:millisecond)
    assert {:error, %Error{kind: :timeout}} = Wasm.call(instance, "spin", [], timeout: 50)
    assert System.monotonic_time(:millisecond) - begun >= 50
    assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "add", [1, 2])
  end

  test "four times as many loops as cores leave the others running", %{component: component} do
    before = Wasm.stats()

    loops =
      for _ <- 1..(4 * System.schedulers_online()) do
        spawn(fn -> component |> Wasm.instantiate!() |> Wasm.call("spin", [], timeout: :infinity) end)
      end

    instance = Wasm.instantiate!(component)
    for n <- 1..200, do: assert(Wasm.call(instance, "add", [n, 1]) == {:ok, n + 1})

    monitors = for pid <- loops, do: {pid, Process.monitor(pid)}
    for pid <- loops, do: Process.exit(pid, :kill)
    for {pid, monitor} <- monitors, do: assert_receive({:DOWN, ^monitor, :process, ^pid, :killed}, 5_000)
    Wasm.close(instance)
    settled(before)
  end

  test "an instance ends with its owner", %{component: component} do
    before = Wasm.stats()
    me = self()

    owner =
      spawn(fn ->
        send(me, {:instance, Wasm.instantiate!(component)})
        Process.sleep(:infinity)
      end)

    assert_receive {:instance, instance}
    assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
    Process.exit(owner, :kill)
    settled(before)
    assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "add", [1, 2])
  end

  test "an instance ends with a caller that is killed in its call", %{component: component} do
    before = Wasm.stats()
    instance = Wasm.instantiate!(component)
    caller = spawn(fn -> Wasm.call(instance, "spin", [], timeout: :infinity) end)
    await_state(instance, :running)
    # Neither the owner's nor a stranger's refused call takes the caller's monitor away.
    assert {:error, %Error{kind: :busy}} = Wasm.call(instance, "add", [1, 2])
    stranger = Task.async(fn -> Wasm.call(instance, "add", [1, 2]) end)
    assert {:error, %Error{kind: :busy}} = Task.await(stranger)
    Process.exit(caller, :kill)
    await_state(instance, :closed)
    settled(before)
  end

  test "closing ends a call that another process is in", %{component: component} do
    instance = Wasm.instantiate!(component)
    task = Task.async(fn -> Wasm.call(instance, "spin", [], timeout: :infinity) end)
    await_state(instance, :running)
    assert Wasm.close(instance) == :ok
    assert {:error, %Error{kind: kind}} = Task.await(task)
    assert kind in [:cancelled, :closed]
    assert Wasm.close(instance) == :ok
  end

  test "memory: a refused grow answers -1; a trap that follows is the limit's", %{component: component} do
    limits = [memory: 10 * 65_536]
    instance = Wasm.instantiate!(component, limits: limits)
    assert Wasm.call(instance, "grow", [9]) == {:ok, 1}
    assert Wasm.call(instance, "grow", [1]) == {:ok, -1}
    assert Wasm.memory_size(instance) == 10 * 65_536
    assert {:error, %Error{kind: :memory_limit}} = Wasm.call(instance, "grow-or-trap", [1])

    assert {:error, %Error{kind: :memory_limit}} = Wasm.instantiate(component, limits: [memory: 1])
  end

  test "instances that nobody closes are given back", %{component: component} do
    before = Wasm.stats()

    Task.await(
      Task.async(fn ->
        for _ <- 1..5_000, do: {:ok, _} = Wasm.instantiate(component) |> tap(fn {:ok, i} -> Wasm.close(i) end)
        for _ <- 1..100, do: {:ok, _} = Wasm.instantiate(component)
      end)
    )

    settled(before)
  end

  test "more instances than there are places: an error, and places again when some are closed", %{component: component} do
    before = Wasm.stats()
    instances = Stream.repeatedly(fn -> Wasm.instantiate(component) end) |> Enum.take(1_100)
    {made, refused} = Enum.split_with(instances, &match?({:ok, _}, &1))
    assert Enum.all?(refused, &match?({:error, %Error{kind: :limit}}, &1))
    assert length(refused) >= 100
    for {:ok, instance} <- made, do: Wasm.close(instance)
    assert {:ok, instance} = Wasm.instantiate(component)
    Wasm.close(instance)
    settled(before)
  end

  defp await_state(instance, state, tries \\ 500) do
    cond do
      Wasm.state(instance) == state -> :ok
      tries == 0 -> flunk("never #{state}, but #{Wasm.state(instance)}")
      true -> Process.sleep(5) && await_state(instance, state, tries - 1)
    end
  end
end
