defmodule Workbooks.State do
  @moduledoc false
  # Whatever keeps state, over one store. What mirrors the store is started anew with it, and fills
  # itself again when somebody asks.

  use Supervisor

  def start_link(options), do: Supervisor.start_link(__MODULE__, options, name: __MODULE__)

  @impl true
  def init(options) do
    children = [
      {Workbooks.Storage, Keyword.get(options, Workbooks.Storage, [])},
      {Workbooks.Domains, Keyword.get(options, Workbooks.Domains, [])},
      {Workbooks.Library, Keyword.get(options, Workbooks.Library, [])}
    ]

    # A store that is being restored, or that a bad disk ends again and again, is no reason to stop the rest.
    Supervisor.init(children, strategy: :rest_for_one, max_restarts: 100, max_seconds: 10)
  end
end
