defmodule Workbooks.Vars.EmbeddedTest do
  use ExUnit.Case, async: true
  use Workbooks.TestVarsCases, storage: [folder: Workbooks.TestVars.folder()]
end
