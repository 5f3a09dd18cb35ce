defmodule Workbooks.Hazards.SpinTest do
  # A guest that never ends by itself.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.Error

  for kind <- [:component, :core] do
    describe "#{kind}:" do
      test "a loop with a timeout ends at it" do
        in_vm(fn ->
          for schedule <- [:auto, :normal, :dirty] do
            instance = Wasm.instantiate!(program(unquote(kind)))
            begun = System.monotonic_time(:millisecond)

            assert {:error, %Error{kind: :timeout}} = Wasm.call(instance, "spin", [], timeout: 50, schedule: schedule)

            assert System.monotonic_time(:millisecond) - begun >= 50
            assert {:error, %Error{kind: :closed, message: message}} = Wasm.call(instance, "add", [1, 2])
            assert message =~ "ended by a timeout"
          end
        end)
      end

      test "a loop without a timeout leaves every scheduler to others, and ends with its caller" do
        in_vm(fn ->
          instance = Wasm.instantiate!(program(unquote(kind)))
          caller = spinner(instance)
          each_scheduler!()
          # Neither the owner's nor a stranger's refused call takes the caller's monitor away.
          assert {:error, %Error{kind: :busy}} = Wasm.call(instance, "add", [1, 2])
          stranger = Task.async(fn -> Wasm.call(instance, "add", [1, 2]) end)
          assert {:error, %Error{kind: :busy}} = Task.await(stranger)
          kill(caller)
          until(fn -> Wasm.state(instance) == :closed end)
          assert match?({:error, %Error{kind: :closed}}, Wasm.call(instance, "add", [1, 2]))
        end)
      end

      test "a loop ends with its instance's owner" do
        in_vm(fn ->
          instance = owned(program(unquote(kind)))
          task = Task.async(fn -> Wasm.call(instance.instance, "spin", [], timeout: :infinity) end)
          until(fn -> Wasm.state(instance.instance) == :running end)
          kill(instance.owner)
          assert {:error, %Error{kind: kind}} = Task.await(task)
          assert kind in [:cancelled, :closed]
          assert {:error, %Error{kind: :closed}} = Wasm.call(instance.instance, "add", [1, 2])
        end)
      end

      test "an idle instance ends with its owner" do
        in_vm(fn ->
          %{owner: owner, instance: instance} = owned(program(unquote(kind)))
          assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
          kill(owner)
          until(fn -> Wasm.state(instance) == :closed end)
          assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "add", [1, 2])
        end)
      end

      test "a loop ends when another process closes its instance" do
        in_vm(fn ->
          instance = Wasm.instantiate!(program(unquote(kind)))
          task = Task.async(fn -> Wasm.call(instance, "spin", [], timeout: :infinity) end)
          until(fn -> Wasm.state(instance) == :running end)
          assert Wasm.close(instance) == :ok
          assert {:error, %Error{kind: kind}} = Task.await(task)
          assert kind in [:cancelled, :closed]
          assert Wasm.close(instance) == :ok
        end)
      end

      for times <- [1, 4], timeout <- [:infinity, 2_000] do
        test "#{times} × as many loops as cores, timeout #{timeout}: others' calls and every scheduler go on" do
          in_vm(fn ->
            program = program(unquote(kind))
            test = self()

            loops =
              for _ <- 1..(unquote(times) * System.schedulers_online()) do
                spawn(fn ->
                  instance = Wasm.instantiate!(program)
                  send(test, {:instance, instance})
                  send(test, {:spun, Wasm.call(instance, "spin", [], timeout: unquote(timeout))})
                end)
              end

            instances = for _ <- loops, do: receive(do: ({:instance, instance} -> instance))
            until(fn -> Enum.all?(instances, &(Wasm.state(&1) == :running)) end)
            each_scheduler!()
            instance = Wasm.instantiate!(program)
            for n <- 1..200, do: assert(Wasm.call(instance, "add", [n, 1]) == {:ok, n + 1})

            if unquote(timeout) == :infinity do
              Enum.each(loops, &kill/1)
              refute_received {:spun, _}
            else
              for _ <- loops, do: assert_receive({:spun, {:error, %Error{kind: :timeout}}}, 20_000)
            end

            until(fn -> Enum.all?(instances, &(Wasm.state(&1) == :closed)) end)
          end)
        end
      end
    end
  end

  test "a loop in `start`: with a timeout, without one, and as many as four times the cores" do
    in_vm(fn ->
      program = Wasm.compile!("(module (func $spin (loop (br 0))) (start $spin))")
      assert {:error, %Error{kind: :timeout}} = Wasm.instantiate(program, timeout: 50)

      makers =
        for _ <- 1..(4 * System.schedulers_online()), do: spawn(fn -> Wasm.instantiate(program, timeout: :infinity) end)

      until(fn -> Wasm.stats().fibers == length(makers) end, fn -> Wasm.stats() end)
      each_scheduler!()
      Enum.each(makers, &kill/1)
    end)
  end

  test "a loop in a core module ends what shares its store, and nothing else" do
    in_vm(fn ->
      program = TestGuests.misbehaving_module()
      [one, other] = [Wasm.instantiate!(program), Wasm.instantiate!(program)]
      beside = Wasm.instantiate!(program, store: one)
      assert {:error, %Error{kind: :timeout}} = Wasm.call(one, "spin", [], timeout: 20)
      assert {:error, %Error{kind: :closed}} = Wasm.call(beside, "add", [1, 2])
      assert Wasm.call(other, "add", [1, 2]) == {:ok, 3}
    end)
  end

  defp program(:component), do: TestGuests.misbehaving()
  defp program(:core), do: TestGuests.misbehaving_module()

  defp spinner(instance) do
    caller = spawn(fn -> Wasm.call(instance, "spin", [], timeout: :infinity) end)
    until(fn -> Wasm.state(instance) == :running end)
    caller
  end

  defp owned(program) do
    test = self()

    owner =
      spawn(fn ->
        send(test, {:made, Wasm.instantiate!(program)})
        Process.sleep(:infinity)
      end)

    receive do: ({:made, instance} -> %{owner: owner, instance: instance})
  end

  defp kill(pid) do
    monitor = Process.monitor(pid)
    Process.exit(pid, :kill)
    assert_receive {:DOWN, ^monitor, :process, ^pid, :killed}, 10_000
  end
end
