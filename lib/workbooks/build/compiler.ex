defmodule Workbooks.Build.Compiler do
  @moduledoc """
  What a language has to bring: how its blocks become components, and how such a
  component is called with a block's inputs.

  `compile/2` gets the plan's world and component. `run/3` gets what it made, the
  inputs' values in parameter order and the limits of the step; it runs in a
  process of the step's own, makes an instance of its own and answers the
  function's result as it came.
  """

  alias Workbooks.Build.Problem

  @type unit :: term
  @type limits :: %{memory: pos_integer, deadline: integer | :infinity, log: (String.t() -> term)}

  @doc "The language tags it takes, in lower case."
  @callback languages() :: [String.t()]
  @doc "A world of the plan, compiled."
  @callback compile(world :: map, component :: map) :: {:ok, unit} | {:error, Problem.t()}
  @doc "One call of the block's entry."
  @callback run(unit, inputs :: list, limits) :: {:ok, term} | {:error, Problem.t()}
end
