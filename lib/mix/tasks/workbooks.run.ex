defmodule Mix.Tasks.Workbooks.Run do
  @shortdoc "Runs a workbook: mix workbooks.run FILE.org"
  @moduledoc """
  Runs a workbook and prints what each step came to and what the workbook exports: `wb run`, without `wb`.

      $ mix workbooks.run examples/hello.org --input name=Ada --out hello.html

  `mix wb help run` tells its options. The exit status is 0 when every step that ran is ok, 1 when not.
  """
  use Mix.Task

  @impl true
  def run(arguments), do: Mix.Task.run("wb", ["run" | arguments])
end
