# How the files beside this one measure and what they print.
#
# A file is one question: a module with `rows/0`. It runs alone,
#
#     mix run bench/call.exs
#
# and as a part of bench/all.exs, which prints one table of all.

defmodule Bench do
  @columns ["", "", "spread", "floor", "× floor", "goal"]
  @widths [55, 11, 26, 34, 8, 26]

  @doc "Runs a file's module and prints its rows, and keeps them for who runs them all."
  def run(module) do
    if Process.get(:bench_rows) == nil, do: IO.puts([machine(), "\n\n", header()])
    IO.puts(["\n", module.question()])
    rows = module.rows()
    Enum.each(rows, &IO.puts(line(&1)))
    Process.put(:bench_rows, Process.get(:bench_rows, []) ++ [{module.question(), rows}])
  end

  @doc """
  What each of `cases`, `{key, times, function of no arguments}`, takes: `%{key => sample}`.

  Rounds are taken in turn, so that a machine that slows down slows all of them; a
  warm-up comes first. A sample is nanoseconds each time: the best round, which the
  rest of the machine disturbed least, and the median.
  """
  def measure(cases, rounds \\ 15) do
    for {_, times, function} <- cases, do: time(max(1, div(times, 10)), function)

    for _ <- 1..rounds, {key, times, function} <- cases, reduce: %{} do
      rounds -> Map.update(rounds, key, [time(times, function)], &[time(times, function) | &1])
    end
    |> Map.new(fn {key, rounds} -> {key, sample(rounds)} end)
  end

  @doc "A sample of single times in nanoseconds, as `measure/2` has them."
  def sample(times), do: %{best: Enum.min(times), median: percentile(times, 50)}

  defp time(times, function) do
    # What the round before left is not this one's to clear away.
    :erlang.garbage_collect()
    begun = now()
    loop(times, function)
    (now() - begun) / times
  end

  defp loop(0, _function), do: :ok

  defp loop(times, function) do
    function.()
    loop(times - 1, function)
  end

  @doc "Nanoseconds of a clock that only goes forward."
  def now, do: :erlang.monotonic_time(:nanosecond)

  @doc "The value that `percent` of 100 do not exceed."
  def percentile(values, percent) do
    sorted = Enum.sort(values)
    Enum.at(sorted, min(length(sorted) - 1, div(length(sorted) * percent, 100)))
  end

  @doc "A row of what `measure/2` found. `floor: {name, sample}`, `goal: {:times, 1.1}` of the floor or `{:ns, most}`."
  def row(name, sample, options \\ []) do
    {floor, ratio} =
      case options[:floor] do
        nil -> {"", nil}
        {what, floor} -> {what, sample.best / floor.best}
      end

    goal =
      case options[:goal] do
        nil -> nil
        {:times, most} -> {"≤ #{most} × floor", ratio <= most}
        {:ns, most} -> {"≤ #{duration(most)}", sample.best <= most}
      end

    %{name: name, figure: duration(sample.best), spread: "median #{duration(sample.median)}"}
    |> Map.merge(%{floor: floor, ratio: ratio, goal: goal})
  end

  @doc "A row of single times in nanoseconds; the figure is their 99th percentile, or their `:worst`."
  def spread(name, times, options \\ []) do
    p99 = percentile(times, 99)
    worst = Enum.max(times)
    figure = if options[:figure] == :worst, do: worst, else: p99

    {floor, ratio} =
      case options[:floor] do
        nil ->
          {"", nil}

        {what, floor} ->
          {what, figure / max(1, if(options[:figure] == :worst, do: Enum.max(floor), else: percentile(floor, 99)))}
      end

    goal = if most = options[:goal], do: {"≤ #{duration(most)}", figure <= most}
    {kind, other} = if options[:figure] == :worst, do: {"p99", p99}, else: {"max", worst}
    spread = "p50 #{duration(percentile(times, 50))}, #{kind} #{duration(other)}"
    %{name: name, figure: duration(figure), spread: spread, floor: floor, ratio: ratio, goal: goal}
  end

  @doc "A row of so many a second."
  def rate(name, rounds, options \\ []) do
    best = Enum.max(rounds)

    {floor, ratio} =
      case options[:floor] do
        nil -> {"", nil}
        {what, floor} -> {what, best / Enum.max(floor)}
      end

    goal = if least = options[:goal], do: {"≥ #{per_second(least)}", best >= least}
    spread = "median #{per_second(percentile(rounds, 50))}"
    %{name: name, figure: per_second(best), spread: spread, floor: floor, ratio: ratio, goal: goal}
  end

  @doc """
  Runs `function` in a process that stays on the first scheduler. The option is the
  emulator's own, undocumented: with it "on one scheduler" is true of two processes.
  """
  def pinned(function) do
    {pid, monitor} = :erlang.spawn_opt(fn -> exit({:done, function.()}) end, [:monitor, scheduler: 1])

    receive do
      {:DOWN, ^monitor, :process, ^pid, {:done, answer}} -> answer
      {:DOWN, ^monitor, :process, ^pid, reason} -> exit(reason)
    end
  end

  @doc """
  Runs `function`, which is given a folder, with the caches in that folder: nothing of the user's own is
  used or changed, and nothing is left.
  """
  def own_cache(function) do
    before = Application.fetch_env(:workbooks, :cache_dir)
    folder = Path.join(System.tmp_dir!(), "workbooks-bench-cache-#{System.pid()}")
    File.mkdir_p!(folder)
    Application.put_env(:workbooks, :cache_dir, folder)
    Workbooks.Wasm.Cache.configure()

    try do
      function.(folder)
    after
      case before do
        {:ok, value} -> Application.put_env(:workbooks, :cache_dir, value)
        :error -> Application.delete_env(:workbooks, :cache_dir)
      end

      Workbooks.Wasm.Cache.configure()
      File.rm_rf!(folder)
    end
  end

  @doc "A process that sends back what it is sent, on the given scheduler or any."
  def echo(scheduler \\ nil) do
    :erlang.spawn_opt(&echo_loop/0, [:link | if(scheduler, do: [scheduler: scheduler], else: [])])
  end

  defp echo_loop do
    receive do
      {from, reference, term} ->
        send(from, {reference, term})
        echo_loop()
    end
  end

  @doc "A message to `echo` and back."
  def round_trip(echo, term) do
    reference = make_ref()
    send(echo, {self(), reference, term})
    receive do: ({^reference, answer} -> answer)
  end

  @doc "How late each of `times` timers of a millisecond is, in nanoseconds."
  def lateness(times), do: for(_ <- 1..times, do: late())

  @doc "As `lateness/1`, until `function` has returned: `{its answer, list}`."
  def lateness_during(function) do
    me = self()
    timer = spawn_link(fn -> late_until_told([], me) end)
    answer = function.()
    send(timer, :enough)
    receive do: ({^timer, list} -> {answer, list})
  end

  defp late_until_told(list, to) do
    receive do
      :enough -> send(to, {self(), list})
    after
      0 -> late_until_told([late() | list], to)
    end
  end

  # Counted from the first moment it may come: a timer of the BEAM's comes up to a tick later by its nature.
  defp late do
    due = now() + 1_000_000
    receive(after: (1 -> :ok))
    max(0, now() - due)
  end

  @doc "What it was measured on."
  def machine do
    model =
      with {:ok, text} <- File.read("/proc/cpuinfo"), [_, model] <- Regex.run(~r/model name\s*: (.*)/, text) do
        model
      else
        _ -> "unknown processor"
      end

    "#{model}, #{System.schedulers_online()} schedulers of #{:erlang.system_info(:logical_processors)} cores, " <>
      "Elixir #{System.version()}, OTP #{System.otp_release()}, load #{load()} at the start"
  end

  @doc "How many processes of the whole machine wanted a core lately; 0.0 where it does not say."
  def load do
    with {:ok, text} <- File.read("/proc/loadavg"), {load, _} <- Float.parse(text) do
      load
    else
      _ -> 0.0
    end
  end

  def header, do: cells(@columns)

  def line(row), do: cells(columns(row))

  @doc "The rows of each question as a table in Markdown."
  def markdown(groups) do
    lines =
      for {question, rows} <- groups do
        ["| **#{question}** | | | | | |" | Enum.map(rows, &table(columns(&1)))]
      end

    Enum.join([table(@columns), "| --- | ---: | --- | --- | ---: | --- |" | List.flatten(lines)], "\n")
  end

  defp columns(row), do: [row.name, row.figure, row.spread, row.floor, times(row.ratio), goal(row.goal)]
  defp table(cells), do: "| " <> Enum.join(cells, " | ") <> " |"

  defp cells(cells) do
    [cells, @widths] |> Enum.zip_with(fn [cell, width] -> String.pad_trailing(cell, width) end) |> Enum.join(" ")
  end

  defp times(nil), do: ""
  defp times(ratio) when ratio >= 100, do: "#{round(ratio)}"
  defp times(ratio), do: :erlang.float_to_binary(ratio / 1, decimals: 2)

  defp goal(nil), do: ""
  defp goal({text, true}), do: text <> ": met"
  defp goal({text, false}), do: text <> ": MISSED"

  @doc "Nanoseconds as a person writes them."
  def duration(ns) when ns < 1_000, do: "#{round(ns)} ns"
  def duration(ns) when ns < 1_000_000, do: "#{short(ns / 1_000)} µs"
  def duration(ns) when ns < 1_000_000_000, do: "#{short(ns / 1_000_000)} ms"
  def duration(ns), do: "#{short(ns / 1_000_000_000)} s"

  defp per_second(n) when n >= 1_000_000, do: "#{short(n / 1_000_000)} M/s"
  defp per_second(n) when n >= 1_000, do: "#{short(n / 1_000)} k/s"
  defp per_second(n), do: "#{short(n)} /s"

  defp short(n) when n >= 100, do: "#{round(n)}"
  defp short(n) when n == trunc(n), do: "#{trunc(n)}"
  defp short(n) when n >= 10, do: :erlang.float_to_binary(n, decimals: 1)
  defp short(n), do: :erlang.float_to_binary(n / 1, decimals: 2)
end
