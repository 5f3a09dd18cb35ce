defmodule Workbooks.TestSoak do
  @moduledoc false
  # Mixed traffic against both planes for a while, by clients that know what they were promised, while somebody
  # ends processes of the server's at random. Runs in a VM of its own: see test/hazards/soak_test.exs.

  alias Workbooks.{TestSoakClient, TestWait, Wasm}
  alias Workbooks.Web.Keys

  @clients 8
  @pause_ms 150

  @doc """
  Runs for `ms` milliseconds, with whatever is kept in `folder`. Answers what was done: operations by
  kind, how many were acknowledged, kills, and processes and bytes before and after.
  """
  def run(folder, ms) do
    start(folder)
    {:ok, key} = Keys.create("soak")
    places = %{control: port(Workbooks.Web.Endpoint), public: port(Workbooks.PublicWeb.Endpoint), key: key}

    # What is made once (compiled code, pools, tables) is made before it is counted.
    traffic(places, min(ms, 5_000), 0)
    before = measured()
    {done, kills} = traffic(places, ms, 1)
    lost = Enum.flat_map(done, &TestSoakClient.lost(&1, places))

    %{
      done: Enum.map(done, & &1.done) |> Enum.reduce(%{}, &Map.merge(&1, &2, fn _, a, b -> a + b end)),
      acknowledged: done |> Enum.map(& &1.acknowledged) |> Enum.sum(),
      lost: lost,
      kills: kills,
      before: before,
      now: settled(before)
    }
  end

  # The planes at ports of their own, the store in the test's folder.
  defp start(folder) do
    {:ok, _} = Application.ensure_all_started(:inets)
    :ok = Application.stop(:workbooks)
    Application.put_env(:workbooks, Workbooks.Storage, folder: folder)
    Application.put_env(:workbooks, Workbooks.Web, rate: {1_000_000, 1_000}, burst: 1_000_000)

    # Ports that were free a moment ago, and stay the same when a listener is started again.
    for plane <- [Workbooks.Web.Endpoint, Workbooks.PublicWeb.Endpoint] do
      Application.put_env(:workbooks, plane, port: free_port())
    end

    Application.put_env(:workbooks, :server, true)
    {:ok, _} = Application.ensure_all_started(:workbooks)
  end

  defp free_port do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1})
    {:ok, port} = :inet.port(socket)
    :gen_tcp.close(socket)
    port
  end

  defp port(endpoint) do
    [{_ip, port} | _] = endpoint.addresses()
    port
  end

  defp traffic(places, ms, round) do
    deadline = System.monotonic_time(:millisecond) + ms
    clients = for n <- 1..@clients, do: Task.async(fn -> TestSoakClient.run("c#{n}-#{round}", places, deadline) end)
    killer = if round > 0, do: Task.async(fn -> kill(deadline, %{}) end)
    done = Task.await_many(clients, :infinity)
    {done, if(killer, do: Task.await(killer, :infinity), else: %{})}
  end

  # --- who ends what -------------------------------------------------------------------------------

  defp kill(deadline, kills) do
    if System.monotonic_time(:millisecond) >= deadline do
      kills
    else
      Process.sleep(:rand.uniform(2 * @pause_ms))
      kind = Enum.random(~w(request request request kernel control public)a)
      for pid <- victims(kind), do: Process.exit(pid, :kill)
      kill(deadline, Map.update(kills, kind, 1, &(&1 + 1)))
    end
  end

  # Their processes are the acceptors' links.
  defp victims(:request) do
    for endpoint <- [Workbooks.Web.Endpoint, Workbooks.PublicWeb.Endpoint],
        acceptor <- acceptors(endpoint),
        {:links, links} <- [Process.info(acceptor, :links)],
        pid <-
          Enum.take_random(
            for(pid <- links, is_pid(pid), {:links, [^acceptor]} <- [Process.info(pid, :links)], do: pid),
            2
          ),
        do: pid
  end

  defp victims(:kernel), do: named(Workbooks.OQL)
  # Not all the time: a listener that is ended for good takes the application along, as it should.
  defp victims(:control), do: if(:rand.uniform(10) == 1, do: named(Workbooks.Web.Endpoint), else: [])
  defp victims(:public), do: if(:rand.uniform(10) == 1, do: named(Workbooks.PublicWeb.Endpoint), else: [])

  defp named(name), do: List.wrap(Process.whereis(name))

  defp acceptors(endpoint) do
    for {Workbooks.HTTP.Server.Acceptor, supervisor, _, _} when is_pid(supervisor) <- children(endpoint),
        {_id, pid, _, _} when is_pid(pid) <- children(supervisor),
        do: pid
  end

  defp children(supervisor) do
    Supervisor.which_children(supervisor)
  catch
    :exit, _gone -> []
  end

  # --- what is left --------------------------------------------------------------------------------

  defp measured do
    for pid <- Process.list(), do: :erlang.garbage_collect(pid)

    %{
      processes: :erlang.system_info(:process_count),
      bytes: :erlang.memory(:total),
      resident: resident(),
      ports: length(Port.list())
    }
  end

  defp settled(before) do
    TestWait.until(
      fn ->
        stats = Wasm.stats()
        now = measured()
        stats.fibers == 0 and stats.suspended == 0 and now.processes <= before.processes + 20
      end,
      fn -> {before, measured(), Wasm.stats()} end,
      System.monotonic_time(:millisecond) + 60_000
    )

    measured()
  end

  defp resident do
    "/proc/self/status"
    |> File.read!()
    |> then(&Regex.run(~r/VmRSS:\s+(\d+) kB/, &1))
    |> List.last()
    |> String.to_integer()
  end
end
