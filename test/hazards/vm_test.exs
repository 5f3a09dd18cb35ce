defmodule Workbooks.Hazards.VMTest do
  # What the other tests of this folder rest on: that harm to a VM is seen.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}

  test "a VM that ends is a failure" do
    assert_raise ExUnit.AssertionError, ~r/the virtual machine ended/, fn -> in_vm(fn -> :erlang.halt(139) end) end

    kill = fn ->
      System.cmd("kill", ["-SEGV", System.pid()])
      Process.sleep(:infinity)
    end

    assert_raise ExUnit.AssertionError, ~r/the virtual machine ended/, fn -> in_vm(kill) end
  end

  test "so is one that ends when the test is over" do
    later = fn ->
      spawn(fn ->
        Process.sleep(1)
        :erlang.halt(139)
      end)

      Process.sleep(1)
    end

    assert_raise ExUnit.AssertionError, ~r/the virtual machine (ended|did not outlive)/, fn -> in_vm(later) end
  end

  test "an assertion in it is one here, and so is an exit or a throw" do
    assert_raise ExUnit.AssertionError, ~r/Assertion with == failed/, fn ->
      in_vm(fn -> assert 1 == length(Process.list()) end)
    end

    assert catch_exit(in_vm(fn -> exit(:gone) end)) == :gone
    assert catch_throw(in_vm(fn -> throw(:ball) end)) == :ball
    assert in_vm(fn -> {:an, "answer"} end) == {:an, "answer"}
  end

  test "an instance that is left is seen" do
    leave = fn ->
      program = TestGuests.misbehaving()

      spawn(fn ->
        instance = Wasm.instantiate!(program)
        receive do: (:close -> Wasm.close(instance))
      end)

      until(fn -> Wasm.stats().stores == 1 end)
    end

    assert_raise ExUnit.AssertionError, ~r/stores: 1/, fn -> in_vm(leave, within: 200) end
  end
end
