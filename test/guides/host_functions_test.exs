defmodule Workbooks.Guides.HostFunctionsTest do
  # What guides/host-functions.md shows.
  use ExUnit.Case, async: true
  import Workbooks.TestGuide

  setup do
    on_exit(fn -> File.rm(Path.join(System.tmp_dir!(), "guide-shop.wat")) end)
  end

  guide("guides/host-functions.md")
end
