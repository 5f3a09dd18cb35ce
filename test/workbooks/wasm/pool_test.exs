defmodule Workbooks.Wasm.PoolTest do
  use ExUnit.Case, async: true

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.{Error, Pool}

  defp pool(options \\ []) do
    start_supervised!({Pool, Keyword.merge([component: TestGuests.misbehaving(), max: 2], options)})
  end

  test "many callers share few instances" do
    pool = pool()
    tasks = for n <- 1..50, do: Task.async(fn -> Pool.call(pool, "add", [n, 1]) end)
    assert Enum.map(tasks, &Task.await/1) == for(n <- 1..50, do: {:ok, n + 1})
    assert %{idle: idle, busy: 0, waiting: 0, max: 2} = Pool.stats(pool)
    assert idle in 1..2
  end

  test "an instance that trapped is replaced" do
    pool = pool(max: 1)
    assert {:error, %Error{kind: :trap}} = Pool.call(pool, "boom", [])
    assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
  end

  test "nobody waits longer than asked" do
    pool = pool(max: 1)
    me = self()

    holder =
      spawn_link(fn ->
        Pool.run(pool, fn _ ->
          send(me, :held)
          receive do: (:release -> {:ok, nil})
        end)
      end)

    assert_receive :held
    assert {:error, %Error{kind: :pool_timeout}} = Pool.call(pool, "add", [1, 2], timeout: 10)
    send(holder, :release)
    assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
    assert Pool.stats(pool).waiting == 0
  end

  test "a caller that dies gives its place back, in a call or waiting" do
    pool = pool(max: 1)
    caller = spawn(fn -> Pool.call(pool, "spin", [], timeout: :infinity) end)
    await(fn -> Pool.stats(pool).busy == 1 end)
    waiter = spawn(fn -> Pool.call(pool, "add", [1, 1], timeout: :infinity) end)
    await(fn -> Pool.stats(pool).waiting == 1 end)
    Process.exit(waiter, :kill)
    Process.exit(caller, :kill)
    assert Pool.call(pool, "add", [1, 2]) == {:ok, 3}
    assert %{waiting: 0} = Pool.stats(pool)
  end

  test "the time limit covers a call on a free instance" do
    pool = pool()
    assert {:error, %Error{kind: :timeout}} = Pool.call(pool, "spin", [], timeout: 20)
  end

  test "an instance that grew too large is not kept" do
    pool = pool(max: 1, keep_memory: 10 * 65_536)
    assert Pool.call(pool, "grow", [20]) == {:ok, 1}
    assert Pool.call(pool, "grow", [0]) == {:ok, 1}
  end

  test "a component that cannot be made is everybody's error, and the place is free again" do
    pool = pool(component: fn -> {:error, Error.new(:not_found, "no such thing")} end, max: 1)
    for _ <- 1..3, do: assert({:error, %Error{kind: :not_found}} = Pool.call(pool, "add", [1, 2]))
    assert %{idle: 0, busy: 0} = Pool.stats(pool)
  end

  test "min instances are there from the start" do
    pool = pool(min: 2)
    await(fn -> Pool.stats(pool).idle == 2 end)
  end

  test "a pool that does not run says so" do
    assert {:error, %Error{kind: :closed, message: message}} = Pool.call(:no_such_pool, "add", [1, 2])
    assert message =~ "not running"
  end

  test "instances go with the pool" do
    pool = pool(min: 1)
    {:ok, instance} = Pool.run(pool, &{:ok, &1})
    stop_supervised!(Pool)
    await(fn -> Wasm.state(instance) == :closed end)
  end

  defp await(condition, tries \\ 500) do
    cond do
      condition.() -> :ok
      tries == 0 -> flunk("never came true")
      true -> Process.sleep(5) && await(condition, tries - 1)
    end
  end
end
