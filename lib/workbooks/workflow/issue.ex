defmodule Workbooks.Workflow.Issue do
  @moduledoc "What is wrong with a run, shaped as the kernel's issues are."

  @doc """
  An issue that is about no place in the file.

      iex> Workbooks.Workflow.Issue.new("workdir", "no such folder")["level"]
      "error"
  """
  @spec new(String.t(), String.t(), String.t() | nil) :: map
  def new(code, message, hint \\ nil) do
    keys = %{"level" => "error", "code" => code, "message" => message, "hint" => hint}
    Map.merge(keys, %{"line" => nil, "column" => nil, "heading" => nil})
  end
end
