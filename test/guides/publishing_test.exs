defmodule Workbooks.Guides.PublishingTest do
  # What guides/publishing.md shows.
  use ExUnit.Case, async: false
  import Workbooks.TestGuide

  guide("guides/publishing.md")
end
