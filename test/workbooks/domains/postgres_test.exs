defmodule Workbooks.Domains.PostgresTest do
  use ExUnit.Case, async: true

  if why = Workbooks.TestPostgres.missing(), do: @moduletag(skip: why)

  use Workbooks.TestDomainsCases, storage: Workbooks.TestPostgres.storage!()
end
