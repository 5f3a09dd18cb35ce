defmodule Workbooks.Guides.JavaScriptTest do
  use ExUnit.Case, async: true
  import Workbooks.TestGuide
  guide("guides/javascript.md")
end
