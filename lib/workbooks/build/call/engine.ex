defmodule Workbooks.Build.Call.Engine do
  @moduledoc """
  Calls a function of a JavaScript block, in an engine of its own: nothing that one run left
  behind is there in the next.

  Inputs and results cross as JSON, `console.*` goes to the log. `Date` and `performance` read
  a virtual clock and `Math.random` begins at the environment's seed; with the seed `nil` they
  are the real ones. A block may import the environment's functions from `"host"`: they answer
  promises. Such a function gets values as JSON has them and answers one, or `{:ok, value}`, or
  `{:error, message}`, which is thrown; what it raises is thrown too.

  With a `:sig:` the inputs and the result are checked by its types (`Workbooks.Build.Values`);
  bytes are lists of numbers to JavaScript.

  The artifact's bytes are the engine's bytecode, which no other engine would take; its data
  the component's id, `:sig:` and outputs, and the digest of that engine.

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
  alias Workbooks.Build.{Artifact, Entry, Problem, Values}
  alias Workbooks.Build.JavaScript.Instance

  @impl true
  def prepare(%Artifact{data: %{engine: engine}} = artifact, _deadline) do
    case Instance.version() do
      {:ok, ^engine} -> with {:ok, program} <- Instance.engine(), do: {:ok, %{artifact | program: program}}
      {:ok, _other} -> {:error, Problem.new(:compile, "the block was compiled for another JavaScript engine")}
      {:error, problem} -> {:error, problem}
    end
  end

  @impl true
  def metered(artifact, deadline) do
    with {:ok, program} <- Instance.metered(deadline), do: {:ok, %{artifact | program: program}}
  end

  @impl true
  def call(%Artifact{data: block} = artifact, inputs, environment) do
    with {:ok, inputs} <- arguments(inputs, artifact.params),
         {:ok, arguments} <- encode(inputs),
         {:ok, value} <- Instance.with(artifact.program, environment, &run(&1, artifact.bytes, block, arguments)) do
      result(value, artifact.result, block.outputs)
    end
  end

  defp arguments(inputs, params) do
    if Enum.all?(params, &match?({_name, :any}, &1)) do
      {:ok, inputs}
    else
      with {:ok, values} <- Values.arguments(inputs, params) do
        {:ok,
         Enum.zip_with(values, params, fn value, {_name, type} -> value |> Values.from_wit(type) |> spell(type) end)}
      end
    end
  end

  defp result(value, :any, _outputs), do: {:ok, value}

  defp result(value, type, outputs) do
    with {:ok, value} <- value |> bare(type, outputs) |> Values.to_wit(type, "the result"),
         do: {:ok, Values.from_wit(value, type)}
  end

  # An output may be returned under its name, several may be instead of a tuple of them.
  defp bare(value, {:record, _fields}, _outputs), do: value
  defp bare(value, _type, [name]) when is_map_key(value, name) and map_size(value) == 1, do: value[name]

  defp bare(%{} = value, {:tuple, types}, outputs) when length(types) == length(outputs) do
    if Enum.all?(outputs, &is_map_key(value, &1)), do: Enum.map(outputs, &value[&1]), else: value
  end

  defp bare(value, _type, _outputs), do: value

  # JSON has no bytes.
  defp spell(value, {:list, :u8}) when is_binary(value), do: :binary.bin_to_list(value)
  defp spell(value, {:list, type}) when is_list(value), do: Enum.map(value, &spell(&1, type))
  defp spell(value, {:tuple, types}) when is_list(value), do: Enum.zip_with(value, types, &spell/2)
  defp spell(nil, {:option, _type}), do: nil
  defp spell(value, {:option, type}), do: spell(value, type)

  defp spell(%{} = value, {:record, fields}) do
    Map.new(fields, fn {name, type} -> {name, spell(value[name], type)} end)
  end

  defp spell(value, _type), do: value

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
