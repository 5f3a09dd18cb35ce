defmodule Workbooks.HTTP.RouterTest do
  use ExUnit.Case, async: true

  alias Workbooks.HTTP.{Route, Router}

  doctest Workbooks.HTTP.Router

  @table Router.table([
           Route.new(:get, "/", :root),
           Route.new(:get, "/runs/:id", :run),
           Route.new(:get, "/runs/new", :new),
           Route.new(:post, "/runs/:id/stop", :stop)
         ])

  test "a name goes before a parameter, and where the name leads no further the parameter does" do
    assert {:ok, %{to: :new}, %{}} = Router.find(@table, "GET", ["runs", "new"])
    assert {:ok, %{to: :run}, %{"id" => "7"}} = Router.find(@table, "GET", ["runs", "7"])
    assert {:ok, %{to: :stop}, %{"id" => "new"}} = Router.find(@table, "POST", ["runs", "new", "stop"])
  end

  test "the root, HEAD, and what is not there" do
    assert {:ok, %{to: :root}, %{}} = Router.find(@table, "HEAD", [])
    assert Router.find(@table, "GET", ["runs", ""]) == {:error, :not_found}
    assert Router.find(@table, "HEAD", ["runs", "7", "stop"]) == {:error, {:method_not_allowed, ["POST"]}}
  end

  test "a route stands once" do
    twice = [Route.new(:get, "/a/:b", 1), Route.new(:get, "/a/:c", 2)]
    assert_raise ArgumentError, ~r"two routes for GET /a/:c", fn -> Router.table(twice) end
  end
end
