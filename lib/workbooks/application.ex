defmodule Workbooks.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_type, _arguments) do
    # This process lives as long as the application, and the table of pools with it.
    Workbooks.Wasm.Pools.open()
    Workbooks.Wasm.configure(Application.get_all_env(:workbooks))
    Workbooks.Telemetry.start(Application.get_env(:workbooks, Workbooks.Telemetry, []))

    # Each child is of use without the others: one that fails takes nobody along.
    # None opens a file before it is asked to do something, nor a port unless it was said to.
    children = [
      {Workbooks.OQL, Application.get_env(:workbooks, Workbooks.OQL, [])},
      Workbooks.Build.Flight,
      Workbooks.Build.Cache,
      Workbooks.Build.Clang.Program,
      Workbooks.Workflow.ResultCache,
      Workbooks.Workflow.Telemetry,
      Workbooks.Workflow.Nodes,
      Workbooks.State,
      {Workbooks.PublicWeb.Sites, Application.get_env(:workbooks, Workbooks.PublicWeb.Sites, [])},
      {Task.Supervisor, name: Workbooks.Workflow.Supervisor},
      {Workbooks.Runs, Application.get_env(:workbooks, Workbooks.Runs, [])},
      Workbooks.Web.Limits
    ]

    # Nor is one that fails again and again a reason to stop the rest.
    options = [strategy: :one_for_one, max_restarts: 100, max_seconds: 10, name: Workbooks.Supervisor]
    Supervisor.start_link(children ++ endpoints(), options)
  end

  defp endpoints do
    if Workbooks.HTTP.Endpoint.server?() do
      for module <- [Workbooks.Web.Endpoint, Workbooks.PublicWeb.Endpoint] do
        {module, Application.get_env(:workbooks, module, [])}
      end
    else
      []
    end
  end
end
