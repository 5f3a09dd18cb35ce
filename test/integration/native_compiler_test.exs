defmodule Workbooks.NativeCompilerTest do
  # Mix's shell, the current folder and CARGO are one for all.
  use ExUnit.Case, async: false

  import ExUnit.CaptureIO
  import Workbooks.TestProject

  alias Mix.Task.Compiler.Diagnostic
  alias Mix.Tasks.Compile.WorkbooksNative

  @variables ~w(CARGO CARGO_HOME CARGO_TARGET_DIR PATH)

  @guest "(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) " <>
           "(func (export \"f\") (canon lift (core func $i \"f\"))))"

  # The tree that the compiler looks at, with a cargo that only counts.
  setup do
    shell = Mix.shell()
    before = for name <- @variables, do: {name, System.get_env(name)}
    Mix.shell(Mix.Shell.Process)

    on_exit(fn ->
      Mix.shell(shell)
      restore(before)
    end)

    folder = folder!()
    # Characters that mean something in a pattern, and a folder's name that is left out inside the tree.
    tree = Path.join(folder, "target/{a} [b]/tree")
    app = "tiny_native_#{System.unique_integer([:positive])}"

    # Unpruned, or newer mixes no longer see this repository's modules, which are no dependency here.
    write!(tree, "mix.exs", """
    defmodule #{Macro.camelize(app)}.MixProject do
      use Mix.Project
      def project,
        do: [app: :#{app}, version: "0.1.0", compilers: [:workbooks_native], prune_code_paths: false]
    end
    """)

    write!(tree, "Cargo.toml", "[workspace]\n")
    write!(tree, "Cargo.lock", "version = 4\n")
    write!(tree, "native/engine/Cargo.toml", "[package]\n")
    write!(tree, "native/engine/src/lib.rs", "// one\n")
    write!(tree, "native/nif/src/lib.rs", "// one\n")
    write!(tree, "native/nif/build.rs", "// one\n")
    write!(tree, "priv/guests/tiny.wasm", @guest)

    {cargo, calls} = cargo!(folder, build())
    restore([{"CARGO", cargo}, {"CARGO_HOME", nil}, {"CARGO_TARGET_DIR", nil}])
    {:ok, folder: folder, tree: tree, app: String.to_atom(app), calls: calls}
  end

  test "the first time builds all, and says that it takes a while", %{tree: tree, calls: calls} = context do
    assert {:ok, []} = compile(context)
    assert calls.() == ["#{tree}: build --release --locked -p workbooks-nif"]
    assert_received {:mix_shell, :info, ["Building the native library with cargo" <> _]}
    assert Enum.sort(File.ls!(Path.join(tree, "priv/native"))) == ["stamp", "tiny.cwasm", "workbooks_nif.so"]

    assert {:ok, component} = Workbooks.Wasm.load_file(Path.join(tree, "priv/native/tiny.cwasm"))
    assert Map.keys(Workbooks.Wasm.exports(component)) == ["f"]
  end

  test "nothing changed: nothing runs, nothing is written, nothing is said", %{tree: tree, calls: calls} = context do
    compile(context)
    before = outputs(tree)
    flush()

    assert {:noop, []} = compile(context)
    # Nor with `mix compile --force`, which is about Elixir: cargo knows by itself what to rebuild.
    assert {:noop, []} = compile(context, ["--force"])
    assert length(calls.()) == 1
    assert outputs(tree) == before
    refute_received {:mix_shell, _, _}
  end

  test "a source that changed, came or went: one call, then none", %{tree: tree, calls: calls} = context do
    compile(context)

    for {change, number} <-
          Enum.with_index(
            [
              fn -> write!(tree, "native/engine/src/lib.rs", "// two\n") end,
              fn -> write!(tree, "native/nif/src/deeper/new.rs", "// new\n") end,
              fn -> File.rm!(Path.join(tree, "native/nif/src/deeper/new.rs")) end,
              fn -> write!(tree, "native/nif/build.rs", "// two\n") end,
              fn -> write!(tree, "native/engine/Cargo.toml", "[package]\nname = \"x\"\n") end,
              fn -> write!(tree, "Cargo.toml", "[workspace]\nmembers = []\n") end,
              fn -> write!(tree, "Cargo.lock", "version = 5\n") end,
              fn -> write!(tree, "priv/guests/other.wasm", @guest) end
            ],
            2
          ) do
      change.()
      assert {:ok, []} = compile(context)
      assert length(calls.()) == number
      assert {:noop, []} = compile(context)
      assert length(calls.()) == number
    end

    assert File.exists?(Path.join(tree, "priv/native/other.cwasm"))
  end

  test "a change taken back is none", %{tree: tree} = context do
    compile(context)
    write!(tree, "native/engine/src/lib.rs", "// two\n")
    write!(tree, "native/engine/src/lib.rs", "// one\n")
    assert {:noop, []} = compile(context)
  end

  test "what is no source does not matter", %{tree: tree} = context do
    compile(context)

    for path <- ["README.md", "native/engine/notes.txt", "native/engine/target/debug/x.rs", "native/guests/oql/lib.rs"],
        do: write!(tree, path, "x")

    assert {:noop, []} = compile(context)
  end

  test "an output that is gone is made again", %{tree: tree, calls: calls} = context do
    compile(context)

    for {name, number} <- [{"workbooks_nif.so", 2}, {"tiny.cwasm", 3}, {"stamp", 4}] do
      File.rm!(Path.join([tree, "priv/native", name]))
      assert {:ok, []} = compile(context)
      assert File.exists?(Path.join([tree, "priv/native", name]))
      assert length(calls.()) == number
    end
  end

  test "outputs are put in place whole, by rename: who has the old ones keeps them", %{tree: tree} = context do
    compile(context)
    paths = for name <- ["workbooks_nif.so", "tiny.cwasm"], do: Path.join([tree, "priv/native", name])
    open = for path <- paths, do: {path, File.open!(path, [:read, :raw, :binary]), File.stat!(path)}
    {:ok, component} = Workbooks.Wasm.load_file(List.last(paths))

    write!(tree, "native/engine/src/lib.rs", "// two\n")
    assert {:ok, []} = compile(context)

    for {path, file, stat} <- open do
      refute File.stat!(path).inode == stat.inode
      assert {:ok, bytes} = :file.read(file, stat.size + 1)
      assert byte_size(bytes) == stat.size
      File.close(file)
    end

    assert {:ok, nil} = Workbooks.Wasm.call(Workbooks.Wasm.instantiate!(component), "f")
    assert length(File.ls!(Path.join(tree, "priv/native"))) == 3
  end

  test "a library other than the one this VM has is left to the next VM", %{folder: folder, tree: tree} = context do
    compile(context)
    before = outputs(tree)
    {_, calls} = cargo!(folder, "echo other >target/release/libworkbooks_nif.so")
    write!(tree, "native/engine/src/lib.rs", "// two\n")
    flush()

    for number <- 2..3 do
      assert {:ok, []} = compile(context)
      assert_received {:mix_shell, :info, ["The native library was built anew: start again to use it"]}
      assert outputs(tree) == before
      assert length(calls.()) == number
    end
  end

  test "CARGO_TARGET_DIR, relative to the project as for cargo", %{folder: folder, tree: tree} = context do
    cargo!(folder, String.replace(build(), "target/release", "\"$CARGO_TARGET_DIR\"/release"))
    System.put_env("CARGO_TARGET_DIR", "elsewhere")
    assert {:ok, []} = compile(context)
    assert File.exists?(Path.join(tree, "elsewhere/release/libworkbooks_nif.so"))
    assert {:noop, []} = compile(context)
  end

  describe "cargo" do
    test "is missing: what to do about it", %{folder: folder, calls: calls} = context do
      restore([{"CARGO", nil}, {"CARGO_HOME", folder}, {"PATH", Path.join(folder, "nothing")}])
      assert {:error, [diagnostic]} = compile(context)

      assert %Diagnostic{severity: :error, compiler_name: "workbooks_native", message: message} = diagnostic
      assert message =~ "cargo was not found"
      assert message =~ "install Rust 1.95 or later"
      assert_received {:mix_shell, :error, [^message]}

      System.put_env("CARGO", "")
      assert {:error, [%Diagnostic{message: ^message}]} = compile(context)
      assert calls.() == []
    end

    test "named by CARGO is not there, or no program", %{tree: tree} = context do
      for named <- ["/nowhere/cargo", Path.join(tree, "Cargo.toml"), "no-such-cargo"] do
        System.put_env("CARGO", named)
        assert {:error, [%Diagnostic{severity: :error, message: message}]} = compile(context)
        assert message =~ "CARGO is #{named}, which is no program"
        assert message =~ "install Rust"
      end
    end

    test "is where Rust's installer puts it, with the PATH not knowing", %{folder: folder, calls: calls} = context do
      {cargo, _} = cargo!(folder, build())
      target = Path.join(folder, "rust/bin/cargo")
      File.mkdir_p!(Path.dirname(target))
      File.rename!(cargo, target)
      # A PATH with the tools of the script, and no cargo.
      restore([{"CARGO", nil}, {"CARGO_HOME", Path.join(folder, "rust")}, {"PATH", tools(folder)}])
      assert {:ok, []} = compile(context)
      assert length(calls.()) == 1
    end

    test "fails: an error, its own words shown, and another try the next time",
         %{folder: folder, tree: tree} = context do
      {_, calls} = cargo!(folder, "echo 'error[E0308]: mismatched types' >&2\nexit 101")

      output =
        capture_io(fn ->
          assert {:error, [%Diagnostic{severity: :error, message: message}]} = run(context)
          assert message =~ "cargo build failed (exit status 101)"
        end)

      assert output =~ "error[E0308]: mismatched types"
      refute File.exists?(Path.join(tree, "priv/native/stamp"))

      assert {:error, _} = compile(context)
      assert length(calls.()) == 2

      cargo!(folder, build())
      assert {:ok, []} = compile(context)
    end

    test "fails after a change: the last good build stays, and stays marked as not these sources'", context do
      %{folder: folder, tree: tree} = context
      compile(context)
      before = outputs(tree)
      cargo!(folder, "exit 1")
      write!(tree, "native/engine/src/lib.rs", "// two\n")
      assert {:error, _} = compile(context)
      assert outputs(tree) == before
      assert {:error, _} = compile(context)
    end

    test "builds no library", %{folder: folder} = context do
      cargo!(folder, "exit 0")
      assert {:error, [%Diagnostic{message: "cargo built no library in " <> _}]} = compile(context)
    end
  end

  test "a guest that does not compile is named, and nothing half made is left", %{tree: tree} = context do
    write!(tree, "priv/guests/bad.wasm", "(component (core module (func (i32.nonsense))))")
    assert {:error, [%Diagnostic{severity: :error, message: message}]} = compile(context)
    assert message =~ ~r/^bad.wasm does not compile: ./
    assert File.ls!(Path.join(tree, "priv/native")) == ["workbooks_nif.so"]

    File.rm!(Path.join(tree, "priv/guests/bad.wasm"))
    assert {:ok, []} = compile(context)
  end

  test "outputs that cannot be put in place are an error, not a crash", %{tree: tree} = context do
    write!(tree, "priv/native", "a file")
    assert {:error, [%Diagnostic{message: message}]} = compile(context)
    assert message =~ "priv/native/workbooks_nif.so: "
  end

  test "`mix clean` takes the outputs away, and nothing else", %{app: app, tree: tree} = context do
    compile(context)
    Mix.Project.in_project(app, tree, fn _ -> WorkbooksNative.clean() end)
    refute File.exists?(Path.join(tree, "priv/native"))
    assert File.exists?(Path.join(tree, "priv/guests/tiny.wasm"))
    assert {:ok, []} = compile(context)
  end

  describe "as `mix compile`" do
    @describetag timeout: 120_000

    test "ends with an error status when cargo fails, and with none when it does not", context do
      %{folder: folder, tree: tree} = context
      {cargo, _} = cargo!(folder, "echo its own words; exit 101")
      assert {output, 1} = mix(tree, cargo)
      assert output =~ "its own words"
      assert output =~ "cargo build failed (exit status 101)"
      refute output =~ "** ("

      {cargo, _} = cargo!(folder, build())
      assert {_, 0} = mix(tree, cargo)
      assert {"", 0} = mix(tree, cargo)
    end

    test "in three environments at once: all end well, and what they leave is whole", %{folder: folder, tree: tree} do
      # Each build waits, half a minute at most, until all three are at it, however late one starts.
      wait = "for _ in $(seq 300); do [ $(wc -l <'#{folder}/cargo calls') -lt 3 ] || break; sleep 0.1; done"
      {cargo, calls} = cargo!(folder, wait)
      # As real cargo, which lets one build at a time: here it is done already.
      built = write!(tree, "target/release/libworkbooks_nif.so", "")
      File.cp!(Application.app_dir(:workbooks, "priv/native/workbooks_nif.so"), built)

      results = ~w(dev test prod) |> Enum.map(&Task.async(fn -> mix(tree, cargo, &1) end)) |> Task.await_many(60_000)
      for {output, status} <- results, do: assert({output, status} == {output, 0})
      assert length(calls.()) == 3

      assert Enum.sort(File.ls!(Path.join(tree, "priv/native"))) == ["stamp", "tiny.cwasm", "workbooks_nif.so"]
      assert {:ok, _} = Workbooks.Wasm.load_file(Path.join(tree, "priv/native/tiny.cwasm"))
      assert {"", 0} = mix(tree, cargo)
    end

    # This repository's modules, without compiling them again for the small project.
    defp mix(tree, cargo, env \\ "dev") do
      ebin = Application.app_dir(:workbooks, "ebin")
      cmd("elixir", ["-pa", ebin, "-S", "mix", "compile"], cd: tree, env: [{"CARGO", cargo}, {"MIX_ENV", env}])
    end
  end

  defp compile(context, arguments \\ []) do
    parent = self()
    capture_io(fn -> send(parent, {:compiled, run(context, arguments)}) end)
    assert_received {:compiled, answer}
    answer
  end

  defp run(%{app: app, tree: tree}, arguments \\ []) do
    Mix.Project.in_project(app, tree, fn _ -> WorkbooksNative.run(arguments) end)
  end

  defp outputs(tree) do
    for path <- Path.wildcard(escape(tree) <> "/priv/native/*"), do: {path, identity(path)}
  end

  defp escape(path), do: String.replace(path, ~r/[][{}]/, "\\\\\\0")

  # What the scripts of `cargo!/2` call, and not what else is in those folders.
  defp tools(folder) do
    tools = Path.join(folder, "tools")
    File.mkdir_p!(tools)
    for name <- ~w(sh mkdir cp), do: File.ln_s(System.find_executable(name) || "/bin/#{name}", Path.join(tools, name))
    tools
  end

  defp restore(variables) do
    for {name, value} <- variables, do: if(value, do: System.put_env(name, value), else: System.delete_env(name))
  end

  defp flush do
    receive do
      {:mix_shell, _, _} -> flush()
    after
      0 -> :ok
    end
  end
end
