defmodule Workbooks.TestRouter do
  @moduledoc false
  # A router that does what its tests ask. Its option is a process, which is told what happens.

  alias Workbooks.HTTP.Conn

  def init(pid), do: pid

  def call(conn, pid), do: route(conn, conn.segments, pid)

  defp route(conn, ["hello"], _pid), do: Conn.respond(conn, 200, "hello\n", [{"content-type", "text/plain"}])
  defp route(conn, ["conn"], _pid), do: Conn.respond(conn, 200, :erlang.term_to_binary(%{conn | adapter: nil}))
  defp route(conn, ["bytes", count], _pid), do: Conn.respond(conn, 200, :binary.copy("x", String.to_integer(count)))
  defp route(conn, ["raise"], _pid), do: raise("no #{conn.method}")
  defp route(conn, ["match"], _pid), do: {:never, _} = conn.headers
  defp route(_conn, ["exit"], _pid), do: exit(:normal)
  defp route(_conn, ["throw"], _pid), do: throw({:secret, "s3cret"})
  defp route(conn, ["nothing"], _pid), do: conn
  defp route(conn, ["bad-header"], _pid), do: Conn.respond(conn, 200, "", [{"x", "a\r\nb: c"}])
  defp route(conn, ["bad-status"], _pid), do: Conn.respond(conn, 199, "")

  defp route(conn, ["echo"], _pid) do
    {:ok, conn} = Conn.begin(conn, 200, [{"content-type", "application/octet-stream"}])
    echo(conn)
  end

  # All of the body, counted, in constant memory.
  defp route(conn, ["count"], pid) do
    case count(conn, 0) do
      {:ok, bytes, conn} ->
        Conn.respond(conn, 200, "#{bytes}")

      {:error, error, conn} ->
        send(pid, {:body, error})
        Conn.respond(conn, 400, error.message)
    end
  end

  # Nothing of the body is read before the test says so.
  defp route(conn, ["late"], pid) do
    send(pid, {:late, self()})
    receive do: (:read -> route(conn, ["count"], pid))
  end

  # Chunks of 64 KiB, each told.
  defp route(conn, ["flood", count], pid) do
    {:ok, conn} = Conn.begin(conn, 200)
    send(pid, {:flood, self()})
    flood(conn, String.to_integer(count), pid)
  end

  defp route(conn, ["wait"], pid) do
    send(pid, {:waiting, self()})
    receive do: (:answer -> Conn.respond(conn, 200, "at last"))
  end

  defp route(conn, ["begun"], pid) do
    {:ok, conn} = Conn.begin(conn, 200)
    {:ok, conn} = Conn.chunk(conn, "part")
    send(pid, {:waiting, self()})
    receive do: (:answer -> conn)
  end

  defp route(conn, ["watch"], pid) do
    {:ok, reference, conn} = Conn.watch(conn)
    {:ok, conn} = Conn.begin(conn, 200, [{"content-type", "text/event-stream"}])
    {:ok, conn} = Conn.chunk(conn, "data: 1\n\n")
    send(pid, {:waiting, self()})

    receive do
      {^reference, :gone} ->
        send(pid, {:gone, self()})
        conn

      :answer ->
        {:ok, conn} = Conn.finish(conn)
        # A client that leaves after the end is no news.
        receive do: ({^reference, :gone} -> send(pid, {:gone, self()})), after: (50 -> send(pid, {:finished, self()}))
        conn
    end
  end

  defp route(conn, nil, _pid), do: Conn.respond(conn, 400, "no path\n")
  defp route(conn, _other, _pid), do: Conn.respond(conn, 404, "nothing\n")

  defp echo(conn) do
    with {:ok, piece, conn} <- Conn.read(conn), {:ok, conn} <- Conn.chunk(conn, piece) do
      echo(conn)
    else
      {:done, _trailers, conn} ->
        {:ok, conn} = Conn.finish(conn)
        conn

      {:error, _error, conn} ->
        conn
    end
  end

  defp count(conn, bytes) do
    case Conn.read(conn) do
      {:ok, piece, conn} -> count(conn, bytes + byte_size(piece))
      {:done, _trailers, conn} -> {:ok, bytes, conn}
      {:error, error, conn} -> {:error, error, conn}
    end
  end

  defp flood(conn, 0, _pid) do
    {:ok, conn} = Conn.finish(conn)
    conn
  end

  defp flood(conn, left, pid) do
    case Conn.chunk(conn, :binary.copy("x", 65_536)) do
      {:ok, conn} ->
        send(pid, {:chunk, left})
        flood(conn, left - 1, pid)

      {:error, error, conn} ->
        send(pid, {:chunk, error})
        conn
    end
  end
end
