# How much longer than Erlang itself does a command of wb take?
#
# From the call to the end of the process, of the file that `make wb` makes, unpacked already. The floor
# is an erl that ends at once. What a query itself takes is what the first one takes in a virtual machine
# that has just started: the kernel's loading, an instance, the call.

Code.require_file("support/bench.exs", __DIR__)

defmodule Bench.Wb do
  @rounds 15

  def question, do: "A command of wb, from its call to its end"

  def rows do
    root = Path.expand("..", __DIR__)
    {_, 0} = System.cmd(Path.join(root, "scripts/wb"), [], cd: root)
    wb = Path.join(root, "_wb/wb")
    org = Path.join(root, "examples/hello.org")
    erl = System.find_executable("erl")

    cases = [
      {:bare, erl, ["-noshell", "-eval", "halt()."]},
      {:version, wb, ["version"]},
      {:query, wb, ["query", org]},
      {:run, wb, ["run", org, "--input", "name=Ada"]}
    ]

    # In turn, so that a machine that slows down slows all of them; the first round unpacks.
    rounds =
      for round <- 0..@rounds,
          {name, command, arguments} <- cases,
          round > 0 or warm(command, arguments),
          do: {name, took(command, arguments)}

    times = Enum.group_by(rounds, &elem(&1, 0), &elem(&1, 1))
    sample = fn name -> Bench.sample(times[name]) end
    itself = Bench.sample(for _ <- 1..@rounds, do: first_query(erl, org))
    bare = {"erl -eval 'halt().'", sample.(:bare)}
    most = round(1.5 * sample.(:bare).best + itself.best)

    [
      Bench.row("wb version", sample.(:version), floor: bare, goal: {:times, 1.5}),
      Bench.row("wb query; the goal is 1.5 × floor and the query", sample.(:query), floor: bare, goal: {:ns, most}),
      Bench.row("wb run of two kept steps", sample.(:run), floor: bare),
      Bench.row("the first query in a virtual machine", itself)
    ]
  end

  defp warm(command, arguments) do
    took(command, arguments)
    false
  end

  defp took(command, arguments) do
    begun = Bench.now()
    {_, 0} = System.cmd(command, arguments)
    Bench.now() - begun
  end

  # With nothing else of this library started or loaded before.
  defp first_query(erl, org) do
    paths = for app <- [:elixir, :logger, :workbooks], do: to_charlist(:code.lib_dir(app)) ++ ~c"/ebin"

    code = """
    'Elixir.Workbooks.CLI.Start':kernel(), {ok, Org} = file:read_file(\"#{org}\"),
    {Time, {ok, _}} = timer:tc(fun() -> 'Elixir.Workbooks.OQL':parse_headlines(Org) end),
    io:put_chars(integer_to_list(Time)), halt().
    """

    {time, 0} = System.cmd(erl, ["-noinput", "-pa"] ++ Enum.map(paths, &to_string/1) ++ ["-eval", code])
    String.to_integer(time) * 1000
  end
end

Bench.run(Bench.Wb)
