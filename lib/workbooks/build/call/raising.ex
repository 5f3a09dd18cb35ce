defmodule Workbooks.Build.Call.Raising do
  @moduledoc """
  Calls a component's function whose result is a WIT `result<_, string>` by which it fails: the
  good value is what the call gives, the other a problem of kind `:exception`.

  The artifact is that of `Workbooks.Build.Call.Typed`, with the good value's type for its result.
  """

  @behaviour Workbooks.Build.Call

  alias Workbooks.Build.{Artifact, Call, Problem}

  @impl true
  def prepare(artifact, deadline), do: Call.Typed.prepare(artifact, deadline)

  @impl true
  def metered(artifact, deadline), do: Call.Typed.metered(artifact, deadline)

  @impl true
  def call(%Artifact{} = artifact, inputs, environment) do
    case Call.Typed.call(%{artifact | result: {:result, artifact.result, :string}}, inputs, environment) do
      {:ok, %{"ok" => value}} -> {:ok, value}
      {:ok, %{"error" => message}} -> {:error, Problem.new(:exception, message)}
      {:error, problem} -> {:error, problem}
    end
  end
end
