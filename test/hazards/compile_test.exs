defmodule Workbooks.Hazards.CompileTest do
  # What somebody may hand to the compiler. WORKBOOKS_PROVE=1 waits for the largest to the end.
  use ExUnit.Case, async: true
  use Workbooks.TestVM

  alias Workbooks.{TestBits, TestGuests, TestWait, Wasm}
  alias Workbooks.Wasm.Error

  @header "\0asm" <> <<1, 0, 0, 0>>
  @mega 1_000_000

  test "garbage" do
    in_vm(fn ->
      good = Wasm.componentize!("(module (func (export \"f\") (param i32) (result i32) local.get 0))")

      for garbage <- ["", "\0", "\0asm", @header, "(", "(module", ")", <<0xFF, 0xFE>>, String.duplicate("(", 100_000)] do
        assert_compiled_or_refused(garbage)
      end

      # What begins well.
      for size <- 0..(byte_size(good) - 1)//7, do: assert_compiled_or_refused(binary_part(good, 0, size))

      # What has a wrong byte somewhere, the same ones in each run.
      :rand.seed(:exsss, {1, 2, 3})

      for _ <- 1..500 do
        at = :rand.uniform(byte_size(good)) - 1
        {before, _, rest} = TestBits.around(good, at)
        assert_compiled_or_refused(<<before::binary, :rand.uniform(256) - 1, rest::binary>>)
      end

      for _ <- 1..500, do: assert_compiled_or_refused(@header <> :rand.bytes(:rand.uniform(500)))
    end)
  end

  test "garbage for deserialize/1 and componentize/2" do
    in_vm(fn ->
      code = Wasm.serialize!(TestGuests.misbehaving())

      for garbage <- ["", "\0", @header, binary_part(code, 0, 100), :binary.copy(<<0>>, 10_000), code <> "x"] do
        assert {:error, %Error{kind: :compile}} = Wasm.deserialize(garbage)
      end

      for at <- 0..(byte_size(code) - 1)//997 do
        {before, byte, rest} = TestBits.around(code, at)

        assert {:error, %Error{kind: :compile}} =
                 Wasm.deserialize(<<before::binary, Bitwise.bxor(byte, 1), rest::binary>>)
      end

      for garbage <- ["", "\0", "\0asm", "(module", @header <> "x"] do
        assert {:error, %Error{kind: :compile}} = Wasm.componentize(garbage)
      end

      for wit <- ["world", "package a:b; world w { import x: func( }", String.duplicate("{", 10_000)] do
        assert {:error, %Error{kind: :compile}} = Wasm.componentize("(module)", wit: wit)
      end
    end)
  end

  test "nesting that is deeper than any stack" do
    in_vm(fn ->
      deep = 1_000_000
      blocks = [0, :binary.copy(<<0x02, 0x40>>, deep), :binary.copy(<<0x0B>>, deep), 0x0B]

      for bytes <- [
            module([function_types(), functions(1), code([blocks])]),
            # Components in components.
            Enum.reduce(1..2_000, component([]), fn _, inner -> component([section(4, inner)]) end),
            String.duplicate("(component ", 20_000) <> String.duplicate(")", 20_000),
            "(module (func " <> String.duplicate("(block ", 100_000) <> String.duplicate(")", 100_000) <> "))"
          ] do
        with_callers(fn -> assert_compiled_or_refused(bytes, timeout: 20_000) end)
      end
    end)
  end

  test "a module of 50 MB, of data: it is compiled, and runs" do
    in_vm(fn ->
      size = 50_000_000
      memory = section(5, [1, 0, leb(div(size, 65_536) + 1)])
      export = section(7, [1, 6, "memory", 2, 0])
      data = section(11, [1, 0, 0x41, 0, 0x0B, leb(size), :binary.copy("x", size)])

      program = with_callers(fn -> Wasm.compile!(module([memory, export, data]), cache: false, timeout: 120_000) end)

      for _ <- 1..5 do
        instance = Wasm.instantiate!(program)
        assert Wasm.Memory.read(instance, size - 3, 5) == {:ok, "xxx\0\0"}
        Wasm.close(instance)
      end
    end)
  end

  test "a module of 50 MB, of what nobody knows" do
    in_vm(fn ->
      for name <- ["name", "producers", "other", ".debug_info"] do
        bytes = module([section(0, [byte_size(name), name, :binary.copy("x", 50_000_000)])])
        with_callers(fn -> assert_compiled_or_refused(bytes, timeout: 120_000) end)
      end
    end)
  end

  test "more bytes than are taken" do
    in_vm(fn ->
      bytes = module([section(0, [1, "x", :binary.copy("x", 70_000_000)])])
      assert {:error, %Error{kind: :limit, message: message}} = Wasm.compile(bytes)
      assert message =~ "max_bytes"
      assert {:error, %Error{kind: :limit}} = Wasm.compile("(module)", max_bytes: 7)
    end)
  end

  test "a module of twenty thousand functions, while others call" do
    in_vm(fn ->
      assert {:ok, program} = with_callers(fn -> Wasm.compile(of_functions(20_000), cache: false, timeout: 120_000) end)
      assert {:ok, _} = Wasm.instantiate(program)
    end)
  end

  test "a module of a million functions, while others call: the time ends, the VM does not" do
    in_vm(
      fn ->
        for _ <- 1..System.schedulers_online() do
          with_callers(fn ->
            case Wasm.compile(of_functions(@mega), cache: false, timeout: 1_000) do
              {:error, %Error{kind: kind}} -> assert kind in [:timeout, :limit, :overloaded]
              {:ok, _} -> :ok
            end
          end)
        end

        each_scheduler!()
        until(fn -> Wasm.stats().stores == 0 end)
      end,
      # What is under way is not called off, and goes on for minutes.
      unharmed: false
    )
  end

  @tag :prove
  @tag timeout: 1_200_000
  test "a module of a million functions, to the end" do
    in_vm(
      fn ->
        with_callers(fn ->
          case Wasm.compile(of_functions(@mega), cache: false, timeout: 900_000) do
            {:error, %Error{kind: kind}} -> assert kind in [:limit, :compile]
            {:ok, program} -> assert {:ok, _} = Wasm.instantiate(program)
          end
        end)
      end,
      patience: 1_000_000
    )
  end

  test "more functions, types, locals or memories than WebAssembly has" do
    in_vm(fn ->
      locals = [1, leb(4_000_000_000), 0x7F, 0x0B]
      types = section(1, [leb(@mega + 1), :binary.copy(<<0x60, 0, 0>>, @mega + 1)])

      for bytes <- [
            of_functions(@mega + 1),
            module([types]),
            module([function_types(), functions(1), code([locals])]),
            module([section(5, [leb(200_000), :binary.copy(<<0, 1>>, 200_000)])]),
            # A section that says it is longer than all there is.
            @header <> <<1>> <> leb(0xFFFFFFFF) <> "x",
            # So many that no memory has room for them.
            @header <> <<3>> <> leb(5) <> leb(0xFFFFFFFF)
          ] do
        with_callers(fn -> assert {:error, %Error{kind: :compile}} = Wasm.compile(bytes, cache: false) end)
      end
    end)
  end

  test "one function of many instructions, while others call" do
    in_vm(fn ->
      body = [0, :binary.copy(<<0x41, 1, 0x1A>>, 300_000), 0x0B]
      bytes = module([function_types(), functions(1), code([body])])
      with_callers(fn -> assert {:ok, _} = Wasm.compile(bytes, cache: false, timeout: 120_000) end)
    end)
  end

  test "more compilations than may wait, and their callers killed" do
    in_vm(
      fn ->
        bytes = of_functions(1_000)
        test = self()

        callers =
          for n <- 1..200 do
            spawn(fn -> send(test, {:answer, n, Wasm.compile(bytes, cache: false, timeout: 120_000)}) end)
          end

        assert_receive {:answer, _, {:error, %Error{kind: :overloaded}}}, 20_000
        each_scheduler!()
        Enum.each(callers, &Process.exit(&1, :kill))
        # What was queued is done all the same: there is room again when it is.
        done_by = System.monotonic_time(:millisecond) + 120_000
        TestWait.until(fn -> Wasm.stats().compiling == 0 end, fn -> Wasm.stats() end, done_by)
        assert {:ok, _} = Wasm.compile("(module)", cache: false)
      end,
      patience: 200_000
    )
  end

  # --- what is compiled --------------------------------------------------------------------------

  # Calls go on, on every scheduler, while `work` is done.
  defp with_callers(work) do
    instance = Wasm.instantiate!(TestGuests.misbehaving())
    task = Task.async(work)
    each_scheduler!()
    calls = call_until(instance, task, 0)
    assert calls > 0
    Wasm.close(instance)
    Task.await(task, 5)
  end

  defp call_until(instance, task, calls) do
    assert Wasm.call(instance, "add", [calls, 1]) == {:ok, calls + 1}
    if Process.alive?(task.pid), do: call_until(instance, task, calls + 1), else: calls + 1
  end

  defp assert_compiled_or_refused(bytes, options \\ []) do
    case Wasm.compile(bytes, [cache: false] ++ options) do
      {:ok, _} ->
        :ok

      {:error, %Error{kind: kind, message: message}} ->
        assert {kind, message != ""} in [{:compile, true}, {:limit, true}]
    end
  end

  defp of_functions(count) do
    module([function_types(), functions(count), section(10, [leb(count), :binary.copy(<<2, 0, 0x0B>>, count)])])
  end

  defp function_types, do: section(1, [1, 0x60, 0, 0])
  defp functions(count), do: section(3, [leb(count), :binary.copy(<<0>>, count)])

  defp code(bodies) do
    section(10, [leb(length(bodies)) | Enum.map(bodies, &[leb(IO.iodata_length(&1)) | &1])])
  end

  defp module(sections), do: IO.iodata_to_binary([@header | sections])
  defp component(sections), do: IO.iodata_to_binary(["\0asm", <<0x0D, 0, 1, 0>> | sections])
  defp section(id, content), do: [id, leb(IO.iodata_length(content)), content]

  defp leb(number) when number < 128, do: <<number>>
  defp leb(number), do: <<1::1, rem(number, 128)::7>> <> leb(div(number, 128))
end
