defmodule Workbooks.Build.Call.Engine do
  @moduledoc """
  Calls a function of a JavaScript block, in an engine of its own: nothing that one run left
  behind is there in the next.

  Inputs and results cross as JSON, `console.*` goes to the log. `Date` and `performance` read
  a virtual clock and `Math.random` begins at the environment's seed; with the seed `nil` they
  are the real ones. A block may import the environment's functions from `"host"`: they answer
  promises. Such a function gets values as JSON has them and answers one, or `{:ok, value}`, or
  `{:error, message}`, which is thrown; what it raises is thrown too.

  The artifact's bytes are the engine's bytecode, which no other engine would take; its data
  the component's id and `:sig:`, and the digest of that engine.

      iex> source = %Workbooks.Build.Source{
      ...>   id: "tea/price",
      ...>   language: "js",
      ...>   text: \"""
      ...>   import { priceOf } from "host";
      ...>   export const total = async (name, count) => count * await priceOf(name);
      ...>   \"""
      ...> }
      iex> {:ok, artifact} = Workbooks.Build.compile(source)
      iex> environment = Workbooks.Build.Call.environment(functions: %{"price-of" => fn "oolong" -> 4.5 end})
      iex> Workbooks.Build.call(artifact, ["oolong", 4], environment)
      {:ok, 18}
  """

  @behaviour Workbooks.Build.Call

  alias Workbooks.JSON
  alias Workbooks.Build.{Artifact, Entry, JavaScript, Problem}
  alias Workbooks.Build.JavaScript.Instance

  @impl true
  def prepare(%Artifact{data: %{engine: engine}} = artifact, _deadline) do
    case JavaScript.version() do
      {:ok, ^engine} -> with {:ok, program} <- Instance.engine(), do: {:ok, %{artifact | program: program}}
      {:ok, _other} -> {:error, Problem.new(:compile, "the block was compiled for another JavaScript engine")}
      {:error, problem} -> {:error, problem}
    end
  end

  @impl true
  def call(%Artifact{data: block} = artifact, inputs, environment) do
    with {:ok, arguments} <- encode(inputs) do
      Instance.with(artifact.program, environment, &run(&1, artifact.bytes, block, arguments))
    end
  end

  defp run(instance, code, block, arguments) do
    with {:ok, functions} <- Instance.ask(instance, "load", [code]),
         {:ok, entry} <- Entry.find(functions, block),
         {:ok, json} <- Instance.ask(instance, "call", [entry, arguments]) do
      decode(json)
    end
  end

  defp encode(inputs) do
    with {:error, message} <- JSON.encode(inputs) do
      {:error, Problem.new(:type, "the inputs cannot be passed to JavaScript: #{message}")}
    end
  end

  defp decode(json) do
    with {:error, message} <- JSON.decode(json) do
      {:error, Problem.new(:type, "the result cannot be taken over: #{message}")}
    end
  end
end
