defmodule Workbooks.Web.Events do
  @moduledoc false
  # A run's events, sent to one who listens (server-sent events): those that are past first, then each as it happens,
  # until the run is over, the client is gone, or whoever asked may not ask any more.

  alias Workbooks.HTTP.Conn
  alias Workbooks.{JSON, Runs}
  alias Workbooks.Web.{Keys, Limits, Reply}

  @headers [
    {"content-type", "text/event-stream"},
    # Some proxies hold back what they think is small.
    {"x-accel-buffering", "no"}
  ]

  @doc """
  The events after one; `:over` for one who knows them all, and would only come again, `:too_many` for a tenant that
  has as many streams open as it may: each takes a connection from everybody else.
  """
  def subscribe(%{assigns: %{tenant: tenant, settings: settings}}, id, last) do
    with {:ok, reference, past, state} <- Runs.subscribe(tenant, id, last) do
      cond do
        past == [] and state == :ended and last > 0 ->
          Runs.unsubscribe(reference)
          :over

        Limits.hold({:events, tenant}, settings.streams) == :full ->
          Runs.unsubscribe(reference)
          :too_many

        true ->
          {:ok, {reference, past, state}}
      end
    end
  end

  # The process may have other requests to answer.
  defp left(conn, reference) do
    Limits.release({:events, conn.assigns.tenant})
    Runs.unsubscribe(reference)
  end

  @doc "Sends them. It returns when there is no more to send."
  def stream(%{method: "HEAD"} = conn, {reference, _past, _state}) do
    left(conn, reference)
    Conn.respond(conn, 200, "", @headers)
  end

  def stream(conn, {reference, past, state}) do
    with {:ok, gone, conn} <- Conn.watch(conn),
         {:ok, conn} <- Conn.begin(conn, 200, @headers),
         {:ok, conn} <- Conn.chunk(conn, ["retry: 1000\n\n" | Enum.map(past, &text/1)]),
         {:ok, conn} <- follow(conn, reference, gone, state),
         {:ok, conn} <- Conn.finish(conn) do
      conn
    else
      {:error, _the_client_is_gone, conn} -> conn
    end
  after
    left(conn, reference)
  end

  defp follow(conn, _reference, _gone, :ended), do: {:ok, conn}

  defp follow(conn, reference, gone, :running) do
    receive do
      {^reference, :ended} ->
        {:ok, conn}

      {^reference, event} ->
        with {:ok, conn} <- Conn.chunk(conn, text(event)), do: follow(conn, reference, gone, :running)

      {^gone, :gone} ->
        {:ok, conn}
    after
      conn.assigns.settings.heartbeat_ms -> heartbeat(conn, reference, gone)
    end
  end

  # A comment, so that nobody on the way takes the connection for dead. What a key began ends with it.
  defp heartbeat(conn, reference, gone) do
    with {:ok, _whose} <- Keys.live(conn.assigns.key), {:ok, conn} <- Conn.chunk(conn, ":\n\n") do
      follow(conn, reference, gone, :running)
    else
      {:error, _error, conn} -> {:ok, conn}
      _revoked -> {:ok, conn}
    end
  end

  # JSON has no line breaks outside its texts, and none unescaped inside.
  defp text(%{id: id, name: name, data: data}) do
    ["id: ", Integer.to_string(id), "\nevent: ", name, "\ndata: ", JSON.encode!(Reply.plain(data)), "\n\n"]
  end
end
