defmodule Workbooks.Hazards.LeakTest do
  # What nobody closes, and what is left of it.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.Memory

  @instances 100_000
  # What the allocators of both sides may keep, whatever the number.
  @kept 48 * 1024

  for kind <- [:component, :core] do
    test "#{@instances} instances of a #{kind}, opened and dropped without a close" do
      in_vm(fn ->
        program = program(unquote(kind))
        opened(program, 5_000, & &1)
        before = resident()
        opened(program, @instances, & &1)
        settled!()
        assert resident() - before < @kept
      end)
    end

    test "10,000 instances of a #{kind}, each with a call and memory that it wrote to" do
      in_vm(fn ->
        program = program(unquote(kind))
        use = fn instance -> {:ok, 1} = Wasm.call(instance, "grow", [16]) end
        opened(program, 2_000, use)
        before = resident()
        opened(program, 10_000, use)
        settled!()
        # A page of each alone would be 40 MB, the memory that grew 10 GB.
        assert resident() - before < @kept
      end)
    end
  end

  test "twice 10,000 instances, thousands at once, each of them dropped in a call that suspends, traps or runs out of time" do
    in_vm(fn ->
      core = program(:core)
      host = TestGuests.calling_host()
      imports = %{"host:math/ops" => %{"apply" => & &1}}

      storm = fn count ->
        for _ <- 1..4 do
          Task.async(fn ->
            for n <- 1..div(count, 4) do
              case rem(n, 100) do
                0 ->
                  {:error, _} = core |> Wasm.instantiate!() |> Wasm.call("spin", [], timeout: 1)

                m when m < 50 ->
                  {:error, _} = core |> Wasm.instantiate!() |> Wasm.call("boom")

                _ ->
                  {:suspended, _} =
                    host |> Wasm.instantiate!(imports: imports) |> Wasm.call("run", [1], on_host_call: :suspend)
              end
            end
          end)
        end
        |> Task.await_many(120_000)

        settled!()
      end

      storm.(10_000)
      before = resident()
      storm.(10_000)
      assert resident() - before < @kept
    end)
  end

  test "10,000 handles and copies of memory, forgotten" do
    in_vm(fn ->
      instance = Wasm.instantiate!(program(:core))
      read = fn count -> Enum.each(1..count, fn _ -> {:ok, <<_::binary>>} = Memory.read(instance, 0, 65_536) end) end
      read.(1_000)
      before = resident()
      read.(10_000)
      assert resident() - before < @kept
    end)
  end

  test "2,000 programs, compiled and forgotten" do
    in_vm(fn ->
      compile = fn range ->
        for n <- range, do: Wasm.compile!("(module (func (export \"f\") (result i32) i32.const #{n}))", cache: false)
      end

      compile.(1..500)
      before = resident()
      compile.(501..2_500)
      assert resident() - before < @kept
    end)
  end

  # In a process that ends before the answer.
  defp opened(program, count, use) do
    Task.await(
      Task.async(fn ->
        for _ <- 1..count, do: program |> Wasm.instantiate!() |> use.()
        :ok
      end),
      120_000
    )
  end

  # KiB of this VM in memory, all garbage collected; 0 where the system does not say.
  defp resident do
    Enum.each(Process.list(), &:erlang.garbage_collect/1)

    with {:ok, status} <- File.read("/proc/self/status"),
         [_, kib] <- Regex.run(~r/^VmRSS:\s+(\d+) kB$/m, status) do
      String.to_integer(kib)
    else
      _ -> 0
    end
  end

  defp program(:component), do: TestGuests.misbehaving()
  defp program(:core), do: TestGuests.misbehaving_module()
end
