defmodule Workbooks.Hazards.WASISleepTest do
  # Counts the whole VM's stores, so nothing runs beside it.
  use ExUnit.Case, async: false

  alias Workbooks.{TestWait, TestWASIGuests, Wasm}

  test "nothing is left of guests whose callers were killed while they slept" do
    system = TestWASIGuests.system()
    TestWait.until(fn -> Wasm.stats().fibers == 0 end)
    stores = Wasm.stats().stores

    callers =
      for _ <- 1..20 do
        spawn(fn ->
          Wasm.call(TestWASIGuests.start(system, []), "sleep", [3_600_000_000_000], timeout: :infinity)
        end)
      end

    TestWait.until(fn -> Wasm.stats().fibers == 20 end, fn -> Wasm.stats() end)
    for caller <- callers, do: Process.exit(caller, :kill)
    left = fn -> Map.take(Wasm.stats(), [:stores, :fibers]) end
    TestWait.until(fn -> left.() == %{stores: stores, fibers: 0} end, left)
    instance = TestWASIGuests.start(system, [])
    assert {:ok, _} = Wasm.call(instance, "sleep", [1_000_000])
    Wasm.close(instance)
  end
end
