defmodule Workbooks.Wasm.ResourceTest do
  use ExUnit.Case, async: true

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, Resource}

  # Counters of the guest's own: their representation is their count.
  defp counters do
    Wasm.compile!(~S"""
    (component
      (import "dropped" (func $dropped (param "x" u32)))
      (core func $dropped' (canon lower (func $dropped)))
      (core module $dtor
        (import "" "dropped" (func $dropped (param i32)))
        (func (export "dtor") (param i32) (call $dropped (local.get 0))))
      (core instance $dtor (instantiate $dtor (with "" (instance (export "dropped" (func $dropped'))))))
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
    """)
  end

  defp instance do
    test = self()

    Wasm.instantiate!(counters(),
      imports: %{
        "dropped" => fn x ->
          send(test, {:dropped, x})
          nil
        end
      }
    )
  end

  describe "a guest's resource" do
    test "is made, lent, handed over, and gone" do
      i = instance()
      assert {:ok, %Resource{name: "counter", instance: ^i} = counter} = Wasm.call(i, "make", [7])
      assert Wasm.call(i, "get", [counter]) == {:ok, 7}
      assert Wasm.call(i, "get", [counter]) == {:ok, 7}
      assert Wasm.call(i, "take", [counter]) == {:ok, nil}
      assert_received {:dropped, 7}
      assert {:error, %Error{kind: :type, message: message}} = Wasm.call(i, "get", [counter])
      assert message =~ "handed over"
    end

    test "is dropped when it is told to, once" do
      i = instance()
      {:ok, counter} = Wasm.call(i, "make", [8])
      assert Wasm.drop(i, counter) == :ok
      assert_received {:dropped, 8}
      assert Wasm.drop(i, counter) == :ok
      refute_received {:dropped, _}
    end

    test "is dropped with the next call when nobody has it any more" do
      i = instance()
      Task.await(Task.async(fn -> {:ok, _} = Wasm.call(i, "make", [9]) end))

      Workbooks.TestWait.until(fn ->
        {:ok, counter} = Wasm.call(i, "make", [0])
        Wasm.drop(i, counter)
        received?({:dropped, 9})
      end)
    end

    test "is of one instance, and of one type" do
      [i, other] = [instance(), instance()]
      {:ok, counter} = Wasm.call(i, "make", [1])
      assert {:error, %Error{kind: :type, message: message}} = Wasm.call(other, "get", [counter])
      assert message =~ "another instance"
      assert {:error, %Error{kind: :type}} = Wasm.call(i, "get", [1])
      assert Wasm.call(i, "get", [counter]) == {:ok, 1}
    end

    test "stays with its holder when another argument does not fit" do
      i = instance()
      {:ok, counter} = Wasm.call(i, "make", [1])
      assert {:error, %Error{kind: :type}} = Wasm.call(i, "take", [counter, 2])
      assert Wasm.call(i, "get", [counter]) == {:ok, 1}
    end
  end

  describe "a host's resource" do
    @users ~S"""
    (component
      (import "host:files/api" (instance $api
        (export "file" (type $file (sub resource)))
        (export "[constructor]file" (func (param "name" u32) (result (own $file))))
        (export "[method]file.size" (func (param "self" (borrow $file)) (result u32)))))
      (alias export $api "file" (type $file))
      (core func $open (canon lower (func $api "[constructor]file")))
      (core func $size (canon lower (func $api "[method]file.size")))
      (core func $drop (canon resource.drop $file))
      (core module $m
        (import "" "open" (func $open (param i32) (result i32)))
        (import "" "size" (func $size (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "use") (param i32) (result i32)
          (local $f i32) (local $s i32)
          (local.set $f (call $open (local.get 0)))
          (local.set $s (call $size (local.get $f)))
          (call $drop (local.get $f))
          (local.get $s))
        (func (export "open") (param i32) (result i32) (call $open (local.get 0)))
        (func (export "size") (param i32) (result i32)
          (local $s i32)
          (local.set $s (call $size (local.get 0)))
          (call $drop (local.get 0))
          (local.get $s)))
      (core instance $m (instantiate $m (with "" (instance
        (export "open" (func $open)) (export "size" (func $size)) (export "drop" (func $drop))))))
      (func (export "use") (param "x" u32) (result u32) (canon lift (core func $m "use")))
      (func (export "open") (param "x" u32) (result (own $file)) (canon lift (core func $m "open")))
      (func (export "size-of") (param "f" (borrow $file)) (result u32) (canon lift (core func $m "size"))))
    """

    test "is any term, which the guest hands back and drops" do
      test = self()

      functions = %{
        "[constructor]file" => fn name -> %{name: name, owner: test} end,
        "[method]file.size" => fn %{name: name, owner: ^test} -> name * 100 end,
        "[resource-drop]file" => fn %{name: name} -> send(test, {:closed, name}) end
      }

      i = Wasm.instantiate!(Wasm.compile!(@users), imports: %{"host:files/api" => functions})
      assert Wasm.call(i, "use", [3]) == {:ok, 300}
      assert_received {:closed, 3}
      assert Wasm.call(i, "open", [4]) == {:ok, %{name: 4, owner: test}}
      assert Wasm.call(i, "size-of", [%{name: 5, owner: test}]) == {:ok, 500}
    end

    defmodule Files do
      def file_new(name), do: {:file, name}
      def file_size({:file, name}), do: name + 1
    end

    test "may be a module's, which need not hear of its end" do
      i = Wasm.instantiate!(Wasm.compile!(@users), imports: %{"host:files/api" => Files})
      assert Wasm.call(i, "use", [3]) == {:ok, 4}
    end
  end

  defp received?(message) do
    receive do
      ^message -> true
      {:dropped, _} -> received?(message)
    after
      0 -> false
    end
  end
end
