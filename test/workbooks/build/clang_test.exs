defmodule Workbooks.Build.ClangTest do
  # Counts the VM's instances, and changes where clang is looked for.
  use ExUnit.Case, async: false

  alias Workbooks.{CTools, TestWait, Wasm}
  alias Workbooks.Build.{Clang, Deadline, Problem}
  alias Workbooks.Build.Clang.{Install, Owner, Package, Program, Scratch}

  @bomb "#define A0 +1\n" <>
          Enum.map_join(1..40, fn n -> "#define A#{n} A#{n - 1} A#{n - 1}\n" end) <> "int f(void) { return A40; }"

  setup do
    folder = Path.join(System.tmp_dir!(), "workbooks-clang-test-#{System.pid()}-#{System.unique_integer([:positive])}")
    File.mkdir_p!(folder)
    on_exit(fn -> File.rm_rf!(folder) end)
    %{folder: folder}
  end

  defp elsewhere(folder) do
    Application.put_env(:workbooks, :clang, folder)
    on_exit(fn -> Application.delete_env(:workbooks, :clang) end)
  end

  describe "the tools, in the sandbox" do
    for {key, value} <- CTools.tag([:clang], "clang in the sandbox"), do: @describetag([{key, value}])

    test "objects and what they are linked to are the same bytes every time" do
      texts = ["int g(int); int main(void) { return g(3); }", "int g(int x) { return x + 4; }"]

      [one, other] =
        for _ <- 1..2 do
          objects = for text <- texts, {:ok, object, []} = Clang.object(text), do: object
          {:ok, program} = Clang.link(objects, :command)
          program
        end

      assert one == other
      assert {:ok, %{status: 7}} = Wasm.WASI.run(Wasm.compile!(one))
    end

    test "warnings are told" do
      assert {:ok, _object, [%{line: 1, column: 22, message: message} | _notes]} =
               Clang.object("int f(int x) { if (x = 1) return 2; return 3; }")

      assert message =~ "warning: using the result of an assignment"

      assert {:ok, _object, []} =
               Clang.object("int f(int x) { return x; }", more: "int g(int x) { if (x = 1) return 2; return 3; }")
    end

    test "a run ends at its deadline, and at its bound of memory" do
      assert {:error, %Problem{kind: :timeout}} = Clang.object(@bomb, deadline: Deadline.in_ms(500))
      assert {:error, %Problem{kind: :memory_limit}} = Clang.object("char x[64000000] = {1};", memory: 64 * 1024 * 1024)
      assert {:error, %Problem{kind: :limit}} = Clang.object("char x[100000] = {1};", output: 10_000)
    end

    test "a run ends with the process that asked for it" do
      before = Wasm.stats().stores
      {:ok, asked} = Task.start(fn -> Clang.object(@bomb, deadline: :infinity) end)
      TestWait.until(fn -> Wasm.stats().stores > before end)
      Process.exit(asked, :kill)
      TestWait.until(fn -> Wasm.stats().stores == before end, &Wasm.stats/0)
    end

    test "nobody sees what others compile" do
      {:ok, package} = Package.find()
      assert {:ok, _} = Program.get(package, Deadline.in_ms(60_000))
      assert Program.state(package) == :ready
      assert {:error, %Problem{message: message}} = Clang.object("#include \"/block/0.o\"")
      assert message =~ "not found"
    end
  end

  describe "a temporary folder" do
    test "is this user's alone, and goes with its function" do
      folder =
        Scratch.with_folder(fn folder ->
          File.write!(Path.join(folder, "x"), "x")
          assert Owner.trusted?(folder)
          folder
        end)

      refute File.exists?(folder)
    end

    test "goes with a process that is killed" do
      me = self()

      {:ok, pid} =
        Task.start(fn ->
          Scratch.with_folder(fn folder ->
            send(me, {:made, folder})
            Process.sleep(:infinity)
          end)
        end)

      assert_receive {:made, folder}, 20_000
      assert File.dir?(folder)
      Process.exit(pid, :kill)
      TestWait.until(fn -> not File.exists?(folder) end)
    end
  end

  describe "where clang is" do
    test "it is given, or to be installed", %{folder: folder} do
      elsewhere(folder)
      assert Package.folder() == {:given, folder}
      assert {:error, why} = Package.find()
      assert why =~ folder
      assert {:error, ^why} = Clang.available()
      assert {:error, %Problem{kind: :language}} = Clang.object("int x;")
    end

    test "what others may write is not run", %{folder: folder} do
      file = Path.join(folder, "code")
      File.write!(file, "")
      File.chmod!(file, 0o600)
      assert Owner.trusted?(file)
      File.chmod!(file, 0o622)
      refute Owner.trusted?(file)
      File.ln_s!(file, file <> "2")
      refute Owner.trusted?(file <> "2")
      refute Owner.trusted?(folder <> "/none")
    end

    test "who does not wait for the native code is told so, and what cannot be compiled is said", %{folder: folder} do
      File.mkdir_p!(Path.join(folder, "usr/lib/wasm32-wasip1"))
      File.mkdir_p!(Path.join(folder, "usr/include/wasm32-wasip1"))
      File.write!(Path.join(folder, "usr/lib/wasm32-wasip1/libc.a"), "")
      File.write!(Path.join(folder, "usr/include/wasm32-wasip1/stdio.h"), "")
      File.write!(Path.join(folder, "llvm.core.wasm"), "no WebAssembly")
      package = Package.at(folder)
      assert Package.complete?(package)
      assert Program.state(package) == :absent
      assert {:error, %Problem{kind: :compile}} = Program.get(package, :infinity)
      assert {:error, %Problem{kind: kind}} = Program.get(package, Deadline.in_ms(0))
      assert kind in [:timeout, :compile]
    end

    test "native code is made once for all who wait, and kept", %{folder: folder} do
      File.write!(Path.join(folder, "llvm.core.wasm"), "(module (func (export \"_start\")))")
      package = Package.at(folder)

      answers =
        for(_ <- 1..8, do: Task.async(fn -> Program.get(package, Deadline.in_ms(60_000)) end))
        |> Task.await_many(:infinity)

      assert [{:ok, program}] = Enum.uniq(answers)
      assert {:ok, %{status: 0}} = Wasm.WASI.run(program)
      assert [native] = Path.wildcard(Path.join(folder, "native/*"))
      assert Owner.trusted?(native)
    end
  end

  describe "an installation" do
    @describetag :tmp_dir

    defp installed(options, home) do
      before = System.get_env("XDG_CACHE_HOME")
      System.put_env("XDG_CACHE_HOME", home)

      on_exit(fn ->
        if before, do: System.put_env("XDG_CACHE_HOME", before), else: System.delete_env("XDG_CACHE_HOME")
      end)

      me = self()
      answer = Install.run(&send(me, {:said, &1}), options)
      {answer, said()}
    end

    defp leftovers(home) do
      case File.ls(Path.join(home, "workbooks-clang")) do
        {:ok, names} -> names
        {:error, :enoent} -> []
      end
    end

    defp said do
      receive do
        {:said, line} -> [line | said()]
      after
        0 -> []
      end
    end

    test "says what is missing, or wrong, and leaves nothing behind", %{tmp_dir: home} do
      wrong = Path.join(home, "wrong.tgz")
      File.write!(wrong, "something else")

      for {options, message} <- [
            {[npm: "/no/such/npm"], "cannot be run"},
            {[npm: "/bin/false"], "npm could not fetch"},
            {[from: wrong], "its digest is sha512-"},
            {[from: home], "no folder of this package"},
            {[from: "/no/such/file"], "there is no file"}
          ] do
        assert {{:error, why}, _said} = installed(options, home)
        assert why =~ message
        assert leftovers(home) == []
      end
    end

    test "from a folder, once", %{tmp_dir: home} do
      package = Path.join(home, "package/gen")
      File.mkdir_p!(package)
      File.write!(Path.join(package, "llvm.core.wasm"), "(module)")

      files =
        for path <- ["lib/wasm32-wasip1/libc.a", "include/wasm32-wasip1/stdio.h"], do: {String.to_charlist(path), "x"}

      :ok = :erl_tar.create(String.to_charlist(Path.join(package, "llvm-resources.tar")), files)

      assert {{:ok, found}, said} = installed([from: Path.dirname(package)], home)
      assert File.read!(found.program) == "(module)"
      assert List.last(said) =~ "is installed"
      assert {{:ok, ^found}, [_once]} = installed([from: "/no/such/file"], home)
    end
  end
end
