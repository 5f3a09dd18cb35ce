defmodule Workbooks.Wasm.Component do
  @moduledoc """
  A compiled component. Any process may hold it and instantiate it; it lives as
  long as somebody does.

  ## A module for a component

      defmodule MyApp.Kernel do
        use Workbooks.Wasm.Component, file: "priv/kernel.wasm"
      end

      {:ok, kernel} = MyApp.Kernel.instantiate()
      {:ok, html} = MyApp.Kernel.render(kernel, org, timeout: 5_000)
      html = MyApp.Kernel.render!(kernel, org)

  `use` reads what the component exports and imports and defines, each with its
  specification and with the words that stand above it in the WIT:

    * a function for each function of the world, in snake_case, and its bang form.
      The first argument is what to call it on: an instance, or a `Workbooks.Wasm.Server`
      or a `Workbooks.Wasm.Pool` by its pid or name; the last, which may be left out,
      are options of `Workbooks.Wasm.call/4`
    * a module for each exported interface: `wasi:cli/run@0.2.0` is `MyApp.Kernel.Run`,
      and for each of its resources a module within: `new` is the constructor, methods
      take the resource first (`in: server` calls them through that server)
    * a behaviour for each imported interface: `MyApp.Kernel.Imports.Sink`. A module that
      has it is given as `imports: %{"host:log/sink" => MyApp.Sink}`. `MyApp.Kernel.Imports`
      is the behaviour for functions that the world itself imports; its module is given
      under `"$root"`
    * a type for each type that the WIT names
    * `component/0`, compiled when first asked for and then kept for all; `instantiate/1`
      with the options of `Workbooks.Wasm.instantiate/2`; `start_link/1` and
      `child_spec/1`, so that `MyApp.Kernel` or `{MyApp.Kernel, pool: [max: 4]}` is a
      child of a supervisor: a server with one instance, or a pool of them

  Where a name is taken, by one of these functions or by Elixir itself, an underscore
  follows it. Two interfaces of the same last name have their package's before it.

  ## Options

    * `:file` - the component, binary or text. The path is relative to the project's
      folder; `Path.join(__DIR__, "x.wasm")` is beside the module. A file in `priv` is
      read from there at run time, any other becomes part of the module
    * `:wit` - WIT text, or the path of a WIT file or of a folder with `deps`. Without
      `:file`, the interface alone: no `component/0` and what needs it. With it, the words
      that the file lacks: most tools leave documentation out of components
    * `:world` - which one, where the WIT has several
    * `:compile` - options of `Workbooks.Wasm.compile/2`
    * `:otp_app` - whose `priv` it is, where that is not the project being compiled

  The module is compiled again when one of the files changes. What is wrong with them
  is a `CompileError`.
  """

  @enforce_keys [:ref, :exports, :imports]
  defstruct [:ref, :exports, :imports]

  @typedoc "A WIT type: an atom such as `:string`, or a tuple such as `{:list, :u8}`."
  @type wit_type :: atom | tuple
  @typedoc "Where a function is (its interface and name, or its name), its parameters and its result."
  @type signature :: {[String.t()], [{String.t(), wit_type}], wit_type | nil}
  @typedoc "As a signature, with what it is: `:func`, `:resource` for what hears of a resource's end, or the name of something values cannot give."
  @type import :: {[String.t()], [{String.t(), wit_type}], wit_type | nil, :func | :resource | String.t()}
  @type t :: %__MODULE__{ref: reference, exports: [signature], imports: [import]}

  @doc false
  defmacro __using__(options) do
    quote do
      # Where the module is made, so that options may be what only it knows.
      Workbooks.Wasm.Bindings.define(unquote(options), __ENV__)
      @before_compile Workbooks.Wasm.Bindings
    end
  end

  @doc false
  def new(ref) do
    %__MODULE__{ref: ref, exports: Workbooks.Native.exports(ref), imports: Workbooks.Native.imports(ref)}
  end

  defimpl Inspect do
    def inspect(component, _options) do
      names = for {path, _, _} <- component.exports, do: Enum.join(path, "#")
      "#Workbooks.Wasm.Component<#{Enum.join(names, ", ")}>"
    end
  end
end
