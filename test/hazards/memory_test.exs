defmodule Workbooks.Hazards.MemoryTest do
  # Places and lengths that no memory has.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, Memory, Table}

  @size 65_536
  @huge [2 ** 31, 2 ** 32, 2 ** 48, 2 ** 60, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1]

  for {name, type} <- [memory: "", memory64: "i64"] do
    test "#{name}: bytes that are not there" do
      in_vm(fn ->
        instance = Wasm.instantiate!(Wasm.compile!("(module (memory (export \"memory\") #{unquote(type)} 1))"))

        for huge <- @huge do
          assert {:error, %Error{kind: :limit}} = Memory.read(instance, 0, huge)
          assert {:error, %Error{kind: :limit}} = Memory.read(instance, 1, huge)
          assert {:error, %Error{kind: :limit}} = Memory.read(instance, huge, 1)
          assert {:error, %Error{kind: :limit}} = Memory.read(instance, huge, huge)
          assert {:error, %Error{kind: :limit}} = Memory.read(instance, huge, 300_000)
          assert {:error, %Error{kind: :limit}} = Memory.write(instance, huge, "x")
          assert {:error, %Error{kind: :limit}} = Memory.write(instance, huge, :binary.copy("x", 300_000))
        end

        for {offset, length} <- [{0, @size + 1}, {1, @size}, {@size, 1}, {@size + 1, 0}, {@size - 1, 2}] do
          assert {:error, %Error{kind: :limit}} = Memory.read(instance, offset, length)
          assert {:error, %Error{kind: :limit}} = Memory.write(instance, offset, :binary.copy("x", length))
        end

        for wrong <- [-1, -(2 ** 63), -(2 ** 64), 2 ** 64, 2 ** 100, 1.0, nil, "0", :infinity] do
          assert {:error, %Error{kind: :type}} = Memory.read(instance, wrong, 1)
          assert {:error, %Error{kind: :type}} = Memory.read(instance, 0, wrong)
          assert {:error, %Error{kind: :type}} = Memory.write(instance, wrong, "x")
          assert {:error, %Error{kind: :type}} = Memory.grow(instance, wrong)
        end

        # Nothing was written, and all of it is there.
        assert Memory.read(instance, 0, @size) == {:ok, :binary.copy(<<0>>, @size)}
        assert Memory.read(instance, @size, 0) == {:ok, ""}
        assert Memory.write(instance, @size - 1, "x") == :ok
        assert Memory.read(instance, @size - 1, 1) == {:ok, "x"}
      end)
    end
  end

  test "memories that are not there" do
    in_vm(fn ->
      none = Wasm.instantiate!(Wasm.compile!("(module (memory 1))"))
      several = Wasm.instantiate!(Wasm.compile!(~S[(module (memory (export "a") 1) (memory (export "b") 1))]))
      component = Wasm.instantiate!(Workbooks.TestGuests.misbehaving())

      for instance <- [none, several, component] do
        assert {:error, %Error{kind: :not_found}} = Memory.read(instance, 0, 1)
        assert {:error, %Error{kind: :not_found}} = Memory.write(instance, 0, "x")
        assert {:error, %Error{kind: :not_found}} = Memory.size(instance)
        assert {:error, %Error{kind: :not_found}} = Memory.grow(instance, 1)
        assert {:error, %Error{kind: :not_found}} = Memory.read(instance, 0, 1, memory: "c")
      end

      assert Memory.read(several, 0, 1, memory: "b") == {:ok, <<0>>}
    end)
  end

  test "within a host function, while the guest waits" do
    in_vm(fn ->
      program =
        Wasm.compile!("""
        (module
          (import "" "f" (func $f))
          (memory (export "memory") 1)
          (func (export "run") (call $f)))
        """)

      look = fn instance ->
        for huge <- @huge do
          assert {:error, %Error{kind: :limit}} = Memory.read(instance, 0, huge)
          assert {:error, %Error{kind: :limit}} = Memory.read(instance, huge, 1)
          assert {:error, %Error{kind: :limit}} = Memory.write(instance, huge, "x")
        end

        assert Memory.grow(instance, 1) == {:ok, 1}
        assert Memory.read(instance, @size, 1) == {:ok, <<0>>}
        nil
      end

      instance = Wasm.instantiate!(program, imports: %{"" => %{"f" => look}})
      assert Wasm.call(instance, "run") == {:ok, nil}
    end)
  end

  test "a table's elements that are not there" do
    in_vm(fn ->
      instance = Wasm.instantiate!(Wasm.compile!(~S[(module (table (export "t") 2 funcref))]))

      for huge <- [2 | @huge] do
        assert {:error, %Error{kind: :limit}} = Table.get(instance, "t", huge)
        assert {:error, %Error{kind: :limit}} = Table.set(instance, "t", huge, nil)
      end

      for huge <- @huge, do: assert({:error, %Error{kind: :limit}} = Table.grow(instance, "t", huge, nil))

      for wrong <- [-1, 2 ** 64, nil, 0.5] do
        assert {:error, %Error{kind: :type}} = Table.get(instance, "t", wrong)
        assert {:error, %Error{kind: :type}} = Table.set(instance, "t", wrong, nil)
        assert {:error, %Error{kind: :type}} = Table.grow(instance, "t", wrong, nil)
      end

      assert Table.size(instance, "t") == {:ok, 2}
    end)
  end
end
