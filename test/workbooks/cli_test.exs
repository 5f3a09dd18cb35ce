defmodule Workbooks.CLITest do
  # Standard error is captured for all.
  use ExUnit.Case, async: false

  doctest Workbooks.CLI
  doctest Workbooks.CLI.Inputs
  doctest Workbooks.CLI.Options
  doctest Workbooks.CLI.Output
  doctest Workbooks.CLI.Remote.Events
  doctest Workbooks.CLI.Run.Tree
  doctest Workbooks.CLI.Workbook
end
