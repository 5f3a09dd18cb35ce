defmodule Workbooks.State do
  @moduledoc false
  # Whatever keeps state, over one store. What mirrors the store is started anew with it, and fills
  # itself again when somebody asks.

  use Supervisor

  def start_link(_none), do: Supervisor.start_link(__MODULE__, [], name: __MODULE__)

  @impl true
  # The configuration is read here: as an argument it would be in supervisors' reports, keys and all.
  def init(_none) do
    with {:error, error} <- Workbooks.Vars.check_key(), do: raise(error)
    storage = config(Workbooks.Storage)
    # The vault asks for its key itself, when it needs it.
    vars = Keyword.delete(config(Workbooks.Vars), :secret_key)
    [subscribers | vars] = Workbooks.Vars.children([folder: storage[:folder]] ++ vars)
    kept = [Workbooks.Domains, Workbooks.Library, Workbooks.Web.Keys]
    others = for(module <- kept, do: {module, config(module)}) ++ [Workbooks.Web.Signer]

    # Who subscribed is kept when the store is opened anew.
    children = [subscribers, {Workbooks.Storage, storage}] ++ vars ++ others

    # A store that is being restored, or that a bad disk ends again and again, is no reason to stop the rest.
    Supervisor.init(children, strategy: :rest_for_one, max_restarts: 100, max_seconds: 10)
  end

  defp config(module), do: Application.get_env(:workbooks, module, [])
end
