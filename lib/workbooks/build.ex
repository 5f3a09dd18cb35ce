defmodule Workbooks.Build do
  @moduledoc """
  From a world of the plan to something that runs: the compilers there are, chosen
  by the block's language.
  """

  alias Workbooks.Build.{JavaScript, Problem, Wat}

  @compilers [JavaScript, Wat]

  @doc """
  The language tags that can be compiled.

      iex> "javascript" in Workbooks.Build.languages()
      true
  """
  @spec languages :: [String.t()]
  def languages, do: Enum.flat_map(@compilers, & &1.languages())

  @doc "The compiler for a language."
  @spec compiler(String.t()) :: {:ok, module} | {:error, Problem.t()}
  def compiler(language) do
    case Enum.find(@compilers, &(language in &1.languages())) do
      nil ->
        known = Enum.join(languages(), ", ")
        {:error, Problem.new(:language, "no compiler for #{language} blocks here: there are #{known}")}

      compiler ->
        {:ok, compiler}
    end
  end
end
