defmodule Workbooks.Build.Call.Typed do
  @moduledoc """
  Calls a component's exported function: JSON-like values become WIT's by its types, and the
  result becomes JSON-like (`Workbooks.Build.Values`).

  The artifact's bytes are the component, its data the path of the function. A component that
  imports WASI finds the clock and the random numbers of the environment, and what that grants;
  functions it imports are the environment's of that name. What it writes to standard output and
  standard error is the log's, line by line.
  """

  @behaviour Workbooks.Build.Call

  alias Workbooks.Wasm
  alias Workbooks.Build.{Artifact, Call, Deadline, Fuel, Spread, Types, Values}
  alias Workbooks.Build.Call.Lines

  @impl true
  def prepare(artifact, deadline), do: Call.compiled(artifact, deadline)

  @impl true
  def metered(artifact, deadline), do: Call.compiled(artifact, deadline, fuel: true)

  @impl true
  def call(%Artifact{} = artifact, inputs, environment) do
    with {:ok, arguments} <- Values.arguments(inputs, artifact.params) do
      Lines.collect(environment.log, fn out, err ->
        call(artifact, arguments, environment, stdout: out, stderr: err)
      end)
    end
  end

  defp call(artifact, arguments, environment, streams) do
    with {:ok, instance} <-
           called(Wasm.instantiate(artifact.program, options(artifact.program, environment, streams)), environment) do
      try do
        timeout = Deadline.left(environment.deadline)

        with {:ok, value} <-
               called(Fuel.call(environment.fuel, instance, artifact.data, arguments, timeout), environment) do
          {:ok, Values.from_wit(value, artifact.result)}
        end
      after
        environment.meter.(%{memory_peak: Wasm.memory_size(instance)})
        Wasm.close(instance)
      end
    end
  end

  defp options(program, environment, streams) do
    deterministic = if environment.seed, do: [deterministic: environment.seed], else: []

    [
      imports: imports(program, environment.functions),
      wasi: streams ++ deterministic ++ environment.wasi,
      limits: [memory: environment.memory],
      timeout: Deadline.left(environment.deadline)
    ] ++ Fuel.options(environment.fuel)
  end

  # The environment's functions are of JSON-like values.
  defp imports(_program, functions) when functions == %{}, do: %{}

  defp imports(program, functions) do
    functions = Map.new(functions, fn {name, function} -> {Types.wit_name(name), function} end)

    for {[name], params, result, :func} <- program.imports, is_map_key(functions, name), into: %{} do
      {name, Spread.function(length(params), &host(&1, functions[name], params, result))}
    end
  end

  defp host(arguments, function, params, result) do
    arguments = Enum.zip_with(arguments, params, fn value, {_name, type} -> Values.from_wit(value, type) end)
    value = apply(function, arguments)

    if result do
      case Values.to_wit(value, result, "the result") do
        {:ok, value} -> value
        {:error, problem} -> raise ArgumentError, problem.message
      end
    end
  end

  defp called({:ok, value}, _environment), do: {:ok, value}
  defp called({:error, error}, environment), do: {:error, Call.problem(error, environment)}
end
