defmodule Workbooks.Workflow.Nodes do
  @moduledoc false
  # The connected nodes that can run steps: each one where this library runs is in a process
  # group of Erlang's.

  use Supervisor

  # A process of that name keeps the groups: it cannot be this one's.
  @groups __MODULE__.Groups

  @doc false
  def start_link(_options), do: Supervisor.start_link(__MODULE__, [], name: __MODULE__)

  @doc "All of them, this one included."
  @spec all :: [node]
  def all, do: Enum.uniq([node() | for(pid <- :pg.get_members(@groups, :nodes), do: node(pid))])

  @impl true
  def init([]) do
    children = [
      %{id: :groups, start: {:pg, :start_link, [@groups]}},
      %{id: :member, start: {Agent, :start_link, [fn -> :pg.join(@groups, :nodes, self()) end]}}
    ]

    # Who was in a group is forgotten with the groups.
    Supervisor.init(children, strategy: :rest_for_one)
  end
end
