defmodule Workbooks.Wasm.ModuleTest do
  use ExUnit.Case, async: true
  doctest Workbooks.Wasm.Memory
  doctest Workbooks.Wasm.Global
  doctest Workbooks.Wasm.Table

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, Function, Global, Instance, Memory, Reference, Table}

  defp instance(wat, options \\ []), do: wat |> Wasm.compile!() |> Wasm.instantiate!(options)

  describe "values" do
    test "integers are given signed or unsigned and come back signed" do
      i =
        instance("""
        (module
          (func (export "i32") (param i32) (result i32) local.get 0)
          (func (export "i64") (param i64) (result i64) local.get 0))
        """)

      assert Wasm.call(i, "i32", [0xFFFFFFFF]) == {:ok, -1}
      assert Wasm.call(i, "i32", [-0x80000000]) == {:ok, -0x80000000}
      assert Wasm.call(i, "i64", [0xFFFFFFFFFFFFFFFF]) == {:ok, -1}
      assert {:error, %Error{kind: :type, message: message}} = Wasm.call(i, "i32", [0x100000000])
      assert message =~ "p0" and message =~ "i32" and message =~ "4294967296"
    end

    test "floats, with what is no number" do
      i =
        instance("""
        (module
          (func (export "f32") (param f32) (result f32) local.get 0)
          (func (export "f64") (param f64) (result f64) local.get 0))
        """)

      assert Wasm.call(i, "f32", [1.5]) == {:ok, 1.5}
      assert Wasm.call(i, "f64", [:neg_infinity]) == {:ok, :neg_infinity}
      assert Wasm.call(i, "f32", [:nan]) == {:ok, :nan}
      assert Wasm.call(i, "f32", [{:nan, 0x7FA00000}], nan: :payload) == {:ok, {:nan, 0x7FA00000}}
      assert Wasm.call(i, "f64", [{:nan, 0x7FF4000000000001}], nan: :payload) == {:ok, {:nan, 0x7FF4000000000001}}
    end

    test "vectors are sixteen bytes" do
      i = instance(~S[(module (func (export "f") (param v128) (result v128) local.get 0))])
      vector = :binary.list_to_bin(Enum.to_list(1..16))
      assert Wasm.call(i, "f", [vector]) == {:ok, vector}
      assert {:error, %Error{kind: :type}} = Wasm.call(i, "f", ["short"])
    end

    test "several results are a tuple, none is nil" do
      i =
        instance("""
        (module
          (func (export "none"))
          (func (export "two") (result i32 f64) i32.const 1 f64.const 2.5))
        """)

      assert Wasm.call(i, "none", []) == {:ok, nil}
      assert Wasm.call(i, "two", []) == {:ok, {1, 2.5}}
    end

    test "an externref holds any term" do
      i = instance(~S[(module (func (export "f") (param externref) (result externref) local.get 0))])

      for term <- [nil, 1, "x", %{a: [self(), make_ref()]}, fn x -> x end],
          do: assert(Wasm.call(i, "f", [term]) == {:ok, term})
    end

    test "a function is called, and given back" do
      i =
        instance("""
        (module
          (func $seven (result i32) i32.const 7)
          (elem declare func $seven)
          (func (export "get") (result funcref) ref.func $seven)
          (func (export "is-null") (param funcref) (result i32) local.get 0 ref.is_null))
        """)

      assert {:ok, %Function{} = seven} = Wasm.call(i, "get", [])
      assert Wasm.call(i, seven) == {:ok, 7}
      assert Wasm.call(i, "is-null", [seven]) == {:ok, 0}
      assert Wasm.call(i, "is-null", [nil]) == {:ok, 1}
      assert {:error, %Error{kind: :type}} = Wasm.call(i, "is-null", [:other])
      other = instance("(module)")
      assert {:error, %Error{kind: :type}} = Wasm.call(other, seven)
    end

    test "references to what is collected" do
      i =
        instance("""
        (module
          (type $s (struct (field i32)))
          (func (export "i31") (result anyref) i32.const 5 ref.i31)
          (func (export "struct") (result anyref) i32.const 5 struct.new $s)
          (func (export "get") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0))))
          (func (export "id") (param anyref) (result anyref) local.get 0))
        """)

      assert {:ok, %Reference{kind: :i31, value: 5}} = Wasm.call(i, "i31", [])
      assert {:ok, %Reference{kind: :struct} = struct} = Wasm.call(i, "struct", [])
      assert Wasm.call(i, "get", [struct]) == {:ok, 5}
      assert Wasm.call(i, "id", [:any_term]) == {:ok, :any_term}
      assert {:error, %Error{kind: :trap, details: %{code: :cast_failure}}} = Wasm.call(i, "get", [:any_term])
    end
  end

  describe "imports" do
    test "host functions, with several results, by module and name" do
      i =
        instance(
          """
          (module
            (import "env" "swap" (func $swap (param i32 i64) (result i64 i32)))
            (func (export "f") (result i64 i32) (call $swap (i32.const 1) (i64.const 2))))
          """,
          imports: %{"env" => %{"swap" => fn a, b -> {b, a} end}}
        )

      assert Wasm.call(i, "f", []) == {:ok, {2, 1}}
    end

    test "a host function that takes one argument more gets the instance, and reads its memory" do
      test = self()

      i =
        instance(
          """
          (module
            (import "env" "log" (func $log (param i32 i32)))
            (memory (export "memory") 1)
            (data (i32.const 16) "hello")
            (func (export "run") (call $log (i32.const 16) (i32.const 5))))
          """,
          imports: %{
            "env" => %{
              "log" => fn instance, offset, length ->
                {:ok, text} = Memory.read(instance, offset, length)
                :ok = Memory.write(instance, 0, "seen")
                send(test, {:log, text})
                nil
              end
            }
          }
        )

      assert Wasm.call(i, "run", []) == {:ok, nil}
      assert_received {:log, "hello"}
      assert Memory.read(i, 0, 4) == {:ok, "seen"}
    end

    test "what is missing, and what does not fit, is said by name" do
      module = Wasm.compile!(~S[(module (import "env" "f" (func)) (import "env" "m" (memory 1)))])
      assert {:error, %Error{kind: :import, message: message}} = Wasm.instantiate(module)
      assert message =~ "env#f"

      assert {:error, %Error{kind: :link}} =
               Wasm.instantiate(module, imports: %{"env" => %{"f" => fn _, _, _ -> nil end}})

      assert {:error, %Error{kind: :link, message: message}} =
               Wasm.instantiate(module, imports: %{"env" => %{"f" => fn -> nil end, "m" => 1}})

      assert message =~ "memory"
    end

    test "memories, tables, globals and functions of one instance serve another" do
      a =
        instance("""
        (module
          (memory (export "memory") 1)
          (global (export "g") (mut i32) (i32.const 3))
          (table (export "t") 4 funcref)
          (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
        """)

      b =
        """
        (module
          (import "a" "memory" (memory 1))
          (import "a" "g" (global $g (mut i32)))
          (import "a" "t" (table 1 funcref))
          (import "a" "double" (func $double (param i32) (result i32)))
          (func $f (result i32) (call $double (global.get $g)))
          (elem (i32.const 0) $f)
          (func (export "run") (result i32)
            (global.set $g (i32.const 21))
            (i32.store (i32.const 0) (i32.const 7))
            (call $f)))
        """
        |> instance(imports: %{"a" => a})

      assert Wasm.call(b, "run", []) == {:ok, 42}
      assert Global.get(a, "g") == {:ok, 21}
      assert Memory.read(a, 0, 1) == {:ok, <<7>>}
      assert {:ok, f} = Table.get(a, "t", 0)
      assert Wasm.call(a, f) == {:ok, 42}
    end

    test "a table begins empty, whatever an instance before had in it" do
      component =
        Wasm.compile!("""
        (module
          (table $t 3000 externref)
          (func (export "set") (param i32 externref) (table.set $t (local.get 0) (local.get 1)))
          (func (export "null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0)))))
        """)

      # The places of the pool that are free are used again.
      for round <- 1..50 do
        instance = Wasm.instantiate!(component)

        for index <- [0, 511, 512, 2999] do
          assert {round, Wasm.call(instance, "null", [index])} == {round, {:ok, 1}}
          assert Wasm.call(instance, "set", [index, round]) == {:ok, nil}
          assert Wasm.call(instance, "null", [index]) == {:ok, 0}
        end

        Wasm.close(instance)
      end
    end

    test "a host function of one instance is reached through another" do
      a =
        instance(
          """
          (module
            (import "env" "who" (func $who (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "ask") (param i32) (result i32) (call $who (local.get 0))))
          """,
          imports: %{
            "env" => %{
              "who" => fn %Instance{} = me, x ->
                {:ok, size} = Memory.size(me)
                x + size
              end
            }
          }
        )

      b =
        ~S[(module (import "a" "ask" (func $ask (param i32) (result i32))) (func (export "run") (result i32) (call $ask (i32.const 1))))]
        |> instance(imports: %{"a" => a})

      assert Wasm.call(b, "run", []) == {:ok, 65_537}
    end

    test "instances of different stores cannot be linked" do
      [a, b] = for _ <- 1..2, do: instance(~S[(module (memory (export "m") 1) (func (export "f")))])
      module = Wasm.compile!(~S[(module (import "a" "m" (memory 1)) (import "b" "f" (func)))])
      assert {:error, %Error{kind: :link, message: message}} = Wasm.instantiate(module, imports: %{"a" => a, "b" => b})
      assert message =~ "store"
    end
  end

  describe "after the end" do
    test "a trap leaves a core instance usable, and says where it was" do
      i =
        instance("""
        (module $m
          (func $inner (unreachable))
          (func (export "trap") (call $inner))
          (func (export "one") (result i32) i32.const 1))
        """)

      assert {:error, %Error{kind: :trap, details: %{code: :unreachable, frames: frames}}} = Wasm.call(i, "trap", [])
      assert [%{function: "inner", module: "m", index: 0, offset: offset}, %{index: 1}] = frames
      assert is_integer(offset)
      assert Wasm.call(i, "one", []) == {:ok, 1}
    end

    test "an exception nobody catches is a trap of its own code" do
      i = instance(~S[(module (tag $e) (func (export "f") (throw $e)) (func (export "one") (result i32) i32.const 1))])
      assert {:error, %Error{kind: :trap, details: %{code: :uncaught_exception}}} = Wasm.call(i, "f", [])
      assert Wasm.call(i, "one", []) == {:ok, 1}
    end

    test "start runs, and its trap is told" do
      assert {:error, %Error{kind: :trap, details: %{code: :unreachable}}} =
               Wasm.instantiate(Wasm.compile!("(module (func $s unreachable) (start $s))"))

      loops = Wasm.compile!("(module (func $s (loop (br 0))) (start $s))")
      assert {:error, %Error{kind: :timeout}} = Wasm.instantiate(loops, timeout: 20)
    end

    test "a failed host function leaves a core instance usable" do
      i =
        instance(
          ~S[(module (import "e" "f" (func $f)) (func (export "run") (call $f)) (func (export "one") (result i32) i32.const 1))],
          imports: %{"e" => %{"f" => fn -> raise "no" end}}
        )

      assert {:error, %Error{kind: :host_error, details: %{reason: %RuntimeError{message: "no"}}}} =
               Wasm.call(i, "run", [])

      assert Wasm.call(i, "one", []) == {:ok, 1}
    end
  end

  describe "limits and metering" do
    test "fuel ends what uses it up, and is counted" do
      wat = ~S[(module (func (export "spin") (loop (br 0))) (func (export "one") (result i32) i32.const 1))]
      metered = Wasm.compile!(wat, fuel: true)
      i = Wasm.instantiate!(metered, fuel: 10_000)
      assert {:ok, 1, %{fuel: fuel, host_calls: 0}} = Wasm.call(i, "one", [], metrics: true)
      assert fuel > 0 and fuel < 100
      assert {:ok, 1, %{fuel: ^fuel}} = Wasm.call(i, "one", [], metrics: true)
      assert {:error, %Error{kind: :fuel}} = Wasm.call(i, "spin", [])
      assert {:error, %Error{kind: :closed}} = Wasm.call(i, "one", [])
      assert {:error, %Error{kind: :fuel, message: message}} = Wasm.instantiate(Wasm.compile!(wat), fuel: 1)
      assert message =~ "fuel: true"
    end

    test "the values of a call are limited by the bytes that they take" do
      # Two texts, of the same bytes of its memory.
      twice =
        Workbooks.TestGuests.component!(
          """
          (module
            (memory (export "memory") 1)
            (data (i32.const 0) "\\10\\00\\00\\00\\00\\04\\00\\00\\10\\00\\00\\00\\00\\04\\00\\00")
            (data (i32.const 1100) "\\00\\00\\00\\00\\02\\00\\00\\00")
            (func (export "twice") (result i32) (i32.const 1100))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))
          """,
          wit: "package test:values; world w { export twice: func() -> list<string>; }"
        )

      assert {:ok, [same, same]} = Wasm.call(Wasm.instantiate!(twice), "twice", [])
      assert byte_size(same) == 1024

      instance = Wasm.instantiate!(twice, limits: [value_bytes: 1_500])
      assert {:error, %Error{kind: :limit, message: message}} = Wasm.call(instance, "twice", [])
      assert message =~ "limits: [value_bytes: …]"
    end

    test "host calls are counted and limited" do
      wat = ~S[(module (import "e" "f" (func $f)) (func (export "run") (call $f) (call $f)))]
      options = [imports: %{"e" => %{"f" => fn -> nil end}}, limits: [host_calls: 3]]
      i = instance(wat, options)
      assert {:ok, nil, %{host_calls: 2}} = Wasm.call(i, "run", [], metrics: true)
      assert {:error, %Error{kind: :limit}} = Wasm.call(i, "run", [])
    end

    test "memory: a refused grow is the guest's -1, an initial memory too large an error" do
      wat =
        ~S[(module (memory (export "m") 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))]

      i = instance(wat, limits: [memory: 3 * 65_536])
      assert Wasm.call(i, "grow", [2]) == {:ok, 1}
      assert Wasm.call(i, "grow", [1]) == {:ok, -1}
      assert {:error, %Error{kind: :memory_limit}} = Memory.grow(i, 1)

      assert {:error, %Error{kind: :memory_limit}} =
               Wasm.instantiate(Wasm.compile!("(module (memory 4))"), limits: [memory: 65_536])
    end
  end

  describe "suspension" do
    setup do
      i =
        instance(
          """
          (module
            (import "env" "ask" (func $ask (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (i32.add (call $ask (local.get 0)) (i32.const 1)))
            (func (export "twice") (result i32) (i32.add (call $ask (i32.const 1)) (call $ask (i32.const 2)))))
          """,
          imports: %{"env" => %{"ask" => fn x -> x * 10 end}}
        )

      %{instance: i}
    end

    test "a suspended call is resumed with an answer", %{instance: i} do
      assert {:suspended, s} = Wasm.call(i, "run", [5], on_host_call: :suspend)
      assert %{name: ["env", "ask"], arguments: [5]} = s
      assert Wasm.state(i) == :suspended
      assert {:error, %Error{kind: :busy}} = Wasm.call(i, "run", [1])
      assert {:error, %Error{kind: :type}} = Wasm.resume(s, "no number")
      assert Wasm.resume(s, 41) == {:ok, 42}
      assert {:error, %Error{kind: :closed, message: message}} = Wasm.resume(s, 41)
      assert message =~ "resumed before"
      assert Wasm.call(i, "run", [5]) == {:ok, 51}
    end

    test "it may be suspended again, in another process, after the first is gone", %{instance: _} do
      test = self()

      {pid, monitor} =
        spawn_monitor(fn ->
          i =
            instance(
              ~S[(module (import "e" "ask" (func $ask (result i32))) (func (export "twice") (result i32) (i32.add (call $ask) (call $ask))))],
              imports: %{"e" => %{"ask" => fn -> 0 end}}
            )

          {:suspended, s} = Wasm.call(i, "twice", [], on_host_call: :suspend)
          send(test, {:s, s})
        end)

      assert_receive {:s, s}
      assert_receive {:DOWN, ^monitor, :process, ^pid, _}
      assert {:suspended, s} = Wasm.resume(s, 1, on_host_call: :suspend)
      assert Wasm.resume(s, 2) == {:ok, 3}
    end

    test "its time to live ends it", %{instance: i} do
      assert {:suspended, s} = Wasm.call(i, "run", [5], on_host_call: :suspend, ttl: 10)
      Workbooks.TestWait.until(fn -> Wasm.state(i) == :closed end)
      assert {:error, %Error{kind: :closed}} = Wasm.resume(s, 1)
    end
  end

  describe "isolated host functions" do
    test "one that never returns is ended by the timeout" do
      i =
        instance(~S[(module (import "e" "f" (func $f)) (func (export "run") (call $f)))],
          imports: %{"e" => %{"f" => fn -> Process.sleep(:infinity) end}},
          host: :isolated
        )

      assert {:error, %Error{kind: :timeout, message: message}} = Wasm.call(i, "run", [], timeout: 30)
      assert message =~ "e#f"
      assert Wasm.state(i) == :closed
    end

    test "one that raises, exits or is killed is told of" do
      for {function, kind} <- [
            {fn -> raise "x" end, :error},
            {fn -> exit(:x) end, :exit},
            {fn -> throw(:x) end, :throw},
            {fn -> Process.exit(self(), :kill) end, :exit}
          ] do
        i =
          instance(~S[(module (import "e" "f" (func $f)) (func (export "run") (call $f)))],
            imports: %{"e" => %{"f" => function}},
            host: :isolated
          )

        assert {:error, %Error{kind: :host_error, details: %{kind: ^kind}}} = Wasm.call(i, "run", [])
      end
    end
  end
end
