defmodule Workbooks.Hazards.LibraryTest do
  # What becomes of the NIF's library when its module goes, or comes again.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{Native, TestGuests, Wasm}

  test "a second load is refused, and the first goes on" do
    in_vm(fn ->
      instance = Wasm.instantiate!(TestGuests.misbehaving())
      loops = spinners(4)
      {Native, code, file} = :code.get_object_code(Native)

      for _ <- 1..3 do
        assert :code.load_binary(Native, file, code) == {:error, :on_load_failure}
        assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
        :code.purge(Native)
        assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
        assert :code.load_file(Native) == {:error, :on_load_failure}
        each_scheduler!()
      end

      assert Enum.all?(loops, &Process.alive?/1)
      Enum.each(loops, &Process.exit(&1, :kill))
    end)
  end

  test "a purge, when the module was not deleted, touches nothing" do
    in_vm(fn ->
      instance = Wasm.instantiate!(TestGuests.misbehaving())
      loops = spinners(4)
      assert :code.purge(Native) == false
      assert :code.soft_purge(Native)
      assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
      assert Enum.all?(loops, &Process.alive?/1)
      Enum.each(loops, &Process.exit(&1, :kill))
    end)
  end

  test "the module is deleted and purged: what was made before is refused, what comes after works" do
    in_vm(fn ->
      test = self()

      owner =
        spawn(fn ->
          component = TestGuests.misbehaving()
          send(test, {:made, component, Wasm.instantiate!(component)})
          Process.sleep(:infinity)
        end)

      assert_receive {:made, component, instance}, 20_000
      assert :code.delete(Native)
      :code.purge(Native)
      # Its next use loads it again; the threads and handlers of the library never left.
      assert Wasm.stats().stores == 1
      assert_raise ArgumentError, fn -> Wasm.call(instance, "add", [1, 2]) end
      assert_raise ArgumentError, fn -> Wasm.instantiate(component) end
      whole!()
      # And the old ones' ends are still heard of.
      Process.exit(owner, :kill)
      settled!()
    end)
  end

  test "the module is deleted and purged while guests run on every scheduler" do
    in_vm(fn ->
      loops = spinners(4 * System.schedulers_online())
      waiting = for _ <- 1..4, do: waiter()

      for _ <- 1..3 do
        # Those it finds in the module are killed, others fail when they come back to it.
        :code.delete(Native)
        :code.purge(Native)
        each_scheduler!()
        whole!()
      end

      Enum.each(loops ++ waiting, &Process.exit(&1, :kill))
    end)
  end

  test "the application is stopped and started again while guests live" do
    in_vm(fn ->
      instance = Wasm.instantiate!(TestGuests.misbehaving())
      :ok = Application.stop(:workbooks)
      assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
      {:ok, _} = Application.ensure_all_started(:workbooks)
      assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
    end)
  end

  test "the VM is halted while guests run, on every scheduler, and compilations are under way" do
    in_vm(
      fn ->
        spinners(4 * System.schedulers_online())
        for _ <- 1..20, do: spawn(fn -> Wasm.compile(many_functions(20_000), cache: false) end)
        until(fn -> Wasm.stats().compiling > 0 end)
      end,
      unharmed: false
    )
  end

  defp many_functions(count),
    do: "(module" <> String.duplicate("(func (param i32) (result i32) local.get 0)", count) <> ")"

  # As many guests that never end.
  defp spinners(count) do
    component = TestGuests.misbehaving()
    before = Wasm.stats().fibers

    loops =
      for _ <- 1..count,
          do: spawn(fn -> component |> Wasm.instantiate!() |> Wasm.call("spin", [], timeout: :infinity) end)

    until(fn -> Wasm.stats().fibers == before + count end, fn -> Wasm.stats() end)
    loops
  end

  # A guest that waits for its host function.
  defp waiter do
    test = self()

    never = fn _ ->
      send(test, :in)
      Process.sleep(:infinity)
    end

    imports = %{"host:math/ops" => %{"apply" => never}}
    component = TestGuests.calling_host()
    pid = spawn(fn -> component |> Wasm.instantiate!(imports: imports) |> Wasm.call("run", [1], timeout: :infinity) end)
    receive do: (:in -> pid)
  end
end
