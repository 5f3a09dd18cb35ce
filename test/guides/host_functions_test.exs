defmodule Workbooks.Guides.HostFunctionsTest do
  # What guides/host-functions.md shows.
  use ExUnit.Case, async: true
  import Workbooks.TestGuide

  guide("guides/host-functions.md")
end
