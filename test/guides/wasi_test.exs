defmodule Workbooks.Guides.WASITest do
  use ExUnit.Case, async: true
  import Workbooks.TestGuide

  guide("guides/wasi.md")
end
