defmodule Mix.Tasks.Workbooks.Install do
  @shortdoc "Installs a compiler for blocks: mix workbooks.install clang"
  @moduledoc """
  Installs what C blocks are compiled with: clang, as WebAssembly.

      $ mix workbooks.install clang

  It is fetched by the npm client, from the registry that is set up there, at one pinned version, and
  taken only when its digest is the pinned one. Then it is compiled to native code, which takes some
  minutes of one core and two gigabytes of memory, once; a block that is compiled before that is done
  waits for it.

  What is done already is not done again. Options:

    * `--from PATH` - the package's `.tgz`, or the folder it was unpacked to, instead of npm
    * `--no-native` - leaves the native code to whatever first needs it

  `Workbooks.Build.Clang.Package` tells where it goes, and how to name another folder.
  """
  use Mix.Task

  alias Workbooks.Build.Clang.{Install, Program}
  alias Workbooks.Telemetry

  @usage "usage: mix workbooks.install clang [--from PATH] [--no-native]"

  @impl true
  def run(arguments) do
    options = parse(arguments)

    # Whatever this prints is written to, and read from, by the application's own code.
    Mix.Task.run("app.start")

    case Install.run(&say/1, Keyword.take(options, [:from])) do
      {:ok, package} -> if Keyword.get(options, :native, true), do: prepare(package)
      {:error, why} -> Mix.raise("clang is not installed: #{why}")
    end
  end

  defp parse(arguments) do
    case OptionParser.parse(arguments, strict: [from: :string, native: :boolean]) do
      {options, ["clang"], []} -> options
      {_options, [], []} -> Mix.raise("what is to be installed?\n#{@usage}")
      {_options, [other | _], []} -> Mix.raise("#{other} cannot be installed by this: clang can\n#{@usage}")
      {_options, _names, [{switch, _} | _]} -> Mix.raise("#{switch} is no option, or lacks its value\n#{@usage}")
    end
  end

  defp prepare(package) do
    if Program.state(package) == :absent do
      say("compiling clang to native code: some minutes of one core and 2 GB of memory, once")
    end

    event = [:workbooks, :build, :clang, :progress]
    Telemetry.attach(__MODULE__, event, &__MODULE__.progress/4, nil)

    try do
      case Program.get(package, :infinity) do
        {:ok, _program} -> say("C blocks are ready to be compiled (#{package.folder})")
        {:error, problem} -> Mix.raise(problem.message)
      end
    after
      Telemetry.detach(__MODULE__)
    end
  end

  @doc false
  @spec progress([atom], map, map, term) :: term
  def progress(_event, %{elapsed_ms: elapsed}, _metadata, _config) do
    # One line in fifteen seconds is life enough.
    if rem(div(elapsed, 5_000), 3) == 0, do: say("still compiling, for #{div(elapsed, 1000)} s now")
  end

  defp say(line), do: Mix.shell().info(line)
end
