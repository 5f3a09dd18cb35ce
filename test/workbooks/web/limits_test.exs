defmodule Workbooks.Web.LimitsTest do
  use ExUnit.Case, async: true

  alias Workbooks.TestWait
  alias Workbooks.Web.Limits

  # So slow that no test waits for a token.
  @slow {1, 3_600_000}

  test "so many at once, and then no more" do
    who = make_ref()
    assert for(_ <- 1..3, do: Limits.take(who, @slow, 3)) == [:ok, :ok, :ok]
    assert {:wait, ms} = Limits.take(who, @slow, 3)
    assert ms in 3_000_000..3_600_000
    assert Limits.take(make_ref(), @slow, 3) == :ok
  end

  test "a token comes back with time" do
    who = make_ref()
    assert :ok = Limits.take(who, {1, 20}, 1)

    case Limits.take(who, {1, 20}, 1) do
      :ok -> :ok
      {:wait, ms} -> Process.sleep(ms + 1)
    end

    assert Limits.take(who, {1, 20}, 1) == :ok
  end

  test "of many who come at once, as many as there are tokens are let in" do
    who = make_ref()

    answers =
      1..50
      |> Enum.map(fn _ -> Task.async(fn -> for _ <- 1..20, do: Limits.take(who, @slow, 100) end) end)
      |> Enum.flat_map(&Task.await(&1, 60_000))

    assert Enum.count(answers, &(&1 == :ok)) == 100
  end

  test "so many hold it at once: one that lets go, or ends, makes room" do
    who = make_ref()
    test = self()

    holder = fn ->
      send(test, {self(), Limits.hold(who, 2)})
      receive(do: (:let_go -> Limits.release(who)))
      send(test, {self(), :gone})
      receive(do: (:end -> :ok))
    end

    [first, second, third] =
      for _ <- 1..3 do
        pid = spawn_link(holder)
        assert_receive {^pid, answer}, 20_000
        {pid, answer}
      end

    assert {{first, :ok}, {second, :ok}, {_third, :full}} = {first, second, third}
    assert Limits.hold(make_ref(), 1) == :ok
    send(first, :let_go)
    assert_receive {^first, :gone}, 20_000
    assert Limits.hold(who, 2) == :ok
    assert Limits.hold(who, 2) == :full
    Process.unlink(second)
    Process.exit(second, :kill)
    TestWait.until(fn -> Limits.hold(who, 2) == :ok end)
  end

  test "what is full is swept out, what is not is kept" do
    {full, other} = {make_ref(), make_ref()}
    :ok = Limits.take(full, {1_000_000, 1}, 1)
    :ok = Limits.take(other, @slow, 1)
    send(Limits, :sweep)
    _ = :sys.get_state(Limits)
    refute :ets.member(Limits, full)
    assert :ets.member(Limits, other)
  end
end
