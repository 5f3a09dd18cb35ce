defmodule Workbooks.Properties.PropertyTest do
  # The helper that the others here stand on.
  use ExUnit.Case, async: true

  import Workbooks.TestProperty

  defp message(fun) do
    assert_raise(ExUnit.AssertionError, fun).message
  end

  test "a property that holds is tried as often as told" do
    counter = :counters.new(1, [])
    check("holds", [runs: 17], do: :counters.add(counter, 1, draw(1) + 1))
    assert :counters.get(counter, 1) == 17
  end

  test "what is drawn is within its bounds, and all of it comes" do
    for drawn <- [
          fn -> draw(3) end,
          fn -> int(5..7) - 5 end,
          fn -> one_of([0, 1, 2]) end,
          fn -> min(2, length(list_of(fn -> 1 end, 4))) end,
          fn -> min(2, byte_size(bytes(20))) end,
          fn -> length(some_of([:a, :b])) end
        ] do
      seen = :ets.new(:seen, [:public])
      check("in bounds", [runs: 200, seed: 1], do: :ets.insert(seen, {drawn.()}))
      assert seen |> :ets.tab2list() |> Enum.sort() == [{0}, {1}, {2}]
    end
  end

  test "the simplest failure is found, and said with its notes and its seed" do
    property = fn ->
      list = note("list", list_of(fn -> draw(1000) end, 50))
      refute Enum.any?(list, &(&1 >= 100))
    end

    message = message(fn -> run("all are small", [runs: 100, seed: 42], property) end)
    assert message =~ ~s(the property "all are small" does not hold)
    assert message =~ "list: [100]\n"
    assert [_, seed] = Regex.run(~r/WORKBOOKS_SEED=(\d+)/, message)

    # That seed fails at once, with the same.
    again = message(fn -> run("all are small", [runs: 1, seed: String.to_integer(seed)], property) end)
    assert again == message
  end

  test "the same seed draws the same" do
    drawn = fn ->
      {:failed, draws, _} = play(fn -> throw(for _ <- 1..20, do: draw(1_000_000)) end, {:seed, 7})
      draws
    end

    assert drawn.() == drawn.()
  end

  test "exits, throws and errors are failures alike" do
    for how <- [fn -> exit(:no) end, fn -> throw(:no) end, fn -> raise "no" end] do
      assert message(fn -> run("fails", [runs: 1], how) end) =~ "no"
    end
  end

  test "a failure that does not come again says so" do
    counter = :counters.new(1, [])

    once = fn ->
      :counters.add(counter, 1, 1)
      if :counters.get(counter, 1) == 1, do: raise("only now")
    end

    assert message(fn -> run("flaky", [runs: 1], once) end) =~ "not with the same draws again"
  end
end
