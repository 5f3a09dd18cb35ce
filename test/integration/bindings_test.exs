defmodule Workbooks.BindingsIntegrationTest do
  # `use Workbooks.Wasm.Component` in an application that takes this library as a dependency: its
  # module is made from the file, compiled again when that changes, and runs in a release.
  use ExUnit.Case, async: false

  import Workbooks.TestProject

  @moduletag timeout: 300_000

  @math """
  defmodule App.Math do
    use Workbooks.Wasm.Component, file: "priv/math.wasm", wit: "wit/math.wit"
  end
  """

  @main ~S"""
  defmodule App do
    def twice(n), do: App.Math.twice(App.Math.instantiate!(), n)
    def docs, do: Code.fetch_docs(App.Math)
  end
  """

  @wit """
  package app:math;
  world math {
    /// Two times as much.
    export twice: func(n: s64) -> s64;
  }
  """

  defp math!(app, function, factor) do
    wat = """
    (module (func (export "#{function}") (param i64) (result i64) (i64.mul (local.get 0) (i64.const #{factor}))))
    """

    write!(app, "wit/math.wit", String.replace(@wit, "twice", function))
    bytes = Workbooks.Wasm.componentize!(wat, name: function, func: "func(n: s64) -> s64")
    write!(app, "priv/math.wasm", bytes)
  end

  test "an application's module for a component" do
    folder = folder!()
    mix!(["new", "app"], cd: folder)
    app = Path.join(folder, "app")
    mix_exs = File.read!(Path.join(app, "mix.exs"))
    dependency = "defp deps do\n    [{:workbooks, path: #{inspect(root())}}"
    write!(app, "mix.exs", String.replace(mix_exs, "defp deps do\n    [", dependency))
    write!(app, "lib/app.ex", @main)
    write!(app, "lib/app/math.ex", @math)
    math!(app, "twice", 2)

    {cargo, calls} = cargo!(folder, "echo cargo must not be called; exit 1")
    options = [cd: app, env: [{"CARGO", cargo}]]

    output = mix!(~w(compile --warnings-as-errors), options)
    assert output =~ "Generated app app"
    refute output =~ "warning"
    assert mix!(["compile"], options) == ""

    run = fn expression -> mix!(["run", "-e", "IO.inspect(#{expression})"], options) end
    assert run.("App.twice(21)") =~ "{:ok, 42}"
    assert run.("App.docs()") =~ "Two times as much."

    # Other bytes: the module is for those.
    math!(app, "twice", 3)
    assert run.("App.twice(21)") =~ "{:ok, 63}"

    # Its bytes exchanged behind the module's back are not called by its name.
    wasm = Path.join(app, "priv/math.wasm")
    bytes = File.read!(wasm)
    built = Path.join(app, "_build/dev/lib/app/priv/math.wasm")
    assert File.read!(built) == bytes
    File.write!(wasm, bytes <> <<0, 2, 1, ?x>>)
    output = mix!(["run", "--no-compile", "-e", "IO.inspect(App.Math.component())"], options)
    assert output =~ "is not the file that its module was compiled for"
    File.write!(wasm, bytes)

    # A release, elsewhere, with what it was built from gone.
    mix!(["release", "--path", Path.join(folder, "release")], env: [{"MIX_ENV", "prod"}, {"CARGO", cargo}], cd: app)
    File.rename!(app, Path.join(folder, "gone"))
    eval = "{:ok, _} = Application.ensure_all_started(:app); IO.inspect(App.twice(21))"
    assert cmd(Path.join(folder, "release/bin/app"), ["eval", eval], cd: folder) == {"{:ok, 63}\n", 0}
    File.rename!(Path.join(folder, "gone"), app)

    # A function that is gone is a warning where it is called, a file that is gone an error that says so.
    math!(app, "thrice", 3)
    assert mix!(["compile"], options) =~ "App.Math.twice/2 is undefined"
    File.rm!(wasm)
    assert {output, status} = cmd("mix", ["compile"], options)
    assert status != 0
    assert output =~ ~r/CompileError.*lib\/app\/math.ex:2: use Workbooks.Wasm.Component: no file priv\/math.wasm/
    assert calls.() == []
  end
end
