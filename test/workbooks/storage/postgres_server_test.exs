defmodule Workbooks.Storage.PostgresServerTest do
  @moduledoc "The PostgreSQL that tests start does what tests ask of it, and nothing of it is left."
  use ExUnit.Case, async: true

  alias Workbooks.TestPostgres

  @moduletag skip: TestPostgres.missing()

  test "is one for all who ask, with databases of their own" do
    [server, same] = 1..2 |> Enum.map(fn _ -> Task.async(&TestPostgres.start!/0) end) |> Task.await_many(:infinity)
    assert server.url == same.url
    assert TestPostgres.sql!(server, "SHOW fsync") == "on"

    [one, other] = for _ <- 1..2, do: TestPostgres.fresh_database!(server)
    TestPostgres.sql!(server, "CREATE TABLE a (b int)", database: one)
    assert TestPostgres.sql!(server, "SELECT to_regclass('a')", database: one) == "a"
    assert TestPostgres.sql!(server, "SELECT to_regclass('a')", database: other) == ""

    for url <- [one, other], do: TestPostgres.drop_database!(server, url)
    assert_raise RuntimeError, ~r/does not exist/, fn -> TestPostgres.sql!(server, "SELECT 1", database: one) end
  end

  test "keeps what was committed when it is killed, and is gone with its folder when it is stopped" do
    server = TestPostgres.start_own!()
    url = TestPostgres.fresh_database!(server)
    TestPostgres.sql!(server, "CREATE TABLE a AS SELECT 7 AS b", database: url)
    connection = connect(server)

    # "N": it has no TLS. So it listens to this one now.
    assert {:ok, "N"} = :gen_tcp.recv(connection, 1)

    TestPostgres.kill!(server)
    assert {:error, :closed} = :gen_tcp.recv(connection, 0)
    assert {:error, :econnrefused} = :gen_tcp.connect(~c"127.0.0.1", server.port, [:binary])
    # A second time there is nothing to do.
    TestPostgres.kill!(server)

    TestPostgres.restart!(server)
    assert TestPostgres.sql!(server, "SELECT b FROM a", database: url) == "7"
    TestPostgres.restart!(server)
    assert TestPostgres.sql!(server, "SELECT b FROM a", database: url) == "7"

    server.stop.()
    refute File.exists?(server.folder)
    assert {:error, :econnrefused} = :gen_tcp.connect(~c"127.0.0.1", server.port, [:binary])
  end

  test "answers nothing while it is paused, and what was asked when it goes on" do
    server = TestPostgres.start_own!(fsync: false)
    on_exit(server.stop)
    TestPostgres.pause!(server)
    connection = connect(server)
    assert {:error, :timeout} = :gen_tcp.recv(connection, 0, 200)

    TestPostgres.resume!(server)
    assert {:ok, "N"} = :gen_tcp.recv(connection, 1)
  end

  test "a killed one that is stopped leaves nothing either, nor does a paused one" do
    for how <- [&TestPostgres.kill!/1, &TestPostgres.pause!/1] do
      server = TestPostgres.start_own!(fsync: false)
      how.(server)
      server.stop.()
      refute File.exists?(server.folder)
    end
  end

  test "connections are ended" do
    server = TestPostgres.start_own!(fsync: false)
    on_exit(server.stop)
    asleep = Task.async(fn -> catch_error(TestPostgres.sql!(server, "SELECT pg_sleep(600)")) end)

    asleep? = fn ->
      TestPostgres.sql!(server, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%sleep(600)'") == "1"
    end

    Workbooks.TestWait.until(asleep?)

    TestPostgres.disconnect!(server)
    assert Exception.message(Task.await(asleep, :infinity)) =~ "terminat"
  end

  # A connection that has asked for TLS, the first thing that a client may say.
  defp connect(server) do
    {:ok, connection} = :gen_tcp.connect(~c"127.0.0.1", server.port, [:binary, active: false])
    :ok = :gen_tcp.send(connection, <<8::32, 80_877_103::32>>)
    connection
  end
end
