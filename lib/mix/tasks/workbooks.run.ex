defmodule Mix.Tasks.Workbooks.Run do
  @shortdoc "Runs a workbook: mix workbooks.run FILE.org"
  @moduledoc """
  Runs a workbook and prints what each step came to and what the workbook exports.

      $ mix workbooks.run examples/hello.org --input name=Ada --out hello.html

  Options:

    * `--input NAME=VALUE`, `-i` - an input, as often as there are inputs. A value that
      is JSON is taken as such (`3`, `true`, `[1,2]`, `"3"`), any other as a string
    * `--out PAGE.html`, `-o` - writes the page, after a failed run too
    * `--timeout MS` - for the whole run; 300,000
    * `--fuel N` - WebAssembly instructions that each step may take; no limit
    * `--json` - prints the run as one JSON object, and nothing else

  A `wasm` block may name a file below the workbook's folder.

  The exit status is 0 when every step that ran is ok, 1 when not.
  """
  use Mix.Task

  alias Workbooks.{JSON, Page, Run}
  alias Workbooks.Page.Terminal

  @switches [input: :keep, out: :string, timeout: :integer, fuel: :integer, json: :boolean]
  @aliases [i: :input, o: :out]
  @usage "usage: mix workbooks.run FILE.org [--input NAME=VALUE]... [--out PAGE.html] [--timeout MS] [--fuel N] [--json]"

  @impl true
  def run(arguments) do
    {file, options} = parse(arguments)
    org = read(file)

    # JSON is read by the application's own code.
    Mix.Task.run("app.start")
    given = [inputs: inputs(options), folder: Path.dirname(file)] ++ Keyword.take(options, [:timeout, :fuel])
    {outcome, run} = Workbooks.run(org, given)

    page = options[:out] && write(options[:out], Page.of_run(run, org, source: Path.basename(file)))
    if options[:json], do: print_json(run), else: print(run, page)
    if outcome == :error, do: exit({:shutdown, 1})
  end

  defp parse(arguments) do
    case OptionParser.parse(arguments, strict: @switches, aliases: @aliases) do
      {options, [file], []} -> {file, checked(options)}
      {_options, [], []} -> Mix.raise("which workbook?\n#{@usage}")
      {_options, files, []} -> Mix.raise("one workbook at a time, got: #{Enum.join(files, ", ")}\n#{@usage}")
      {_options, _files, [{switch, nil} | _]} -> Mix.raise("#{switch} is no option, or lacks its value\n#{@usage}")
      {_options, _files, [{switch, value} | _]} -> Mix.raise("#{switch} cannot be #{value}\n#{@usage}")
    end
  end

  defp checked(options) do
    if is_integer(options[:timeout]) and options[:timeout] < 0 do
      Mix.raise("--timeout takes milliseconds from 0, got: #{options[:timeout]}")
    end

    if is_integer(options[:fuel]) and options[:fuel] < 1 do
      Mix.raise("--fuel takes instructions from 1, got: #{options[:fuel]}")
    end

    options
  end

  defp read(file) do
    case File.read(file) do
      {:ok, org} -> org
      {:error, reason} -> Mix.raise("cannot read #{file}: #{:file.format_error(reason)}")
    end
  end

  defp inputs(options) do
    for text <- Keyword.get_values(options, :input), into: %{} do
      case String.split(text, "=", parts: 2) do
        [name, value] when name != "" -> {name, value(value)}
        _ -> Mix.raise("--input takes NAME=VALUE, got: #{text}")
      end
    end
  end

  defp value(text) do
    case JSON.decode(text) do
      {:ok, value} -> value
      {:error, _} -> text
    end
  end

  defp write(path, page) do
    with :ok <- File.mkdir_p(Path.dirname(path)), :ok <- File.write(path, page) do
      path
    else
      {:error, reason} -> Mix.raise("cannot write #{path}: #{:file.format_error(reason)}")
    end
  end

  defp print(%Run{} = run, page) do
    Mix.shell().info(Terminal.run(run))
    if Enum.any?(run.error || [], &(&1["code"] == "missing_input")), do: Mix.shell().info("give it: --input NAME=VALUE")
    if page, do: Mix.shell().info("page: #{page}")
  end

  defp print_json(%Run{} = run) do
    case run |> Map.from_struct() |> Map.delete(:html) |> JSON.encode() do
      {:ok, json} -> Mix.shell().info(json)
      {:error, message} -> Mix.raise("this run has no JSON form: #{message}")
    end
  end
end
