defmodule Workbooks.Wasm.Host do
  @moduledoc false
  # Host functions: found for a program's imports once, then called in the process
  # that makes the guest's call, or in one of their own.

  alias Workbooks.Wasm.Bindings.Implementation
  alias Workbooks.Wasm.{Component, Error, Extern, Instance, Module}

  # What stands for each import: {function, path, arity} or, for one that also takes
  # the calling instance, {function, path, :instance}. nil: not the host's affair.
  @type entry :: {function, [String.t()], :plain | :instance} | nil

  # Under this name a module for functions that the world itself imports.
  @root "$root"

  @doc """
  What each import of a program is given, in order: for the engine, and for `apply/3`.

  `imports` is as the person gave it: interfaces (or, of core modules, module names) as
  maps of functions, as modules, or as instances; functions of the world itself beside
  them.
  """
  # `call` calls an export, where another component's serves as an import.
  def bind(%Component{imports: imports}, given, call), do: each(imports, &component_import(&1, given, call))
  def bind(%Module{imports: imports}, given, _call), do: each(imports, &module_import(&1, given))

  defp each(imports, find) do
    Enum.reduce_while(imports, {:ok, [], []}, fn import, {:ok, engine, host} ->
      case find.(import) do
        {:host, entry} -> {:cont, {:ok, [:host | engine], [entry | host]}}
        {:export, ref, name} -> {:cont, {:ok, [{ref, name} | engine], [nil | host]}}
        :nothing -> {:cont, {:ok, [nil | engine], [nil | host]}}
        {:error, error} -> {:halt, {:error, error}}
      end
    end)
    |> case do
      {:ok, engine, host} -> {:ok, Enum.reverse(engine), host |> Enum.reverse() |> List.to_tuple()}
      error -> error
    end
  end

  defp component_import({path, params, _result, kind}, given, call) do
    case {kind, given(path, length(params), given)} do
      {kind, _} when kind not in [:func, :resource, :wasi] -> foreign(path, kind)
      {:resource, :none} -> :nothing
      # Granted by wasi:, or refused by the engine with what to do.
      {:wasi, :none} -> :nothing
      {_, :none} -> missing("component", path)
      {_, {:instance, instance}} -> {:host, {&call.(instance, path, &1), path, :list}}
      {_, found} -> found
    end
  end

  defp module_import({path, type}, given) do
    case {type, lookup(path, given)} do
      {_, nil} -> if wasi?(path), do: :nothing, else: missing("module", path)
      {_, {:instance, instance}} -> export(instance, path)
      {_, %Extern{instance: instance, name: name}} -> {:export, instance.ref, name}
      {{:func, params, _}, value} -> with(:none <- function(value, path, length(params)), do: missing("module", path))
      {type, value} -> unfit(path, "an export of another instance, for it is a #{elem(type, 0)}", value)
    end
  end

  defp wasi?([module, _name]), do: module in ["wasi_snapshot_preview1", "wasi_unstable"]

  defp export(instance, path) do
    name = List.last(path)

    if List.keymember?(instance.program.exports, [name], 0),
      do: {:export, instance.ref, name},
      else: missing("module", path)
  end

  defp given(path, arity, given) do
    case lookup(path, given) do
      nil -> :none
      {:instance, _} = instance -> instance
      value -> function(value, path, arity)
    end
  end

  # What was given for a path, if anything.
  defp lookup([name], given) do
    case given do
      %{^name => value} -> value
      %{@root => module} when is_atom(module) -> {:module, module, name}
      _ -> nil
    end
  end

  defp lookup([interface | rest], given) do
    case Map.get(given, interface) || Map.get(given, unversioned(interface)) do
      nil -> nil
      %Instance{} = instance -> {:instance, instance}
      %{} = inner -> lookup(rest, inner)
      module when is_atom(module) -> {:module, module, List.last(rest)}
      _other -> nil
    end
  end

  defp unversioned(interface), do: interface |> :binary.split("@") |> hd()

  # A function that a module lacks is not given.
  defp function({:module, module, name}, path, arity) do
    case Implementation.fetch(module, name, arity) do
      {:ok, function} ->
        {:host, {function, path, :plain}}

      :error ->
        case Implementation.fetch(module, name, arity + 1) do
          {:ok, function} -> {:host, {function, path, :instance}}
          :error -> :none
        end
    end
  end

  defp function(function, path, arity) when is_function(function, arity), do: {:host, {function, path, :plain}}
  defp function(function, path, arity) when is_function(function, arity + 1), do: {:host, {function, path, :instance}}
  defp function(other, path, arity), do: unfit(path, "a function of #{arity} argument(s)", other)

  defp missing(what, path) do
    message = "the #{what} imports #{name(path)}, which was not given: add it to imports:"
    {:error, Error.new(:import, message, %{import: path})}
  end

  defp foreign(path, kind) do
    {:error,
     Error.new(:link, "import #{name(path)} is a #{kind}, which only another component can give", %{import: path})}
  end

  defp unfit(path, expected, got) do
    message = "import #{name(path)} must be #{expected}, got: #{inspect(got)}"
    {:error, Error.new(:link, message, %{import: path})}
  end

  @doc "Calls a host function: `{:ok, value}`, or why not."
  def apply({function, _path, how}, arguments, instance) do
    {:ok, apply_as(how, function, arguments, instance)}
  catch
    kind, reason -> {:raised, kind, reason, __STACKTRACE__}
  end

  defp apply_as(:plain, function, arguments, _instance), do: Kernel.apply(function, arguments)
  defp apply_as(:instance, function, arguments, instance), do: Kernel.apply(function, [importer(instance) | arguments])
  defp apply_as(:list, function, arguments, _instance), do: function.(arguments)

  # Made only for those who want it.
  defp importer(make) when is_function(make, 0), do: make.()
  defp importer(instance), do: instance

  @doc """
  What `work` answers, done in a process of its own that is killed after `timeout` ms, or
  with the caller: also `{:raised, kind, reason, stacktrace}` or `:timeout`.
  """
  def isolated(work, timeout) do
    caller = self()
    tag = make_ref()
    callers = [caller | Process.get(:"$callers", [])]

    {helper, monitor} =
      spawn_monitor(fn ->
        Process.put(:"$callers", callers)
        send(caller, {tag, work.()})
      end)

    guard(caller, helper)

    receive do
      {^tag, answer} ->
        Process.demonitor(monitor, [:flush])
        answer

      {:DOWN, ^monitor, :process, _, reason} ->
        {:raised, :exit, reason, []}
    after
      timeout ->
        Process.exit(helper, :kill)
        Process.demonitor(monitor, [:flush])
        # It may have answered just now: that message is nobody's.
        receive do: ({^tag, _} -> :timeout), after: (0 -> :timeout)
    end
  end

  # A link would let the helper's end reach the caller: this lets only the caller's end reach the helper.
  defp guard(caller, helper) do
    spawn(fn ->
      its_caller = Process.monitor(caller)
      itself = Process.monitor(helper)

      receive do
        {:DOWN, ^its_caller, :process, _, _} -> Process.exit(helper, :kill)
        {:DOWN, ^itself, :process, _, _} -> :ok
      end
    end)
  end

  @doc "The error for a host function that raised, threw or exited."
  def raised(path, kind, reason, stacktrace) do
    exception = if kind == :error, do: Exception.normalize(:error, reason, stacktrace), else: reason
    message = "host function #{name(path)} failed: #{Exception.format_banner(kind, reason, stacktrace)}"
    Error.new(:host_error, message, %{import: path, kind: kind, reason: exception, stacktrace: stacktrace})
  end

  @doc "The error for a host function whose answer is not of the import's type."
  def wrong_answer(path, message) do
    Error.new(:host_error, "host function #{name(path)} answered with the wrong type: #{message}", %{import: path})
  end

  defp name(path), do: Enum.join(path, "#")
end
