defmodule Workbooks.Workflow.Handle do
  @moduledoc """
  A run that is under way: what `Workbooks.start_run/2` answers, for `Workbooks.await/2`
  and `Workbooks.cancel/1`.

    * `id` - the run's, as its results, its step log and its messages have it
    * `pid` - the run's own process, for who wants to watch it
  """

  @enforce_keys [:id, :pid, :task]
  defstruct [:id, :pid, :task, :org, render: []]

  @type t :: %__MODULE__{id: String.t(), pid: pid, task: Task.t(), org: String.t() | nil, render: keyword}

  defimpl Inspect do
    def inspect(handle, _options), do: "#Workbooks.Workflow.Handle<#{handle.id}>"
  end
end
