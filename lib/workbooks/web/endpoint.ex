defmodule Workbooks.Web.Endpoint do
  @moduledoc """
  The control plane's server: `Workbooks.Web.Router` behind a `Workbooks.HTTP.Server`.

  A child of the application when `config :workbooks, server: true` says so; else of whoever wants it:

      children = [{Workbooks.Web.Endpoint, port: 4000}]

  Options, and `config :workbooks, Workbooks.Web.Endpoint, …`, are those of the table in `guides/http.md`; what
  they leave open the environment says.
  """

  alias Workbooks.HTTP

  @plane %{router: Workbooks.Web.Router, port: 4000, prefix: "WORKBOOKS_"}

  @doc "A child of a supervisor."
  @spec child_spec(keyword) :: Supervisor.child_spec()
  def child_spec(options), do: HTTP.Server.child_spec(HTTP.Endpoint.server(__MODULE__, options, @plane))

  @doc "Starts it. A setting that is none is an `ArgumentError` with its name, its value and what is allowed."
  @spec start_link(keyword) :: Supervisor.on_start()
  def start_link(options \\ []), do: HTTP.Server.start_link(HTTP.Endpoint.server(__MODULE__, options, @plane))

  @doc "Where it listens."
  @spec addresses :: [HTTP.Server.address()]
  def addresses, do: HTTP.Server.addresses(__MODULE__)
end
