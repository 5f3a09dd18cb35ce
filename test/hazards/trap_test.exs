defmodule Workbooks.Hazards.TrapTest do
  # A guest that traps, overflows its stack, or uses more than it was given.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.{Error, Memory}

  @traps [
    {"boom", [], :unreachable},
    {"recurse", [], :stack_overflow},
    {"divide", [1, 0], :integer_division_by_zero},
    {"divide", [-0x80000000, -1], :integer_overflow},
    {"peek", [0x7FFFFFFF], :out_of_bounds},
    {"peek", [-1], :out_of_bounds}
  ]

  test "a trap closes a component's instance: its code, and the next call" do
    in_vm(fn ->
      component = TestGuests.misbehaving()

      for {name, arguments, code} <- @traps do
        instance = Wasm.instantiate!(component)
        before = Wasm.stats().traps
        assert {:error, %Error{kind: :trap, details: %{code: ^code}}} = Wasm.call(instance, name, arguments)
        assert Wasm.stats().traps == before + 1
        assert {:error, %Error{kind: :closed, message: message}} = Wasm.call(instance, "add", [1, 2])
        assert message =~ "ended by a trap"
      end
    end)
  end

  test "a trap leaves a core module's instance usable, a thousand times over" do
    in_vm(fn ->
      instance = Wasm.instantiate!(TestGuests.misbehaving_module())

      for _ <- 1..200, {name, arguments, code} <- @traps do
        assert {:error, %Error{kind: :trap, details: %{code: ^code}}} = Wasm.call(instance, name, arguments)
        assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
      end
    end)
  end

  describe "a stack overflow:" do
    for kind <- [:component, :core], schedule <- [:normal, :dirty] do
      test "of a #{kind} on a #{schedule} scheduler" do
        in_vm(fn ->
          instance = Wasm.instantiate!(program(unquote(kind)))

          assert {:error, %Error{kind: :trap, details: %{code: :stack_overflow}}} =
                   Wasm.call(instance, "recurse", [], schedule: unquote(schedule))
        end)
      end

      # It goes on, slice by slice, on dirty schedulers, wherever it began.
      test "of a #{kind} that began on a #{schedule} scheduler and outlived its slice" do
        in_vm(fn ->
          instance = Wasm.instantiate!(program(unquote(kind)))
          yields = Wasm.stats().yields
          name = if unquote(kind) == :core, do: "recurse_later", else: "recurse-later"

          assert {:error, %Error{kind: :trap, details: %{code: :stack_overflow}}} =
                   Wasm.call(instance, name, [300_000_000], schedule: unquote(schedule))

          assert Wasm.stats().yields > yields
        end)
      end
    end

    test "in `start`, within its first slice and after it" do
      in_vm(fn ->
        for turns <- [1, 30_000_000] do
          program =
            Wasm.compile!("""
            (module
              (func $recurse (call $recurse))
              (func $start (local i64)
                (local.set 0 (i64.const #{turns}))
                (loop (br_if 0 (i64.gt_s (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0))))
                (call $recurse))
              (start $start))
            """)

          for _ <- 1..20 do
            assert {:error, %Error{kind: :trap, details: %{code: :stack_overflow}}} = Wasm.instantiate(program)
          end

          # Beside another, whose store goes on.
          other = Wasm.instantiate!(TestGuests.misbehaving_module())

          assert {:error, %Error{kind: :trap, details: %{code: :stack_overflow}}} =
                   Wasm.instantiate(program, store: other)

          assert Wasm.call(other, "add", [1, 2]) == {:ok, 3}
        end
      end)
    end

    test "in a component's `start`" do
      in_vm(fn ->
        component =
          Wasm.compile!("""
          (component
            (core module $m (func $recurse (call $recurse)) (start $recurse))
            (core instance $i (instantiate $m)))
          """)

        assert {:error, %Error{kind: :trap, details: %{code: :stack_overflow}}} = Wasm.instantiate(component)
      end)
    end

    test "in many guests at once, on all schedulers" do
      in_vm(fn ->
        for kind <- [:component, :core] do
          program = program(kind)

          1..200
          |> Task.async_stream(
            fn n ->
              schedule = if rem(n, 2) == 0, do: :normal, else: :dirty
              Wasm.call(Wasm.instantiate!(program), "recurse", [], schedule: schedule)
            end,
            max_concurrency: 16,
            timeout: 60_000
          )
          |> Enum.each(&assert {:ok, {:error, %Error{kind: :trap, details: %{code: :stack_overflow}}}} = &1)
        end
      end)
    end

    test "below a host function that a guest called, two hundred guests deep" do
      in_vm(fn ->
        program =
          Wasm.compile!("""
          (module
            (import "" "deeper" (func $deeper (param i32) (result i32)))
            (func $recurse (export "recurse") (call $recurse))
            (func (export "descend") (param i32) (result i32) (call $deeper (local.get 0))))
          """)

        assert descend(program, 200) == -1
      end)
    end
  end

  # Each level is a guest of its own, whose host function calls the next.
  defp descend(program, depth) do
    deeper = fn
      0 ->
        instance = Wasm.instantiate!(program, imports: %{"" => %{"deeper" => fn n -> n end}})
        {:error, %Error{kind: :trap, details: %{code: :stack_overflow}}} = Wasm.call(instance, "recurse")
        -1

      n ->
        descend(program, n - 1)
    end

    instance = Wasm.instantiate!(program, imports: %{"" => %{"deeper" => deeper}})
    Wasm.call!(instance, "descend", [depth], timeout: 60_000)
  end

  describe "out of fuel:" do
    for kind <- [:component, :core] do
      test "a #{kind} is closed" do
        in_vm(fn ->
          program = program(unquote(kind), fuel: true)

          for schedule <- [:normal, :dirty] do
            instance = Wasm.instantiate!(program, fuel: 1_000_000)
            assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}

            assert {:error, %Error{kind: :fuel}} =
                     Wasm.call(instance, "spin", [], fuel: 100_000, timeout: :infinity, schedule: schedule)

            assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "add", [1, 2])
          end

          # What the instance was given is used up by its calls together.
          instance = Wasm.instantiate!(program, fuel: 100_000)
          assert {:error, %Error{kind: :fuel}} = Wasm.call(instance, "spin", [], timeout: :infinity)
          instance = Wasm.instantiate!(program, fuel: 0)
          assert {:error, %Error{kind: :fuel}} = Wasm.call(instance, "add", [1, 2])
        end)
      end
    end

    test "in `start`" do
      in_vm(fn ->
        program = Wasm.compile!("(module (func $spin (loop (br 0))) (start $spin))", fuel: true)
        assert {:error, %Error{kind: :fuel}} = Wasm.instantiate(program, fuel: 100_000, timeout: :infinity)
      end)
    end

    test "fuel for what is not metered is refused" do
      in_vm(fn ->
        program = program(:core)
        assert {:error, %Error{kind: :fuel}} = Wasm.instantiate(program, fuel: 10)
        assert {:error, %Error{kind: :fuel}} = program |> Wasm.instantiate!() |> Wasm.call("add", [1, 2], fuel: 10)
      end)
    end
  end

  describe "memory over its limit:" do
    @page 65_536

    for kind <- [:component, :core] do
      test "at the start of a #{kind}" do
        in_vm(fn ->
          program = program(unquote(kind))
          assert {:error, %Error{kind: :memory_limit}} = Wasm.instantiate(program, limits: [memory: 1])
          assert {:error, %Error{kind: :memory_limit}} = Wasm.instantiate(program, limits: [memory: @page - 1])
          assert {:ok, _} = Wasm.instantiate(program, limits: [memory: @page])
        end)
      end

      test "by a #{kind}'s grow: -1, and a trap that follows is the limit's" do
        in_vm(fn ->
          instance = Wasm.instantiate!(program(unquote(kind)), limits: [memory: 10 * @page])
          assert Wasm.call(instance, "grow", [9]) == {:ok, 1}
          for pages <- [1, 65_535, -1], do: assert(Wasm.call(instance, "grow", [pages]) == {:ok, -1})
          assert Wasm.memory_size(instance) == 10 * @page
          name = if unquote(kind) == :core, do: "grow_or_trap", else: "grow-or-trap"
          assert {:error, %Error{kind: :memory_limit}} = Wasm.call(instance, name, [1])

          case unquote(kind) do
            :core -> assert Wasm.call(instance, "add", [1, 2]) == {:ok, 3}
            :component -> assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "add", [1, 2])
          end
        end)
      end
    end

    test "by Memory.grow, of any number of pages" do
      in_vm(fn ->
        instance = Wasm.instantiate!(program(:core), limits: [memory: 10 * @page])
        assert Memory.grow(instance, 9) == {:ok, 1}

        for pages <- [1, 65_536, 2 ** 32, 2 ** 48, 2 ** 63, 2 ** 64 - 1] do
          assert {:error, %Error{kind: :memory_limit}} = Memory.grow(instance, pages)
        end

        assert Memory.size(instance) == {:ok, 10 * @page}
      end)
    end

    test "of several memories and instances in one store, together" do
      in_vm(fn ->
        program = Wasm.compile!(~S[(module (memory (export "a") 2) (memory (export "b") 3))])
        assert {:error, %Error{kind: :memory_limit}} = Wasm.instantiate(program, limits: [memory: 4 * @page])
        one = Wasm.instantiate!(program, limits: [memory: 8 * @page])
        assert {:error, %Error{kind: :memory_limit}} = Wasm.instantiate(program, store: one)
        assert Memory.size(one, memory: "b") == {:ok, 3 * @page}
      end)
    end

    test "a module that asks for all there could be, and for more" do
      in_vm(fn ->
        for wat <- [
              "(module (memory 65536))",
              "(module (memory i64 0x1000000000000))",
              "(module (table 0xffffffff funcref))",
              "(module (table i64 0xffffffffffffffff funcref))"
            ] do
          case Wasm.compile(wat) do
            {:ok, program} ->
              assert {:error, %Error{kind: kind}} = Wasm.instantiate(program)
              assert kind in [:memory_limit, :limit]

            {:error, error} ->
              assert error.kind in [:compile, :limit]
          end
        end

        # Where the limit allows it, either it works or it is refused.
        program = Wasm.compile!("(module (memory 65536))")

        case Wasm.instantiate(program, limits: [memory: 2 ** 40]) do
          {:ok, instance} -> assert Wasm.memory_size(instance) == 65_536 * @page
          {:error, error} -> assert error.kind in [:memory_limit, :limit]
        end
      end)
    end
  end

  defp program(kind, options \\ [])
  defp program(:component, options), do: TestGuests.misbehaving(options)
  defp program(:core, options), do: TestGuests.misbehaving_module(options)
end
