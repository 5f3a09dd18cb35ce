defmodule Workbooks.Wasm.BindingsTest do
  # Not async: what is compiled while mix still loads tests lacks documentation and specifications.
  use ExUnit.Case, async: false
  doctest Workbooks.Wasm.Bindings
  doctest Workbooks.Wasm.Bindings.Implementation

  import Workbooks.TestProject, only: [folder!: 0, write!: 3]
  alias Workbooks.TestBits
  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Bindings, Error}

  @wit """
  package acme:kernel@1.2.0;

  interface shapes {
    /// Where something is.
    record point { x: f64, /// Upwards.
      y-axis: option<f64> }
    /// What it looks like.
    variant shape { dot, circle(f64), path(list<point>) }
    flags rights { read, write }
    enum node { inner, leaf }
    type name = string;
  }

  /// Counts things.
  interface counters {
    use shapes.{point as place};
    /// A counter.
    resource counter {
      /// Starts there.
      constructor(start: u32);
      /// One more.
      increment: func(by: u32) -> u32;
      merge: static func(a: borrow<counter>, b: borrow<counter>) -> counter;
      new: static func(start: u32) -> result<counter>;
    }
    where: func(counter: borrow<counter>) -> place;
  }

  /// The kernel.
  world kernel {
    use shapes.{shape, node};
    import host:log/sink@0.1.0;
    import now: func() -> u64;
    export counters;
    /// Renders the document.
    export render: func(org: string, look: option<shape>) -> result<string, node>;
    export bytes: func(of: list<u8>, end: bool) -> tuple<s8, char>;
    export instantiate: func(options: f32) -> list<list<option<option<u8>>>>;
    export component: func();
    export when: func(instance: u64);
  }

  package host:log@0.1.0 {
    /// Where lines go.
    interface sink {
      enum level { info, warn }
      /// One line.
      line: func(level: level, text: string) -> bool;
      resource file {
        constructor(name: string);
        write: func(bytes: list<u8>);
      }
    }
  }
  """

  defmodule Js do
    use Workbooks.Wasm.Component, file: "priv/guests/js.wasm", wit: "wit/js"
  end

  defmodule Host do
    @behaviour Js.Imports.Host
    @impl true
    def log(level, line), do: send(self(), {:log, level, line})
    @impl true
    def now_us, do: 12.0
    @impl true
    def wait_until(_us), do: nil
    @impl true
    def seed, do: 7
    @impl true
    def functions, do: []
    @impl true
    def call(function, _arguments), do: {:error, "there is no #{function}"}
  end

  # A module of that name, made of `use` with those options: its code, and that of those within it.
  defp compile!(name, options, body \\ "") do
    file = Path.join(folder!(), "bindings.ex")
    # Newer mixes leave out both while they load tests, and these are about both.
    before = Code.compiler_options(docs: true, debug_info: true)

    try do
      Code.compile_string("defmodule #{name} do\n  use Workbooks.Wasm.Component, #{options}\n#{body}end\n", file)
    after
      Code.compiler_options(Map.to_list(before))
    end
    |> Map.new(fn {module, code} ->
      path = write!(Path.dirname(file), "#{module}.beam", code)
      {String.replace_prefix(inspect(module), "#{name}", ""), %{module: module, code: code, beam: path}}
    end)
  end

  defp compile_error(options) do
    assert_raise(CompileError, fn -> compile!("#{inspect(__MODULE__)}.Wrong", options) end).description
  end

  defp docs(%{beam: beam}) do
    {:docs_v1, _, :elixir, _, moduledoc, _, docs} = Code.fetch_docs(beam)
    words = for {{kind, name, arity}, _, _, %{"en" => text}, _} <- docs, into: %{}, do: {{kind, name, arity}, text}
    {if(is_map(moduledoc), do: moduledoc["en"], else: moduledoc), words}
  end

  defp specs(%{code: code}) do
    {:ok, specs} = Code.Typespec.fetch_specs(code)

    for {{name, _arity}, specs} <- specs, spec <- specs do
      name |> Code.Typespec.spec_to_quoted(spec) |> text()
    end
  end

  defp types(%{code: code}) do
    {:ok, types} = Code.Typespec.fetch_types(code)
    for {:type, type} <- types, do: type |> Code.Typespec.type_to_quoted() |> text()
  end

  defp callbacks(%{code: code}) do
    {:ok, callbacks} = Code.Typespec.fetch_callbacks(code)

    for {{name, _arity}, specs} <- callbacks, spec <- specs do
      name |> Code.Typespec.spec_to_quoted(spec) |> text()
    end
  end

  # In one line, however long.
  defp text(ast) do
    ast |> Macro.to_string() |> String.replace(~r/\s+/, " ") |> String.replace(~r/([({]) | (?=[)}])/, "\\1")
  end

  describe "of WIT alone" do
    setup do
      name = "#{inspect(__MODULE__)}.Kernel#{System.unique_integer([:positive])}"
      {:ok, name: name, modules: compile!(name, "wit: #{inspect(@wit)}")}
    end

    test "there is a module for each interface, each resource and each import", %{modules: modules} do
      assert modules |> Map.keys() |> Enum.sort() ==
               ["", ".Counters", ".Counters.Counter", ".Imports", ".Imports.Shapes", ".Imports.Sink"]
    end

    test "functions have the words of the WIT, and its signature", %{modules: modules, name: name} do
      {moduledoc, docs} = docs(modules[""])
      assert moduledoc =~ "The kernel.\n\nThe world `kernel`."
      assert moduledoc =~ "  * `#{name}.Counters`: `acme:kernel/counters@1.2.0`"
      assert moduledoc =~ "  * `#{name}.Imports.Sink`: `host:log/sink@0.1.0`"
      assert moduledoc =~ "  * `#{name}.Imports`: the world itself"

      assert docs[{:function, :render, 4}] == """
             Renders the document.

                 render: func(org: string, look: option<shape>) -> result<string, node>\
             """

      assert docs[{:function, :render!, 4}] =~ "As `render/4`"
      assert {"Counts things.\n\nThe exported interface `acme:kernel/counters@1.2.0`.", _} = docs(modules[".Counters"])

      assert {"A counter.\n\nThe resource `counter` of `acme:kernel/counters@1.2.0`.", docs} =
               docs(modules[".Counters.Counter"])

      assert docs[{:function, :new, 3}] == "Starts there.\n\n    constructor(start: u32)"
      assert docs[{:function, :increment, 3}] == "One more.\n\n    increment: func(by: u32) -> u32"
    end

    test "specifications are of WIT's types", %{modules: modules, name: name} do
      specs = specs(modules[""])
      target = "Workbooks.Wasm.Bindings.target()"
      error = "{:error, Workbooks.Wasm.Error.t()}"

      for spec <- [
            "render(#{target}, String.t(), shape() | nil) :: {:ok, {:ok, String.t()} | {:error, node_()}} | #{error}",
            "render!(#{target}, String.t(), shape() | nil) :: {:ok, String.t()} | {:error, node_()}",
            "bytes(#{target}, binary(), boolean()) :: {:ok, {-128..127, String.t()}} | #{error}",
            "instantiate(#{target}, float() | :nan | :infinity | :neg_infinity) :: " <>
              "{:ok, [[{:some, 0..255 | nil} | nil]]} | #{error}",
            "component(#{target}) :: {:ok, nil} | #{error}",
            "when_(#{target}, 0..18_446_744_073_709_551_615, keyword()) :: Workbooks.Wasm.Bindings.answer(nil)"
          ] do
        assert spec in specs
      end

      resource = "Workbooks.Wasm.Resource.t()"
      counter = "#{name}.Counters.counter()"
      specs = specs(modules[".Counters.Counter"])
      assert "new(#{target}, 0..4_294_967_295) :: {:ok, #{counter}} | #{error}" in specs
      assert "new_(#{target}, 0..4_294_967_295) :: {:ok, {:ok, #{counter}} | {:error, nil}} | #{error}" in specs
      assert "increment(#{resource}, 0..4_294_967_295) :: {:ok, 0..4_294_967_295} | #{error}" in specs
      assert "merge!(#{target}, #{counter}, #{counter}) :: #{counter}" in specs
    end

    test "types have their names, and what they hold in their words", %{modules: modules, name: name} do
      assert "shape() :: #{name}.Imports.Shapes.shape()" in types(modules[""])
      assert "counter() :: Workbooks.Wasm.Resource.t()" in types(modules[".Counters"])
      assert "place() :: #{name}.Imports.Shapes.point()" in types(modules[".Counters"])

      shapes = types(modules[".Imports.Shapes"])
      number = "float() | :nan | :infinity | :neg_infinity"

      for type <- [
            "point() :: %{required(String.t()) => #{number} | nil}",
            "shape() :: String.t() | {String.t(), #{number} | [point()]}",
            "rights() :: [String.t()]",
            "node_() :: String.t()",
            "name() :: String.t()"
          ] do
        assert type in shapes
      end

      {_, docs} = docs(modules[".Imports.Shapes"])

      assert docs[{:type, :point, 0}] == """
             Where something is.

             The record `point`, a map with these keys:

               * `"x"` - `float | :nan | :infinity | :neg_infinity`
               * `"y-axis"` - `float | :nan | :infinity | :neg_infinity | nil`: Upwards.\
             """

      assert docs[{:type, :shape, 0}] =~ ~s(The variant `shape`, one of:\n\n  * `"dot"`\n  * `"circle"` - `float)
      assert docs[{:type, :node_, 0}] == ~s(The enum `node`, one of:\n\n  * `"inner"`\n  * `"leaf"`)
    end

    test "imports are behaviours", %{modules: modules, name: name} do
      sink = modules[".Imports.Sink"]
      assert "line(level :: level(), text :: String.t()) :: boolean()" in callbacks(sink)
      assert "file_new(name :: String.t()) :: file()" in callbacks(sink)
      assert "file_write(self :: file(), bytes :: binary()) :: term()" in callbacks(sink)
      assert sink.module.behaviour_info(:optional_callbacks) == [file_drop: 1]

      {moduledoc, docs} = docs(sink)
      assert moduledoc =~ "Where lines go."
      assert moduledoc =~ "@behaviour #{name}.Imports.Sink"
      assert moduledoc =~ ~s(imports: %{"host:log/sink@0.1.0" => MyApp.Host})
      assert docs[{:callback, :line, 2}] =~ "One line."
      assert modules[".Imports"].module.behaviour_info(:callbacks) == [now: 0]
    end

    test "calls name exports as the component model does", %{modules: modules} do
      instance = Wasm.instantiate!(Workbooks.TestGuests.misbehaving())

      for {module, function, arguments, path} <- [
            {"", :render, ["", nil], "render"},
            {".Counters", :where, [nil], "acme:kernel/counters@1.2.0 where"},
            {".Counters.Counter", :new, [1], "acme:kernel/counters@1.2.0 [constructor]counter"},
            {".Counters.Counter", :new_, [1], "acme:kernel/counters@1.2.0 [static]counter.new"},
            {".Counters.Counter", :increment, [1], "acme:kernel/counters@1.2.0 [method]counter.increment"}
          ] do
        assert {:error, %Error{kind: :export, message: "no exported function " <> message}} =
                 apply(modules[module].module, function, [instance | arguments])

        assert String.starts_with?(message, path <> ":")
      end

      assert_raise Error, fn -> modules[""].module.when_!(instance, 1) end
    end

    test "methods are called on the resource's instance, or through the server that has it", %{modules: modules} do
      counter = %{__struct__: Wasm.Resource, instance: Wasm.instantiate!(Workbooks.TestGuests.misbehaving())}
      increment = &modules[".Counters.Counter"].module.increment(counter, 1, &1)
      assert {:error, %Error{kind: :export}} = increment.([])
      assert {:error, %Error{kind: :closed, message: "Gone is not running" <> _}} = increment.(in: Gone)
    end

    test "there is no component to load", %{modules: modules} do
      refute function_exported?(modules[""].module, :component, 0)
      refute function_exported?(modules[""].module, :child_spec, 1)
    end
  end

  describe "names" do
    test "of interfaces that are alike have their package's before them, and so on" do
      interface = fn package -> "package #{package} { interface run { f: func(); } }" end

      wit = """
      package a:b;
      world w {
        export a:cli/run@0.2.0;
        export a:cli/run@0.3.0;
        export c:cli/run;
        export d:other/run;
        export imports: interface { f: func(); }
        import log: interface { f: func(); }
      }
      #{Enum.map_join(["a:cli@0.2.0", "a:cli@0.3.0", "c:cli", "d:other"], "\n", interface)}
      """

      assert compile!("#{inspect(__MODULE__)}.Alike", "wit: #{inspect(wit)}") |> Map.keys() |> Enum.sort() ==
               ~w(.ACliRunV0_2_0 .ACliRunV0_3_0 .CCliRun .Imports.Log .ImportsInterface .OtherRun)
               |> then(&["" | &1])
               |> Enum.sort()
    end

    test "in describe/1 make no atoms" do
      name = "name#{System.unique_integer([:positive])}x"
      wit = "package a:b; world w { record #{name} { #{name}-a: u8 } export #{name}: func(x: #{name}); }"
      assert {:ok, %{exports: [%{functions: [%{name: ^name}]}]}} = Bindings.describe(wit: wit)
      assert_raise ArgumentError, fn -> String.to_existing_atom(name) end
    end
  end

  test "describe/1 answers for any bytes" do
    :rand.seed(:exsss, {1, 2, 3})
    {:ok, bytes} = Wasm.componentize("(module (func (export \"f\") (param i32)))")
    file = Path.join(folder!(), "bytes.wasm")

    answers =
      for _ <- 1..300 do
        at = :rand.uniform(byte_size(bytes)) - 1
        {before, _, rest} = TestBits.around(bytes, at)
        File.write!(file, <<before::binary, :rand.uniform(256) - 1, rest::binary>>)

        case Bindings.describe(file: file) do
          {:ok, %{exports: _}} -> :ok
          {:error, %Error{kind: :compile}} -> :error
        end
      end

    assert Enum.sort(Enum.uniq(answers)) == [:error, :ok]
  end

  describe "of a component's file" do
    test "functions call it, with a module for what it imports" do
      js = Js.instantiate!(imports: %{"workbooks:js/host" => Host})
      source = "export function add(a, b) { console.warn('adding'); return { sum: a + b } }"
      assert {:ok, code} = Js.compile!(js, "sum.js", source)
      assert Js.load(js, code) == {:ok, {:ok, ["add"]}}
      assert Js.call!(js, "add", "[1, 2]", timeout: 5_000) == {:ok, ~s({"sum":3})}
      assert_received {:log, "warn", "adding"}
      assert {:ok, {:error, %{"name" => "TypeError", "line" => nil}}} = Js.call(js, "gone", "[]")
    end

    test "the component is kept, and that of the release's priv" do
      assert {:ok, component} = Js.component()
      assert Js.component!().ref == component.ref
      # Its file is read where the application is, not where it was compiled.
      assert {_hash, {:priv, :workbooks, "guests/js.wasm"}, []} =
               Bindings.Source.component(%{file: "priv/guests/js.wasm", otp_app: nil, compile: []}, "")
    end

    test "it is compiled again when a file changes" do
      resources = for {:external_resource, [file]} <- Js.__info__(:attributes), do: file
      assert Enum.sort(resources) == ["priv/guests/js.wasm", "wit/js/engine.wit"]
    end

    test "it is a pool's child, called by its name" do
      imports = %{"workbooks:js/host@0.1.0" => Host}
      child = Supervisor.child_spec({Js, pool: [max: 1, instance: [imports: imports]]}, [])
      assert child.id == Js
      pid = start_supervised!(child)
      assert {:ok, {:ok, code}} = Js.compile(Js, "a.js", "export const f = () => 1")
      assert Js.load(Js, code) == {:ok, {:ok, ["f"]}}
      assert Js.call!(pid, "f", "[]") == {:ok, "1"}
      assert Workbooks.Wasm.Pool.stats(Js).max == 1
    end

    if Code.ensure_loaded?(Workbooks.Wasm.Server) do
      test "it is a server's child, called by its name" do
        pid = start_supervised!({Js, imports: %{"workbooks:js/host" => Host}})
        assert {:ok, {:ok, code}} = Js.compile(Js, "a.js", "export const f = () => 1")
        assert Js.load(Js, code) == {:ok, {:ok, ["f"]}}
        assert Js.call!(pid, "f", "[]") == {:ok, "1"}
      end
    end

    test "what is called has to be there, and to be one" do
      assert {:error, %Error{kind: :closed, message: message}} = Js.call(Gone, "f", "[]")
      assert message =~ "Gone is not running"
      assert_raise ArgumentError, ~r/is no instance/, fn -> Js.call(self(), "f", "[]") end
      assert_raise ArgumentError, ~r/is no instance/, fn -> Js.call(Workbooks.Supervisor, "f", "[]") end
    end

    test "an import that a module lacks is an import that is not given" do
      defmodule Half do
        def log(_level, _line), do: nil
      end

      assert {:error, %Error{kind: :import, message: message}} = Js.instantiate(imports: %{"workbooks:js/host" => Half})

      assert message =~ "now-us"
    end

    test "elsewhere than in priv it is part of the module; text is taken, and functions of the world itself" do
      wat = """
      (component
        (import "ask-it" (func $ask (param "x" s32) (result s32)))
        (core func $lowered (canon lower (func $ask)))
        (core module $m
          (import "" "ask" (func $ask (param i32) (result i32)))
          (func (export "twice") (param i32) (result i32) (call $ask (call $ask (local.get 0)))))
        (core instance $i (instantiate $m (with "" (instance (export "ask" (func $lowered))))))
        (func $twice (param "x" s32) (result s32) (canon lift (core func $i "twice")))
        (instance $ops (export "twice" (func $twice)))
        (export "acme:math/ops@0.1.0" (instance $ops)))
      """

      file = write!(folder!(), "twice.wat", wat)
      name = "#{inspect(__MODULE__)}.Twice"

      host = """
        defmodule Host do
          @behaviour #{name}.Imports
          @impl true
          def ask_it(x), do: x * 3
        end
        @moduledoc "Mine."
        def instantiate(options), do: super([timeout: 1_000] ++ options)
      """

      modules = compile!(name, "file: #{inspect(file)}", host)
      File.rm!(file)
      module = modules[""].module
      instance = module.instantiate!(imports: %{"$root" => modules[".Host"].module})
      assert modules[".Ops"].module.twice(instance, 5) == {:ok, 45}
      assert {"Mine.", docs} = docs(modules[""])
      assert docs[{:function, :component, 0}] =~ "compiled when first asked for"
    end
  end

  describe "words of a WIT beside the file" do
    test "are those of functions, types and fields" do
      assert {:ok, world} = Bindings.describe(file: "priv/guests/js.wasm", wit: "wit/js")
      assert world.docs =~ "One JavaScript module"
      [types, host] = Enum.sort_by(world.imports, &(&1.name != nil))

      assert %{docs: "What was thrown" <> _, type: {:record, [_ | _]}} =
               Enum.find(types.types, &(&1.name == "js-error"))

      assert Enum.find(host.functions, &(&1.name == "log")).docs =~ "One call of `console.*`"
      assert [%{functions: [%{docs: "`source`, an ES module" <> _} | _]}] = world.exports

      assert {:ok, %{name: "root", docs: nil}} = Bindings.describe(file: "priv/guests/js.wasm")
    end

    test "have to be about it" do
      wit = "package a:b; world w { export load: func(name: string); export interface-less: func(); }"

      assert compile_error("file: \"priv/guests/js.wasm\", wit: #{inspect(wit)}") =~
               "priv/guests/js.wasm does not export what the WIT says: load: func(name: string); interface-less: func(). " <>
                 "Build the component anew"
    end
  end

  describe "what is wrong is a CompileError that says" do
    test "where it looked for a file" do
      assert compile_error("file: \"priv/none.wasm\"") =~ "no file priv/none.wasm (paths are relative to #{File.cwd!()}"
      assert compile_error(~s(wit: "wit/none")) =~ "no file wit/none (paths are"
      assert compile_error("world: \"w\"") =~ "give it file: (a component) or wit:"
      assert compile_error(~s(file: "priv")) =~ "priv: illegal operation on a directory"
    end

    test "where in the WIT" do
      assert compile_error("wit: #{inspect("package a:b;\nworld w { export f: fun(); }")}") =~ "wit:2:24"
      file = write!(folder!(), "x.wit", "package a:b;\nworld w {\n  import c:d/e;\n}")
      assert compile_error("wit: #{inspect(file)}") =~ "#{file}:3:10"
    end

    test "which worlds there are" do
      several = inspect("package a:b; world one {} world two {}")
      assert compile_error("wit: #{several}") =~ "name one of them: one, two (the option world: names one)"
      assert compile_error("wit: #{several}, world: \"three\"") =~ "no world three: there are one, two"
      assert %{"" => _} = compile!("#{inspect(__MODULE__)}.Two", "wit: #{several}, world: \"two\"")
    end

    test "what to do with a core module, and with what is nothing" do
      file = write!(folder!(), "core.wat", "(module)")
      assert compile_error("file: #{inspect(file)}") =~ "wrap it with `componentize` first"
      assert compile_error(~s(file: "README.md")) =~ "expected `(`"
    end

    test "options there are not" do
      assert_raise ArgumentError, ~r/use Workbooks.Wasm.Component has no option :path/, fn ->
        compile!("#{inspect(__MODULE__)}.Wrong", ~s(path: "x.wasm"))
      end
    end
  end
end
