defmodule Workbooks.Wasm.Bindings.Names do
  @moduledoc false
  # What WIT's names are called in Elixir. Atoms are made of them while a module is
  # compiled, as many as its WIT has names, and at no other time.

  @enforce_keys [:base, :component?, :modules, :types]
  defstruct [:base, :component?, :modules, :types]

  # What a module with a component has of its own.
  @own [
    component: 0,
    component!: 0,
    instantiate: 0,
    instantiate: 1,
    instantiate!: 0,
    instantiate!: 1,
    start_link: 0,
    start_link: 1,
    child_spec: 1
  ]
  # What every module has, and words a specification cannot begin with.
  @erlang [module_info: 0, module_info: 1, behaviour_info: 1]
  @words ~w(when unquote unquote_splicing)
  # Words no variable can have.
  @reserved ~w(after and catch do else end false fn in nil not or rescue true when)
  # Elixir's types beside Erlang's.
  @types ~w(as_boolean charlist keyword nonempty_charlist struct)a

  @doc "Modules for a world in the module `base`, which has a component or only the interface."
  def plan(world, base, component?) do
    exports = modules(world.exports, base, if(world.imports == [], do: [], else: ["Imports"]))
    imports = modules(world.imports, Module.concat(base, Imports), [])

    modules =
      for {side, modules} <- [exports: exports, imports: imports], {name, module} <- modules, into: %{} do
        {{side, name}, module}
      end

    types =
      for %{name: interface, types: types} <- world.imports ++ world.exports, type <- types, do: {interface, type.name}

    %__MODULE__{base: base, component?: component?, modules: modules, types: MapSet.new(types)}
  end

  @doc "The module of an interface that is exported (or imported); `nil` names the world itself."
  def module(names, side, interface), do: Map.fetch!(names.modules, {side, interface})

  @doc "The module that defines a type, seen from one side: its own first. `nil` if there is none."
  def type_module(names, side, {interface, _name} = type) do
    other = if side == :exports, do: :imports, else: :exports

    cond do
      type not in names.types -> nil
      interface == nil -> names.base
      true -> names.modules[{side, interface}] || names.modules[{other, interface}]
    end
  end

  @doc "The module of a resource in an interface's module."
  def resource_module(module, resource), do: Module.concat(module, camel(resource))

  @doc "Functions with their names in a module: `[{name, function}]`, none like another or like what is there already."
  def functions(functions, module, names) do
    taken = if module == names.base and names.component?, do: @own ++ @erlang, else: @erlang
    {named, _taken} = Enum.map_reduce(functions, MapSet.new(taken), &free/2)
    named
  end

  defp free(function, taken), do: free(function_name(function), function, taken)

  defp free(name, function, taken) do
    # With options and without.
    arity = length(function.params) + if(match?({:method, _}, function.kind), do: 0, else: 1)
    atom = String.to_atom(name)
    both = [{atom, arity}, {atom, arity + 1}]

    if name in @words or Enum.any?(both, &(&1 in taken)),
      do: free(name <> "_", function, taken),
      else: {{atom, function}, Enum.into(both, taken)}
  end

  defp function_name(%{kind: :free, name: name}), do: snake(name)
  defp function_name(%{kind: {:constructor, _}}), do: "new"
  defp function_name(%{name: name}), do: name |> String.split(".", parts: 2) |> List.last() |> snake()

  @doc """
  What a function of an imported interface is called in a module that implements it:
  `[method]counter.increment` is `counter_increment`, a constructor `counter_new`.
  """
  def callback("[constructor]" <> resource), do: snake(resource) <> "_new"
  def callback("[resource-drop]" <> resource), do: snake(resource) <> "_drop"

  def callback("[" <> _ = name) do
    name |> String.split("]", parts: 2) |> List.last() |> String.replace(".", "_") |> snake()
  end

  def callback(name), do: snake(name)

  @doc "A type's name."
  def type(name) do
    atom = name |> snake() |> String.to_atom()
    if atom in @types or :erl_internal.is_type(atom, 0), do: :"#{atom}_", else: atom
  end

  @doc "Variables for parameters, none like another or like those in `taken`."
  def variables(params, taken) do
    {variables, _taken} =
      Enum.map_reduce(params, taken, fn {name, _type}, taken ->
        name = variable(snake(name), taken)
        {name |> String.to_atom() |> Macro.var(__MODULE__), [name | taken]}
      end)

    variables
  end

  defp variable(name, taken), do: if(name in taken or name in @reserved, do: variable(name <> "_", taken), else: name)

  defp snake(name), do: name |> String.replace("-", "_") |> String.downcase()

  defp camel(name), do: name |> String.split("-") |> Enum.map_join(&capital/1)
  defp capital(<<first::utf8, rest::binary>>), do: String.upcase(<<first::utf8>>) <> rest
  defp capital(""), do: ""

  # The shortest name that no other has: of the interface, with its package's, its namespace's, its version.
  defp modules(interfaces, base, taken) do
    names = for %{name: name} <- interfaces, name != nil, do: name
    named = shortest(names, 1, MapSet.new(taken))
    [{nil, base} | Enum.map(named, fn {name, short} -> {name, Module.concat(base, short)} end)]
  end

  defp shortest([], _parts, _taken), do: []

  defp shortest(names, parts, taken) do
    {free, clashing} =
      names
      |> Enum.group_by(&short(&1, parts))
      |> Enum.split_with(fn {short, names} -> length(names) == 1 and short not in taken end)

    found = for {short, [name]} <- free, do: {name, short}
    taken = Enum.into(Enum.map(free, &elem(&1, 0)), taken)
    found ++ shortest(Enum.flat_map(clashing, &elem(&1, 1)), parts + 1, taken)
  end

  defp short(name, parts) do
    {name, version} =
      case String.split(name, "@", parts: 2) do
        [name, version] -> {name, "V" <> String.replace(version, ~r/\W/, "_")}
        [name] -> {name, "Interface"}
      end

    words = name |> String.split([":", "/"]) |> Enum.map(&camel/1)
    # Longer than its name: by the version, or by what it is, as often as it takes.
    more = String.duplicate(version, max(0, parts - length(words)))
    Enum.join(Enum.take(words, -parts)) <> more
  end
end
