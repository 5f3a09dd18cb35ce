defmodule Workbooks.Hazards.HostFunctionTest do
  # What a host function may do to the guest's call, its process and others.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.{Error, Memory}

  for kind <- [:component, :core], host <- [:caller, :isolated] do
    describe "#{kind}, host: #{inspect(host)}:" do
      @describetag guest: kind, host: host

      test "it raises", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          {result, instance} = run(guest, host, fn _ -> raise ArgumentError, "not today" end)
          assert {:error, %Error{kind: :host_error, message: message, details: details}} = result
          assert message =~ "not today"
          assert %{kind: :error, reason: %ArgumentError{message: "not today"}, stacktrace: [_ | _]} = details
          assert details.import == path(guest)
          afterwards(guest, instance)
          # An error of Erlang's own, too.
          assert {{:error, %Error{details: %{reason: %ArithmeticError{}}}}, _} = run(guest, host, &(&1 / 0))
        end)
      end

      test "it throws, and it exits", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          for {function, kind, reason} <- [
                {fn _ -> throw(:ball) end, :throw, :ball},
                {fn _ -> exit(:gone) end, :exit, :gone},
                {fn _ -> exit(:normal) end, :exit, :normal}
              ] do
            {result, instance} = run(guest, host, function)
            assert {:error, %Error{kind: :host_error, details: %{kind: ^kind, reason: ^reason}}} = result
            afterwards(guest, instance)
          end
        end)
      end

      test "it answers with what is of the wrong type", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          for wrong <- ["text", nil, :ok, 1.5, 2 ** 64, {1, 2}, [], %{}, self(), make_ref(), fn -> 1 end] do
            {result, instance} = run(guest, host, fn _ -> wrong end)
            assert {:error, %Error{kind: :host_error, message: message}} = result
            assert message =~ "wrong type"
            afterwards(guest, instance)
          end
        end)
      end

      test "its time counts", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          {result, instance} = run(guest, host, fn x -> Process.sleep(80) && x end, timeout: 20)
          assert {:error, %Error{kind: :timeout}} = result
          assert Wasm.state(instance) == :closed
        end)
      end

      test "it never returns, and the caller is killed", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          test = self()

          caller =
            spawn(fn ->
              run(
                guest,
                host,
                fn _ ->
                  send(test, {:in, self()})
                  Process.sleep(:infinity)
                end,
                timeout: :infinity
              )
            end)

          assert_receive {:in, function}, 10_000
          each_scheduler!()
          Process.exit(caller, :kill)
          until(fn -> not Process.alive?(function) end)
          until(fn -> Wasm.stats().stores == 0 end, fn -> Wasm.stats() end)
        end)
      end

      test "it calls back into its own instance", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          test = self()

          back = fn instance, _ ->
            again = Wasm.call(instance, "run", [1])
            joined = if guest == :core, do: Wasm.instantiate(Wasm.compile!("(module)"), store: instance)
            send(test, {:again, again, joined})
            7
          end

          assert {{:ok, 8}, instance} = run(guest, host, back)
          assert_received {:again, {:error, %Error{kind: :busy}}, joined}
          assert joined == nil or match?({:error, %Error{kind: :busy}}, joined)
          assert {:ok, 8} = Wasm.call(instance, "run", [1])
        end)
      end

      test "it calls into another instance, which fails or not", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          other = Wasm.instantiate!(TestGuests.misbehaving_module())
          assert {{:ok, 4}, _} = run(guest, host, fn x -> Wasm.call!(other, "add", [x, 2]) end)

          assert {{:error, %Error{kind: :host_error, details: %{reason: %Error{kind: :trap}}}}, _} =
                   run(guest, host, fn _ -> Wasm.call!(other, "boom") end)

          assert {{:error, %Error{kind: :host_error, details: %{reason: %Error{kind: :timeout}}}}, _} =
                   run(guest, host, fn _ -> Wasm.call!(other, "spin", [], timeout: 20) end)
        end)
      end

      test "it closes its own instance", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          {result, instance} = run(guest, host, fn instance, x -> Wasm.close(instance) && x end)
          assert {:error, %Error{kind: kind}} = result
          assert kind in [:closed, :cancelled]
          assert Wasm.state(instance) == :closed
        end)
      end

      test "it outlives its call", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          test = self()

          late = fn instance, x ->
            spawn(fn ->
              receive do: (:look -> send(test, {:seen, Memory.read(instance, 0, 4), Wasm.call(instance, "run", [5])}))
              receive do: (:look -> send(test, {:seen, Memory.read(instance, 0, 4), Wasm.call(instance, "run", [5])}))
            end)
            |> then(&send(test, {:late, &1}))

            x
          end

          assert {{:ok, 2}, instance} = run(guest, host, late)
          assert_received {:late, process}
          send(process, :look)
          assert_receive {:seen, read, {:ok, 6}}, 10_000

          if guest == :core,
            do: assert(read == {:ok, <<0, 0, 0, 0>>}),
            else: assert({:error, %Error{kind: :not_found}} = read)

          Wasm.close(instance)
          send(process, :look)
          assert_receive {:seen, {:error, %Error{kind: kind}}, {:error, %Error{kind: :closed}}}, 10_000
          assert kind in [:closed, :not_found]
        end)
      end

      test "it recurses until its process has no memory left", context do
        %{guest: guest, host: host} = context

        in_vm(fn ->
          {pid, monitor} =
            spawn_monitor(fn ->
              Process.flag(:max_heap_size, %{size: 200_000, kill: true, error_logger: false})
              run(guest, host, fn _ -> length(endless([])) end, timeout: 2_000)
            end)

          assert_receive {:DOWN, ^monitor, :process, ^pid, reason}, 20_000
          # The isolated function's process is another: it has no such limit, but the call a timeout.
          assert reason == if(host == :caller, do: :killed, else: :normal)
        end)
      end
    end
  end

  test "isolated, it never returns: the timeout ends it" do
    in_vm(fn ->
      for guest <- [:component, :core] do
        test = self()

        never = fn _ ->
          send(test, {:in, self()})
          Process.sleep(:infinity)
        end

        {result, instance} = run(guest, :isolated, never, timeout: 50)
        assert {:error, %Error{kind: :timeout}} = result
        assert_received {:in, function}
        refute function == self()
        until(fn -> not Process.alive?(function) end)
        assert Wasm.state(instance) == :closed
        assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "run", [1])
        # Nor does anything of it come later.
        refute_receive _, 50
      end
    end)
  end

  test "isolated, its process is killed by somebody else" do
    in_vm(fn ->
      for guest <- [:component, :core] do
        {result, instance} = run(guest, :isolated, fn _ -> Process.exit(self(), :kill) end)
        assert {:error, %Error{kind: :host_error, details: %{kind: :exit, reason: :killed}}} = result
        afterwards(guest, instance)
      end
    end)
  end

  test "a host function of one process, never returning, a thousand times at once" do
    in_vm(fn ->
      test = self()
      component = TestGuests.calling_host()

      never = fn _ ->
        send(test, :in)
        Process.sleep(:infinity)
      end

      callers =
        for _ <- 1..1_000 do
          spawn(fn -> Wasm.call(Wasm.instantiate!(component, imports: ops(:component, never)), "run", [1]) end)
        end

      for _ <- callers, do: assert_receive(:in, 20_000)
      each_scheduler!()
      Enum.each(callers, &Process.exit(&1, :kill))
    end)
  end

  test "a guest that calls its host without end" do
    in_vm(fn ->
      program =
        Wasm.compile!("""
        (module (import "" "f" (func $f)) (func (export "run") (loop (call $f) (br 0))))
        """)

      imports = %{"" => %{"f" => fn -> nil end}}
      instance = Wasm.instantiate!(program, imports: imports)
      assert {:error, %Error{kind: :timeout}} = Wasm.call(instance, "run", [], timeout: 200)
      instance = Wasm.instantiate!(program, imports: imports, limits: [host_calls: 100])
      assert {:error, %Error{kind: :limit}} = Wasm.call(instance, "run", [], timeout: :infinity)

      callers =
        for _ <- 1..(4 * System.schedulers_online()) do
          spawn(fn -> program |> Wasm.instantiate!(imports: imports) |> Wasm.call("run", [], timeout: :infinity) end)
        end

      Process.sleep(100)
      each_scheduler!()
      Enum.each(callers, &Process.exit(&1, :kill))
    end)
  end

  defp endless(list), do: endless([list | list]) ++ [1]

  # After the host's failure a core instance goes on, as after a trap; a component's does not.
  defp afterwards(:core, instance), do: assert(Wasm.call(instance, "add", [1, 2]) == {:ok, 3})
  defp afterwards(:component, instance), do: assert(Wasm.state(instance) == :closed)

  defp run(guest, host, function, options \\ []) do
    instance = Wasm.instantiate!(program(guest), imports: ops(guest, function), host: host)
    {Wasm.call(instance, "run", [1], options), instance}
  end

  defp program(:component), do: TestGuests.calling_host()

  defp program(:core) do
    Wasm.compile!("""
    (module
      (import "ops" "apply" (func $apply (param i64) (result i64)))
      (memory (export "memory") 1)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "run") (param i64) (result i64) (i64.add (call $apply (local.get 0)) (i64.const 1))))
    """)
  end

  defp ops(:component, function), do: %{"host:math/ops" => %{"apply" => function}}
  defp ops(:core, function), do: %{"ops" => %{"apply" => function}}

  defp path(:component), do: ["host:math/ops@1.0.0", "apply"]
  defp path(:core), do: ["ops", "apply"]
end
