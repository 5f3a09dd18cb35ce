defmodule Workbooks.Workflow.Outputs do
  @moduledoc false
  # What a block's function returned, by the names of `:out:`.

  alias Workbooks.Build.Problem

  @doc """
      iex> Workbooks.Workflow.Outputs.name(["a"], 1)
      {:ok, %{"a" => 1}}
      iex> Workbooks.Workflow.Outputs.name(["a", "b"], %{"a" => 1, "b" => 2, "c" => 3})
      {:ok, %{"a" => 1, "b" => 2}}
      iex> {:error, problem} = Workbooks.Workflow.Outputs.name(["a", "b"], %{"a" => 1})
      iex> problem.message
      "the result lacks b: it has a"
  """
  @spec name([String.t()], term) :: {:ok, %{String.t() => term}} | {:error, Problem.t()}
  def name([], _value), do: {:ok, %{}}

  def name([name], value) do
    case value do
      %{^name => output} -> {:ok, %{name => output}}
      bare -> {:ok, %{name => bare}}
    end
  end

  # A `:sig:` with several outputs answers a tuple, in their order.
  def name(names, value) when is_list(value) and length(value) == length(names) do
    {:ok, names |> Enum.zip(value) |> Map.new()}
  end

  def name(names, value) when is_map(value) do
    case Enum.reject(names, &is_map_key(value, &1)) do
      [] ->
        {:ok, Map.take(value, names)}

      missing ->
        returned = if value == %{}, do: "no key", else: value |> Map.keys() |> Enum.join(", ")
        {:error, Problem.new(:output, "the result lacks #{Enum.join(missing, ", ")}: it has #{returned}")}
    end
  end

  def name(names, _value) do
    {:error, Problem.new(:output, "the block has several outputs: return an object with #{Enum.join(names, ", ")}")}
  end
end
