defmodule Workbooks.Build.Spread do
  @moduledoc false
  # Functions of so many arguments, from one of their list.

  @most 16

  @doc """
  A function of `arity` arguments (#{@most} at most) that calls `function` with their list.

      iex> Workbooks.Build.Spread.function(2, &Enum.sum/1).(1, 2)
      3
  """
  @spec function(0..16, ([term] -> term)) :: function
  def function(arity, function)

  for arity <- 0..@most do
    arguments = Macro.generate_arguments(arity, __MODULE__)
    def function(unquote(arity), function), do: fn unquote_splicing(arguments) -> function.(unquote(arguments)) end
  end
end
