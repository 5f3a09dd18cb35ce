defmodule Workbooks.Hazards.HostFunctionTest do
  # What a host function may do to the guest's call.
  use ExUnit.Case, async: true

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.Error

  defp run(function, options \\ []) do
    instance = Wasm.instantiate!(TestGuests.calling_host(), imports: %{"host:math/ops" => %{"apply" => function}})
    {Wasm.call(instance, "run", [1], options), instance}
  end

  test "raise: the original exception and stacktrace" do
    {result, instance} = run(fn _ -> raise ArgumentError, "not today" end)
    assert {:error, %Error{kind: :host_error, message: message, details: details}} = result
    assert message =~ "not today"
    assert %{kind: :error, reason: %ArgumentError{message: "not today"}, stacktrace: [_ | _]} = details
    assert details.import == ["host:math/ops@1.0.0", "apply"]
    assert Wasm.state(instance) == :closed
  end

  test "throw and exit" do
    assert {{:error, %Error{kind: :host_error, details: %{kind: :throw, reason: :ball}}}, _} =
             run(fn _ -> throw(:ball) end)

    assert {{:error, %Error{kind: :host_error, details: %{kind: :exit, reason: :gone}}}, _} =
             run(fn _ -> exit(:gone) end)
  end

  test "an answer of the wrong type" do
    {result, instance} = run(fn _ -> "text" end)
    assert {:error, %Error{kind: :host_error, message: message}} = result
    assert message =~ ~s(expected s64, got "text")
    assert Wasm.state(instance) == :closed
  end

  test "its time counts" do
    assert {{:error, %Error{kind: :timeout}}, _} = run(fn x -> Process.sleep(60) && x end, timeout: 20)
  end

  test "calling back into the same instance is refused, not a deadlock" do
    me = self()
    imports = %{"host:math/ops" => %{"apply" => fn _ -> send(me, Wasm.call(Process.get(:it), "run", [1])) && 7 end}}
    instance = Wasm.instantiate!(TestGuests.calling_host(), imports: imports)
    Process.put(:it, instance)
    assert Wasm.call(instance, "run", [1]) == {:ok, 8}
    assert_received {:error, %Error{kind: :busy}}
  end

  test "closing its own instance ends the call" do
    imports = %{"host:math/ops" => %{"apply" => fn x -> Wasm.close(Process.get(:it)) && x end}}
    instance = Wasm.instantiate!(TestGuests.calling_host(), imports: imports)
    Process.put(:it, instance)
    assert {:error, %Error{kind: kind}} = Wasm.call(instance, "run", [1])
    assert kind in [:closed, :cancelled]
  end
end
