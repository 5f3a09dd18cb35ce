defmodule Workbooks.Build.Process do
  @moduledoc """
  Native compilers, run as processes of the operating system with bounds.

  A program runs without a shell's interpretation of its arguments, with a clean
  environment, nothing on its standard input, in a folder of its own below the
  system's temporary folder, and in a process group of its own. The group is killed
  (`SIGKILL`, which nothing can ignore) when the program ends, when a bound is
  reached, and when the process that called `run/3` ends, be it by a kill or with
  the whole virtual machine; the folder goes with it.

  Between the virtual machine and the program stands one `/bin/sh` that starts it and
  reads its own standard input, which the virtual machine holds open: its end is the
  signal to kill. `setsid` makes the group where there is one (Linux), the shell's job
  control elsewhere (macOS).

  | bound | how it is kept |
  | --- | --- |
  | time | by the caller's clock, and `ulimit -t` should that fail |
  | memory, number of processes | of the whole group, looked at every 50 ms where there is a `/proc`; beside it `ulimit -d` of four times as much for each process |
  | output | counted as it comes; `ulimit -f` for each file |

  What makes a session of its own (a daemon) leaves the group and is not found again.
  Compilers do not.
  """

  alias Workbooks.Build.{Deadline, Problem}
  alias Workbooks.Options

  @schema [
    deadline: {:any, :infinity},
    memory: {:positive, 2 * 1024 * 1024 * 1024},
    processes: {:positive, 64},
    output_bytes: {:positive, 1024 * 1024},
    file_bytes: {:positive, 1024 * 1024 * 1024},
    files: {:map, %{}},
    env: {:map, %{}},
    collect: {:any, []},
    progress: {:any, nil}
  ]

  @look_ms 50
  @progress_ms 500

  @typedoc "How a program ended: its status (128 and the signal's number, if one ended it) and all it printed."
  @type outcome :: %{status: 0..255, output: binary, files: %{String.t() => binary}, ms: non_neg_integer}

  # $1 folder, $2 KiB of data, $3 blocks of 512 bytes, $4 seconds, then the command. The folder holds
  # work/ (the program's), pid and status (the shell's).
  @wrapper ~S"""
  folder=$1 data=$2 blocks=$3 seconds=$4
  shift 4
  exec 3<&0 </dev/null 2>/dev/null
  cd "$folder/work" || exit 1
  limit() {
    ulimit -c 0; ulimit -f "$blocks"; ulimit -t "$seconds"; ulimit -d "$data"
  }
  if command -v setsid >/dev/null 2>&1; then
    { limit; exec setsid "$@" 2>&1 3<&-; } &
  else
    set -m
    { limit; exec "$@" 2>&1 3<&-; } &
  fi
  job=$!
  # A line, or the end of the input: either way it is over.
  {
    read -r _ <&3
    [ -f "$folder/status" ] || kill -KILL "-$job" || kill -KILL "$job"
  } >/dev/null 2>&1 &
  echo "$job" >"$folder/pid"
  wait "$job" 2>/dev/null
  status=$?
  kill -KILL "-$job" 2>/dev/null
  echo "$status" >"$folder/status"
  # Whoever reads our output sees that all of it is there.
  exec >/dev/null 2>&1
  cat <&3
  wait
  cd /
  rm -rf "$folder"
  """

  @doc """
  Runs `program` with `arguments` to its end. A status that is not nought is no error here.

    * `:files` - what to put into its folder first, contents by relative path
    * `:collect` - relative paths of files to read when it ended; those missing are left out
    * `:env` - its environment, beside `PATH`, `HOME`, `TMPDIR` (its folder) and a plain `LC_ALL`
    * `:deadline` - see `Workbooks.Build.Deadline`
    * `:memory` - bytes of all its processes together; 2 GiB
    * `:processes` - at the same time; 64
    * `:output_bytes` - printed to standard output and error together; 1 MiB
    * `:file_bytes` - of each file written; 1 GiB
    * `:progress` - a function that is told in words, every half second, that it still runs

  Errors: `:timeout`, `:memory_limit`, `:limit` (output, processes), `:compiler` when it cannot be
  started.

      iex> {:ok, ended} = Workbooks.Build.Process.run("/bin/sh", ["-c", "pwd; ls; exit 3"], files: %{"a/b" => "text"})
      iex> {ended.status, ended.output =~ "/workbooks-build-", ended.output =~ "a\\n"}
      {3, true, true}
  """
  @spec run(Path.t(), [String.t()], keyword) :: {:ok, outcome} | {:error, Problem.t()}
  def run(program, arguments, options \\ []) do
    options = Options.validate!(options, @schema, "run/3")
    begun = now()

    with {:ok, folder} <- folder(options.files) do
      try do
        with {:ok, port} <- start(folder, program, arguments, options) do
          try do
            state = %{
              port: port,
              folder: folder,
              name: Path.basename(program),
              options: options,
              begun: begun,
              reported: begun,
              output: [],
              bytes: 0,
              problem: nil
            }

            state |> follow() |> outcome()
          after
            close(port)
          end
        end
      after
        File.rm_rf(folder)
      end
    end
  end

  # --- the folder --------------------------------------------------------------------------------

  defp folder(files) do
    name = "workbooks-build-" <> Base.encode32(:crypto.strong_rand_bytes(10), case: :lower, padding: false)
    folder = Path.join(System.tmp_dir() || "/tmp", name)

    # mkdir refuses what is there already: nobody else's folder is written to.
    with :ok <- File.mkdir(folder),
         :ok <- File.chmod(folder, 0o700),
         :ok <- File.mkdir(Path.join(folder, "work")),
         :ok <- write(Path.join(folder, "work"), files) do
      {:ok, folder}
    else
      {:error, reason} ->
        File.rm_rf(folder)
        {:error, Problem.new(:io, "no temporary folder for the compiler: #{:file.format_error(reason)}")}
    end
  end

  defp write(folder, files) do
    Enum.reduce_while(files, :ok, fn {path, bytes}, :ok ->
      path = Path.join(folder, path)

      with :ok <- File.mkdir_p(Path.dirname(path)), :ok <- File.write(path, bytes) do
        {:cont, :ok}
      else
        error -> {:halt, error}
      end
    end)
  end

  # --- the port ----------------------------------------------------------------------------------

  defp start(folder, program, arguments, options) do
    work = Path.join(folder, "work")
    path = Enum.uniq([Path.dirname(program), "/usr/local/bin", "/usr/bin", "/bin"])

    env =
      %{
        "PATH" => Enum.join(path, ":"),
        "HOME" => work,
        "TMPDIR" => work,
        "LC_ALL" => "C"
      }
      |> Map.merge(options.env)
      |> Enum.map(fn {name, value} -> "#{name}=#{value}" end)

    # Each process may reserve more than all together may use, which is looked at.
    data = div(options.memory, 256)
    blocks = div(options.file_bytes, 512)
    clean = ["/usr/bin/env", "-i"] ++ env ++ [program | arguments]
    limits = Enum.map([data, blocks, seconds(options.deadline)], &to_string/1)

    settings = [:binary, :eof, :hide, args: ["-c", @wrapper, "workbooks", folder] ++ limits ++ clean]

    try do
      {:ok, Port.open({:spawn_executable, "/bin/sh"}, settings)}
    rescue
      # No more processes or files, a NUL in an argument.
      error in [ErlangError, ArgumentError] ->
        {:error, Problem.new(:compiler, "#{program} cannot be started: #{Exception.message(error)}")}
    end
  end

  # Seconds of processor time, on every core at once.
  defp seconds(:infinity), do: "unlimited"
  defp seconds(deadline), do: (div(Deadline.left(deadline), 1000) + 2) * System.schedulers_online()

  defp follow(%{port: port} = state) do
    wait = if(state.problem, do: @look_ms, else: min(@look_ms, Deadline.left(state.options.deadline)))

    receive do
      {^port, {:data, bytes}} -> state |> printed(bytes) |> follow()
      {^port, :eof} -> state
      # A caller that traps exits gets this when the shell is killed by somebody else.
      {:EXIT, ^port, _reason} -> state
    after
      wait -> state |> look() |> follow()
    end
  end

  # What comes after a bound was reached is not kept.
  defp printed(%{problem: %Problem{}} = state, _bytes), do: state

  defp printed(state, bytes) do
    total = state.bytes + byte_size(bytes)
    limit = state.options.output_bytes

    if total > limit do
      kept = binary_part(bytes, 0, limit - state.bytes)
      end_it(%{state | output: [state.output | kept]}, :limit, "it printed more than #{limit} bytes")
    else
      check_time(%{state | output: [state.output | bytes], bytes: total})
    end
  end

  defp look(%{problem: %Problem{}} = state), do: state

  defp look(state) do
    state = report(state)

    with %{problem: nil} = state <- check_time(state) do
      {processes, bytes} = group(state.folder)

      cond do
        bytes > state.options.memory ->
          end_it(state, :memory_limit, "it needs more than #{div(state.options.memory, 1024 * 1024)} MiB of memory")

        processes > state.options.processes ->
          end_it(state, :limit, "it started more than #{state.options.processes} processes")

        true ->
          state
      end
    end
  end

  defp check_time(state) do
    if Deadline.left(state.options.deadline) == 0 do
      end_it(state, :timeout, "it did not end within its time")
    else
      state
    end
  end

  defp report(state) do
    if state.options.progress && now() - state.reported >= @progress_ms do
      state.options.progress.("#{state.name} has run for #{Float.round((now() - state.begun) / 1000, 1)} s")
      %{state | reported: now()}
    else
      state
    end
  end

  # Asks the shell to kill the group; its end is seen as the end of the output.
  defp end_it(state, kind, why) do
    Port.command(state.port, "kill\n")
    %{state | problem: Problem.new(kind, "#{state.name} was ended: #{why}")}
  end

  defp outcome(%{problem: %Problem{} = problem}), do: {:error, problem}

  defp outcome(state) do
    case File.read(Path.join(state.folder, "status")) do
      {:ok, status} ->
        {:ok,
         %{
           status: status |> String.trim() |> String.to_integer(),
           output: IO.iodata_to_binary(state.output),
           files: collect(state),
           ms: now() - state.begun
         }}

      {:error, _} ->
        {:error, Problem.new(:compiler, "#{state.name} was killed, and what watched it")}
    end
  end

  defp collect(state) do
    for path <- state.options.collect,
        {:ok, bytes} <- [File.read(Path.join([state.folder, "work", path]))],
        into: %{},
        do: {path, bytes}
  end

  # The end of the shell's input. Nothing of the port stays in the caller's mailbox.
  defp close(port) do
    try do
      Port.close(port)
    rescue
      ArgumentError -> true
    end

    flush(port)
  end

  defp flush(port) do
    receive do
      {^port, _} -> flush(port)
      {:EXIT, ^port, _} -> flush(port)
    after
      0 -> :ok
    end
  end

  # --- the group, as /proc shows it --------------------------------------------------------------

  # How many processes it has and what they keep in memory; none where that cannot be seen.
  defp group(folder) do
    with {:ok, pid} <- File.read(Path.join(folder, "pid")),
         group = String.trim(pid),
         {:ok, entries} <- File.ls("/proc") do
      for <<first, _::binary>> = entry when first in ?0..?9 <- entries,
          {^group, pages} <- [stat(entry)],
          reduce: {0, 0} do
        {processes, bytes} -> {processes + 1, bytes + pages * 4096}
      end
    else
      _ -> {0, 0}
    end
  end

  # "pid (name) state ppid pgrp …", the resident pages the 24th: a name may hold blanks and brackets.
  defp stat(pid) do
    with {:ok, text} <- File.read("/proc/#{pid}/stat"),
         [_, rest] <- :binary.split(text, ") ") |> last_split(),
         [_state, _parent, group | _] = fields <- String.split(rest, " ") do
      {group, fields |> Enum.at(21, "0") |> String.to_integer()}
    else
      _ -> nil
    end
  end

  defp last_split([name, rest]) do
    case :binary.split(rest, ") ") do
      [_, _] = further -> last_split(further)
      [_] -> [name, rest]
    end
  end

  defp last_split(other), do: other

  defp now, do: System.monotonic_time(:millisecond)
end
