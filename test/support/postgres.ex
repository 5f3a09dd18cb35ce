defmodule Workbooks.TestPostgres do
  @moduledoc false
  # A PostgreSQL server for tests, in a temporary folder, from the machine's own package.
  #
  #     @moduletag skip: Workbooks.TestPostgres.missing()
  #
  #     server = Workbooks.TestPostgres.start!()
  #     url = Workbooks.TestPostgres.fresh_database!(server)
  #
  # `start!/0` is the one that all tests of a run share; whoever pauses or kills one starts
  # one of their own with `start_own!/1`. It says `fsync = on`, since what is acknowledged is
  # what tests of durability are about. A server ends with its virtual machine, however that
  # ends, and takes its folder along.

  use GenServer

  alias Workbooks.TestWait

  # What is used of the package, from one folder.
  @programs ~w(postgres initdb pg_isready psql createdb dropdb)
  @user "workbooks"
  # Below the ports that systems hand out by themselves, so a restarted server finds its own free.
  @ports 20_000..29_999
  @patience 120_000

  # Holds the server for as long as somebody holds the other end of its standard input. A server that
  # ends by itself, or is killed, leaves its folder for the next one to start from.
  @holder ~S"""
  folder=$1; shift
  exec 3<&0 2>/dev/null
  "$@" </dev/null >>"$folder/log" 2>&1 3<&- &
  server=$!
  { cat <&3 >/dev/null; touch "$folder/ending"; kill -QUIT $server; kill -CONT $server; } &
  listener=$!
  wait $server
  status=$?
  if [ -e "$folder/ending" ]; then rm -rf "$folder"; else kill $listener; fi
  exit $status
  """

  @doc "False where PostgreSQL can be started, else the reason to skip a test by."
  def missing do
    cond do
      programs() == nil -> "no PostgreSQL server: scripts/setup --tests"
      as_user() == nil -> "PostgreSQL does not run as root, and there is no setpriv with a user for it"
      true -> false
    end
  end

  def available?, do: missing() == false

  @doc "The server of this test run, started by whoever needs it first."
  def start! do
    :global.trans({__MODULE__, self()}, fn ->
      case :persistent_term.get(__MODULE__, nil) do
        nil ->
          server = start_own!()
          :persistent_term.put(__MODULE__, server)
          ExUnit.after_suite(fn _ -> server.stop.() end)
          server

        server ->
          server
      end
    end)
  end

  @doc """
  A server for one test: `%{url:, port:, folder:, pid:, stop:}`, `url` on 127.0.0.1, of a database that
  is there. `fsync: false` for one that need not survive anything.
  """
  def start_own!(options \\ []) do
    case GenServer.start(__MODULE__, options) do
      {:ok, pid} -> pid |> GenServer.call(:server) |> Map.put(:stop, fn -> stop(pid) end)
      {:error, {%RuntimeError{} = failure, _stack}} -> raise failure
    end
  end

  @doc "Settings for a new `Workbooks.Storage`, in a schema of its own on the server of this test run."
  def storage! do
    [backend: :postgres, url: start!().url, schema: "test_#{System.unique_integer([:positive])}", pool: 2]
  end

  @doc "A new, empty database: its URL."
  def fresh_database!(server) do
    name = "test_#{Base.encode16(:crypto.strong_rand_bytes(8), case: :lower)}"
    program!(server, "createdb", ["--template=template0", name])
    url(server.port, name)
  end

  @doc "Takes a database away again, from whoever still uses it."
  def drop_database!(server, url) do
    program!(server, "dropdb", ["--force", "--if-exists", Path.basename(URI.parse(url).path)])
  end

  @doc "What one statement answers, as text without decoration. Several databases: `database:`, a URL."
  def sql!(server, statement, options \\ []) do
    database = if url = options[:database], do: Path.basename(URI.parse(url).path), else: "postgres"

    program!(
      server,
      "psql",
      ~w(--no-psqlrc --quiet --tuples-only --no-align --dbname=#{database}) ++ ["--command=#{statement}"]
    )
  end

  @doc "Ends every connection to it, as a server does that is told to."
  def disconnect!(server) do
    sql!(
      server,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
    )

    :ok
  end

  @doc "Kills the server and all its processes at once, as `kill -9` does; `restart!/1` starts it again."
  def kill!(server), do: GenServer.call(server.pid, :kill, @patience)

  @doc "Starts a killed server, or ends it and starts it again, at the same URL."
  def restart!(server), do: GenServer.call(server.pid, :restart, @patience)

  @doc "Stops all its processes where they are: connections stay open and nothing answers, until `resume!/1`."
  def pause!(server), do: GenServer.call(server.pid, :pause, @patience)

  @doc "Lets a paused server go on."
  def resume!(server), do: GenServer.call(server.pid, :resume, @patience)

  # --- the process that holds it -----------------------------------------------------------------

  @impl true
  def init(options) do
    if reason = missing(), do: raise(reason)
    folder = Path.join(System.tmp_dir!(), "workbooks-pg-#{System.pid()}-#{System.unique_integer([:positive])}")
    File.mkdir_p!(folder)

    # With the holder, for a server that is down when its virtual machine ends.
    System.at_exit(fn _ -> File.rm_rf!(folder) end)

    if user = root_as(), do: {_, 0} = System.cmd("chown", [user, folder])
    state = %{folder: folder, holder: nil, port: nil, fsync: Keyword.get(options, :fsync, true)}

    initdb = ~w(--pgdata=#{folder}/data --username=#{@user} --auth=trust --no-sync --encoding=UTF8 --locale=C)

    command!(as_user() ++ [program("initdb") | initdb], folder)
    {:ok, begin(state, Enum.take_random(@ports, 10))}
  end

  @impl true
  def handle_call(:server, _from, state) do
    server = %{url: url(state.port, "postgres"), port: state.port, folder: state.folder, pid: self()}
    {:reply, server, state}
  end

  def handle_call(:kill, _from, state), do: {:reply, :ok, end_it(state)}

  def handle_call(:restart, _from, state) do
    state = if state.holder, do: end_it(state), else: state
    {:reply, :ok, begin(state, [state.port])}
  end

  def handle_call(:pause, _from, state) do
    for process <- processes(state), do: signal("STOP", process)
    {:reply, :ok, state}
  end

  def handle_call(:resume, _from, state) do
    # The children first: what they wait for may be the first one's.
    for process <- Enum.reverse(processes(state)), do: signal("CONT", process)
    {:reply, :ok, state}
  end

  @impl true
  def handle_info({port, {:exit_status, _}}, %{holder: port} = state), do: {:noreply, %{state | holder: nil}}
  def handle_info(_, state), do: {:noreply, state}

  @impl true
  # The holder hears that its input ends, and takes the folder away when the server has ended.
  def terminate(_reason, %{holder: nil} = state), do: File.rm_rf!(state.folder)

  def terminate(_reason, state) do
    # Paused ones would hear nothing of it.
    handle_call(:resume, nil, state)
    Port.close(state.holder)
    TestWait.until(fn -> not File.exists?(state.folder) end, fn -> log(state) end, later())
  end

  defp stop(pid) do
    if Process.alive?(pid), do: GenServer.stop(pid, :normal, @patience)
    :ok
  end

  # --- starting and ending it ----------------------------------------------------------------------

  defp begin(state, []), do: raise("PostgreSQL does not start: #{log(state)}")

  # No server can be asked to listen on any port that is free: one after the other is tried.
  defp begin(state, [port | ports]) do
    settings = [
      port: port,
      listen_addresses: "127.0.0.1",
      unix_socket_directories: state.folder,
      fsync: if(state.fsync, do: "on", else: "off"),
      # Small, since many tests share a machine.
      shared_buffers: "16MB",
      log_checkpoints: "off"
    ]

    arguments = Enum.flat_map(settings, fn {name, value} -> ["-c", "#{name}=#{value}"] end)
    command = as_user() ++ [program("postgres"), "-D", "#{state.folder}/data"] ++ arguments
    # The processes of the one before are gone, so what it says of them is not true.
    File.rm("#{state.folder}/data/postmaster.pid")

    holder =
      Port.open({:spawn_executable, System.find_executable("sh")}, [
        :exit_status,
        args: ["-c", @holder, "sh", state.folder | command],
        cd: state.folder
      ])

    case await(holder, state, port, later()) do
      :ready -> %{state | holder: holder, port: port}
      :ended -> begin(state, ports)
    end
  end

  defp await(holder, state, port, deadline) do
    receive do
      {^holder, {:exit_status, _}} -> :ended
    after
      20 ->
        cond do
          match?({_, 0}, System.cmd(program("pg_isready"), ["--quiet", "--host=#{state.folder}", "--port=#{port}"])) ->
            :ready

          System.monotonic_time(:millisecond) > deadline ->
            raise "PostgreSQL does not get ready: #{log(state)}"

          true ->
            await(holder, state, port, deadline)
        end
    end
  end

  defp end_it(%{holder: nil} = state), do: state

  defp end_it(state) do
    holder = state.holder
    [first | _] = processes(state)
    # Stopped, it begins no others while those that are there are counted; and the last to go, it has
    # none of them say a word about it.
    signal("STOP", first)
    processes = Enum.reverse(processes(state))
    for process <- processes, do: signal("KILL", process)

    receive do
      {^holder, {:exit_status, _}} -> :ok
    after
      @patience -> raise "PostgreSQL does not end"
    end

    gone? = fn -> Enum.all?(processes, &(not alive?(&1))) end
    TestWait.until(gone?, fn -> processes end, later())
    %{state | holder: nil}
  end

  # The server's first process, then those that it began.
  defp processes(state) do
    [first | _] = state.folder |> Path.join("data/postmaster.pid") |> File.read!() |> String.split("\n")
    [first | for([process, ^first | _] <- table(), do: process)]
  end

  # One that has ended and that nobody asked about yet counts as gone.
  defp alive?(process),
    do: Enum.any?(table(), &match?([^process, _, state | _] when binary_part(state, 0, 1) != "Z", &1))

  defp table do
    {text, 0} = System.cmd("ps", ["-A", "-o", "pid=,ppid=,stat="])
    for line <- String.split(text, "\n", trim: true), do: String.split(line)
  end

  # One that has ended meanwhile needs none.
  defp signal(name, process), do: System.cmd("kill", ["-#{name}", process], stderr_to_stdout: true)

  # --- the machine's ------------------------------------------------------------------------------

  defp programs do
    on_path = System.find_executable("postgres")
    # Debian's, of which there may be several: the newest.
    found = Path.wildcard("/usr/lib/postgresql/*/bin/postgres") |> Enum.sort_by(&version/1, :desc)

    [on_path | found]
    |> Enum.reject(&is_nil/1)
    |> Enum.map(&Path.dirname/1)
    |> Enum.find(fn folder -> Enum.all?(@programs, &File.exists?(Path.join(folder, &1))) end)
  end

  defp version(path) do
    [_, number | _] = Regex.run(~r{postgresql/(\d+)}, path)
    String.to_integer(number)
  end

  defp program(name), do: Path.join(programs(), name)

  # What a command begins with so that it does not run as root, which the server refuses.
  defp as_user do
    case {root?(), root_as(), System.find_executable("setpriv")} do
      {false, _, _} ->
        []

      {true, user, setpriv} when user != nil and setpriv != nil ->
        [setpriv, "--reuid=#{user}", "--regid=#{group(user)}", "--clear-groups"]

      _ ->
        nil
    end
  end

  defp root_as do
    if root?(), do: Enum.find(["postgres", "nobody"], &match?({_, 0}, System.cmd("id", [&1], stderr_to_stdout: true)))
  end

  defp group(user), do: id(["-g", user])
  defp root?, do: id(["-u"]) == "0"

  defp id(arguments) do
    {text, 0} = System.cmd("id", arguments)
    String.trim(text)
  end

  defp program!(server, name, arguments) do
    connection = ["--host=#{server.folder}", "--port=#{server.port}", "--username=#{@user}", "--no-password"]
    command!([program(name) | connection ++ arguments], server.folder)
  end

  # In a folder that any user may be in.
  defp command!([program | arguments], folder) do
    case System.cmd(program, arguments, stderr_to_stdout: true, cd: folder) do
      {text, 0} -> String.trim(text)
      {text, status} -> raise "#{Path.basename(program)} failed (exit status #{status}): #{text}"
    end
  end

  defp url(port, database), do: "postgresql://#{@user}@127.0.0.1:#{port}/#{database}"

  defp log(state) do
    case File.read(Path.join(state.folder, "log")) do
      {:ok, text} -> text |> String.split("\n") |> Enum.take(-20) |> Enum.join("\n")
      {:error, _} -> "it said nothing"
    end
  end

  defp later, do: System.monotonic_time(:millisecond) + @patience
end
