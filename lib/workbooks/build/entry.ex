defmodule Workbooks.Build.Entry do
  @moduledoc """
  Which of the functions a block exports is called.
  """

  alias Workbooks.Build.Problem

  @doc """
  The function to call among those a block exports: the only one, else the one
  named as its `:sig:` or, without one, as the heading (in camelCase, snake_case or
  with hyphens).

      iex> Workbooks.Build.Entry.find(["helper", "movingAverage"], %{id: "book/moving-average", sig: nil})
      {:ok, "movingAverage"}
  """
  @spec find([String.t()], %{:id => String.t(), :sig => String.t() | nil, optional(atom) => term}) ::
          {:ok, String.t()} | {:error, Problem.t()}
  def find([only], _block), do: {:ok, only}

  def find(functions, block) do
    wanted = signature_name(block.sig) || heading(block.id)

    case Enum.find(functions, &same_name?(&1, wanted)) do
      nil -> {:error, Problem.new(:entry, no_entry(functions, wanted))}
      found -> {:ok, found}
    end
  end

  defp no_entry([], _wanted), do: "the block exports no function: write `export function name(…) { … }`"

  defp no_entry(functions, wanted) do
    "which function to call? The block exports #{Enum.join(functions, ", ")}: name one of them #{wanted}"
  end

  defp heading(id), do: id |> String.split("/") |> List.last()

  defp signature_name(nil), do: nil
  defp signature_name(sig), do: sig |> String.split("(", parts: 2) |> hd() |> String.trim()

  defp same_name?(a, b), do: flat(a) == flat(b)
  defp flat(name), do: name |> String.replace(["-", "_"], "") |> String.downcase()
end
