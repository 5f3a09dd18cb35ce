defmodule Workbooks.Guides.LimitsAndFairnessTest do
  # What guides/limits-and-fairness.md shows.
  use ExUnit.Case, async: true
  import Workbooks.TestGuide

  guide("guides/limits-and-fairness.md")
end
