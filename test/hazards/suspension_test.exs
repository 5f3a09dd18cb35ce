defmodule Workbooks.Hazards.SuspensionTest do
  # Calls that wait in nobody's process.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.{Error, Memory, Suspension}

  for kind <- [:component, :core] do
    describe "#{kind}:" do
      @describetag guest: kind

      test "the holder is killed", %{guest: guest} do
        in_vm(fn ->
          test = self()

          holder =
            spawn(fn ->
              {suspension, instance} = suspended(guest, ttl: :infinity)
              send(test, {:instance, instance})
              receive do: (:resume -> Wasm.resume(suspension, 1))
            end)

          assert_receive {:instance, instance}, 20_000
          assert Wasm.state(instance) == :suspended
          assert Wasm.stats().suspended == 1
          Process.exit(holder, :kill)
          until(fn -> Wasm.stats().suspended == 0 end, fn -> Wasm.stats() end)
          assert Wasm.state(instance) == :closed
          assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "run", [1])
        end)
      end

      test "the holder forgets it", %{guest: guest} do
        in_vm(fn ->
          {%Suspension{}, _} = suspended(guest, ttl: :infinity)
          settled!()
        end)
      end

      test "one of two holders is killed: the other resumes it, and owns it", %{guest: guest} do
        in_vm(fn ->
          test = self()

          first =
            spawn(fn ->
              {suspension, _} = suspended(guest, ttl: :infinity)
              send(test, {:suspension, suspension})
              receive do: (:resume -> Wasm.resume(suspension, 1))
            end)

          assert_receive {:suspension, suspension}, 20_000
          kill(first)

          second =
            spawn(fn ->
              send(test, {:resumed, Wasm.resume(suspension, 41)})
              Process.sleep(:infinity)
            end)

          assert_receive {:resumed, {:ok, 42}}, 20_000
          assert {:suspended, _} = Wasm.call(suspension.instance, "run", [1], on_host_call: :suspend)
          until(fn -> Wasm.state(suspension.instance) in [:suspended, :closed] end)
          kill(second)
        end)
      end

      test "the one who resumes it is killed in the guest", %{guest: guest} do
        in_vm(fn ->
          instance = Wasm.instantiate!(program(guest), imports: ops(guest, fn _ -> Process.sleep(:infinity) end))

          {:suspended, first} = Wasm.call(instance, "twice", [1], on_host_call: :suspend, ttl: :infinity)
          resumer = spawn(fn -> Wasm.resume(first, 1, timeout: :infinity) end)
          until(fn -> Wasm.state(instance) == :running end)
          kill(resumer)
          until(fn -> Wasm.state(instance) == :closed end)
          assert {:error, %Error{kind: :closed}} = Wasm.resume(first, 1)
        end)
      end

      test "its time to live is over", %{guest: guest} do
        in_vm(fn ->
          {suspension, instance} = suspended(guest, ttl: 30)
          until(fn -> Wasm.state(instance) == :closed end)
          assert {:error, %Error{kind: :closed, message: message}} = Wasm.resume(suspension, 1)
          assert message =~ "time to live"
          {suspension, _} = suspended(guest, ttl: 0)
          Process.sleep(20)
          assert {:error, %Error{kind: :closed}} = Wasm.resume(suspension, 1)
        end)
      end

      test "it is resumed twice, one after the other and at once", %{guest: guest} do
        in_vm(fn ->
          {suspension, _} = suspended(guest)
          assert Wasm.resume(suspension, 1) == {:ok, 2}
          assert {:error, %Error{kind: :closed, message: message}} = Wasm.resume(suspension, 1)
          assert message =~ "resumed before"

          for _ <- 1..50 do
            {suspension, _} = suspended(guest)
            answers = for(_ <- 1..4, do: Task.async(fn -> Wasm.resume(suspension, 1) end)) |> Task.await_many()
            assert [{:ok, 2}] = Enum.filter(answers, &match?({:ok, _}, &1))
            assert length(for {:error, %Error{kind: :closed}} <- answers, do: 1) == 3
          end
        end)
      end

      test "it is resumed after its instance was closed, and closed after it was resumed", %{guest: guest} do
        in_vm(fn ->
          {suspension, instance} = suspended(guest)
          Wasm.close(instance)
          assert Wasm.state(instance) == :closed
          assert {:error, %Error{kind: kind}} = Wasm.resume(suspension, 1)
          assert kind in [:closed, :cancelled]
          assert {:error, %Error{kind: :closed}} = Wasm.resume(suspension, 1)
        end)
      end

      test "it is resumed with what is of the wrong type, and then with what is right", %{guest: guest} do
        in_vm(fn ->
          {suspension, instance} = suspended(guest)

          for wrong <- ["text", nil, 2 ** 64, {:ok, 1}] do
            assert {:error, %Error{kind: :type}} = Wasm.resume(suspension, wrong)
            assert Wasm.state(instance) == :suspended
            assert Wasm.stats().suspended == 1
          end

          assert Wasm.resume(suspension, 1) == {:ok, 2}
          assert Wasm.stats().suspended == 0
        end)
      end

      test "its instance is called, joined and looked into meanwhile", %{guest: guest} do
        in_vm(fn ->
          {suspension, instance} = suspended(guest)
          assert {:error, %Error{kind: :busy}} = Wasm.call(instance, "run", [1])
          assert {:error, %Error{kind: :busy}} = Wasm.call(instance, "run", [1], schedule: :dirty)

          if guest == :core do
            assert {:error, %Error{kind: :busy}} = Wasm.instantiate(Wasm.compile!("(module)"), store: instance)
            assert Memory.read(instance, 0, 1) == {:ok, <<0>>}
            assert Memory.write(instance, 0, "x") == :ok
            assert Memory.grow(instance, 1) == {:ok, 1}
          end

          assert Wasm.resume(suspension, 1) == {:ok, 2}
        end)
      end

      test "the resumed call does not end", %{guest: guest} do
        in_vm(fn ->
          {suspension, instance} = suspended(guest, [], "then-spin")
          assert {:error, %Error{kind: :timeout}} = Wasm.resume(suspension, 1, timeout: 30)
          assert Wasm.state(instance) == :closed
        end)
      end
    end
  end

  test "thousands at once, most of them forgotten, with and without a time to live" do
    in_vm(fn ->
      program = program(:core)

      for ttl <- [:infinity, 60_000, 50] do
        Task.await(
          Task.async(fn ->
            suspensions =
              for _ <- 1..2_000 do
                instance = Wasm.instantiate!(program, imports: ops(:core, & &1))
                {:suspended, suspension} = Wasm.call(instance, "run", [1], on_host_call: :suspend, ttl: ttl)
                suspension
              end

            each_scheduler!()

            for suspension <- Enum.take_every(suspensions, 10) do
              assert elem(Wasm.resume(suspension, 1), 0) in [:ok, :error]
            end
          end),
          60_000
        )

        settled!()
      end
    end)
  end

  test "a suspension of another's making is refused" do
    in_vm(fn ->
      {suspension, _} = suspended(:core)
      other = Wasm.instantiate!(program(:core), imports: ops(:core, & &1))

      for forged <- [%{suspension | ref: make_ref()}, %{suspension | ref: other.ref}] do
        assert_raise ArgumentError, fn -> Wasm.resume(forged, 1) end
      end

      # Another instance than the suspended one: neither is harmed.
      assert {:error, %Error{}} = Wasm.resume(%{suspension | instance: other}, 1)
      assert Wasm.state(other) in [:idle, :closed]
    end)
  end

  defp suspended(guest, options \\ [], name \\ "run") do
    instance = Wasm.instantiate!(program(guest), imports: ops(guest, &(&1 * 100)))
    {:suspended, suspension} = Wasm.call(instance, name, [1], [on_host_call: :suspend] ++ options)
    {suspension, instance}
  end

  defp program(:component), do: wat("host:math/ops@1.0.0", "apply") |> TestGuests.component!(wit: wit())
  defp program(:core), do: Wasm.compile!(wat("ops", "apply"))

  defp wat(module, name) do
    """
    (module
      (import "#{module}" "#{name}" (func $apply (param i64) (result i64)))
      (memory (export "memory") 1)
      (func (export "run") (param i64) (result i64) (i64.add (call $apply (local.get 0)) (i64.const 1)))
      (func (export "twice") (param i64) (result i64) (call $apply (call $apply (local.get 0))))
      (func (export "then-spin") (param i64) (result i64) (drop (call $apply (local.get 0))) (loop (br 0)) unreachable))
    """
  end

  defp wit do
    """
    package test:host;
    world w {
      import host:math/ops@1.0.0;
      export run: func(x: s64) -> s64;
      export twice: func(x: s64) -> s64;
      export then-spin: func(x: s64) -> s64;
    }
    package host:math@1.0.0 {
      interface ops { apply: func(x: s64) -> s64; }
    }
    """
  end

  defp ops(:component, function), do: %{"host:math/ops" => %{"apply" => function}}
  defp ops(:core, function), do: %{"ops" => %{"apply" => function}}

  defp kill(pid) do
    monitor = Process.monitor(pid)
    Process.exit(pid, :kill)
    assert_receive {:DOWN, ^monitor, :process, ^pid, _}, 10_000
  end
end
