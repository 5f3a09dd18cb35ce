defmodule Workbooks.Vars.PostgresTest do
  use ExUnit.Case, async: true

  if why = Workbooks.TestPostgres.missing(), do: @moduletag(skip: why)

  use Workbooks.TestVarsCases, storage: Workbooks.TestPostgres.storage!()
end
