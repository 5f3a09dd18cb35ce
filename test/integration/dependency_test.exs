defmodule Workbooks.DependencyTest do
  # "A new mix application outside the repository that takes it as a path dependency compiles
  # without a warning, opens no port and no file, calls Workbooks.run/2 in a test, and its
  # mix release runs; one cargo build serves dev and test."
  # Alone: it needs both cores for a while, and looks at what others might be building.
  use ExUnit.Case, async: false

  import Workbooks.TestProject

  @moduletag timeout: 300_000

  @workbook """
  * Hello
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  ** Greet
  :PROPERTIES:
  :in: name
  :out: greeting
  :END:
  #+begin_src javascript
  export function greet(name) { return { greeting: `hello, ${name}` } }
  #+end_src
  """

  @main """
  defmodule App do
    @workbook #{inspect(@workbook)}
    def run(name), do: Workbooks.run(@workbook, inputs: %{"name" => name})
    def run!(name), do: Workbooks.run!(@workbook, inputs: %{"name" => name})
  end
  """

  @application """
  defmodule App.Application do
    use Application

    @impl true
    def start(_type, _arguments) do
      children = if System.get_env("APP_SAYS"), do: [{Task, &say/0}], else: []
      Supervisor.start_link(children, strategy: :one_for_one)
    end

    defp say do
      IO.inspect(App.run!("a release").exports)
      System.stop(0)
    end
  end
  """

  @test """
  defmodule AppTest do
    use ExUnit.Case

    test "a workbook runs" do
      assert {:ok, %Workbooks.Run{status: :ok} = run} = App.run("a dependency")
      assert run.exports == %{"greeting" => "hello, a dependency"}
      assert run.html =~ "hello, a dependency"
    end

    test "a workbook that lacks an input does not" do
      assert {:error, %Workbooks.Run{status: :invalid}} = Workbooks.run(File.read!("lacking.org"))
    end
  end
  """

  # What runs as the application's own user would: before anything is asked of the library.
  @start ~S"""
  open = fn ->
    for name <- (case File.ls("/proc/self/fd") do {:ok, names} -> names; _ -> [] end),
        {:ok, target} <- [File.read_link("/proc/self/fd/" <> name)],
        not String.starts_with?(target, "/proc/"),
        do: {name, target}
  end

  ports = Port.list()
  files = open.()
  {:ok, started} = Application.ensure_all_started(:app)
  true = :workbooks in started

  IO.inspect(
    ports: for(port <- Port.list() -- ports, do: Port.info(port)),
    files: open.() -- files,
    network: for(port <- Port.list(), {:name, name} = Port.info(port, :name), name in [~c"tcp_inet", ~c"udp_inet", ~c"sctp_inet"], do: name),
    ours: for({_, path} <- open.(), path =~ ~r/\.c?wasm$|_nif\.so$|\.jsonl$/, do: path)
  )
  """

  # As the oldest and the newest ExUnit say it.
  defp passed, do: ~r/2 (tests, 0 failures|passed)/

  # A new application with `workbooks` at that path, and a cargo that should not be needed.
  defp app!(folder, workbooks) do
    mix!(["new", "app", "--sup"], cd: folder)
    app = Path.join(folder, "app")
    mix_exs = File.read!(Path.join(app, "mix.exs"))

    with_us =
      String.replace(mix_exs, "defp deps do\n    [", "defp deps do\n    [{:workbooks, path: #{inspect(workbooks)}}")

    refute with_us == mix_exs
    write!(app, "mix.exs", with_us)
    write!(app, "lib/app.ex", @main)
    write!(app, "lib/app/application.ex", @application)
    write!(app, "test/app_test.exs", @test)
    write!(app, "lacking.org", @workbook)
    write!(app, "start.exs", @start)
    app
  end

  defp native(workbooks) do
    for name <- File.ls!(Path.join(workbooks, "priv/native")),
        do: {name, identity(Path.join([workbooks, "priv/native", name]))}
  end

  defp assert_clean(output) do
    refute output =~ ~r/warning|error|Hex|hex\b|rebar/
    output
  end

  describe "this repository as a path dependency" do
    test "compiles without a warning or a build of its own, runs, tests and is released" do
      folder = folder!()
      before = native(root())
      app = app!(folder, root())
      {cargo, calls} = cargo!(folder, "echo cargo must not be called; exit 1")
      options = [cd: app, env: [{"CARGO", cargo}]]

      output = mix!(~w(compile --warnings-as-errors), options)
      assert_clean(output)
      assert output =~ "==> workbooks\nCompiling"
      assert output =~ "Generated app app"

      # Nothing is left to do.
      assert mix!(["compile"], options) == ""

      # Without mix, which by now has a socket of its own.
      paths = for name <- ["app", "workbooks"], do: ["-pa", "_build/dev/lib/#{name}/ebin"]
      assert {output, 0} = cmd("elixir", List.flatten(paths, ["start.exs"]), options)
      assert output == "[ports: [], files: [], network: [], ours: []]\n"

      output = mix!(["test"], options)
      refute output =~ "warning"
      assert output =~ passed()

      output =
        mix!(["release", "--path", Path.join(folder, "first")], env: [{"MIX_ENV", "prod"}, {"CARGO", cargo}], cd: app)

      assert_clean(output)

      # One build of the library served all three environments, and nobody wrote to it again.
      assert calls.() == []
      assert native(root()) == before

      # Elsewhere, and with what it was built from gone.
      release = Path.join(folder, "moved")
      File.rename!(Path.join(folder, "first"), release)
      File.rm_rf!(app)

      # All that was built came along.
      kept = for path <- Path.wildcard(Path.join(release, "lib/workbooks-*/priv/native/*")), do: Path.basename(path)
      assert Enum.sort(kept) == Enum.sort(Enum.map(before, &elem(&1, 0)))
      assert "workbooks_nif.so" in kept and "oql.cwasm" in kept

      bin = Path.join(release, "bin/app")

      eval = ~s|{:ok, _} = Application.ensure_all_started(:app); IO.inspect(App.run!("eval").exports)|
      # Nothing else: no word of native code that did not fit.
      assert cmd(bin, ["eval", eval], cd: folder) == {~s(%{"greeting" => "hello, eval"}\n), 0}

      # As a system that loads everything at boot, the NIF with it.
      assert cmd(bin, ["start"], cd: folder, env: [{"APP_SAYS", "1"}, {"RELEASE_DISTRIBUTION", "none"}]) ==
               {~s(%{"greeting" => "hello, a release"}\n), 0}
    end
  end

  describe "what the package holds" do
    test "is all that an application needs: one build for every environment, another after a change" do
      folder = folder!()
      package = Path.join(folder, "workbooks")
      listed = Mix.Project.config()[:package][:files]

      for file <- listed do
        from = Path.join(root(), file)
        assert File.exists?(from), "mix.exs lists #{file}, which is not there"
        File.mkdir_p!(Path.dirname(Path.join(package, file)))
        File.cp_r!(from, Path.join(package, file))
      end

      # What other builds leave in there is in nobody's package.
      File.rm_rf!(Path.join(package, "native/engine/target"))

      app = app!(folder, package)
      {cargo, calls} = cargo!(folder, build())
      options = [cd: app, env: [{"CARGO", cargo}]]

      output = mix!(~w(compile --warnings-as-errors), options)
      refute output =~ "warning"
      assert output =~ "Building the native library with cargo"
      assert calls.() == ["#{package}: build --release --locked -p workbooks-nif"]

      assert mix!(["compile"], options) == ""
      assert mix!(["test"], options) =~ passed()
      assert length(calls.()) == 1

      # Whoever works on the library beside the application sees the change.
      write!(package, "native/engine/src/changed.rs", "// changed\n")
      assert mix!(["compile"], options) =~ "built"
      assert length(calls.()) == 2

      # Whoever lacks cargo is told so, by a build that fails.
      write!(package, "native/engine/src/changed.rs", "// changed again\n")
      assert {output, status} = cmd("mix", ["compile"], cd: app, env: [{"CARGO", "/nowhere/cargo"}])
      assert status != 0
      assert output =~ "CARGO is /nowhere/cargo, which is no program"
      assert output =~ "install Rust 1.95 or later"
    end

    test "is a whole cargo workspace" do
      folder = folder!()

      for file <- Mix.Project.config()[:package][:files], file =~ ~r/^(Cargo|native)/ do
        File.mkdir_p!(Path.dirname(Path.join(folder, file)))
        File.cp_r!(Path.join(root(), file), Path.join(folder, file))
      end

      # As the scripts find cargo, which need not be on the PATH.
      command = ". '#{root()}/scripts/env.sh'; cargo metadata --format-version 1 --offline --no-deps"
      assert {output, 0} = cmd("sh", ["-c", command], cd: folder)
      for crate <- ["workbooks-engine", "workbooks-nif"], do: assert(output =~ ~s("name":"#{crate}"))
    end
  end
end
