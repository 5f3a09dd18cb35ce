defmodule Workbooks.Vars.ConcurrencyTest do
  use ExUnit.Case, async: true

  alias Workbooks.{TestVars, TestWait}
  alias Workbooks.Vars.Store

  @keys for n <- 1..4, do: "k#{n}"

  # So that a value that is not whole is seen: its number, and bytes that follow from it.
  defp value(n), do: <<n::64, :binary.copy(<<n>>, 200 + rem(n, 3_000))::binary>>
  defp number(<<n::64, _::binary>> = value), do: value == value(n) && n

  test "64 readers see what was written, whole and in its order, while 8 write, and while a commit is stuck" do
    gate = start_supervised!({Agent, fn -> :open end})

    stuck = fn _operations ->
      TestWait.until(fn -> Agent.get(gate, & &1) == :open end, fn -> "the gate" end, :infinity)
      :ok
    end

    store = TestVars.start(storage: [backend: Workbooks.TestMemoryStorage, url: stuck])
    for key <- @keys, do: :ok = Store.set_all("acme", [{key, value(0)}], store: store)
    :ok = Store.set_all("acme", for(key <- @keys, do: {"s" <> key, value(0)}), store: store, secret: true)
    reads = :counters.new(64, [])
    over = :atomics.new(1, [])
    over? = fn -> :atomics.get(over, 1) == 1 end

    # Each key has two writers, one of a plain variable and one of a secret.
    writers =
      for key <- @keys, secret <- [false, true] do
        Task.async(fn ->
          Stream.iterate(1, &(&1 + 1))
          |> Enum.find(fn n ->
            :ok =
              Store.set("acme", if(secret, do: "s" <> key, else: key), value(n),
                store: store,
                secret: secret,
                timeout: :infinity
              )

            over?.()
          end)
        end)
      end

    readers =
      for n <- 1..64 do
        Task.async(fn ->
          Stream.repeatedly(fn -> Enum.random(@keys) end)
          |> Enum.reduce_while(%{}, fn key, seen ->
            key = if n > 60, do: "s" <> key, else: key

            {:ok, value} =
              if n > 60, do: Store.host_secret("acme", key, store: store), else: Store.get("acme", key, store: store)

            number = number(value)
            assert number, "a value that nobody wrote"
            assert number >= Map.get(seen, key, 0), "an older value after a newer one"
            :counters.add(reads, n, 1)
            {if(over?.(), do: :halt, else: :cont), Map.put(seen, key, number)}
          end)
        end)
      end

    for _ <- 1..3 do
      all_read(reads)
      Agent.update(gate, fn _ -> :closed end)
      # Whoever reads now reads beside a commit that goes on for as long as this takes.
      all_read(reads)
      assert map_size(Store.list("acme", store: store)) == 8
      Agent.update(gate, fn _ -> :open end)
    end

    :atomics.put(over, 1, 1)
    Task.await_many(writers ++ readers, 120_000)
  end

  # Each of them some more.
  defp all_read(reads) do
    before = for n <- 1..64, do: :counters.get(reads, n)

    TestWait.until(
      fn -> before |> Enum.with_index(1) |> Enum.all?(fn {count, n} -> :counters.get(reads, n) >= count + 20 end) end,
      fn -> before end,
      System.monotonic_time(:millisecond) + 120_000
    )
  end
end
