defmodule Workbooks.Hazards.WasiTest do
  # A guest that wants more of the world than it was given.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestGuests, Wasm}
  alias Workbooks.Wasm.{Error, WASI}

  test "a component that imports WASI without being given any" do
    in_vm(fn ->
      component =
        TestGuests.component!(
          """
          (module
            (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
            (func (export "run") (result i64) (call $random)))
          """,
          wit: """
          package test:wasi;
          world w {
            import wasi:random/random@0.2.0;
            export run: func() -> u64;
          }
          package wasi:random@0.2.0 {
            interface random { get-random-u64: func() -> u64; }
          }
          """
        )

      for _ <- 1..100 do
        assert {:error, %Error{kind: :import, message: message}} = Wasm.instantiate(component)
        assert message =~ "wasi:random/random"
        # What to do about it.
        assert message =~ "`wasi: []`"
      end

      # It may be given like anything else.
      imports = %{"wasi:random/random" => %{"get-random-u64" => fn -> 4 end}}
      assert {:ok, instance} = Wasm.instantiate(component, imports: imports)
      assert Wasm.call(instance, "run") == {:ok, 4}
    end)
  end

  test "a core module of preview 1 that is given nothing" do
    in_vm(fn ->
      program =
        Wasm.compile!("""
        (module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "_start") (call $exit (i32.const 1))))
        """)

      assert {:error, %Error{kind: :import, message: message}} = Wasm.instantiate(program)
      assert message =~ "wasi_snapshot_preview1"
      assert message =~ "`wasi: []`"
    end)
  end

  @bytes <<0xFF, 0xFE, 0x00, 0xC3, ?\n, 0xED, 0xA0, 0x80>>

  for kind <- [:component, :core] do
    test "a #{kind} prints bytes that are not UTF-8, wherever they go" do
      in_vm(fn ->
        program = printing(unquote(kind))
        if unquote(kind) == :core, do: assert({:ok, %{stdout: @bytes}} = WASI.run(program))
        assert print(program, :discard) == {:ok, nil}

        for stdout <- [self(), {self(), :tag}] do
          assert print(program, stdout) == {:ok, nil}
          assert_receive {:wasm_output, _, :stdout, @bytes}
        end

        test = self()
        assert print(program, &send(test, {:got, &1})) == {:ok, nil}
        assert_receive {:got, @bytes}

        # To devices of either encoding.
        for encoding <- [:unicode, :latin1] do
          {:ok, device} = StringIO.open("", encoding: encoding)
          leader = Process.group_leader()
          Process.group_leader(self(), device)
          answer = print(program, :stdio)
          Process.group_leader(self(), leader)
          assert answer == {:ok, nil}
          assert StringIO.contents(device) != {"", ""}
        end

        # To one who is gone, and to one who fails.
        {gone, monitor} = spawn_monitor(fn -> :ok end)
        assert_receive {:DOWN, ^monitor, :process, ^gone, _}
        assert print(program, gone) == {:ok, nil}
        assert {:error, %Error{kind: :host_error}} = print(program, fn _ -> raise "no room" end)
      end)
    end

    test "a #{kind} prints without end: to a process, to its limit" do
      in_vm(fn ->
        program = printing(unquote(kind), "(loop $on (call $print) (br $on))")

        limits = [output_bytes: 100_000]

        for stdout <- [self(), :binary, fn _ -> :ok end] do
          assert {:error, %Error{kind: :limit, details: %{code: :output_bytes}}} =
                   print(program, stdout, limits: limits)
        end

        # What goes nowhere is not counted.
        instance = Wasm.instantiate!(program, wasi: [stdout: :discard], limits: limits)
        assert {:error, %Error{kind: kind}} = Wasm.call(instance, entry(program), [], timeout: 300)
        assert kind in [:limit, :timeout]

        received = output(0)
        assert received > 0 and received <= 100_000
      end)
    end

    test "a #{kind} asks for input that never comes" do
      in_vm(fn ->
        program = reading(unquote(kind))
        test = self()

        stdin = fn _ ->
          send(test, {:asked, self()})
          Process.sleep(:infinity)
        end

        caller =
          spawn(fn ->
            instance = Wasm.instantiate!(program, wasi: [stdin: stdin])
            Wasm.call(instance, entry(program), [], timeout: :infinity)
          end)

        assert_receive {:asked, ^caller}, 10_000
        each_scheduler!()
        Process.exit(caller, :kill)
        until(fn -> Wasm.stats().stores == 0 end, fn -> Wasm.stats() end)

        for wrong <- [nil, :ok, 5, <<1::1>>] do
          instance = Wasm.instantiate!(program, wasi: [stdin: fn _ -> wrong end])
          assert {:error, %Error{kind: :host_error}} = Wasm.call(instance, entry(program))
        end
      end)
    end
  end

  test "isolated, its input never comes: the timeout ends it" do
    in_vm(fn ->
      for program <- [reading(:component), reading(:core)] do
        test = self()

        stdin = fn _ ->
          send(test, {:asked, self()})
          Process.sleep(:infinity)
        end

        instance = Wasm.instantiate!(program, wasi: [stdin: stdin], host: :isolated)
        assert {:error, %Error{kind: :timeout}} = Wasm.call(instance, entry(program), [], timeout: 50)
        assert_receive {:asked, asked}, 10_000
        until(fn -> not Process.alive?(asked) end)
      end
    end)
  end

  test "a string that is not UTF-8, as a component's result and as its host function's" do
    in_vm(fn ->
      component =
        TestGuests.component!(
          """
          (module
            (memory (export "memory") 1)
            (data (i32.const 0) "\\08\\00\\00\\00\\03\\00\\00\\00\\ff\\fe\\41")
            (func (export "text") (result i32) (i32.const 0)))
          """,
          wit: "package test:text; world w { export text: func() -> string; }"
        )

      assert {:error, %Error{message: message}} = component |> Wasm.instantiate!() |> Wasm.call("text")
      assert message =~ ~r/utf-8/i
      imports = %{"host:text/source" => %{"get" => fn -> <<0xFF>> end}}
      instance = Wasm.instantiate!(TestGuests.asking_for_text(), imports: imports)
      assert {:error, %Error{kind: :host_error, message: message}} = Wasm.call(instance, "length")
      assert message =~ "UTF-8"
    end)
  end

  defp print(program, stdout, options \\ []) do
    instance = Wasm.instantiate!(program, [wasi: [stdout: stdout]] ++ options)
    Wasm.call(instance, entry(program))
  end

  defp entry(%Wasm.Module{}), do: "_start"
  defp entry(%Wasm.Component{}), do: "run"

  defp output(sum) do
    receive do
      {:wasm_output, _, :stdout, bytes} -> output(sum + byte_size(bytes))
    after
      100 -> sum
    end
  end

  defp escaped(bytes), do: for(<<byte <- bytes>>, into: "", do: "\\" <> Base.encode16(<<byte>>))

  # Calls $print once, unless told otherwise.
  defp printing(kind, body \\ "(call $print)")

  defp printing(:core, body) do
    Wasm.compile!("""
    (module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 100) "#{escaped(@bytes)}")
      (func $print
        (i32.store (i32.const 0) (i32.const 100))
        (i32.store (i32.const 4) (i32.const #{byte_size(@bytes)}))
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
      (func (export "_start") #{body}))
    """)
  end

  defp printing(:component, body) do
    TestGuests.component!(
      """
      (module
        (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
        (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
          (func $write (param i32 i32 i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 100) "#{escaped(@bytes)}")
        (global $out (mut i32) (i32.const -1))
        (func $print
          (call $write (global.get $out) (i32.const 100) (i32.const #{byte_size(@bytes)}) (i32.const 0))
          (if (i32.load8_u (i32.const 0)) (then unreachable)))
        (func (export "run") (global.set $out (call $stdout)) #{body}))
      """,
      wit: wit("import wasi:cli/stdout@0.2.0;")
    )
  end

  defp reading(:core) do
    Wasm.compile!("""
    (module
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (i32.store (i32.const 0) (i32.const 100))
        (i32.store (i32.const 4) (i32.const 10))
        (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))))
    """)
  end

  defp reading(:component) do
    TestGuests.component!(
      """
      (module
        (import "wasi:cli/stdin@0.2.0" "get-stdin" (func $stdin (result i32)))
        (import "wasi:io/streams@0.2.0" "[method]input-stream.blocking-read" (func $read (param i32 i64 i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1000))
        (func (export "run")
          (call $read (call $stdin) (i64.const 10) (i32.const 0))
          (if (i32.load8_u (i32.const 0)) (then unreachable))))
      """,
      wit: wit("import wasi:cli/stdin@0.2.0;")
    )
  end

  # What is used of WASI's own WIT.
  defp wit(imports) do
    """
    package test:wasi;
    world w {
      #{imports}
      import wasi:io/streams@0.2.0;
      export run: func();
    }
    package wasi:io@0.2.0 {
      interface error { resource error; }
      interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(error), closed }
        resource input-stream { blocking-read: func(len: u64) -> result<list<u8>, stream-error>; }
        resource output-stream { blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; }
      }
    }
    package wasi:cli@0.2.0 {
      interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
      interface stdin { use wasi:io/streams@0.2.0.{input-stream}; get-stdin: func() -> input-stream; }
    }
    """
  end
end
