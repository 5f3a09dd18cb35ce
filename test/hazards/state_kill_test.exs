defmodule Workbooks.Hazards.StateKillTest do
  @moduledoc """
  State outlives `kill -9` at any moment: what was acknowledged is there, whole; what was deleted stays
  deleted; what was not acknowledged is there or not, but all of it or nothing.
  """
  use ExUnit.Case, async: true

  import Workbooks.TestProperty, only: [runs: 2]

  alias Workbooks.TestCrashWriter, as: Writer
  alias Workbooks.TestPostgres

  @moduletag timeout: :infinity
  @writers 8
  # Long enough for a start, also on a busy machine.
  @patience 120_000
  # A writer machine lives up to so long after its start, or until it has written for a while.
  @start_ms 1_500
  @writing_ms 250

  @tag :tmp_dir
  test "the embedded store", %{tmp_dir: folder} do
    rounds(runs(20, 1_000), [{"WORKBOOKS_DATA_DIR", folder}])
  end

  @tag skip: TestPostgres.missing()
  @tag :tmp_dir
  test "PostgreSQL", %{tmp_dir: folder} do
    url = TestPostgres.fresh_database!(TestPostgres.start!())
    rounds(runs(5, 100), [{"WORKBOOKS_DATABASE_URL", url}, {"WORKBOOKS_DATA_DIR", folder}])
  end

  # Of each writer: its state after the steps that are known to be done, how many those are, and how
  # many more were acknowledged in the last round.
  defp rounds(count, env) do
    seed = :rand.uniform(1_000_000)
    :rand.seed(:exsss, seed)
    new = for writer <- 0..(@writers - 1), into: %{}, do: {writer, %{state: %{}, done: 0, last: 0}}

    writers =
      for round <- 1..count, reduce: new do
        writers ->
          try do
            round(writers, env, kill: true)
          rescue
            wrong -> reraise "round #{round} of seed #{seed}: #{Exception.message(wrong)}", __STACKTRACE__
          end
      end

    writers = round(writers, env, kill: false)
    # Otherwise nothing was tried.
    assert Enum.sum(for {_, %{done: done}} <- writers, do: done) > count
  end

  defp round(writers, env, kill: kill) do
    port = open(writers, env)
    {:os_pid, pid} = Port.info(port, :os_pid)
    # Some are killed before they are ready, while the store is opened.
    early = if kill and :rand.uniform(5) == 1, do: Process.send_after(self(), {:kill, port}, :rand.uniform(@start_ms))

    {lines, ready?} = read(port, pid, [], early, kill)
    for line <- lines, String.starts_with?(line, "failed"), do: flunk(line)

    writers = if ready?, do: settle(writers, lines), else: writers
    done(writers, lines)
  end

  defp open(writers, env) do
    paths = Enum.flat_map(:code.get_path(), &["-pa", to_string(&1)])
    # What is not known to be done comes next.
    first = for writer <- 0..(@writers - 1), do: to_string(next(writers[writer]))
    code = "#{inspect(Writer)}.main(System.argv())"

    Port.open({:spawn_executable, System.find_executable("elixir")}, [
      :binary,
      :exit_status,
      :stderr_to_stdout,
      line: 1_000,
      args: paths ++ ["-e", code | first],
      env: for({name, value} <- env, do: {to_charlist(name), to_charlist(value)})
    ])
  end

  # A step that may be done or not is done once more, which comes to the same.
  defp next(%{done: done, last: last}), do: done + last + 1

  defp read(port, pid, lines, early, kill) do
    receive do
      {^port, {:data, {:eol, "ready"}}} ->
        if early, do: Process.cancel_timer(early)
        Process.send_after(self(), {:kill, port}, if(kill, do: :rand.uniform(@writing_ms), else: 0))
        read(port, pid, ["ready" | lines], nil, kill)

      {^port, {:data, {:eol, line}}} ->
        read(port, pid, [line | lines], early, kill)

      {:kill, ^port} ->
        System.cmd("kill", ["-9", "#{pid}"], stderr_to_stdout: true)
        read(port, pid, lines, early, kill)

      {^port, {:exit_status, _status}} ->
        lines = Enum.reverse(lines)
        {lines, "ready" in lines}
    after
      @patience -> flunk("the other virtual machine hangs, after: #{inspect(Enum.take(lines, 3))}")
    end
  end

  # What is there now is what was acknowledged, or that and the step after.
  defp settle(writers, lines) do
    found =
      for "state " <> line <- lines, reduce: %{} do
        found ->
          [writer, key, kind, digest] = String.split(line, " ")
          Map.update(found, String.to_integer(writer), %{key => {kind, digest}}, &Map.put(&1, key, {kind, digest}))
      end

    for {writer, %{state: state, done: done, last: last}} <- writers, into: %{} do
      acknowledged = Writer.after_steps(state, writer, Enum.to_list((done + 1)..(done + last)//1))
      one_more = Writer.after_steps(acknowledged, writer, [done + last + 1])
      found = Map.get(found, writer, %{})

      assert found in [told(acknowledged), told(one_more)],
             "writer #{writer} after #{done + last} steps: #{difference(found, told(acknowledged), told(one_more))}"

      {writer, %{state: acknowledged, done: done + last, last: 0}}
    end
  end

  defp told(state), do: Map.new(state, fn {key, {kind, value}} -> {key, {to_string(kind), Writer.digest(value)}} end)

  defp difference(found, acknowledged, one_more) do
    "there is #{inspect(found)}, acknowledged was #{inspect(acknowledged)}, one more step is #{inspect(one_more)}"
  end

  defp done(writers, lines) do
    for "done " <> line <- lines, reduce: writers do
      writers ->
        [writer, _n] = String.split(line, " ")
        update_in(writers[String.to_integer(writer)].last, &(&1 + 1))
    end
  end
end
