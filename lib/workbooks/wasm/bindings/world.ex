defmodule Workbooks.Wasm.Bindings.World do
  @moduledoc false
  # All of a world's code: what goes into the module itself, and the modules within it.

  alias Workbooks.Wasm.Bindings.{Functions, Names, Types}

  @doc "The code for a world; `source` is what `component/0` loads, nil where there is no component."
  def code(world, names, source, line) do
    world_types = Enum.flat_map(world.imports ++ world.exports, &if(&1.name, do: [], else: &1.types))
    scope = %{names: names, side: :exports, module: names.base}

    parts = [
      source && component(source),
      Types.definitions(Enum.uniq_by(world_types, & &1.name), scope),
      Enum.map(world.exports, &export(&1, names)),
      Enum.map(world.imports, &import_(&1, names))
    ]

    # Whose fault it is when it fails: the line that says `use`.
    {:__block__, [], parts |> List.flatten() |> Enum.reject(&is_nil/1)}
    |> Macro.prewalk(&Macro.update_meta(&1, fn meta -> Keyword.merge(meta, line: line, generated: true) end))
  end

  defp component(source) do
    quote do
      @doc "The component: compiled when first asked for, then kept for all processes."
      @spec component :: {:ok, Workbooks.Wasm.Component.t()} | {:error, Workbooks.Wasm.Error.t()}
      def component, do: Workbooks.Wasm.Bindings.Runtime.component(unquote(Macro.escape(source)))

      @doc "As `component/0`; raises `Workbooks.Wasm.Error`."
      @spec component! :: Workbooks.Wasm.Component.t()
      def component!, do: Workbooks.Wasm.Bindings.Runtime.bang!(component())

      @doc """
      Makes an instance, with the options of `Workbooks.Wasm.instantiate/2`. In `imports:` a module
      may stand for the functions of an interface, and under `"$root"` for those of the world itself.
      """
      @spec instantiate(keyword) :: {:ok, Workbooks.Wasm.Instance.t()} | {:error, Workbooks.Wasm.Error.t()}
      def instantiate(options \\ []) do
        with {:ok, component} <- component(), do: Workbooks.Wasm.Bindings.Runtime.instantiate(component, options)
      end

      @doc "As `instantiate/1`; raises `Workbooks.Wasm.Error`."
      @spec instantiate!(keyword) :: Workbooks.Wasm.Instance.t()
      def instantiate!(options \\ []), do: Workbooks.Wasm.Bindings.Runtime.bang!(instantiate(options))

      @doc """
      Starts a `Workbooks.Wasm.Server` of this component, named after this module unless `name:` says
      otherwise, or with `pool: [max: 4]` a `Workbooks.Wasm.Pool`. Options are theirs.
      """
      @spec start_link(keyword) :: GenServer.on_start()
      def start_link(options \\ []), do: Workbooks.Wasm.Bindings.Runtime.start_link(__MODULE__, options)

      @doc "The child of a supervisor that `start_link/1` starts."
      @spec child_spec(keyword) :: Supervisor.child_spec()
      def child_spec(options) do
        %{id: Keyword.get(options, :name, __MODULE__), start: {__MODULE__, :start_link, [options]}}
      end

      defoverridable instantiate: 1, start_link: 1, child_spec: 1
    end
  end

  # The world's own functions stand in its module, an interface's in one of its own; resources within.
  defp export(%{name: name, functions: functions} = interface, names) do
    module = Names.module(names, :exports, name)
    scope = %{names: names, side: :exports, module: module}
    {own, of_resources} = Enum.split_with(functions, &(&1.kind == :free))
    docs = for %{name: resource, docs: docs} <- interface.types, into: %{}, do: {resource, docs}

    within =
      for {resource, of_it} <- Enum.group_by(of_resources, &elem(&1.kind, 1)) do
        inner = Names.resource_module(module, resource)
        definitions = Functions.definitions(of_it, name, inner, %{scope | module: inner})
        module(inner, words(docs[resource], "The resource `#{resource}`#{of(name)}."), definitions)
      end

    definitions = Functions.definitions(own, name, module, scope)

    if name do
      body = Types.definitions(interface.types, scope) ++ definitions
      [module(module, words(interface.docs, "The exported interface `#{name}`."), body) | within]
    else
      definitions ++ within
    end
  end

  defp import_(%{name: nil, functions: []}, _names), do: []

  defp import_(%{name: name} = interface, names) do
    module = Names.module(names, :imports, name)
    # The world's own types are in its module, whichever side they are on.
    types = if name, do: interface.types, else: []
    scope = %{names: names, side: :imports, module: module}
    body = Types.definitions(types, scope) ++ Functions.callbacks(%{interface | types: types}, scope)

    what =
      case {name, interface.functions} do
        {name, []} -> "Types of the imported interface `#{name}`."
        {nil, _} -> behaviour("The functions that the world itself imports", "$root", module)
        {name, _} -> behaviour("The imported interface `#{name}`", name, module)
      end

    module(module, words(interface.docs, what), body)
  end

  defp behaviour(what, key, module) do
    """
    #{what}, as a behaviour. A module that has it is given to `instantiate/1`:

        defmodule MyApp.Host do
          @behaviour #{inspect(module)}
          …
        end

        imports: %{#{inspect(key)} => MyApp.Host}
    """
  end

  defp module(name, moduledoc, body) do
    quote do
      defmodule unquote(name) do
        @moduledoc unquote(moduledoc)
        unquote_splicing(body)
      end
    end
  end

  @doc "What the module says of itself unless its author does."
  def moduledoc(world, names, options) do
    from = [options.file, options.wit] |> Enum.find(&(&1 && not String.contains?(&1, ["\n", "{"])))
    title = if from, do: "The world `#{world.name}` of `#{from}`.", else: "The world `#{world.name}`."

    [words(world.docs, title), modules("Interfaces:", world.exports, :exports, names)]
    |> Enum.concat([modules("Behaviours for what it imports:", world.imports, :imports, names)])
    |> Enum.reject(&is_nil/1)
    |> Enum.join("\n\n")
  end

  defp modules(title, interfaces, side, names) do
    lines =
      for %{name: name, functions: [_ | _]} <- interfaces, name != nil or side == :imports do
        "  * `#{inspect(Names.module(names, side, name))}`: #{if name, do: "`#{name}`", else: "the world itself"}"
      end

    if lines != [], do: Enum.join([title, "" | lines], "\n")
  end

  defp words(nil, what), do: what
  defp words(docs, what), do: docs <> "\n\n" <> what

  defp of(nil), do: ""
  defp of(interface), do: " of `#{interface}`"
end
