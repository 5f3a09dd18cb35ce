# Which storage engine under a mirror in memory?
#
#     mix run bench/engines.exs               # minutes; one table in Markdown
#     mix run bench/engines.exs figures       # only what they take: a quiet machine
#     mix run bench/engines.exs closed        # only what they do when a store is damaged that was closed
#     mix run bench/engines.exs killed        # and that was killed; any machine serves
#     mix run bench/engines.exs redb sqlite   # only these engines
#
# The engines of Rust are asked through the program in bench/engines, which cargo builds here; those
# of OTP through bench/engines/otp.exs. Each question is asked of a process of its own, since some
# engines end theirs. guides/state-engine.md has what came of it. Not a part of bench/all.exs.

Code.require_file("support/bench.exs", __DIR__)

defmodule Bench.Engines do
  @engines ~w(redb redb-checked redb-checked-2phase redb-checked-quick fjall sqlite sqlite-checked dets mnesia)
  # Nothing is asked of these but how fast: no engine can be faster.
  @floors ~w(append overwrite)

  @rounds 3
  @rate_seconds 2
  @large 1_000_000
  @small 2_000
  @flips 200
  @cuts 20
  @kills 20
  # A process that takes longer than this for the small store hangs.
  @patience 30_000
  @block 4096

  def main(words) do
    IO.puts([Bench.machine(), "\n"])
    program = build()

    engines = chosen(@engines, words)
    parts = chosen(["figures", "closed", "killed"], words)
    rows = if "figures" in parts, do: figures(program, engines), else: []
    rows = if "closed" in parts, do: rows ++ damaged(program, engines, &closed/2, "closed"), else: rows
    rows = if "killed" in parts, do: rows ++ damaged(program, engines, &killed/2, "killed"), else: rows

    IO.puts(["| | ", Enum.join(engines, " | "), " |\n| --- |", List.duplicate(" ---: |", length(engines))])
    for {name, cells} <- rows, do: IO.puts(["| ", name, " | ", Enum.join(cells, " | "), " |"])
  end

  # All, where none is named.
  defp chosen(all, words), do: if(Enum.any?(all, &(&1 in words)), do: Enum.filter(all, &(&1 in words)), else: all)

  # --- what they take ------------------------------------------------------------------------------

  defp figures(program, engines) do
    rates = rates(program, @floors ++ engines)

    for floor <- @floors do
      [single, batch] = rates[floor]
      IO.puts("#{floor} and sync, no engine: #{single} a second, by the hundred #{batch}")
    end

    IO.puts(:stderr, inspect(rates))
    columns = for engine <- engines, do: rates[engine] ++ loads(program, engine)

    names = [
      "durable writes a second, one by one",
      "durable writes a second, 100 at a time",
      "open and read #{count(@large)} records",
      "the same after a crash",
      "on disk",
      "memory of the process, at most"
    ]

    Enum.zip(names, Enum.zip_with(columns, & &1))
  end

  # In turn, so that a machine or a disk that slows down slows all of them; the best of each.
  defp rates(program, engines) do
    for _ <- 1..@rounds, engine <- engines, reduce: %{} do
      rates ->
        rate = in_folder(&ask!(program, ["rates", engine, &1, "#{@rate_seconds}"]))
        Map.update(rates, engine, [rate], &[rate | &1])
    end
    |> Map.new(fn {engine, rounds} ->
      {engine, for(kind <- ["single", "batch"], do: rounds |> numbers(kind) |> Enum.max() |> count())}
    end)
  end

  defp loads(program, engine) do
    in_folder(fn folder ->
      ask!(program, ["fill", engine, folder, "#{@large}"])
      {kilobytes, _} = folder |> shell!("du", ["-sk"]) |> Integer.parse()
      loads = for _ <- 1..@rounds, do: ask!(program, ["load", engine, folder])

      crashed =
        for _ <- 1..@rounds do
          {status, _} = ask(program, ["crash", engine, folder], :infinity)
          true = status > 128
          ask!(program, ["load", engine, folder])
        end

      cells = [
        Bench.duration(least(loads, "us") * 1000),
        Bench.duration(least(crashed, "us") * 1000),
        megabytes(kilobytes),
        megabytes(least(loads, "rss_kb"))
      ]

      IO.puts(:stderr, "#{engine}: #{inspect(cells)}")
      cells
    end)
  end

  # --- what they do to what is damaged ------------------------------------------------------------

  defp damaged(program, engines, base, name) do
    columns =
      for engine <- engines do
        {cells, lost} =
          in_folder(fn folder ->
            {records, lost} = base.({program, engine}, folder)
            blocks = blocks(folder)
            files = blocks |> Enum.map(&elem(&1, 0)) |> Enum.uniq()
            flipped = for _ <- 1..@flips, do: outcome(program, engine, folder, records, &flip(&1, blocks))
            cut = for _ <- 1..@cuts, do: outcome(program, engine, folder, records, &cut(&1, files))
            {tally(flipped) ++ tally(cut), lost}
          end)

        cells = cells ++ lost
        IO.puts(:stderr, "#{engine}, #{name}: #{inspect(cells)}")
        cells
      end

    names =
      for(
        {what, count} <- [{"flipped bits", @flips}, {"cut files", @cuts}],
        outcome <- outcomes(),
        do: "#{name}, #{count} #{what}: #{outcome}"
      )

    names = if name == "killed", do: names ++ ["acknowledged writes lost in #{@kills} kills"], else: names
    Enum.zip(names, Enum.zip_with(columns, & &1))
  end

  # A store that was closed as it should be, and one that was killed while it was written to: how many
  # records are in it, and what there is to be told already.
  defp closed({program, engine}, folder) do
    ask!(program, ["fill", engine, folder, "#{@small}"])
    {@small, []}
  end

  defp killed({program, engine}, folder) do
    ask!(program, ["fill", engine, folder, "#{@small}"])
    lost = Enum.sum(for _ <- 1..@kills, do: lost_in_one(program, engine, folder))
    kill(program, engine, folder)

    records =
      in_folder(fn copy ->
        copy(folder, copy)
        [records] = numbers([ask!(program, ["check", engine, copy])], "records")
        records
      end)

    {records, [lost]}
  end

  defp outcomes do
    [
      "refused, with a reason",
      "nothing lost",
      "records missing, in silence",
      "wrong records",
      "process crashed",
      "hung"
    ]
  end

  defp tally(found), do: for(outcome <- outcomes(), do: Enum.count(found, &(&1 == outcome)))

  # A copy of the store, damaged, is opened, read, written to and read again.
  defp outcome(program, engine, base, records, damage) do
    in_folder(fn folder ->
      copy(base, folder)
      damage.(folder)
      whole = "records=#{records} whole=true"
      {status, said} = ask(program, ["check", engine, folder], @patience)

      # The last line: what an engine itself says of a repair stands before it.
      case {status, said |> String.split("\n", trim: true) |> List.last()} do
        {0, ^whole} -> "nothing lost"
        {0, "records=" <> _} -> "records missing, in silence"
        {3, _} -> "refused, with a reason"
        {4, _} -> "wrong records"
        {:late, _} -> "hung"
        {_, _} -> "process crashed"
      end
    end)
  end

  defp copy(from, to), do: shell!("#{from}/.", "cp", ["-R", "--sparse=always"], [to])

  # Where something is written: what is kept free, gigabytes with some engines, says nothing.
  defp blocks(folder) do
    nothing = :binary.copy(<<0>>, @block)

    for file <- files(folder), {block, at} <- Enum.with_index(chunks(File.read!(file))), block != nothing do
      {Path.relative_to(file, folder), at * @block, byte_size(block)}
    end
  end

  defp chunks(<<chunk::binary-size(@block), rest::binary>>), do: [chunk | chunks(rest)]
  defp chunks(<<>>), do: []
  defp chunks(rest), do: [rest]

  defp flip(folder, blocks) do
    {file, at, size} = Enum.random(blocks)
    at = at + :rand.uniform(size) - 1

    File.open!(Path.join(folder, file), [:read, :write, :raw, :binary], fn device ->
      {:ok, <<byte>>} = :file.pread(device, at, 1)
      :ok = :file.pwrite(device, at, <<Bitwise.bxor(byte, Bitwise.bsl(1, :rand.uniform(8) - 1))>>)
    end)
  end

  # From the last that is written, not from the end of what is kept free.
  defp cut(folder, files) do
    path = Path.join(folder, Enum.random(files))
    bytes = File.read!(path)
    written = byte_size(String.trim_trailing(bytes, <<0>>))
    File.write!(path, binary_part(bytes, 0, max(0, written - :rand.uniform(@block))))
  end

  # --- kill -9 -------------------------------------------------------------------------------------

  defp lost_in_one(program, engine, folder) do
    acknowledged = kill(program, engine, folder)
    [found] = numbers([ask!(program, ["check", engine, folder])], "records")
    max(0, acknowledged + 1 - found)
  end

  # The last record that was acknowledged before the process was killed.
  defp kill(program, engine, folder) do
    port = start(program, ["write", engine, folder])
    {:os_pid, process} = Port.info(port, :os_pid)
    # Begun to write.
    first = receive(do: ({^port, {:data, data}} -> data))
    Process.sleep(:rand.uniform(300))
    System.cmd("kill", ["-9", "#{process}"])
    {137, said} = collect(port, [first], :infinity)

    # What was printed in full was acknowledged; before it an engine may say what it repairs.
    said |> String.split("\n") |> Enum.drop(-1) |> List.last() |> String.to_integer()
  end

  # --- asking --------------------------------------------------------------------------------------

  defp build do
    folder = Path.join(__DIR__, "engines")
    target = System.get_env("CARGO_TARGET_DIR", Path.join(folder, "target"))
    arguments = ~w(build --release --locked --quiet --manifest-path #{folder}/Cargo.toml --target-dir #{target})
    {_, 0} = System.cmd("cargo", arguments, into: IO.stream(:stdio, :line), stderr_to_stdout: true)
    Path.join([target, "release", "engines"])
  end

  defp start(program, [_, engine | _] = arguments) do
    [command | arguments] =
      if engine in ["dets", "mnesia"],
        do: [System.find_executable("elixir"), Path.join(__DIR__, "engines/otp.exs") | arguments],
        else: [program | arguments]

    Port.open({:spawn_executable, command}, [:binary, :exit_status, :stderr_to_stdout, args: arguments])
  end

  # Its exit status, or that it was late, and what it said.
  defp ask(program, arguments, patience) do
    port = start(program, arguments)
    {:os_pid, process} = Port.info(port, :os_pid)

    with {:late, said} <- collect(port, [], patience) do
      System.cmd("kill", ["-9", "#{process}"])
      Port.close(port)
      {:late, said}
    end
  end

  defp collect(port, said, patience) do
    receive do
      {^port, {:data, data}} -> collect(port, [said | data], patience)
      {^port, {:exit_status, status}} -> {status, IO.iodata_to_binary(said)}
    after
      patience -> {:late, IO.iodata_to_binary(said)}
    end
  end

  # "a=1 b=2" as a map, of a process that did what it was asked.
  defp ask!(program, arguments) do
    case ask(program, arguments, :infinity) do
      {0, said} -> Map.new(Regex.scan(~r/(\w+)=(\w+)/, said), fn [_, name, value] -> {name, value} end)
      {status, said} -> raise "#{Enum.join(arguments, " ")}: exit status #{status}: #{said}"
    end
  end

  defp numbers(answers, name), do: Enum.map(answers, &String.to_integer(&1[name]))
  defp least(answers, name), do: Enum.min(numbers(answers, name))

  defp in_folder(function) do
    folder = Path.join(System.tmp_dir!(), "workbooks-engines-#{System.pid()}-#{System.unique_integer([:positive])}")
    File.mkdir_p!(folder)

    try do
      function.(folder)
    after
      File.rm_rf!(folder)
    end
  end

  defp files(folder), do: folder |> Path.join("**") |> Path.wildcard(match_dot: true) |> Enum.filter(&File.regular?/1)

  defp shell!(path, command, options, rest \\ []) do
    {said, 0} = System.cmd(command, options ++ [path | rest])
    said
  end

  # --- for people ----------------------------------------------------------------------------------

  defp count(n), do: n |> to_string() |> String.replace(~r/\B(?=(\d{3})+$)/, ",")
  defp megabytes(kilobytes), do: "#{round(kilobytes / 1024)} MB"
end

Bench.Engines.main(System.argv())
