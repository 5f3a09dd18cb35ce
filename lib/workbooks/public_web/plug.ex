defmodule Workbooks.PublicWeb.Plug do
  @moduledoc """
  The public plane as a Plug, for an application that has a server of its own:

      forward "/workbooks", Workbooks.PublicWeb.Plug

  See `Workbooks.HTTP.Plug`.
  """

  alias Workbooks.HTTP

  @router Workbooks.PublicWeb.Router

  @doc "As Plug wants it: options for the router's own `init/1`."
  @spec init(term) :: term
  def init(options), do: HTTP.Plug.init(@router, options)

  @doc "As Plug wants it: answers a `Plug.Conn`, and halts it."
  @spec call(plug, term) :: plug when plug: struct
  def call(plug, options), do: HTTP.Plug.call(plug, @router, options)
end
