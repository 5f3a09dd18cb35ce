defmodule Workbooks.Build.Call.Typed do
  @moduledoc """
  Calls a component's exported function with WIT values.

  The artifact's bytes are the component, its data the path of the function. A component that
  imports WASI finds the clock and the random numbers of the environment, and what that grants.
  """

  @behaviour Workbooks.Build.Call

  alias Workbooks.Wasm
  alias Workbooks.Build.{Artifact, Deadline, JsonLike, Problem}

  @impl true
  def prepare(%Artifact{} = artifact, deadline) do
    with {:ok, program} <- wasm(Wasm.compile(artifact.bytes, timeout: Deadline.left(deadline))) do
      {:ok, %{artifact | program: program}}
    end
  end

  @impl true
  def call(%Artifact{} = artifact, inputs, environment) do
    with {:ok, instance} <- wasm(Wasm.instantiate(artifact.program, options(environment))) do
      try do
        timeout = Deadline.left(environment.deadline)

        with {:ok, value} <- wasm(Wasm.call(instance, artifact.data, inputs, timeout: timeout)) do
          {:ok, JsonLike.from(value, artifact.result)}
        end
      after
        Wasm.close(instance)
      end
    end
  end

  defp options(environment) do
    deterministic = if environment.seed, do: [deterministic: environment.seed], else: []

    [
      wasi: [stdout: :discard] ++ deterministic ++ environment.wasi,
      limits: [memory: environment.memory],
      timeout: Deadline.left(environment.deadline)
    ]
  end

  defp wasm({:ok, value}), do: {:ok, value}
  defp wasm({:error, error}), do: {:error, Problem.from_wasm(error)}
end
