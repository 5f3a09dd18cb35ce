defmodule Workbooks.Web.Peer do
  @moduledoc false
  # Where a request came from, as far as it is worth counting.

  alias Workbooks.HTTP.Conn

  @doc "Its address; of IPv6 the network, since whoever has one has all of its addresses."
  @spec of(Conn.t()) :: term
  def of(%Conn{peer: {{a, b, c, d, _e, _f, _g, _h}, _port}}), do: {a, b, c, d}
  def of(%Conn{peer: {address, _port}}), do: address
  def of(%Conn{peer: other}), do: other
end
