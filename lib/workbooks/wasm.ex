defmodule Workbooks.Wasm do
  @moduledoc """
  WebAssembly in Elixir processes.

      iex> wat = ~S\"""
      ...> (component
      ...>   (core module $m
      ...>     (func (export "add") (param i32 i32) (result i32)
      ...>       local.get 0 local.get 1 i32.add))
      ...>   (core instance $i (instantiate $m))
      ...>   (func (export "add") (param "a" s32) (param "b" s32) (result s32)
      ...>     (canon lift (core func $i "add"))))
      ...> \"""
      iex> {:ok, component} = Workbooks.Wasm.compile(wat)
      iex> {:ok, instance} = Workbooks.Wasm.instantiate(component)
      iex> Workbooks.Wasm.call(instance, "add", [2, 3])
      {:ok, 5}
      iex> Workbooks.Wasm.close(instance)
      :ok

  A call runs in the process that makes it, a slice of about a millisecond at a
  time, on a fiber of its own: a guest that loops takes nothing from others, a
  process that is killed takes its guest with it, and a host function is a plain
  function call in the same process.

  ## Values

  | WIT | Elixir |
  | --- | --- |
  | `bool` | `true`, `false` |
  | `s8` … `u64` | integers, checked against their range |
  | `f32`, `f64` | floats (integers are taken), `:nan`, `:infinity`, `:neg_infinity` |
  | `char` | a string of one character |
  | `string`, `list<u8>` | binaries |
  | `list` | a list |
  | `record` | a map with the WIT's names as string keys; atom and snake_case keys are taken |
  | `tuple` | a tuple |
  | `variant` | `"case"` or `{"case", value}` |
  | `enum` | `"case"` |
  | `flags` | a list of strings |
  | `option` | `nil` or the value; an option of an option is `nil` or `{:some, value}` |
  | `result` | `{:ok, value}` or `{:error, value}` |

  Every failure is `{:error, %Workbooks.Wasm.Error{}}`; each function has a bang
  form that raises it.
  """

  import Workbooks.Bang
  alias Workbooks.{Native, Options}
  alias Workbooks.Wasm.{Compiler, Component, Error, Host, Instance, Module}

  @type result(value) :: {:ok, value} | {:error, Error.t()}

  @doc """
  Compiles a component or a core module, binary or text: a `Workbooks.Wasm.Component` or a
  `Workbooks.Wasm.Module`, by what the bytes are.

  The work is done by threads of the library's own; the calling process waits for
  their message. The same bytes are compiled once: see `Workbooks.Wasm.Cache`. Options:

    * `:timeout` - milliseconds to wait, or `:infinity`; 60,000 unless told otherwise
    * `:max_bytes` - larger inputs are refused with kind `:limit`; 64 MiB
    * `:fuel` - `true` counts instructions, which `fuel:` of a call then limits, and
      makes the code a little slower; `false`
    * `:cache` - `false` compiles in any case, and keeps nothing; `true`

  Errors: `:compile` with what is wrong and where, `:limit`, `:timeout`,
  `:overloaded` when too many compilations wait.

      iex> {:ok, %Workbooks.Wasm.Module{}} = Workbooks.Wasm.compile("(module)")
      iex> {:error, error} = Workbooks.Wasm.compile("(modul)")
      iex> error.kind
      :compile
  """
  @spec compile(binary, keyword) :: result(Component.t() | Module.t())
  defdelegate compile(bytes, options \\ []), to: Compiler

  @doc "As `compile/2`, from a file. Errors also: `:not_found`, `:io`."
  @spec compile_file(Path.t(), keyword) :: result(Component.t() | Module.t())
  defdelegate compile_file(path, options \\ []), to: Compiler

  @doc """
  Compiles a component or a core module to native code, for `deserialize/1` or a file that
  `load_file/1` maps. Options as for `compile/2`, but for `:cache`, which this goes past.
  """
  @spec precompile(binary, keyword) :: result(binary)
  defdelegate precompile(bytes, options \\ []), to: Compiler

  @doc """
  Makes a component of a core module, binary or text; a component comes back as it is.

  Without further options the component exports the module's functions of numbers:
  `i32` is `s32`, `i64` is `s64`. Names become WIT's: `moving_average` answers to
  `"moving-average"`.

      iex> wat = ~S\"""
      ...> (module (func (export "twice") (param i64) (result i64)
      ...>   local.get 0 i64.const 2 i64.mul))
      ...> \"""
      iex> {:ok, bytes} = Workbooks.Wasm.componentize(wat)
      iex> {:ok, component} = Workbooks.Wasm.compile(bytes)
      iex> Workbooks.Wasm.exports(component)
      %{"twice" => {:func, [{"p0", :s64}], :s64}}

  Options beside `:timeout` and `:max_bytes` of `compile/2`:

    * `:name`, `:func` - export that one function with that WIT type, such as
      `"func(items: list<string>) -> list<f64>"`, by the canonical ABI
    * `:wit` - a WIT document with one world, which may have imports; without it a
      module that imports something is refused
  """
  @spec componentize(binary, keyword) :: result(binary)
  defdelegate componentize(bytes, options \\ []), to: Compiler

  @doc """
  The native code of a component or a core module, which `deserialize/1` takes in
  without compiling.
  """
  @spec serialize(Component.t() | Module.t()) :: result(binary)
  defdelegate serialize(program), to: Compiler

  @doc """
  Takes in native code made by `serialize/1` or `precompile/2`, on the same kind of machine.

  What is damaged, cut short or something else is an error of kind `:compile`. But a
  digest tells damage, not malice: native code is run as it is, and who can compute a
  digest can forge code. Give only what you made and kept yourself.

      iex> {:ok, code} = Workbooks.Wasm.precompile("(module)")
      iex> {:ok, %Workbooks.Wasm.Module{}} = Workbooks.Wasm.deserialize(code)
      iex> {:error, error} = Workbooks.Wasm.deserialize(binary_part(code, 0, 100))
      iex> error.kind
      :compile
  """
  @spec deserialize(binary) :: result(Component.t() | Module.t())
  defdelegate deserialize(code), to: Compiler

  @doc """
  As `deserialize/1`, from a file that is mapped, not read, its digest not computed. It
  must be whole, and not change while the program is in use; replace it by renaming
  another over it.
  """
  @spec load_file(Path.t()) :: result(Component.t() | Module.t())
  defdelegate load_file(path), to: Compiler

  @doc """
  What a component exports: `%{"name" => {:func, [{"param", type}], result}}`,
  an interface's functions in a map under its name.
  """
  @spec exports(Component.t()) :: map
  def exports(%Component{exports: exports}), do: tree(exports)

  @doc "What a component imports, as `exports/1` shows it."
  @spec imports(Component.t()) :: map
  def imports(%Component{imports: imports}), do: tree(imports)

  @limits [memory: {:positive, 256 * 1024 * 1024}, table_elements: {:non_negative, 100_000}]

  @doc """
  Makes an instance of a component.

  Options:

    * `:imports` - what the component imports: `%{"host:log/sink" => %{"line" => fn text -> … end}}`,
      functions of the world itself beside the interfaces. An interface may be named
      without its version. They run in the process that makes the guest's call.
    * `:limits` - `memory:` bytes of linear memory (256 MiB), `table_elements:` (100,000)
    * `:timeout` - milliseconds for the component's start code, or `:infinity`; 5,000
    * `:owner` - the process the instance ends with; the caller

  Errors: `:import`, `:link`, `:limit` when all places are taken, `:trap`, `:timeout`.
  """
  @spec instantiate(Component.t(), keyword) :: result(Instance.t())
  def instantiate(%Component{} = component, options \\ []) do
    schema = [imports: {:map, %{}}, limits: {:keyword, []}, timeout: {:timeout, 5_000}, owner: {:pid, self()}]
    options = Options.validate!(options, schema, "instantiate/2")
    limits = Options.validate!(options.limits, @limits, "limits: of instantiate/2")

    with {:ok, host} <- Host.bind(component.imports, options.imports),
         timeout = milliseconds(options.timeout),
         {:ok, ref, step} <-
           native(Native.instantiate(component.ref, options.owner, limits.memory, limits.table_elements, timeout)),
         instance = %Instance{ref: ref, component: component, host: host},
         {:ok, nil} <- drive(step, instance) do
      {:ok, instance}
    end
  end

  @doc """
  Calls an export: `{:ok, result}`, with `nil` for a function without one.

  `name` is the function's name, or `[interface, name]`. Options:

    * `:timeout` - milliseconds, or `:infinity`; 5,000. Time in host functions counts.

  Errors: `:export`, `:type` (which argument, where in it, what was expected),
  `:trap`, `:timeout`, `:memory_limit`, `:host_error`, `:busy`, `:closed`. After a
  trap or a timeout the instance is closed.
  """
  @spec call(Instance.t(), String.t() | [String.t()], list, keyword) :: result(term)
  def call(instance, name, arguments \\ [], options \\ [])

  def call(%Instance{ref: ref} = instance, name, arguments, options) when is_list(arguments) do
    timeout = call_timeout(options)

    case Native.call(ref, name, arguments, timeout) do
      {:ok, _value} = done -> done
      :dirty -> drive(Native.call_dirty(ref, name, arguments, timeout), instance)
      step -> drive(step, instance)
    end
  end

  @doc "Ends an instance and any call it is in; ending it twice does no harm."
  @spec close(Instance.t()) :: :ok
  def close(%Instance{ref: ref}), do: Native.close(ref)

  @doc "Whether an instance is `:idle`, `:running` a call, or `:closed`."
  @spec state(Instance.t()) :: :idle | :running | :closed
  def state(%Instance{ref: ref}), do: Native.state(ref)

  @doc "Bytes of linear memory an instance holds."
  @spec memory_size(Instance.t()) :: non_neg_integer
  def memory_size(%Instance{ref: ref}), do: Native.memory_size(ref)

  @doc """
  The engine's counters: stores and fibers alive, compilations waiting or under
  way, calls and traps since the start.

      iex> is_integer(Workbooks.Wasm.stats().stores)
      true
  """
  @spec stats :: %{
          stores: integer,
          fibers: integer,
          compiling: integer,
          calls: non_neg_integer,
          traps: non_neg_integer
        }
  def stats, do: Native.stats()

  defbang(compile: 1, compile: 2, compile_file: 1, compile_file: 2, precompile: 1, precompile: 2)
  defbang(componentize: 1, componentize: 2, serialize: 1, deserialize: 1, load_file: 1)
  defbang(instantiate: 1, instantiate: 2, call: 2, call: 3, call: 4)

  @doc false
  defdelegate read_file(path), to: Compiler

  # A call goes on until it ends: slices, host functions, slices.
  defp drive({:ok, value}, _instance), do: {:ok, value}
  defp drive(:yield, instance), do: drive(Native.poll(instance.ref), instance)
  defp drive({:error, error}, _instance), do: {:error, Error.from_native(error)}

  defp drive({:host, import, arguments}, instance) do
    case Host.apply(elem(instance.host, import), arguments) do
      {:ok, value} ->
        case reply(instance.ref, value) do
          {:error, {:type, message, _}} -> failed(instance, Host.wrong_answer(path(instance, import), message))
          step -> drive(step, instance)
        end

      {:raised, kind, reason, stacktrace} ->
        failed(instance, Host.raised(path(instance, import), kind, reason, stacktrace))
    end
  end

  defp reply(ref, value) do
    with :dirty <- Native.reply(ref, value), do: Native.reply_dirty(ref, value)
  end

  # The fiber unwinds; what it then answers says less than the host's own error.
  defp failed(instance, error) do
    Native.fail(instance.ref)
    {:error, error}
  end

  defp path(instance, import) do
    {path, _params, _result} = Enum.at(instance.component.imports, import)
    path
  end

  defp native({:error, error}), do: {:error, Error.from_native(error)}
  defp native(answer), do: answer

  defp call_timeout([]), do: 5_000
  defp call_timeout(timeout: timeout) when is_integer(timeout) and timeout >= 0, do: timeout

  defp call_timeout(options) do
    milliseconds(Options.validate!(options, [timeout: {:timeout, 5_000}], "call/4").timeout)
  end

  defp milliseconds(:infinity), do: -1
  defp milliseconds(timeout), do: timeout

  defp tree(signatures) do
    for {path, params, result} <- signatures, reduce: %{} do
      tree -> put_in(tree, Enum.map(path, &Access.key(&1, %{})), {:func, params, result})
    end
  end
end
