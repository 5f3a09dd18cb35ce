defmodule Workbooks.Build.JavaScript do
  @moduledoc """
  JavaScript blocks: ES modules, run by QuickJS inside WebAssembly.
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.Build.{Artifact, Call, Source}

  @impl true
  def languages, do: ~w(javascript js)

  @impl true
  def available, do: :ok

  @impl true
  def version, do: {:ok, "1"}

  @impl true
  def compile(%Source{} = source, _options) do
    {:ok,
     Artifact.new(
       language: source.language,
       bytes: source.text,
       convention: Call.Engine,
       data: %{id: source.id, sig: source.sig},
       params: for(name <- source.inputs, do: {name, :any}),
       result: :any
     )}
  end
end
