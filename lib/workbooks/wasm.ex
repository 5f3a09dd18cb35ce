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
  alias Workbooks.Wasm.WASI.Grants
  alias Workbooks.{Native, Options, Telemetry}

  alias Workbooks.Wasm.{
    Cache,
    Compiler,
    Component,
    Driver,
    Error,
    Extern,
    Function,
    Host,
    Instance,
    Module,
    Pools,
    Resource,
    Suspension
  }

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
  `"moving-average"`. A program of WASI's, with a `_start`, exports `wasi:cli/run` instead.

  What the module imports from `wasi_snapshot_preview1`, the component imports from
  WASI 0.2: `wasi:` of `instantiate/2` grants it.

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
    * `:wit` - a WIT document with one world, which may have imports: the module finds a
      function of the world's own in `env`, in `$root`, or under its interface's name. Without
      it a module that imports something other than WASI is refused
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
  What a program exports: of a component `%{"name" => {:func, [{"param", type}], result}}`,
  an interface's functions in a map under its name; of a core module
  `%{"name" => {:func, [type], [type]}}`, or `{:memory, limits}`, `{:global, type, :const | :var}`,
  `{:table, type, limits}`, `{:tag, [type]}`.

      iex> module = Workbooks.Wasm.compile!(~S[(module (func (export "f") (param i32)) (memory (export "m") 1 2))])
      iex> Workbooks.Wasm.exports(module)
      %{"f" => {:func, [:i32], []}, "m" => {:memory, %{min: 1, max: 2, memory64: false, shared: false}}}
  """
  @spec exports(Component.t() | Module.t()) :: map
  def exports(%Component{exports: exports}),
    do: tree(for {path, params, result} <- exports, do: {path, {:func, params, result}})

  def exports(%Module{exports: exports}), do: tree(exports)

  @doc "What a program imports, as `exports/1` shows it; a core module's imports under their modules' names."
  @spec imports(Component.t() | Module.t()) :: map
  def imports(%Component{imports: imports}) do
    tree(for {path, params, result, kind} when kind in [:func, :wasi] <- imports, do: {path, {:func, params, result}})
  end

  def imports(%Module{imports: imports}), do: tree(imports)

  @no_limit 0xFFFFFFFFFFFFFFFF
  @limits [
    memory: {:positive, 256 * 1024 * 1024},
    table_elements: {:non_negative, 100_000},
    instances: {:positive, 10_000},
    tables: {:non_negative, 10_000},
    memories: {:non_negative, 10_000},
    host_calls: {:non_negative, @no_limit},
    output_bytes: {:non_negative, 16 * 1024 * 1024},
    value_bytes: {:non_negative, 128 * 1024 * 1024}
  ]

  @doc """
  Joins components: what `plugs` export is given to what `bytes` imports, types and
  resources included. The result is a component, as bytes, with the exports of the
  first; what no plug exports stays an import.

      iex> adder = ~S\"""
      ...> (component
      ...>   (core module $m (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
      ...>   (core instance $i (instantiate $m))
      ...>   (func (export "next") (param "x" s32) (result s32) (canon lift (core func $i "add"))))
      ...> \"""
      iex> user = ~S\"""
      ...> (component
      ...>   (import "next" (func $next (param "x" s32) (result s32)))
      ...>   (export "after" (func $next)))
      ...> \"""
      iex> {:ok, bytes} = Workbooks.Wasm.compose(user, [adder])
      iex> {:ok, instance} = Workbooks.Wasm.instantiate(Workbooks.Wasm.compile!(bytes))
      iex> Workbooks.Wasm.call(instance, "after", [41])
      {:ok, 42}

  To link instances that live apart, give one as another's import: see `instantiate/2`.
  Options `:timeout` and `:max_bytes` of `compile/2`. Errors: `:compile` for what is no
  component, `:link` when nothing fits or a type differs.
  """
  @spec compose(binary, [binary], keyword) :: result(binary)
  defdelegate compose(bytes, plugs, options \\ []), to: Compiler

  @doc """
  Makes an instance of a component or a core module.

  Options:

    * `:imports` - what the program imports: `%{"host:log/sink" => %{"line" => fn text -> … end}}`,
      functions of the world itself beside the interfaces. An interface may be named
      without its version. In a map's stead may stand a module, whose functions go by
      the snake_case of the WIT's names, or an instance whose exports serve. Of core
      modules, `%{"env" => %{"f" => fn a -> … end, "memory" => extern}}` with what
      `export/2` gives, or a whole instance; the new instance then joins its store.
      A function that takes one argument more gets the calling instance first, for
      `Workbooks.Wasm.Memory`.
    * `:store` - a core instance whose store the new one joins: they can be linked, take
      turns, and end together. The limits of that store hold
    * `:limits` - of the store: `memory:` bytes of linear memory (256 MiB),
      `table_elements:` (100,000), `instances:`, `tables:`, `memories:` (10,000 each),
      `host_calls:` over its life (none), `output_bytes:` (16 MiB), `value_bytes:` of the lists
      and strings of one call (128 MiB)
    * `:fuel` - what the guest may use from now on, of a program compiled with `fuel: true`
    * `:wasi` - what of the system a program compiled for WASI may see: see
      `Workbooks.Wasm.WASI`. Nothing is granted unless it is named
    * `:deterministic` - a seed for WASI's random numbers, and clocks that do not tell the time
    * `:host` - `:caller` runs host functions in the process that makes the call,
      `:isolated` in a process of their own that a timeout can end; `:caller`
    * `:timeout` - milliseconds for the start code, or `:infinity`; 5,000
    * `:owner` - the process the instance ends with; the caller

  Errors: `:import`, `:link`, `:limit`, `:memory_limit`, `:overloaded` when too many
  instances are alive (config `max_stores`), `:trap`, `:timeout`, `:fuel`.
  """
  @spec instantiate(Component.t() | Module.t(), keyword) :: result(Instance.t())
  def instantiate(program, options \\ []) do
    is_struct(program, Component) or is_struct(program, Module) ||
      raise ArgumentError,
            "instantiate/2 takes a program, which compile/2 makes of bytes, got: #{inspect(program, limit: 5)}"

    schema = [
      imports: {:map, %{}},
      store: {:any, nil},
      limits: {:keyword, []},
      fuel: {:non_negative, nil},
      host: {{:in, [:caller, :isolated]}, :caller},
      timeout: {:timeout, 5_000},
      owner: {:pid, self()},
      wasi: {:any, nil},
      deterministic: {:any, nil}
    ]

    checked = Options.validate!(options, schema, "instantiate/2")
    limits = Options.validate!(checked.limits, @limits, "limits: of instantiate/2")
    checked = %{checked | wasi: checked.wasi && Grants.new!(checked.wasi, checked.deterministic)}

    span(:instantiate, %{component: program}, fn -> instantiate(program, program.ref, checked, limits) end)
  end

  defp instantiate(program, ref, checked, limits) do
    timeout = Driver.milliseconds(checked.timeout)

    with {:ok, imports, host} <- Host.bind(program, checked.imports, &call!(&1, &2, &3, timeout: :infinity)),
         {:ok, made, step} <-
           native(
             Native.instantiate(
               ref,
               checked.owner,
               beside(checked.store),
               imports,
               kept(host),
               limits(limits),
               checked.fuel,
               timeout,
               checked.wasi && checked.wasi.native
             )
           ),
         instance = %Instance{ref: made, program: program, host: host, mode: checked.host, wasi: granted(checked, made)},
         {:ok, nil} <- step |> Driver.run(instance, Driver.context(instance, timeout)) |> ended(instance, nil) do
      {:ok, instance}
    else
      {:error, %Error{details: %{code: :pool_full}}} ->
        # The pool's places are taken: the same code runs outside it.
        with {:ok, copy} <- native(Native.overflow(ref)), do: instantiate(program, copy, checked, limits)

      {:error, error} ->
        {:error, error}
    end
  end

  # A store's WASI is that of its first instance.
  defp granted(%{wasi: nil, store: %Instance{wasi: wasi}}, _made), do: wasi
  defp granted(%{wasi: nil}, _made), do: nil
  defp granted(%{wasi: wasi}, made), do: %{wasi | tag: made}

  # What the store keeps, for calls of other instances in it that reach these functions.
  defp kept(host), do: if(Enum.any?(Tuple.to_list(host)), do: host)

  defp beside(nil), do: nil
  defp beside(%Instance{ref: ref}), do: ref

  defp beside(other) do
    raise ArgumentError, "option :store of instantiate/2 must be an instance, got: #{inspect(other)}"
  end

  defp limits(limits) do
    {{limits.memory, limits.table_elements, limits.instances, limits.tables, limits.memories},
     {limits.host_calls, limits.output_bytes, limits.value_bytes}}
  end

  @doc """
  Calls an export: `{:ok, result}`, with `nil` for a function without one and a tuple
  for one of several.

  `name` is the function's name, or `[interface, name]`, or a `Workbooks.Wasm.Function`.
  Options:

    * `:timeout` - milliseconds, or `:infinity`; 5,000. Time in host functions counts
    * `:fuel` - what the call may use, of a program compiled with `fuel: true`
    * `:metrics` - `true` answers `{:ok, result, %{fuel:, wall_us:, cpu_us:, memory_peak:, host_calls:}}`
    * `:schedule` - `:auto` starts where lately was best, `:normal` on the scheduler the
      process is on, `:dirty` on one where a long first slice disturbs nobody
    * `:host` - as for `instantiate/2`, for this call
    * `:on_host_call` - `:suspend` answers `{:suspended, suspension}` when the guest calls
      a host function: see `resume/3`
    * `:ttl` - how long the suspension lives, in milliseconds or `:infinity`; 60,000
    * `:nan` - `:payload` answers NaNs of core modules as `{:nan, bits}`

  Errors: `:export`, `:type` (which argument, where in it, what was expected),
  `:trap`, `:timeout`, `:fuel`, `:memory_limit`, `:limit`, `:host_error`, `:busy`,
  `:closed`. A component's instance is closed after a trap, a core module's can be
  called again; after a timeout or the end of its fuel each is closed.
  """
  @spec call(Instance.t(), String.t() | [String.t()] | Function.t(), list, keyword) ::
          result(term) | {:ok, term, map} | {:suspended, Suspension.t()}
  def call(instance, name, arguments \\ [], options \\ [])

  def call(%Instance{} = instance, name, arguments, options) when is_list(arguments) do
    if Telemetry.calls?() do
      span(:call, %{instance: instance, name: name}, fn -> make_call(instance, name, arguments, options) end)
    else
      make_call(instance, name, arguments, options)
    end
  end

  defp make_call(instance, name, arguments, []) when not is_struct(name), do: quick(instance, name, arguments, 5_000)

  defp make_call(instance, name, arguments, timeout: timeout)
       when not is_struct(name) and is_integer(timeout) and timeout >= 0 do
    quick(instance, name, arguments, Driver.milliseconds(timeout))
  end

  defp make_call(instance, name, arguments, options) do
    instance |> call_with(name, arguments, options) |> ended(instance, name)
  end

  defp quick(%Instance{ref: ref} = instance, name, arguments, timeout) do
    case Native.call(ref, name, arguments, timeout) do
      {:ok, value} when is_tuple(value) or is_map(value) or is_list(value) -> {:ok, Driver.adopt(value, instance)}
      {:ok, _value} = done -> done
      :dirty -> ref |> Native.call_dirty(name, arguments, timeout) |> drive(instance, timeout) |> ended(instance, name)
      step -> step |> drive(instance, timeout) |> ended(instance, name)
    end
  end

  defp drive(step, instance, timeout), do: Driver.run(step, instance, Driver.context(instance, timeout))

  defp span(event, metadata, function) do
    Telemetry.span([:workbooks, :wasm, event], metadata, fn ->
      answer = function.()
      {answer, %{result: Telemetry.result(answer)}}
    end)
  end

  defp ended({:error, %Error{kind: kind} = error} = answer, instance, name) when kind in [:trap, :timeout] do
    Telemetry.execute([:workbooks, :wasm, kind], %{count: 1}, %{instance: instance, name: name, error: error})
    answer
  end

  defp ended(answer, _instance, _name), do: answer

  @call_schema [
    timeout: {:timeout, 5_000},
    fuel: {:non_negative, nil},
    metrics: {:boolean, false},
    schedule: {{:in, [:auto, :normal, :dirty]}, :auto},
    host: {{:in, [:caller, :isolated]}, nil},
    on_host_call: {{:in, [:run, :suspend]}, :run},
    ttl: {:timeout, 60_000},
    nan: {{:in, [:plain, :payload]}, :plain}
  ]

  defp call_with(%Instance{ref: ref} = instance, name, arguments, options) do
    options = Options.validate!(options, @call_schema, "call/4")
    timeout = Driver.milliseconds(options.timeout)
    given = {timeout, options.fuel, options.metrics, options.nan == :payload}
    suspend = if options.on_host_call == :suspend, do: options.ttl
    context = Driver.context(instance, timeout, %{host: options.host, suspend: suspend, metrics: options.metrics})

    if options.schedule == :dirty or (options.schedule == :auto and Native.wants_dirty(ref, name, arguments)) do
      Driver.run(Native.call_with_dirty(ref, name, arguments, given), instance, context)
    else
      Driver.run(Native.call_with(ref, name, arguments, given), instance, context)
    end
  end

  @doc false
  # Workbooks.Wasm.HTTP's way in: a request as its handler takes it.
  def request(%Instance{} = instance, {_, _, _, body} = request, options) do
    options = Options.validate!(options, Keyword.take(@call_schema, [:timeout, :host]), "HTTP.handle/3")
    timeout = Driver.milliseconds(options.timeout)
    context = Driver.context(instance, timeout, %{host: options.host, body: body})

    span(:call, %{instance: instance, name: "wasi:http/incoming-handler"}, fn ->
      instance.ref
      |> Native.handle_http(request, timeout)
      |> Driver.run(instance, context)
      |> ended(instance, "wasi:http/incoming-handler")
    end)
  end

  @doc """
  Takes up a suspended call: `answer` is what the host function would have answered.

  The calling process becomes the owner of the call's instance. Options `:timeout`
  (5,000, from now on), `:host`, `:on_host_call` and `:ttl` as for `call/4`; without
  them the next host function runs. An answer of the wrong type is kind `:type`, and
  the call is suspended as before; a call that was resumed already, or whose time to
  live is over, is kind `:closed`.
  """
  @spec resume(Suspension.t(), term, keyword) :: result(term) | {:ok, term, map} | {:suspended, Suspension.t()}
  def resume(%Suspension{instance: instance} = suspension, answer, options \\ []) do
    schema = Keyword.take(@call_schema, [:timeout, :host, :on_host_call, :ttl])
    options = Options.validate!(options, schema, "resume/3")
    timeout = Driver.milliseconds(options.timeout)
    suspend = if options.on_host_call == :suspend, do: options.ttl
    context = Driver.context(instance, timeout, %{host: options.host, suspend: suspend, metrics: suspension.metrics})

    with :ok <- native(Native.take_up(suspension.ref, instance.ref)) do
      Native.restart_clock(instance.ref, timeout)

      case Driver.reply(instance.ref, answer) do
        {:error, {:type, message, _}} ->
          Native.put_back(suspension.ref, instance.ref)
          {:error, Error.new(:type, "the answer of #{Enum.join(suspension.name, "#")}: #{message}")}

        step ->
          step |> Driver.run(instance, context) |> ended(instance, suspension.name)
      end
    end
  end

  @doc """
  An export of a core instance, to be given to another's `imports:`. Errors: `:not_found`.

      iex> {:ok, a} = Workbooks.Wasm.instantiate(Workbooks.Wasm.compile!(~S[(module (memory (export "m") 1))]))
      iex> {:ok, memory} = Workbooks.Wasm.export(a, "m")
      iex> module = Workbooks.Wasm.compile!(~S[(module (import "a" "m" (memory 1)))])
      iex> {:ok, _b} = Workbooks.Wasm.instantiate(module, imports: %{"a" => %{"m" => memory}})
  """
  @spec export(Instance.t(), String.t()) :: result(Extern.t())
  def export(%Instance{program: %Module{exports: exports}} = instance, name) do
    case List.keyfind(exports, [name], 0) do
      {_, type} -> {:ok, %Extern{instance: instance, name: name, type: type}}
      nil -> {:error, Error.new(:not_found, "the instance exports nothing called #{name}")}
    end
  end

  def export(%Instance{}, name) do
    {:error, Error.new(:not_found, "#{name}: a component's exports are called, not shared; give the instance itself")}
  end

  @doc """
  Ends a resource of an instance's: its component's destructor runs as a call does. What
  was handed over or dropped before is left alone. Option `:timeout`, 5,000 ms.
  """
  @spec drop(Instance.t(), Resource.t(), keyword) :: :ok | {:error, Error.t()}
  def drop(%Instance{} = instance, %Resource{ref: ref}, options \\ []) do
    timeout = Driver.timeout(options, "drop/3")

    with {:ok, nil} <- instance.ref |> Native.drop_resource(ref, timeout) |> drive(instance, timeout) do
      :ok
    end
  end

  @doc "Ends an instance and any call it is in; ending it twice does no harm."
  @spec close(Instance.t()) :: :ok
  def close(%Instance{ref: ref}), do: Native.close(ref)

  @doc "Whether an instance is `:idle`, `:running` a call, in one that is `:suspended`, or `:closed`."
  @spec state(Instance.t()) :: :idle | :running | :suspended | :closed
  def state(%Instance{ref: ref}), do: Native.state(ref)

  @doc "Bytes of linear memory an instance holds."
  @spec memory_size(Instance.t()) :: non_neg_integer
  def memory_size(%Instance{ref: ref}), do: Native.memory_size(ref)

  @doc """
  What the last call with `metrics: true` used, that failed too; `nil` before there was one.

      iex> module = Workbooks.Wasm.compile!(~S[(module (func (export "f") unreachable))], fuel: true)
      iex> {:ok, instance} = Workbooks.Wasm.instantiate(module)
      iex> {:error, %{kind: :trap}} = Workbooks.Wasm.call(instance, "f", [], metrics: true)
      iex> Workbooks.Wasm.metrics(instance).fuel > 0
      true

  A call that was ended by its timeout, or from outside, has none.
  """
  @spec metrics(Instance.t()) :: map | nil
  def metrics(%Instance{ref: ref}), do: Native.metrics(ref)

  @doc """
  The engine's counters. Alive now: `stores`, `fibers` (calls that outlived their first
  slice), `suspended` calls, compilations waiting or under way (`compiling`). Since the
  start: `calls`, those that began on a dirty scheduler (`dirty_calls`), slices that
  ended with the guest running (`yields`), `traps`. Beside them `cache_bytes`, the
  compiled code in memory, and `pools`, the states of each pool's instances.

      iex> is_integer(Workbooks.Wasm.stats().stores)
      true
  """
  @spec stats :: %{
          stores: integer,
          fibers: integer,
          suspended: integer,
          compiling: integer,
          calls: non_neg_integer,
          dirty_calls: non_neg_integer,
          yields: non_neg_integer,
          traps: non_neg_integer,
          cache_bytes: non_neg_integer,
          pools: map
        }
  def stats, do: Map.merge(Native.stats(), %{cache_bytes: Cache.stats().memory_bytes, pools: Pools.stats()})

  @doc false
  # Settings of the application's that the engine keeps. Without any the library is not even loaded.
  def configure(settings) do
    case Keyword.fetch(settings, :max_stores) do
      {:ok, most} when is_integer(most) and most > 0 and most < 0x8000000000000000 ->
        Native.max_stores(most)

      {:ok, other} ->
        raise ArgumentError,
              "the configuration :max_stores of :workbooks must be an integer from 1, got: #{inspect(other)}"

      :error ->
        :ok
    end
  end

  defbang(compile: 1, compile: 2, compile_file: 1, compile_file: 2, precompile: 1, precompile: 2)
  defbang(componentize: 1, componentize: 2, compose: 2, compose: 3, serialize: 1, deserialize: 1, load_file: 1)
  defbang(instantiate: 1, instantiate: 2, call: 2, call: 3, call: 4, export: 2)

  @doc false
  defdelegate read_file(path), to: Compiler

  defp native({:error, error}), do: {:error, Error.from_native(error)}
  defp native(answer), do: answer

  defp tree(signatures) do
    for {path, type} <- signatures, reduce: %{} do
      tree -> put_in(tree, Enum.map(path, &Access.key(&1, %{})), type)
    end
  end
end
