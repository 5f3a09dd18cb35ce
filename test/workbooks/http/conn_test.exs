defmodule Workbooks.HTTP.ConnTest do
  use ExUnit.Case, async: true

  alias Workbooks.HTTP.Conn
  alias Workbooks.TestConn

  doctest Workbooks.HTTP.Conn
  doctest Workbooks.HTTP.Error
  doctest Workbooks.HTTP.ETag
  doctest Workbooks.HTTP.Path
  doctest Workbooks.HTTP.Route

  test "a body is read up to what is allowed" do
    conn = TestConn.conn("PUT", "/", body: ["12", "345"])
    assert {:ok, "12345", _conn} = Conn.read_body(conn, 5)
    assert {:error, %{kind: :too_large}, _conn} = Conn.read_body(conn, 4)
    assert {:ok, "", _conn} = Conn.read_body(TestConn.conn("GET", "/"), 0)
  end

  test "headers are set once, but for those that are added" do
    conn = %Conn{} |> Conn.put_headers([{"a", "1"}, {"b", "2"}]) |> Conn.respond(200, "", [{"a", "3"}])
    assert conn.answer_headers == [{"b", "2"}, {"a", "3"}]
    assert [_, _, {"a", "4"}] = Conn.add_header(conn, "a", "4").answer_headers
  end

  test "a path that two programs could read differently has no segments" do
    for path <- ["/%2e%2e/etc", "/..", "/.", "/a/%5c", "/%00", "/%zz", "/%c3", "/a%0ab"] do
      assert TestConn.conn("GET", path).segments == nil, path
    end
  end

  test "an answer goes from begun to finished" do
    {:ok, conn} = Conn.begin(TestConn.conn("GET", "/"), 200, [{"content-type", "text/plain"}])
    {:ok, conn} = Conn.chunk(conn, "a")
    {:ok, conn} = Conn.finish(conn)
    assert conn.state == :finished
    assert_raise FunctionClauseError, fn -> Conn.respond(conn, 200, "") end
  end
end
