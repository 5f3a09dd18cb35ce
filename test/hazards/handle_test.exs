defmodule Workbooks.Hazards.HandleTest do
  # What belongs to one store, used with another, or after its end.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.{Error, Extern, Function, Global, Memory, Reference, Resource, Table}

  @references """
  (module
    (type $s (struct (field i32)))
    (table (export "t") 2 funcref)
    (table (export "x") 2 externref)
    (table (export "any") 2 anyref)
    (memory (export "memory") 1)
    (global (export "g") (mut funcref) (ref.null func))
    (global (export "n") (mut i32) (i32.const 5))
    (func $seven (export "seven") (result i32) (i32.const 7))
    (elem (table 0) (i32.const 0) func $seven)
    (func (export "function") (result funcref) (ref.func $seven))
    (func (export "struct") (result (ref $s)) (struct.new $s (i32.const 3)))
    (func (export "field") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0))))
    (func (export "call") (param funcref) (result i32)
      (table.set 0 (i32.const 1) (local.get 0))
      (call_indirect (result i32) (i32.const 1)))
    (func (export "keep") (param externref) (table.set 1 (i32.const 0) (local.get 0))))
  """

  @counter """
  (component
    (core module $dtor (func (export "dtor") (param i32)))
    (core instance $dtor (instantiate $dtor))
    (type $r' (resource (rep i32) (dtor (func $dtor "dtor"))))
    (core func $new (canon resource.new $r'))
    (core func $drop (canon resource.drop $r'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "get") (param i32) (result i32) (local.get 0))
      (func (export "take") (param i32) (call $drop (local.get 0))))
    (core instance $m (instantiate $m (with "" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
    (export $r "counter" (type $r'))
    (func (export "make") (param "x" u32) (result (own $r)) (canon lift (core func $m "make")))
    (func (export "get") (param "self" (borrow $r)) (result u32) (canon lift (core func $m "get")))
    (func (export "take") (param "x" (own $r)) (canon lift (core func $m "take"))))
  """

  test "a function of another store" do
    in_vm(fn ->
      [mine, other] = two()
      {:ok, %Function{} = function} = Wasm.call(other, "function")
      assert Wasm.call(mine, "call", [nil]) |> elem(0) == :error

      for wrong <- [
            Wasm.call(mine, function),
            Wasm.call(mine, function, [], schedule: :dirty),
            Wasm.call(mine, "call", [function]),
            Table.set(mine, "t", 0, function),
            Table.grow(mine, "t", 1, function),
            Global.set(mine, "g", function)
          ] do
        assert {:error, %Error{kind: :type, message: message}} = wrong
        assert message =~ ~r/another (store|instance)|instance's store/
      end

      assert Wasm.call(mine, "seven") == {:ok, 7}
      assert Wasm.call(other, function) == {:ok, 7}
      assert Wasm.call(other, "call", [function]) == {:ok, 7}
    end)
  end

  test "a reference of another store" do
    in_vm(fn ->
      [mine, other] = two()
      {:ok, %Reference{kind: :struct} = struct} = Wasm.call(other, "struct")

      for wrong <- [Wasm.call(mine, "field", [struct]), Table.set(mine, "any", 0, struct)] do
        assert {:error, %Error{kind: :type, message: message}} = wrong
        assert message =~ ~r/another (store|instance)|instance's store/
      end

      assert Wasm.call(other, "field", [struct]) == {:ok, 3}
      # Any term is an externref's value: one store's reference is a term to the other.
      assert {:ok, nil} = Wasm.call(mine, "keep", [self()])
      assert Table.get(mine, "x", 0) == {:ok, self()}
    end)
  end

  test "a resource of another instance" do
    in_vm(fn ->
      component = Wasm.compile!(@counter)
      [mine, other] = [Wasm.instantiate!(component), Wasm.instantiate!(component)]
      {:ok, %Resource{} = resource} = Wasm.call(other, "make", [7])

      for wrong <- [
            Wasm.call(mine, "get", [resource]),
            Wasm.call(mine, "take", [resource]),
            Wasm.drop(mine, resource)
          ] do
        assert {:error, %Error{kind: :type, message: message}} = wrong
        assert message =~ "another instance"
      end

      assert Wasm.call(other, "get", [resource]) == {:ok, 7}
      assert Wasm.drop(other, resource) == :ok
      assert Wasm.drop(other, resource) == :ok
      assert {:error, %Error{kind: :type}} = Wasm.call(other, "get", [resource])
    end)
  end

  test "an export of another store, beside one of this" do
    in_vm(fn ->
      [mine, other] = two()
      {:ok, %Extern{} = memory} = Wasm.export(other, "memory")
      {:ok, %Extern{} = function} = Wasm.export(mine, "seven")
      program = Wasm.compile!(~S[(module (import "a" "memory" (memory 1)) (import "a" "f" (func (result i32))))])
      imports = %{"a" => %{"memory" => memory, "f" => function}}
      assert {:error, %Error{kind: :link, message: message}} = Wasm.instantiate(program, imports: imports)
      assert message =~ "different stores"
      assert {:error, %Error{kind: :link}} = Wasm.instantiate(program, imports: imports, store: mine)
      assert {:error, %Error{kind: :link}} = Wasm.instantiate(program, imports: imports, store: other)
      # What is of another kind or type than the import.
      wrong = %{"a" => %{"memory" => function, "f" => function}}
      assert {:error, %Error{kind: :link}} = Wasm.instantiate(program, imports: wrong)
      assert Wasm.call(mine, "seven") == {:ok, 7}
      assert Wasm.call(other, "seven") == {:ok, 7}
    end)
  end

  test "everything of a core instance after its close" do
    in_vm(fn ->
      [instance, other] = two()
      {:ok, function} = Wasm.call(instance, "function")
      {:ok, struct} = Wasm.call(instance, "struct")
      {:ok, memory} = Wasm.export(instance, "memory")
      program = Wasm.compile!(~S[(module (import "a" "memory" (memory 1)))])
      Wasm.close(instance)
      Wasm.close(instance)
      assert Wasm.state(instance) == :closed
      assert is_binary(inspect(instance))

      for closed <- [
            Wasm.call(instance, "seven"),
            Wasm.call(instance, "seven", [], schedule: :dirty),
            Wasm.call(instance, function),
            Wasm.call(instance, "field", [struct]),
            Memory.read(instance, 0, 1),
            Memory.read(instance, 0, 300_000),
            Memory.write(instance, 0, "x"),
            Memory.write(instance, 0, :binary.copy("x", 300_000)),
            Memory.size(instance),
            Memory.grow(instance, 1),
            Global.get(instance, "n"),
            Global.set(instance, "n", 1),
            Table.get(instance, "t", 0),
            Table.set(instance, "t", 0, nil),
            Table.size(instance, "t"),
            Table.grow(instance, "t", 1, nil),
            Wasm.instantiate(program, imports: %{"a" => %{"memory" => memory}}),
            Wasm.instantiate(program, imports: %{"a" => instance}),
            Wasm.instantiate(Wasm.compile!("(module)"), store: instance)
          ] do
        assert {:error, %Error{kind: :closed}} = closed
      end

      # What is of a closed store is of another store still.
      assert {:error, %Error{kind: :type}} = Wasm.call(other, function)
      assert {:error, %Error{kind: :type}} = Wasm.call(other, "field", [struct])
    end)
  end

  test "everything of a component's instance after its close" do
    in_vm(fn ->
      instance = Wasm.instantiate!(Wasm.compile!(@counter))
      other = Wasm.instantiate!(Wasm.compile!(@counter))
      {:ok, resource} = Wasm.call(instance, "make", [7])
      Wasm.close(instance)
      assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "get", [resource])
      assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "make", [1])
      assert {:error, %Error{kind: :type}} = Wasm.call(other, "get", [resource])

      case Wasm.drop(instance, resource) do
        :ok -> :ok
        {:error, error} -> assert error.kind == :closed
      end
    end)
  end

  test "handles that outlive their instance, its owner and its program" do
    in_vm(fn ->
      test = self()

      {owner, monitor} =
        spawn_monitor(fn ->
          [instance, _] = two()
          {:ok, function} = Wasm.call(instance, "function")
          {:ok, struct} = Wasm.call(instance, "struct")
          component = Wasm.instantiate!(Wasm.compile!(@counter))
          {:ok, resource} = Wasm.call(component, "make", [1])
          send(test, {:handles, function, struct, resource})
        end)

      assert_receive {:handles, function, struct, resource}, 20_000
      assert_receive {:DOWN, ^monitor, :process, ^owner, _}, 20_000
      Workbooks.Wasm.Cache.clear(:memory)
      until(fn -> Wasm.stats().stores == 0 end, fn -> Wasm.stats() end)
      [mine, _] = two()
      assert {:error, %Error{kind: :type}} = Wasm.call(mine, function)
      assert {:error, %Error{kind: :type}} = Wasm.call(mine, "field", [struct])
      component = Wasm.instantiate!(Wasm.compile!(@counter))
      assert {:error, %Error{kind: :type}} = Wasm.call(component, "get", [resource])
    end)
  end

  test "functions and references by the thousand, forgotten, while the store lives" do
    in_vm(fn ->
      [instance, _] = two()

      for _ <- 1..20_000 do
        {:ok, %Reference{}} = Wasm.call(instance, "struct")
        {:ok, %Function{}} = Wasm.call(instance, "function")
      end

      assert Wasm.call(instance, "seven") == {:ok, 7}
    end)
  end

  test "what is no handle at all" do
    in_vm(fn ->
      [instance, other] = two()
      %{ref: ref} = TestGuests.misbehaving()

      for wrong <- [%Function{ref: make_ref()}, %Function{ref: ref}, %Function{ref: other.ref}, %Function{ref: nil}] do
        assert {:error, %Error{kind: kind}} = Wasm.call(instance, wrong)
        assert kind in [:type, :export]
        assert {:error, %Error{kind: :type}} = Wasm.call(instance, "call", [wrong])
      end

      for wrong <- [%Reference{ref: make_ref(), kind: :struct}, %Reference{ref: other.ref, kind: :struct}] do
        assert {:error, _} = Wasm.call(instance, "field", [wrong])
      end

      for forged <- [make_ref(), ref, nil, 5] do
        assert_raise ArgumentError, fn -> Wasm.call(%{instance | ref: forged}, "seven") end
        assert_raise ArgumentError, fn -> Memory.read(%{instance | ref: forged}, 0, 1) end
        assert_raise ArgumentError, fn -> Wasm.close(%{instance | ref: forged}) end
      end
    end)
  end

  defp two do
    program = Wasm.compile!(@references)
    [Wasm.instantiate!(program), Wasm.instantiate!(program)]
  end
end
