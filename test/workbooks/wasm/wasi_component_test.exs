defmodule Workbooks.Wasm.WASIComponentTest do
  # Preview 2 through the public functions, with a component that asks for each thing.
  use ExUnit.Case, async: true

  import ExUnit.CaptureIO
  alias Workbooks.{TestHTTPServer, TestWASIGuests, TestWait, Wasm}
  alias Workbooks.Wasm.{Error, WASI}

  setup_all do
    {:ok, system: TestWASIGuests.system()}
  end

  defp start(%{system: system}, wasi, options \\ []), do: TestWASIGuests.start(system, wasi, options)
  defp kept(instance), do: with({:ok, output} <- WASI.output(instance), do: output)

  describe "a component" do
    test "that is given no WASI is told what to pass", %{system: system} do
      assert {:error, %Error{kind: :import, message: message}} = Wasm.instantiate(system)
      assert message =~ "wasi:" and message =~ "`wasi: []`"
    end

    test "that is given nothing sees nothing", context do
      instance = start(context, [])
      assert Wasm.call(instance, "arguments") == {:ok, []}
      assert Wasm.call(instance, "environment") == {:ok, []}
      assert Wasm.call(instance, "read", [10]) == {:ok, nil}
      # What it finds without a directory is said by the guest itself: no entry.
      assert Wasm.call(instance, "open", ["mix.exs", false]) == {:ok, {:error, "no-entry"}}
      assert Wasm.call(instance, "connect", [1]) == {:ok, {:error, "access-denied"}}
      assert Wasm.call(instance, "out", ["lost"]) == {:ok, nil}
      assert kept(instance) == %{stdout: "", stderr: ""}
    end

    test "sees the arguments and variables that it is given", context do
      instance = start(context, args: ["name", "é"], env: %{"B" => "2", "A" => ""})
      assert Wasm.call(instance, "arguments") == {:ok, ["name", "é"]}
      assert Wasm.call(instance, "environment") == {:ok, [{"A", ""}, {"B", "2"}]}
    end

    test "is run to its end", %{system: system} do
      assert WASI.run(system, wasi: [args: ["copy"], stdin: <<"some ", 0xFF, 0, " bytes">>]) ==
               {:ok, %{status: 0, stdout: <<"some ", 0xFF, 0, " bytes">>, stderr: ""}}

      assert WASI.run(system, wasi: [stdin: "failed"]) == {:ok, %{status: 1, stdout: "failed", stderr: ""}}
    end

    test "exits with a status", context do
      for {result, status} <- [{{:ok, nil}, 0}, {{:error, nil}, 1}] do
        instance = start(context, stdout: :binary)
        assert {:ok, nil} = Wasm.call(instance, "out", ["before"])

        case Wasm.call(instance, "exit", [result]) do
          {:error, %Error{details: %{status: found}}} -> assert found == status
          answer -> assert {answer, status} == {{:ok, nil}, 0}
        end

        assert Wasm.state(instance) == :closed
        assert {:error, %Error{kind: :closed}} = Wasm.call(instance, "now")
        assert kept(instance).stdout == "before"
      end
    end

    test "finds a host function in the place of an interface of WASI's", context do
      imports = %{
        "wasi:cli/environment@0.2.0" => %{
          "get-arguments" => fn -> ["ours"] end,
          "get-environment" => fn -> [{"whose", "ours"}] end
        }
      }

      instance = start(context, [args: ["theirs"]], imports: imports)
      assert Wasm.call(instance, "arguments") == {:ok, ["ours"]}
      assert Wasm.call(instance, "environment") == {:ok, [{"whose", "ours"}]}
      assert {:ok, bytes} = Wasm.call(instance, "random", [3])
      assert byte_size(bytes) == 3
    end
  end

  describe "output" do
    test "comes as messages, before the call's answer", context do
      instance = start(context, stdout: self(), stderr: {self(), :errors})
      assert {:ok, nil} = Wasm.call(instance, "out", [<<0xFF, 0>>])
      assert_received {:wasm_output, tag, :stdout, <<0xFF, 0>>}
      assert {:ok, nil} = Wasm.call(instance, "err", ["b"])
      assert_received {:wasm_output, :errors, :stderr, "b"}
      assert {:ok, nil} = Wasm.call(instance, "out", ["c"])
      assert_received {:wasm_output, ^tag, :stdout, "c"}
      assert tag == instance.ref
    end

    test "goes to a function in the process that calls", context do
      test = self()
      instance = start(context, stdout: &send(test, {self(), &1}))
      task = Task.async(fn -> Wasm.call(instance, "out", ["x"]) end)
      assert Task.await(task) == {:ok, nil}
      assert_received {pid, "x"}
      assert pid == task.pid
    end

    test "that a function does not take ends the call", context do
      instance = start(context, stdout: fn _ -> throw(:full) end)

      assert {:error, %Error{kind: :host_error, details: %{kind: :throw, reason: :full}}} =
               Wasm.call(instance, "out", ["x"])

      assert Wasm.state(instance) == :closed
    end

    test "is shown on the terminal of whoever calls", context do
      instance = start(context, stdout: :stdio)
      assert capture_io(fn -> Wasm.call(instance, "out", [<<"a€", 0xFF, "\n">>]) end) == "a€\uFFFD\n"
    end

    test "is kept", context do
      instance = start(context, stdout: :binary, stderr: :binary)
      for piece <- ["a", <<0xFF>>, "b"], do: Wasm.call(instance, "out", [piece])
      Wasm.call(instance, "err", ["c"])
      assert kept(instance) == %{stdout: <<?a, 0xFF, ?b>>, stderr: "c"}
    end

    test "has a limit", context do
      instance = start(context, [stdout: :binary], limits: [output_bytes: 10])
      assert {:ok, nil} = Wasm.call(instance, "out", ["0123456789"])
      assert {:error, %Error{kind: :limit}} = Wasm.call(instance, "out", ["x"])
    end
  end

  describe "input" do
    test "is a binary, read piece by piece", context do
      instance = start(context, stdin: <<1, 0xFF, 2, 3, 4>>)
      assert Wasm.call(instance, "read", [3]) == {:ok, <<1, 0xFF, 2>>}
      assert Wasm.call(instance, "read", [3]) == {:ok, <<3, 4>>}
      assert Wasm.call(instance, "read", [3]) == {:ok, nil}
    end

    test "is asked of a function in the process that calls", context do
      test = self()
      {:ok, pieces} = Agent.start_link(fn -> ["long piece", :eof] end)

      ask = fn _most ->
        send(test, {:asked, self()})
        Agent.get_and_update(pieces, fn [first | rest] -> {first, rest} end)
      end

      instance = start(context, stdin: ask)
      assert Wasm.call(instance, "read", [4]) == {:ok, "long"}
      assert Wasm.call(instance, "read", [40]) == {:ok, " piece"}
      assert Wasm.call(instance, "read", [4]) == {:ok, nil}
      assert_received {:asked, ^test}
    end

    test "that never comes ends with the call's time where it is asked for apart", context do
      instance = start(context, [stdin: fn _most -> Process.sleep(:infinity) end], host: :isolated)
      assert {:error, %Error{kind: :timeout}} = Wasm.call(instance, "read", [4], timeout: 20)
      assert Wasm.state(instance) == :closed
    end

    test "is asked of a device", %{system: system} do
      {:ok, device} = StringIO.open("one\ntwo")
      assert {:ok, %{stdout: "one\ntwo"}} = WASI.run(system, wasi: [stdin: device])
    end
  end

  describe "chance and time" do
    test "are the same again with the same seed", context do
      run = fn seed ->
        instance = start(context, [], deterministic: seed)

        for {name, arguments} <- [
              {"random", [16]},
              {"now", []},
              {"seconds", []},
              {"now", []},
              {"sleep", [1_000_000_000]}
            ],
            {:ok, value} = Wasm.call(instance, name, arguments),
            do: value
      end

      assert run.(7) == run.(7)
      assert hd(run.(7)) != hd(run.(8))
      assert [_, first, 1_577_836_800, second, slept] = run.(7)
      assert second > first and slept >= 1_000_000_000
    end

    test "are real without one", context do
      instance = start(context, [])
      {:ok, seconds} = Wasm.call(instance, "seconds")
      assert_in_delta seconds, System.os_time(:second), 60
      assert Wasm.call(instance, "random", [16]) != Wasm.call(instance, "random", [16])
    end
  end

  describe "a sleep" do
    test "lasts, and lets the process be told other things", context do
      instance = start(context, [])
      send(self(), :unrelated)
      assert {:ok, slept} = Wasm.call(instance, "sleep", [30_000_000])
      assert slept >= 30_000_000
      assert_received :unrelated
      refute_received _anything_else
    end

    test "takes nothing from other processes", context do
      instance = start(context, [])
      sleeping = Task.async(fn -> Wasm.call(instance, "sleep", [400_000_000]) end)

      # More of them than there are threads that could wait.
      others = for _ <- 1..40, do: Task.async(fn -> Wasm.call(start(context, []), "sleep", [100_000_000]) end)
      assert Enum.all?(Task.await_many(others, 20_000), &match?({:ok, _}, &1))
      assert {:ok, _} = Task.await(sleeping, 20_000)
    end

    test "ends with the call's time", context do
      instance = start(context, [])
      began = System.monotonic_time(:millisecond)
      assert {:error, %Error{kind: :timeout}} = Wasm.call(instance, "sleep", [60_000_000_000], timeout: 50)
      assert System.monotonic_time(:millisecond) - began < 10_000
      assert Wasm.state(instance) == :closed
    end

    test "ends when the instance is closed by another process", context do
      instance = start(context, [])
      sleeping = Task.async(fn -> Wasm.call(instance, "sleep", [60_000_000_000], timeout: :infinity) end)
      TestWait.until(fn -> Wasm.state(instance) == :running end)
      Wasm.close(instance)
      assert {:error, %Error{kind: kind}} = Task.await(sleeping, 10_000)
      assert kind in [:closed, :cancelled]
    end
  end

  describe "a directory" do
    setup context do
      folder = Path.join(System.tmp_dir!(), "workbooks-wasi-#{System.unique_integer([:positive])}-#{System.pid()}")
      data = Path.join(folder, "data")
      File.mkdir_p!(Path.join(data, "below"))
      on_exit(fn -> File.rm_rf!(folder) end)
      File.write!(Path.join(data, "inside"), "inside")
      File.write!(Path.join(folder, "outside"), "outside")
      File.ln_s!(Path.join(folder, "outside"), Path.join(data, "absolute"))
      File.ln_s!("../outside", Path.join(data, "relative"))
      File.ln_s!("../inside", Path.join(data, "below/link"))
      File.ln_s!("..", Path.join(data, "up"))
      open = fn rights -> start(context, preopens: [{"/data", data, rights}]) end
      {:ok, data: data, open: open}
    end

    defp opened(instance, path, write \\ false) do
      with {:ok, answer} <- Wasm.call(instance, "open", [path, write]), do: answer
    end

    test "that may be read is read, not written", %{data: data, open: open} do
      instance = open.(:read)
      assert opened(instance, "inside") == {:ok, "inside"}
      assert opened(instance, "below/link") == {:ok, "inside"}
      assert opened(instance, "missing") == {:error, "no-entry"}
      assert {:error, refused} = opened(instance, "inside", true)
      assert refused in ["not-permitted", "read-only"]
      assert {:error, ^refused} = opened(instance, "new", true)
      assert File.read!(Path.join(data, "inside")) == "inside"
      refute File.exists?(Path.join(data, "new"))
    end

    test "that may be written is written", %{data: data, open: open} do
      instance = open.(:read_write)
      assert opened(instance, "new", true) == {:ok, "written"}
      assert File.read!(Path.join(data, "new")) == "written"
    end

    test "is all there is: no way leads out of it", %{data: data, open: open} do
      instance = open.(:read_write)

      for path <-
            ["../outside", "below/../../outside", "/etc/passwd", Path.join(data, "inside"), "absolute"] ++
              ["relative", "up/outside", "up/up/etc/passwd", "."] ++ [Path.join(Path.dirname(data), "outside")],
          write <- [false, true] do
        assert {^path, {:error, _}} = {path, opened(instance, path, write)}
      end

      assert opened(instance, "inside") == {:ok, "inside"}
      assert File.read!(Path.join(Path.dirname(data), "outside")) == "outside"
    end
  end

  describe "a socket" do
    test "connects where that is granted", context do
      port = TestHTTPServer.greet("hello")
      instance = start(context, network: ["127.0.0.1:#{port}"])
      assert Wasm.call(instance, "connect", [port]) == {:ok, {:ok, "hello"}}
    end

    test "connects nowhere else", context do
      port = TestHTTPServer.greet("hello")
      granted = [[], [network: ["127.0.0.1:#{port - 1}"]], [network: ["0.0.0.0/0"]], [network: ["localhost"]]]

      # Requests may go there, sockets may not; listening there is another thing.
      for wasi <- granted ++ [[network: ["http://127.0.0.1:#{port}"]], [listen: ["127.0.0.1:#{port}"]]] do
        assert {wasi, Wasm.call(start(context, wasi), "connect", [port])} ==
                 {wasi, {:ok, {:error, "access-denied"}}}
      end
    end
  end

  describe "modules in one store" do
    test "share the WASI of the first" do
      writes = fn name ->
        Wasm.compile!("""
        (module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\\08\\00\\00\\00\\01\\00\\00\\00#{name}")
          (func (export "write") (result i32)
            (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100))))
        """)
      end

      {:ok, first} = Wasm.instantiate(writes.("a"), wasi: [stdout: self()])
      {:ok, second} = Wasm.instantiate(writes.("b"), store: first)
      assert {:ok, 0} = Wasm.call(first, "write")
      assert_received {:wasm_output, _, :stdout, "a"}
      assert {:ok, 0} = Wasm.call(second, "write")
      assert_received {:wasm_output, _, :stdout, "b"}
      assert {:error, %Error{kind: :link, message: message}} = Wasm.instantiate(writes.("c"), store: first, wasi: [])
      assert message =~ "first"
    end

    test "share its virtual time" do
      sleeps =
        Wasm.compile!("""
        (module
          (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "sleep") (result i32)
            (i32.store (i32.const 16) (i32.const 1))
            (i64.store (i32.const 24) (i64.const 3600000000000))
            (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200))))
        """)

      {:ok, first} = Wasm.instantiate(sleeps, wasi: [], deterministic: 1)
      assert {:ok, 0} = Wasm.call(first, "sleep")
      {:ok, second} = Wasm.instantiate(sleeps, store: first)
      assert {:ok, 0} = Wasm.call(second, "sleep")
    end
  end
end
