Code.require_file("../scripts/walls.exs", __DIR__)

defmodule WallsTest do
  @moduledoc "Proves that `make walls` can fail: each wall is breached once on paper, two for real."
  use ExUnit.Case, async: true

  describe "crates" do
    test "are fine when only the NIF knows rustler, and only the engine wasmtime" do
      assert Walls.crates(lock(clean_crates())) == []
    end

    test "engine reaching rustler by another crate is named with the way" do
      lock = lock(%{clean_crates() | "wat" => ["helper"]} |> Map.put("helper", ["rustler"]))

      assert Walls.crates(lock) == [
               {"crate workbooks-engine must not reach rustler", "workbooks-engine → wat → helper → rustler"}
             ]
    end

    test "a second version of a crate hides nothing" do
      lock =
        lock(clean_crates()) <>
          """

          [[package]]
          name = "wat"
          version = "0.9.0"
          dependencies = [
           "rustler 0.39.0",
          ]
          """

      assert [{"crate workbooks-engine must not reach rustler", _}] = Walls.crates(lock)
    end

    test "the NIF naming wasmtime, one of its crates or a wit crate" do
      for crate <- ["wasmtime", "wasmtime-wasi", "wit-component"] do
        lock = lock(%{clean_crates() | "workbooks-nif" => ["workbooks-engine", crate]})

        assert Walls.crates(lock) == [
                 {"crate workbooks-nif must not depend on #{crate} directly", "workbooks-nif → #{crate}"}
               ]
      end
    end

    test "the crates that are still to come know neither rustler nor wasmtime" do
      for crate <- ["workbooks-http", "workbooks-store"], banned <- ["rustler", "wasmtime"] do
        lock = lock(Map.put(clean_crates(), crate, [banned]))
        wall = "crate #{crate} must not reach #{banned}"
        assert [{^wall, _}] = Walls.crates(lock)
      end
    end

    test "a guest in the host's workspace" do
      manifest = {"native/guests/oql/Cargo.toml", ~s([package]\nname = "workbooks-oql"\n)}
      assert Walls.guests(lock(clean_crates()), [manifest]) == []

      lock = lock(Map.put(clean_crates(), "workbooks-oql", []))

      assert [{"guests are no part of the host's workspace", how}] = Walls.guests(lock, [manifest])

      assert how =~ "native/guests/oql/Cargo.toml"
    end

    test "the NIF's sources naming wasmtime, however it was got" do
      sources = [
        {"native/nif/src/lib.rs", "// wasmtime::Store lives elsewhere\nfn main() {}\n"},
        {"native/engine/src/lib.rs", "use wasmtime::Engine;\n"}
      ]

      assert Walls.mentions(sources) == []

      for line <- [
            "use workbooks_engine::wasmtime::Store;",
            "use wasmtime;",
            "let x = wasmtime_wasi::p2::f();"
          ] do
        assert Walls.mentions([{"native/nif/src/call.rs", "\n" <> line}]) ==
                 [{"native/nif/src does not name wasmtime", "native/nif/src/call.rs:2: #{line}"}]
      end
    end

    test "the engine's sources naming rustler" do
      assert [{"native/engine/src does not name rustler", _}] =
               Walls.mentions([{"native/engine/src/lib.rs", "fn f(t: rustler::Term) {}"}])
    end
  end

  describe "modules" do
    @clean [
      {"lib/mix/tasks/workbooks.demo.ex", "lib/workbooks.ex"},
      {"lib/workbooks.ex", "lib/workbooks/oql/pool.ex"},
      {"lib/workbooks/oql/pool.ex", "lib/workbooks/wasm/instance.ex"},
      {"lib/workbooks/wasm/instance.ex", "lib/workbooks/native.ex"},
      {"lib/workbooks/json.ex", "lib/workbooks/native.ex"}
    ]

    test "that know only what is below them are fine" do
      assert Walls.rooms(@clean) == []
      assert Walls.cycles(@clean) == []
    end

    for {name, from, to, wall} <- [
          {"wasm knowing Org", "lib/workbooks/wasm/store.ex", "lib/workbooks/oql.ex", ~r/^wasm knows .*, not oql$/},
          {"the stub knowing anybody", "lib/workbooks/native.ex", "lib/workbooks/options.ex",
           ~r/^native knows nobody, not leaf$/},
          {"somebody but wasm and JSON calling the stub", "lib/workbooks/oql/pool.ex", "lib/workbooks/native.ex",
           ~r/^oql knows .*, not native$/},
          {"a lower floor knowing the front door", "lib/workbooks/workflow/graph.ex", "lib/workbooks.ex",
           ~r/^workflow knows .*, not front$/},
          {"the kernel knowing the compilers", "lib/workbooks/oql.ex", "lib/workbooks/build/js.ex",
           ~r/^oql knows .*, not build$/}
        ] do
      test name do
        from = unquote(from)
        to = unquote(to)
        assert [{wall, how}] = Walls.rooms([{from, to} | @clean])
        assert wall =~ unquote(Macro.escape(wall))
        assert how == "#{from} → #{to}"
      end
    end

    test "a file that nobody gave a room" do
      assert [{"every file has a room", "lib/workbooks/misc.ex has none" <> _}] =
               Walls.rooms([{"lib/workbooks/misc.ex", nil} | @clean])
    end

    test "circles, each told once" do
      circle = [
        {"lib/workbooks/wasm/c.ex", "lib/workbooks/wasm/a.ex"},
        {"lib/workbooks/wasm/a.ex", "lib/workbooks/wasm/b.ex"},
        {"lib/workbooks/wasm/b.ex", "lib/workbooks/wasm/c.ex"}
      ]

      assert [{"no circle of files", how}] = Walls.cycles(circle ++ @clean)

      assert how ==
               Enum.map_join(~w(a b c a), " → ", &"lib/workbooks/wasm/#{&1}.ex")
    end
  end

  test "what mix xref prints is read as edges, and what is printed around them is not" do
    text = """
    Compiling 2 files (.ex)
    lib/workbooks.ex
    |-- lib/workbooks/oql.ex
    `-- lib/workbooks/run.ex (export)
    lib/workbooks/run.ex
    """

    assert Walls.edges(text) == [
             {"lib/workbooks.ex", nil},
             {"lib/workbooks.ex", "lib/workbooks/oql.ex"},
             {"lib/workbooks.ex", "lib/workbooks/run.ex"},
             {"lib/workbooks/run.ex", nil}
           ]
  end

  # The real script over a real, tiny tree: path-only crates that bear the names, three modules.
  @tag timeout: 120_000
  test "the script passes on a clean tree, and fails on a planted crate and a planted call" do
    tree = Path.join(System.tmp_dir!(), "workbooks walls #{System.unique_integer([:positive])}")
    on_exit(fn -> File.rm_rf!(tree) end)

    for script <- ["env.sh", "walls", "walls.exs"] do
      target = Path.join([tree, "scripts", script])
      File.mkdir_p!(Path.dirname(target))
      File.cp!(Path.expand("../scripts/#{script}", __DIR__), target)
    end

    write(tree, "Cargo.toml", """
    [workspace]
    members = ["native/engine", "native/nif", "fake/rustler", "fake/wasmtime"]
    resolver = "2"
    """)

    crate(tree, "fake/rustler", "rustler", [])
    crate(tree, "fake/wasmtime", "wasmtime", [])
    crate(tree, "native/engine", "workbooks-engine", ["wasmtime"])
    crate(tree, "native/nif", "workbooks-nif", ["rustler", "workbooks-engine"])

    write(tree, "mix.exs", """
    defmodule Tiny.MixProject do
      use Mix.Project
      def project, do: [app: :tiny, version: "0.1.0"]
    end
    """)

    write(tree, "lib/workbooks.ex", "defmodule Workbooks do\n  def f, do: Workbooks.OQL.f()\nend")
    write(tree, "lib/workbooks/oql.ex", "defmodule Workbooks.OQL do\n  def f, do: 1\nend")
    write(tree, "lib/workbooks/native.ex", "defmodule Workbooks.Native do\n  def f, do: 1\nend")

    assert {_, 0} = run(tree, "cargo generate-lockfile --offline")
    assert {output, 0} = run(tree, "scripts/walls")
    assert output =~ "4 crates and 3 files, none breached"

    crate(tree, "native/engine", "workbooks-engine", ["wasmtime", "rustler"])
    assert {output, 1} = run(tree, "scripts/walls")
    assert output =~ "Cargo.lock is not what the Cargo.toml files ask for"

    write(
      tree,
      "lib/workbooks/oql.ex",
      "defmodule Workbooks.OQL do\n  def f, do: Workbooks.Native.f()\nend"
    )

    assert {_, 0} = run(tree, "cargo generate-lockfile --offline")
    assert {output, 1} = run(tree, "scripts/walls")
    assert output =~ "workbooks-engine → rustler"
    assert output =~ "lib/workbooks/oql.ex → lib/workbooks/native.ex"
  end

  defp clean_crates do
    %{
      "rustler" => [],
      "wasmtime" => [],
      "wat" => [],
      "wit-component" => [],
      "wasmtime-wasi" => [],
      "workbooks-engine" => ["wasmtime", "wat", "wit-component"],
      "workbooks-nif" => ["rustler", "workbooks-engine"]
    }
  end

  defp lock(crates) do
    Enum.map_join(crates, "\n", fn {name, dependencies} ->
      source = if name =~ "workbooks", do: "", else: ~s(source = "registry"\n)

      list =
        if dependencies != [],
          do: "dependencies = [\n#{Enum.map(dependencies, &" \"#{&1}\",\n")}]\n"

      ~s([[package]]\nname = "#{name}"\nversion = "0.1.0"\n#{source}#{list})
    end)
  end

  defp crate(tree, folder, name, dependencies) do
    places = %{
      "rustler" => "fake/rustler",
      "wasmtime" => "fake/wasmtime",
      "workbooks-engine" => "native/engine"
    }

    write(tree, "#{folder}/Cargo.toml", """
    [package]
    name = "#{name}"
    version = "0.1.0"
    [dependencies]
    #{Enum.map_join(dependencies, "\n", &~s(#{&1} = { path = "../../#{places[&1]}" }))}
    """)

    write(tree, "#{folder}/src/lib.rs", "")
  end

  defp write(tree, path, text) do
    path = Path.join(tree, path)
    File.mkdir_p!(Path.dirname(path))
    File.write!(path, text)
  end

  # By scripts/env.sh, since cargo need not be on the PATH of who runs `mix test`, whose environment
  # may on the other hand carry this project's own settings for mix and cargo.
  defp run(tree, command) do
    own = ~w(MIX_ENV MIX_EXS MIX_BUILD_PATH MIX_BUILD_ROOT CARGO_TARGET_DIR)

    System.cmd("sh", ["-c", ". scripts/env.sh; #{command}"],
      cd: tree,
      env: for(name <- own, do: {name, nil}),
      stderr_to_stdout: true
    )
  end
end
