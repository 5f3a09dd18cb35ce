defmodule Workbooks.Storage.PostgresTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Error, TestPostgres}
  alias Workbooks.Storage.{Embedded, Postgres}

  @moduletag :tmp_dir
  @moduletag timeout: 300_000

  if why = TestPostgres.missing(), do: @moduletag(skip: why)

  setup_all do
    {:ok, url: TestPostgres.start!()}
  end

  setup %{url: url} do
    {:ok, settings: %{url: url, schema: "test_#{System.unique_integer([:positive])}", pool: 3}}
  end

  use Workbooks.TestStorageCases, backend: Postgres

  test "a backup of either store can be restored into the other", %{tmp_dir: tmp, settings: settings} do
    {:ok, handle} = Postgres.open(settings)
    :ok = Postgres.transaction(handle, [{:put, "t", "a", "1"}, {:put, "u", "b", "2"}], 20_000)
    path = Path.join(tmp, "backup")
    :ok = Postgres.backup(handle, path, 20_000)
    Postgres.close(handle)

    folder = %{folder: Path.join(tmp, "store")}
    assert Embedded.restore(path, folder, 20_000) == :ok
    {:ok, handle} = Embedded.open(folder)
    assert Embedded.get(handle, "u", "b", 20_000) == {:ok, "2"}
    :ok = Embedded.transaction(handle, [{:put, "u", "c", "3"}], 20_000)
    back = Path.join(tmp, "back")
    :ok = Embedded.backup(handle, back, 20_000)
    Embedded.close(handle)

    other = %{settings | schema: settings.schema <> "_other"}
    assert Postgres.restore(back, other, 20_000) == :ok
    {:ok, handle} = Postgres.open(other)
    assert Postgres.page(handle, "u", nil, 1_000, 20_000) == {:ok, [{"b", "2"}, {"c", "3"}], nil}
    Postgres.close(handle)
  end

  test "what is wrong with the database is said, the password never", %{settings: settings} do
    for {url, kind} <- [
          {"postgres://me:top-secret@127.0.0.1:1/none", :unavailable},
          {"postgres://me:top-secret@localhost/none?sslmode=perhaps", :bad_value},
          {"me:top-secret", :bad_value}
        ] do
      assert {:error, %Error{kind: ^kind} = error} = Postgres.open(%{settings | url: url})
      refute inspect(error) =~ "top-secret"
    end

    assert {:error, %Error{kind: :bad_value}} = Postgres.open(%{settings | schema: "a\"b"})
  end
end
