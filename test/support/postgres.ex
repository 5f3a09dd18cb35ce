defmodule Workbooks.TestPostgres do
  @moduledoc false
  # A PostgreSQL server for tests: in a folder of its own, on a free port, gone with this VM.

  alias Workbooks.TestWait

  @doc "False where a server can be started, else why not."
  def missing do
    cond do
      bin() == nil -> "no PostgreSQL in /usr/lib/postgresql (Debian's package postgresql)"
      root?() and System.find_executable("setpriv") == nil -> "no setpriv: PostgreSQL does not run as root"
      true -> false
    end
  end

  @doc "A server's URL. It ends with the calling process."
  def start! do
    folder = Path.join(System.tmp_dir!(), "workbooks-postgres-#{System.pid()}-#{System.unique_integer([:positive])}")
    File.mkdir_p!(folder)
    if root?(), do: {_, 0} = System.cmd("chown", ["postgres", folder])
    data = Path.join(folder, "data")
    {_, 0} = run("initdb", ~w(-A trust -U postgres -N -D) ++ [data])
    port = free_port()

    # The shell outlives neither the server nor this VM, whose end closes its input.
    script = ~S"""
    "$@" >log 2>&1 & pid=$!; cat >/dev/null; kill -QUIT $pid; wait $pid; rm -rf "$PWD"
    """

    settings = ~w(-D #{data} -p #{port} -k #{folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60)

    [program | arguments] = as_postgres(["sh", "-c", script, "sh", Path.join(bin(), "postgres") | settings])

    port_of_shell =
      Port.open({:spawn_executable, System.find_executable(program)}, [:binary, args: arguments, cd: folder])

    url = "postgres://postgres@127.0.0.1:#{port}/postgres"

    TestWait.until(
      fn -> match?({_, 0}, run("psql", ["-X", "-c", "SELECT 1", url])) end,
      fn -> {Port.info(port_of_shell), File.read(Path.join(folder, "log"))} end,
      System.monotonic_time(:millisecond) + 60_000
    )

    url
  end

  defp run(program, arguments) do
    [program | arguments] = as_postgres([Path.join(bin(), program) | arguments])
    System.cmd(program, arguments, stderr_to_stdout: true, cd: System.tmp_dir!())
  end

  defp as_postgres(command) do
    if root?(), do: ~w(setpriv --reuid=postgres --regid=postgres --clear-groups) ++ command, else: command
  end

  defp root?, do: match?({:ok, %{uid: 0}}, File.stat("/proc/self"))

  defp bin do
    "/usr/lib/postgresql/*/bin"
    |> Path.wildcard()
    |> Enum.filter(&(File.exists?(Path.join(&1, "initdb")) and File.exists?(Path.join(&1, "postgres"))))
    |> Enum.max(fn -> nil end)
  end

  defp free_port do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1})
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end
end
