defmodule Workbooks.Library.EmbeddedTest do
  use ExUnit.Case, async: true
  use Workbooks.TestLibraryCases, storage: [folder: Workbooks.TestVars.folder()]
end
