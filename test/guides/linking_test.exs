defmodule Workbooks.Guides.LinkingTest do
  use ExUnit.Case, async: true
  import Workbooks.TestGuide
  guide("guides/linking.md")
end
