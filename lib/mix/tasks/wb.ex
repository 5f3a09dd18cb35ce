defmodule Mix.Tasks.Wb do
  @shortdoc "wb, the command line, from this folder: mix wb help"
  @moduledoc """
  `wb` as it is in this folder, for who works on it: `make wb` makes the program.

      $ mix wb run examples/hello.org --input name=Ada

  What there is to call is told by `mix wb help`. The exit status is that of `wb`.
  """
  use Mix.Task

  @impl true
  def run(arguments) do
    Mix.Task.run("compile")
    if Workbooks.CLI.run(arguments) != 0, do: exit({:shutdown, 1})
  end
end
