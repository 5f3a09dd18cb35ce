defmodule Workbooks.Wasm.WASITest do
  use ExUnit.Case, async: true

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, WASI}
  alias Workbooks.Wasm.WASI.Grants

  describe "options" do
    test "nothing is granted unless named" do
      assert Grants.new!([]).native == %{
               args: [],
               env: [],
               stdin: nil,
               stdout: :discard,
               stderr: :discard,
               preopens: [],
               network: [],
               listen: [],
               deterministic: nil,
               p3: false
             }
    end

    test "what is named comes as the engine takes it" do
      native =
        Grants.new!(
          args: ["a", "é"],
          env: %{"B" => "2", "A" => "1"},
          stdin: "in",
          stdout: :binary,
          stderr: self(),
          preopens: [{"/data", "some/folder", :read}, {"/tmp", "/tmp", :read_write}],
          network: ["example.org:443"],
          listen: ["127.0.0.1:80"],
          deterministic: 7,
          p3: true
        ).native

      assert native == %{
               args: ["a", "é"],
               env: [{"A", "1"}, {"B", "2"}],
               stdin: "in",
               stdout: :collect,
               stderr: :queue,
               preopens: [{"/data", Path.expand("some/folder"), false}, {"/tmp", "/tmp", true}],
               network: ["example.org:443"],
               listen: ["127.0.0.1:80"],
               deterministic: 7,
               p3: true
             }
    end

    test "an instance's own seed holds where wasi: names none" do
      assert Grants.new!([], 5).native.deterministic == 5
      assert Grants.new!([deterministic: 6], 5).native.deterministic == 6
    end

    test "input that is asked for" do
      assert Grants.new!(stdin: fn _ -> :eof end).native.stdin == :ask
      assert Grants.new!(stdin: self()).native.stdin == :ask
      assert Grants.new!(stdin: :stdio).native.stdin == :ask
    end

    test "a mistake is named with its key and what is allowed" do
      for {options, key, allowed} <- [
            {[nothing: 1], ":nothing", ":args, :env"},
            {[args: "x"], ":args", "a list of strings"},
            {[args: [<<0xFF>>]], ":args", "UTF-8"},
            {[args: ["a\0b"]], ":args", "NUL"},
            {[env: %{"A=B" => "c"}], ":env", "\"=\""},
            {[env: [a: "b"]], ":env", "a map of strings"},
            {[stdin: 7], ":stdin", "a binary, a function"},
            {[stdout: "x"], ":stdout", ":binary"},
            {[stderr: fn -> :ok end], ":stderr", "a function of one argument"},
            {[preopens: [{"/data", "x"}]], ":preopens", ":read_write"},
            {[preopens: [{"/data", "x", :write}]], ":preopens", ":read_write"},
            {[network: "example.org"], ":network", "a list of strings"},
            {[deterministic: -1], ":deterministic", "2^64"},
            {[deterministic: 0x1_0000_0000_0000_0000], ":deterministic", "2^64"},
            {[p3: 1], ":p3", "true or false"}
          ] do
        message = Exception.message(assert_raise ArgumentError, fn -> Grants.new!(options) end)
        assert message =~ key and message =~ allowed, message
      end

      assert_raise ArgumentError, ~r/keyword list/, fn -> apply(Grants, :new!, [%{}]) end
    end
  end

  describe "output" do
    defp grants(options, tag \\ :tag), do: %{Grants.new!(options) | tag: tag}

    test "goes to processes in order, with a tag, whatever the bytes" do
      grants = grants([stdout: self(), stderr: {self(), :mine}], :instance)
      assert Grants.deliver([stdout: "a", stderr: <<0xFF>>, stdout: "b"], grants) == :ok
      assert_received {:wasm_output, :instance, :stdout, "a"}
      assert_received {:wasm_output, :mine, :stderr, <<0xFF>>}
      assert_received {:wasm_output, :instance, :stdout, "b"}
    end

    test "goes to a process under a tag that is nil" do
      assert Grants.deliver([stdout: "a"], grants(stdout: {self(), nil})) == :ok
      assert_received {:wasm_output, nil, :stdout, "a"}
    end

    test "is given to a function, whose failure is told" do
      test = self()
      assert Grants.deliver([stdout: <<0, 0xFF>>], grants(stdout: &send(test, {:got, &1}))) == :ok
      assert_received {:got, <<0, 0xFF>>}
      failing = grants(stdout: fn _ -> raise "full" end)
      assert {:raised, :error, %RuntimeError{message: "full"}, [_ | _]} = Grants.deliver([stdout: "x"], failing)
      assert {:raised, :throw, :up, _} = Grants.deliver([stdout: "x"], grants(stdout: fn _ -> throw(:up) end))
    end

    test "that is discarded or kept goes nowhere" do
      assert Grants.deliver([stdout: "a", stderr: "b"], grants(stderr: :binary)) == :ok
    end

    test "on a device of text is text, also when a piece ends inside a character" do
      {:ok, device} = StringIO.open("", encoding: :unicode)
      leader = Process.group_leader()
      Process.group_leader(self(), device)

      try do
        grants = grants(stdout: :stdio)
        <<first, second, third>> = "€"

        for piece <- ["a", <<first>>, <<second>>, <<third, ?b>>, <<0xFF, ?c>>, <<first, ?d>>] do
          assert Grants.deliver([stdout: piece], grants) == :ok
        end
      after
        Process.group_leader(self(), leader)
      end

      assert StringIO.contents(device) == {"", "a€b\uFFFDc\uFFFDd"}
    end
  end

  describe "input" do
    test "is asked of a function" do
      grants = Grants.new!(stdin: fn max -> String.duplicate("x", max) end)
      assert Grants.read(grants, 3) == {:ok, "xxx"}
      assert Grants.read(Grants.new!(stdin: fn _ -> :eof end), 3) == :eof
      assert {:raised, :error, error, _} = Grants.read(Grants.new!(stdin: fn _ -> nil end), 3)
      assert Exception.message(error) =~ "a binary or :eof, got: nil"
      assert {:raised, :exit, :gone, _} = Grants.read(Grants.new!(stdin: fn _ -> exit(:gone) end), 3)
    end

    @tag :tmp_dir
    test "is asked of a device: bytes of a file, lines of a text", %{tmp_dir: folder} do
      path = Path.join(folder, "bytes")
      File.write!(path, <<1, 0xFF, 10, 2>>)
      {:ok, file} = File.open(path, [:read, :binary])
      grants = Grants.new!(stdin: file)
      assert Grants.read(grants, 3) == {:ok, <<1, 0xFF, 10>>}
      assert Grants.read(grants, 3) == {:ok, <<2>>}
      assert Grants.read(grants, 3) == :eof

      {:ok, text} = StringIO.open("one é\ntwo", encoding: :unicode)
      grants = Grants.new!(stdin: text)

      assert [Grants.read(grants, 1), Grants.read(grants, 1), Grants.read(grants, 1)] == [
               {:ok, "one é\n"},
               {:ok, "two"},
               :eof
             ]
    end
  end

  # --- in the engine -----------------------------------------------------------------------------

  # `body` is that of `_start`; $put writes memory to a descriptor, $get reads into it.
  defp program(body) do
    {:ok, program} =
      Wasm.compile("""
      (module
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
        (memory (export "memory") 3)
        (func $put (param $fd i32) (param $at i32) (param $length i32)
          (i32.store (i32.const 8) (local.get $at))
          (i32.store (i32.const 12) (local.get $length))
          (if (call $fd_write (local.get $fd) (i32.const 8) (i32.const 1) (i32.const 4)) (then unreachable)))
        (func $get (param $at i32) (param $length i32) (result i32)
          (i32.store (i32.const 8) (local.get $at))
          (i32.store (i32.const 12) (local.get $length))
          (if (call $fd_read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 4)) (then unreachable))
          (i32.load (i32.const 4)))
        (data (i32.const 100) "out\\ff\\n")
        #{body})
      """)

    program
  end

  @hello ~S|(func (export "_start") (call $put (i32.const 1) (i32.const 100) (i32.const 5)) (call $put (i32.const 2) (i32.const 100) (i32.const 3)))|
  @cat ~S"""
  (func (export "_start") (local $length i32)
    (block $end (loop $more
      (br_if $end (i32.eqz (local.tee $length (call $get (i32.const 1000) (i32.const 8)))))
      (call $put (i32.const 1) (i32.const 1000) (local.get $length))
      (br $more))))
  """

  describe "a program" do
    test "that is given no WASI is told what to pass" do
      assert {:error, %Error{kind: :import, message: message}} = Wasm.instantiate(program(@hello))
      assert message =~ "wasi_snapshot_preview1" and message =~ "`wasi: []`"
    end

    test "writes, byte for byte" do
      assert WASI.run(program(@hello)) == {:ok, %{status: 0, stdout: <<"out", 0xFF, "\n">>, stderr: "out"}}
      assert {:ok, %{stdout: "", stderr: ""}} = WASI.run(program(@hello), wasi: [stdout: self(), stderr: :discard])
      assert_received {:wasm_output, _, :stdout, <<"out", 0xFF, "\n">>}
    end

    test "ends with a status of its own" do
      for status <- [0, 1, 255] do
        exit = program(~s|(func (export "_start") (call $proc_exit (i32.const #{status})))|)
        assert {:ok, %{status: ^status}} = WASI.run(exit)
      end

      assert {:error, %Error{kind: :trap}} = WASI.run(program(~s|(func (export "_start") unreachable)|))

      assert {:ok, %{status: 0, metrics: %{memory_peak: peak, fuel: nil}}} = WASI.run(program(@hello), metrics: true)
      assert peak >= 65_536
      traps = program(~s|(func (export "_start") unreachable)|)
      assert {:error, %Error{details: %{metrics: %{memory_peak: _}, output: _}}} = WASI.run(traps, metrics: true)
    end

    test "reads what it is given" do
      assert {:ok, %{stdout: <<"some", 0xFF, " bytes">>}} =
               WASI.run(program(@cat), wasi: [stdin: <<"some", 0xFF, " bytes">>])

      assert {:ok, %{stdout: ""}} = WASI.run(program(@cat))
      pieces = :counters.new(1, [])

      ask = fn max ->
        assert max == 8
        :counters.add(pieces, 1, 1)
        Enum.at(["longer than eight", "", "!"], :counters.get(pieces, 1) - 1, :eof)
      end

      assert {:ok, %{stdout: "longer than eight!"}} = WASI.run(program(@cat), wasi: [stdin: ask])
    end

    test "whose input fails, fails as by any other host function" do
      assert {:error, %Error{kind: :host_error, details: %{reason: %RuntimeError{message: "no input"}}}} =
               WASI.run(program(@cat), wasi: [stdin: fn _ -> raise "no input" end])
    end

    test "that writes more than it may ends by its limit" do
      much =
        program(
          ~s|(func (export "_start") (loop $on (call $put (i32.const 1) (i32.const 0) (i32.const 65536)) (br $on)))|
        )

      assert {:error, %Error{kind: :limit}} = WASI.run(much, limits: [output_bytes: 1_000_000])
    end

    test "sees the same chance again with the same seed" do
      chance =
        program(
          ~s|(func (export "_start") (drop (call $random_get (i32.const 1000) (i32.const 32))) (call $put (i32.const 1) (i32.const 1000) (i32.const 32)))|
        )

      run = fn seed -> with {:ok, %{stdout: bytes}} <- WASI.run(chance, deterministic: seed), do: bytes end
      assert run.(1) == run.(1)
      assert run.(1) != run.(2)
    end

    test "whose directory is missing, or whose rule is none, is not started" do
      assert {:error, %Error{kind: :not_found}} =
               WASI.run(program(@hello), wasi: [preopens: [{"/", "/no/such/folder", :read}]])

      assert {:error, %Error{kind: :type}} = WASI.run(program(@hello), wasi: [network: ["ftp://example.org"]])
    end
  end
end
