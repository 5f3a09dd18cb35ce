defmodule Workbooks.Wast do
  @moduledoc """
  Runs the specification's tests, `.wast` files, through the public functions of `Workbooks.Wasm`.

  Each file is a script: modules to instantiate, exports to call, and what must come of it. All
  core modules of a file live in one store, with the module `spectest` that they may import; a
  component has a store of its own. What is not as it must be is noted with its line, and the
  script goes on.
  """

  alias Workbooks.Wasm
  alias Workbooks.Wast.{Expect, Spectest, Suite, Value}

  # Some of the scripts grow memories and tables as far as they go, and one has thousands of modules.
  @limits [
    memory: 8 * 1024 * 1024 * 1024,
    table_elements: 20_000_000,
    instances: 10_000,
    memories: 10_000,
    tables: 10_000
  ]

  @minute 60_000

  # `current` is the instance that an action without a name means, `named` those with a name of
  # the script's own, `registered` those that core modules may import.
  defstruct [:folder, :store, :current, named: %{}, registered: %{}, definitions: %{}, opened: [], run: 0, failures: []]

  @doc """
  Runs a file that `Workbooks.Wast.Suite` converted: how many assertions it made, and what failed,
  a line of text each.
  """
  @spec run(Suite.t(), String.t()) :: %{run: non_neg_integer, failures: [String.t()]}
  def run(suite, name) do
    state = Enum.reduce(Suite.commands(suite, name), %__MODULE__{folder: suite.folder}, &step/2)
    Enum.each(state.opened, &Wasm.close/1)
    %{run: state.run, failures: Enum.reverse(state.failures)}
  end

  defp step(%{"type" => type, "line" => line} = command, state) do
    state = if String.starts_with?(type, "assert_"), do: %{state | run: state.run + 1}, else: state

    case perform(type, command, state) do
      {:ok, state} -> state
      {{:error, reason}, state} -> %{state | failures: ["line #{line}: #{type}: #{reason}" | state.failures]}
    end
  end

  # --- commands --------------------------------------------------------------------------------

  defp perform("module", command, state) do
    case compile(command, state) do
      {:ok, module} -> instantiate(module, command["name"], state)
      refused -> {Expect.success(refused), %{state | current: nil}}
    end
  end

  defp perform("module_definition", command, state) do
    compiled = compile(command, state)
    {Expect.success(compiled), put_in(state.definitions[command["name"]], compiled)}
  end

  defp perform("module_instance", command, state) do
    case state.definitions[command["module"]] do
      {:ok, module} -> instantiate(module, command["instance"], state)
      _ -> {{:error, "its definition failed"}, %{state | current: nil}}
    end
  end

  defp perform("register", command, state) do
    case instance(command["name"], state) do
      {:ok, instance} -> {:ok, put_in(state.registered[command["as"]], instance)}
      missing -> {missing, state}
    end
  end

  defp perform("action", command, state) do
    {command |> act(state) |> Expect.success(), state}
  end

  defp perform("assert_return", command, state) do
    {command |> act(state) |> Expect.values(command["expected"]), state}
  end

  defp perform(type, command, state) when type in ~w(assert_trap assert_exhaustion) do
    {command |> act(state) |> Expect.trap(command["text"]), state}
  end

  defp perform("assert_exception", command, state) do
    {command |> act(state) |> Expect.exception(), state}
  end

  defp perform(type, command, state) when type in ~w(assert_invalid assert_malformed) do
    {command |> compile(state) |> Expect.kind([:compile], command["text"]), state}
  end

  defp perform("assert_unlinkable", command, state) do
    {made, state} = attempt(command, state)
    {Expect.kind(made, [:link, :import], command["text"]), state}
  end

  defp perform("assert_uninstantiable", command, state) do
    {made, state} = attempt(command, state)
    {Expect.trap(made, command["text"]), state}
  end

  # Threads, suspensions, custom sections: no file of the suites has one.
  defp perform(_type, _command, state), do: {{:error, "this driver does not know it"}, state}

  # --- modules and instances -------------------------------------------------------------------

  defp compile(%{"filename" => file}, state) do
    state.folder |> Path.join(file) |> File.read!() |> Wasm.compile(cache: false, timeout: @minute)
  end

  defp instantiate(module, name, state) do
    case make(module, state) do
      {{:ok, instance}, state} ->
        state = %{state | current: instance}
        {:ok, if(name, do: put_in(state.named[name], instance), else: state)}

      {refused, state} ->
        {Expect.success(refused), %{state | current: nil}}
    end
  end

  # For an assertion that it fails: the current instance stays the one before.
  defp attempt(command, state) do
    case compile(command, state) do
      {:ok, module} -> make(module, state)
      refused -> {refused, state}
    end
  end

  defp make(module, state) do
    state = if core?(module), do: with_store(state), else: state
    made = Wasm.instantiate(module, options(module, state))

    case made do
      {:ok, instance} -> {made, %{state | opened: [instance | state.opened]}}
      _ -> {made, state}
    end
  end

  # Whole instances, by the names under which it imports from them. One that is not there is for
  # the bridge to complain of.
  defp options(module, state) do
    wanted = Map.keys(Wasm.imports(module))

    if core?(module),
      do: [store: state.store, imports: Map.take(state.registered, wanted), timeout: @minute],
      else: [imports: Map.take(state.named, wanted), timeout: @minute]
  end

  defp with_store(%{store: nil} = state) do
    spectest = Spectest.instantiate!(limits: @limits)
    %{state | store: spectest, registered: %{"spectest" => spectest}, opened: [spectest]}
  end

  defp with_store(state), do: state

  defp core?(module), do: is_struct(module, Wasm.Module)

  defp instance(nil, %{current: nil}), do: {:error, "there is no instance: the one before failed"}
  defp instance(nil, state), do: {:ok, state.current}

  defp instance(name, state) do
    with :error <- Map.fetch(state.named, name), do: {:error, "there is no instance #{name}: it failed"}
  end

  # --- actions ---------------------------------------------------------------------------------

  defp act(%{"action" => %{"type" => "invoke", "field" => name, "args" => arguments} = action}, state) do
    with {:ok, instance} <- instance(action["module"], state) do
      # The bits of a NaN are core modules' alone: components have one NaN.
      options = if state.store, do: [nan: :payload], else: []
      Wasm.call(instance, name, Enum.map(arguments, &Value.given/1), [timeout: @minute] ++ options)
    end
  end

  defp act(%{"action" => %{"type" => "get", "field" => name} = action}, state) do
    with {:ok, instance} <- instance(action["module"], state), do: Wasm.Global.get(instance, name)
  end
end
