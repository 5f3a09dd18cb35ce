defmodule Workbooks.Guides.StateTest do
  # What guides/state.md shows.
  use ExUnit.Case, async: false
  import Workbooks.TestGuide

  guide("guides/state.md")
end
