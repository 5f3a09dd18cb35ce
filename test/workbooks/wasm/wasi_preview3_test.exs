defmodule Workbooks.Wasm.WASIPreview3Test do
  # Experimental: that it links, and that a guest that waits can be ended.
  use ExUnit.Case, async: true

  alias Workbooks.{TestWASIGuests, Wasm}
  alias Workbooks.Wasm.Error

  setup_all do
    {:ok, component: TestWASIGuests.preview3()}
  end

  test "is there when it is asked for", %{component: component} do
    assert {:error, %Error{kind: :import}} = Wasm.instantiate(component)
    assert {:error, %Error{kind: kind}} = Wasm.instantiate(component, wasi: [])
    assert kind in [:link, :import]
    instance = TestWASIGuests.start(component, p3: true)
    assert {:ok, random} = Wasm.call(instance, "random")
    assert is_integer(random)
  end

  test "has the same chance again with the same seed", %{component: component} do
    random = fn seed -> Wasm.call(TestWASIGuests.start(component, [p3: true], deterministic: seed), "random") end
    assert random.(1) == random.(1)
    assert random.(1) != random.(2)
  end

  test "sleeps, until the call's time is over", %{component: component} do
    instance = TestWASIGuests.start(component, p3: true)
    assert {:ok, slept} = Wasm.call(instance, "sleep", [30_000_000])
    assert slept >= 30_000_000
    assert {:error, %Error{kind: :timeout}} = Wasm.call(instance, "sleep", [60_000_000_000], timeout: 50)
    assert Wasm.state(instance) == :closed
  end

  test "is nothing for a component that does not use it" do
    assert {:error, %Error{kind: :link, message: message}} = Wasm.instantiate(TestWASIGuests.system(), wasi: [p3: true])

    assert message =~ "preview 3"
  end
end
