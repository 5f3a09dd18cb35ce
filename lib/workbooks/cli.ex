defmodule Workbooks.CLI do
  @moduledoc """
  `wb`, the command line.

  `main/1` is what the program on the `PATH` calls (`make wb`), `run/1` the same for who wants to go on
  afterwards: `mix wb`, a test. What there is to call is in `guides/wb.md`, and told by `wb help`.

      iex> ExUnit.CaptureIO.capture_io(fn -> 0 = Workbooks.CLI.run(["version"]) end) =~ ~r/^wb \\d/
      true

  A verb is a module of `Workbooks.CLI.Verb`. Those that read files need no server: they open no port and no
  store. With `WB_URL` and `WB_KEY` set, verbs work on the control plane there.

  The status is 0, or 1 after one line on standard error that says what was wrong. With `--json`, standard
  output is JSON and nothing else, `{"error": {"code", "message"}}` where it went wrong.
  """

  alias Workbooks.CLI.{Failure, Help, Options, Output, Start, Verbs}

  # Names first: a verb's module is loaded when it is called, and by nobody else's call.
  @verbs [
    {"new", Verbs.New},
    {"query", Verbs.Query},
    {"tangle", Verbs.Tangle},
    {"lint", Verbs.Lint},
    {"render", Verbs.Render},
    {"run", Verbs.Run},
    {"bundle", Verbs.Bundle},
    {"var", Verbs.Var},
    {"key", Verbs.Key},
    {"domain", Verbs.Domain},
    {"telemetry", Verbs.Telemetry},
    {"publish", Verbs.Publish},
    {"serve", Verbs.Serve},
    {"completion", Verbs.Completion},
    {"help", Verbs.Help},
    {"version", Verbs.Version},
    {"agent", Verbs.Agent},
    {"toolkit", Verbs.Toolkit},
    {"deploy", Verbs.Deploy}
  ]

  @doc "Runs a command and ends the virtual machine with its status."
  @spec main([String.t()]) :: no_return
  def main(arguments) do
    device = Output.prepare()
    Start.quietly()
    status = run(arguments)
    Start.stop()
    System.halt(if arrived?(device), do: status, else: 1)
  end

  defp arrived?(device) do
    case Output.lost(device) do
      nil ->
        true

      # Whoever reads no further has what it wanted.
      :epipe ->
        false

      reason ->
        Output.complain("cannot write to standard output: #{:file.format_error(reason)}")
        false
    end
  end

  @doc false
  # What the launcher starts. In a process of its own: the virtual machine can then be told to stop.
  def boot do
    arguments = Enum.map(:init.get_plain_arguments(), &argument/1)
    spawn(fn -> main(arguments) end)
  end

  # One that is no text is of bytes.
  defp argument(characters) do
    case :unicode.characters_to_binary(characters) do
      text when is_binary(text) -> text
      _bytes -> :erlang.list_to_binary(characters)
    end
  end

  @doc """
  Runs a command; answers its exit status.

      iex> ExUnit.CaptureIO.capture_io(:stderr, fn -> 1 = Workbooks.CLI.run(["rum"]) end)
      "wb: there is no verb rum: did you mean run? (wb help lists them)\\n"
  """
  @spec run([String.t()]) :: 0 | 1
  def run(arguments) do
    json? = "--json" in Enum.take_while(arguments, &(&1 != "--"))

    try do
      arguments |> command() |> finish(json?)
    catch
      # Nobody reads on: `wb query … | head`.
      :throw, :closed -> 1
      kind, reason -> finish({:error, Failure.crash(kind, reason, __STACKTRACE__)}, json?)
    end
  end

  defp command([]), do: {:ok, {Help.overview(@verbs), nil}}
  defp command([flag | rest]) when flag in ["--help", "-h"], do: command(["help" | rest])
  defp command([flag | rest]) when flag in ["--version", "-V"], do: command(["version" | rest])
  # A switch before the verb is one behind it.
  defp command(["--json", verb | rest]), do: command([verb, "--json" | rest])
  defp command(["--json"]), do: command(["help", "--json"])

  defp command([name | arguments]) do
    case List.keyfind(@verbs, name, 0) do
      {_name, verb} -> call(verb, arguments)
      nil -> {:error, unknown(name)}
    end
  end

  defp call(verb, arguments) do
    with {:ok, arguments, options} <- Options.parse(verb, arguments) do
      if options.help,
        do: {:ok, {Help.verb(verb), Help.data(verb)}},
        else: verb.run(arguments, Map.put(options, :verbs, @verbs))
    end
  end

  defp unknown(name) do
    guess = if word = Options.nearest(name, Enum.map(@verbs, &elem(&1, 0))), do: ": did you mean #{word}?", else: ""
    Failure.new(:usage, "there is no verb #{name}#{guess} (wb help lists them)")
  end

  defp finish({:ok, output}, json?) do
    Output.show(output, json?)
    0
  end

  defp finish({:failed, output, message}, json?) do
    Output.show(output, json?)
    Output.complain(message)
    1
  end

  defp finish({:error, error}, json?) do
    failure = Failure.of(error)
    if json?, do: Output.json(%{error: failure})
    Output.complain(failure.message)
    1
  end
end
