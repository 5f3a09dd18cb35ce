defmodule Workbooks.Hazards.ServerTest do
  # More who want one instance than it can serve.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.{Error, Server}

  @queued 1_500

  for kind <- [:component, :core] do
    test "#{@queued} calls queued on one server of a #{kind}: each has its answer" do
      in_vm(fn ->
        {:ok, server} = Server.start_link(component: program(unquote(kind)))

        @queued
        |> callers(fn n -> Server.call(server, "add", [n, 1], timeout: 60_000) end)
        |> Enum.each(fn {n, answer} -> assert answer == {:ok, n + 1} end)

        assert %{calls: @queued, waiting: 0, restarts: 0} = Server.stats(server)
        GenServer.stop(server)
      end)
    end

    test "#{@queued} calls queued behind a loop of a #{kind}: the loop's time ends, theirs too or they are served" do
      in_vm(fn ->
        {:ok, server} = Server.start_link(component: program(unquote(kind)))
        loop = Task.async(fn -> Server.call(server, "spin", [], timeout: 500) end)
        until(fn -> Server.stats(server).state == :active end)

        answers =
          callers(@queued, fn n ->
            Server.call(server, "add", [n, 1], timeout: if(rem(n, 2) == 0, do: 50, else: 60_000))
          end)

        assert {:error, %Error{kind: :timeout}} = Task.await(loop)

        for {n, answer} <- answers do
          if rem(n, 2) == 0,
            do: assert({:error, %Error{kind: :timeout}} = answer),
            else: assert(answer == {:ok, n + 1})
        end

        GenServer.stop(server)
      end)
    end

    test "#{@queued} calls queued on one server of a #{kind}, most of their callers killed" do
      in_vm(fn ->
        {:ok, server} = Server.start_link(component: program(unquote(kind)))
        loop = spawn(fn -> Server.call(server, "spin", [], timeout: :infinity) end)
        until(fn -> Server.stats(server).state == :active end)
        waiting = for n <- 1..@queued, do: spawn(fn -> Server.call(server, "add", [n, 1], timeout: :infinity) end)
        until(fn -> Server.stats(server).waiting == @queued end, fn -> Server.stats(server) end)
        each_scheduler!()
        Enum.each(waiting, &Process.exit(&1, :kill))
        Process.exit(loop, :kill)
        assert Server.call(server, "add", [1, 2], timeout: 20_000) == {:ok, 3}
        assert Server.stats(server).waiting == 0
        GenServer.stop(server)
      end)
    end

    test "#{@queued} calls at once of one instance of a #{kind}, with no server: an answer or :busy, never a wait" do
      in_vm(fn ->
        instance = Wasm.instantiate!(program(unquote(kind)))

        answers = callers(@queued, fn n -> Wasm.call(instance, "add", [n, 1]) end)

        for {n, answer} <- answers do
          assert answer == {:ok, n + 1} or match?({:error, %Error{kind: :busy}}, answer)
        end

        assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
      end)
    end
  end

  test "a server that dies under those who wait" do
    in_vm(fn ->
      Process.flag(:trap_exit, true)
      {:ok, server} = Server.start_link(component: TestGuests.misbehaving())
      spawn(fn -> Server.call(server, "spin", [], timeout: :infinity) end)
      until(fn -> Server.stats(server).state == :active end)
      test = self()

      for n <- 1..@queued,
          do: spawn(fn -> send(test, {:answer, Server.call(server, "add", [n, 1], timeout: :infinity)}) end)

      until(fn -> Server.stats(server).waiting == @queued end, fn -> Server.stats(server) end)
      Process.exit(server, :kill)
      for _ <- 1..@queued, do: assert_receive({:answer, {:error, %Error{kind: :closed}}}, 20_000)
    end)
  end

  test "more instances than may be: :overloaded, and room again when some are closed" do
    in_vm(fn ->
      component = TestGuests.misbehaving()
      # The pool's places and as many beyond them, then the limit.
      Workbooks.Native.max_stores(2_500)
      instances = for _ <- 1..2_500, do: Wasm.instantiate!(component)
      assert {:error, %Error{kind: :overloaded, message: message}} = Wasm.instantiate(component)
      assert message =~ "max_stores"
      for instance <- Enum.take_every(instances, 50), do: assert(Wasm.call(instance, "add", [1, 2]) == {:ok, 3})
      each_scheduler!()
      instances |> Enum.take(10) |> Enum.each(&Wasm.close/1)
      until(fn -> Wasm.stats().stores == 2_490 end, fn -> Wasm.stats() end)
      assert {:ok, instance} = Wasm.instantiate(component)
      assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
      Enum.each([instance | instances], &Wasm.close/1)
    end)
  end

  for kind <- [:component, :core] do
    test "more calls at once than the pool has places, of instances of a #{kind} that have no memory" do
      in_vm(fn ->
        program = waiting(unquote(kind))
        test = self()

        wait = fn x ->
          send(test, :in)
          receive(do: (:go -> x))
        end

        imports = %{"host:math/ops" => %{"apply" => wait}, "host:math/ops@1.0.0" => %{"apply" => wait}}

        callers =
          for n <- 1..@queued do
            spawn(fn ->
              answer = program |> Wasm.instantiate!(imports: imports) |> Wasm.call("run", [n], timeout: :infinity)
              send(test, {:answer, n, answer})
            end)
          end

        for _ <- callers, do: assert_receive(:in, 20_000)
        each_scheduler!()
        Enum.each(callers, &send(&1, :go))
        for n <- 1..@queued, do: assert_receive({:answer, ^n, {:ok, m}} when m == n + 1, 20_000)
      end)
    end
  end

  # The answers of so many processes, by their numbers.
  defp callers(count, call) do
    test = self()
    for n <- 1..count, do: spawn_link(fn -> send(test, {:answer, n, call.(n)}) end)
    for n <- 1..count, do: receive(do: ({:answer, ^n, answer} -> {n, answer}))
  end

  defp program(:component), do: TestGuests.misbehaving()
  defp program(:core), do: TestGuests.misbehaving_module()

  defp waiting(:component), do: TestGuests.calling_host()

  defp waiting(:core) do
    Wasm.compile!("""
    (module
      (import "host:math/ops" "apply" (func $apply (param i64) (result i64)))
      (func (export "run") (param i64) (result i64) (i64.add (call $apply (local.get 0)) (i64.const 1))))
    """)
  end
end
