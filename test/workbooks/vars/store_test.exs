defmodule Workbooks.Vars.StoreTest do
  use ExUnit.Case, async: true
  use Workbooks.TestVarsCases, storage: [backend: Workbooks.TestMemoryStorage, url: "memory"]

  doctest Workbooks.Vars.Store
end
