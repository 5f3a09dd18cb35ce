defmodule Workbooks.Guides.StateDomainsLibraryTest do
  use ExUnit.Case, async: true
  import Workbooks.TestGuide

  guide("guides/state-domains-library.md")
end
