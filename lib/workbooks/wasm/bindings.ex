defmodule Workbooks.Wasm.Bindings do
  @moduledoc """
  What a component, or WIT, says of itself: `describe/1`. Beside what
  `Workbooks.Wasm.exports/1` knows of a compiled component, this has the names of
  types and the words of their author, and it compiles nothing.

  `use Workbooks.Wasm.Component` makes modules of it.
  """

  alias Workbooks.Options
  alias Workbooks.Wasm.Bindings.{Names, Source, World}
  alias Workbooks.Wasm.Error

  @typedoc """
  Interfaces in the order of the WIT; functions and types of the world itself are in
  one whose name is `nil`. `files` are those it was read from.
  """
  @type world :: %{
          name: String.t(),
          docs: String.t() | nil,
          imports: [interface],
          exports: [interface],
          files: [Path.t()]
        }
  @type interface :: %{
          name: String.t() | nil,
          docs: String.t() | nil,
          types: [%{name: String.t(), docs: String.t() | nil, type: definition}],
          functions: [function_description]
        }
  @typedoc "`name` is as a call spells it, `\"[method]counter.increment\"`; `wit` is the signature as WIT spells it."
  @type function_description :: %{
          name: String.t(),
          docs: String.t() | nil,
          kind: :free | {:constructor | :method | :static, resource :: String.t()},
          params: [{String.t(), type}],
          result: type | nil,
          async: boolean,
          wit: String.t()
        }
  @typedoc "What a name stands for."
  @type definition :: {:record | :variant | :enum | :flags, [member]} | :resource | {:alias, type}
  @type member :: %{name: String.t(), docs: String.t() | nil, type: type | nil}
  @typedoc """
  An atom such as `:string`, or a tuple such as `{:list, :u8}`, `{:result, :u8, nil}`. Types with
  a name are `{:named, {interface, name}}`, handles of resources `{:own, {interface, name}}`
  and `{:borrow, {interface, name}}`; the interface is `nil` for the world itself.
  """
  @type type :: atom | tuple

  @typedoc "What a generated function is called on: an instance, or a server or a pool by its pid or name."
  @type target :: Workbooks.Wasm.Instance.t() | GenServer.server()
  @typedoc "What it answers; more than a result with the options `metrics:` and `on_host_call:` of `Workbooks.Wasm.call/4`."
  @type answer(value) :: {:ok, value} | {:ok, value, map} | {:suspended, term} | {:error, Error.t()}

  @schema [file: {:string, nil}, wit: {:string, nil}, world: {:string, nil}]
  @use_schema @schema ++ [compile: {:keyword, []}, otp_app: {:any, nil}]

  @doc """
  Reads the world of a component or of WIT.

      iex> {:ok, world} = Workbooks.Wasm.Bindings.describe(wit: \"""
      ...> package acme:kernel;
      ...> world kernel {
      ...>   /// The document as HTML.
      ...>   export render: func(org: string) -> string;
      ...> }
      ...> \""")
      iex> [%{name: nil, functions: [render]}] = world.exports
      iex> {render.docs, render.wit}
      {"The document as HTML.", "render: func(org: string) -> string"}

  Options, of which one of the first two is needed:

    * `:file` - a component's file, binary or text
    * `:wit` - WIT text, or the path of a WIT file or folder; beside `:file` the words
      for what that exports
    * `:world` - which one, where the WIT has several

  Errors: `:compile` with what is wrong and where, `:not_found`, `:io`, `:export` for
  a world that is not there, or has to be named.
  """
  @spec describe(keyword) :: {:ok, world} | {:error, Error.t()}
  def describe(options) do
    with {:ok, world, _bytes} <- Source.read(Options.validate!(options, @schema, "describe/1")), do: {:ok, world}
  end

  @doc false
  # What `use Workbooks.Wasm.Component` does, in the module that is being made.
  def define(options, %Macro.Env{module: module} = env) do
    options = Options.validate!(options, @use_schema, "use Workbooks.Wasm.Component")

    case Source.read(options) do
      {:ok, world, bytes} ->
        for file <- world.files, do: Module.put_attribute(module, :external_resource, file)
        names = Names.plan(world, module, bytes != nil)
        Module.register_attribute(module, :workbooks_wasm_moduledoc, [])
        Module.put_attribute(module, :workbooks_wasm_moduledoc, World.moduledoc(world, names, options))
        code = World.code(world, names, bytes && Source.component(options, bytes), env.line)
        Code.eval_quoted(code, [], env)
        :ok

      {:error, error} ->
        description = "use Workbooks.Wasm.Component: #{error.message}#{Source.advice(options, error)}"
        raise CompileError, file: env.file, line: env.line, description: description
    end
  end

  @doc false
  # The module's own words win, wherever in it they stand.
  defmacro __before_compile__(%Macro.Env{module: module} = env) do
    words = Module.delete_attribute(module, :workbooks_wasm_moduledoc)
    unless Module.get_attribute(module, :moduledoc), do: Module.put_attribute(module, :moduledoc, {env.line, words})
    nil
  end
end
