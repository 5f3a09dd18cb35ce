defmodule Workbooks.Domains.EmbeddedTest do
  use ExUnit.Case, async: true
  use Workbooks.TestDomainsCases, storage: [folder: Workbooks.TestVars.folder()]
end
