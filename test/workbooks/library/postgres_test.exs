defmodule Workbooks.Library.PostgresTest do
  use ExUnit.Case, async: true

  if why = Workbooks.TestPostgres.missing(), do: @moduletag(skip: why)

  use Workbooks.TestLibraryCases, storage: Workbooks.TestPostgres.storage!()
end
