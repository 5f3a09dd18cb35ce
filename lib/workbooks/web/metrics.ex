defmodule Workbooks.Web.Metrics do
  @moduledoc false
  # What the virtual machine and the engine are at, as Prometheus reads it. None of it says whose it is.

  alias Workbooks.HTTP.Server
  alias Workbooks.{Runs, Wasm}

  @engine [
    stores: {:gauge, "WebAssembly stores alive"},
    fibers: {:gauge, "calls that outlived their first slice"},
    suspended: {:gauge, "calls that wait for the host"},
    compiling: {:gauge, "compilations waiting or under way"},
    cache_bytes: {:gauge, "compiled code in memory"},
    calls: {:counter, "calls into WebAssembly"},
    dirty_calls: {:counter, "calls that began on a dirty scheduler"},
    yields: {:counter, "slices that ended with the guest running"},
    traps: {:counter, "calls that trapped"}
  ]

  @doc "All of them, as text."
  @spec text :: iodata
  def text do
    stats = Wasm.stats()
    memory = :erlang.memory()

    [
      for({key, {kind, help}} <- @engine, do: metric("wasm_#{key}", kind, help, stats[key])),
      metric("runs_running", :gauge, "runs of workbooks", Runs.running()),
      metric("beam_processes", :gauge, "processes", :erlang.system_info(:process_count)),
      metric("beam_run_queue", :gauge, "processes that wait for a scheduler", :erlang.statistics(:run_queue)),
      metric("beam_uptime_seconds", :gauge, "since the virtual machine was started", div(uptime_ms(), 1_000)),
      servers(),
      header("beam_memory_bytes", :gauge, "memory, by what it is for"),
      for(
        {kind, bytes} <- memory,
        kind in [:total, :processes, :atom, :binary, :code, :ets],
        do: "workbooks_beam_memory_bytes{kind=\"#{kind}\"} #{bytes}\n"
      )
    ]
  end

  @now [:connections, :in_flight]

  # The application's own: each that listens is one of its children.
  defp servers do
    stats = for {id, pid, :supervisor, [Server]} <- children(), stats = stats(pid), do: {inspect(id), stats}

    for name <- stats |> Enum.flat_map(fn {_id, stats} -> Map.keys(stats) end) |> Enum.uniq() |> Enum.sort() do
      kind = if name in @now, do: :gauge, else: :counter

      [
        header("http_#{name}", kind, "of each plane's server"),
        for({id, %{^name => n}} <- stats, do: "workbooks_#{name("http_#{name}", kind)}{server=\"#{id}\"} #{n}\n")
      ]
    end
  end

  defp children,
    do: if(Process.whereis(Workbooks.Supervisor), do: Supervisor.which_children(Workbooks.Supervisor), else: [])

  defp stats(pid) do
    Server.stats(pid)
  catch
    # It ends at this moment.
    _kind, _reason -> nil
  end

  defp uptime_ms, do: :erlang.statistics(:wall_clock) |> elem(0)

  defp metric(name, kind, help, value), do: [header(name, kind, help), "workbooks_#{name(name, kind)} #{value}\n"]

  defp header(name, kind, help) do
    name = name(name, kind)
    ["# HELP workbooks_#{name} #{help}\n", "# TYPE workbooks_#{name} #{kind}\n"]
  end

  # By convention.
  defp name(name, :counter), do: name <> "_total"
  defp name(name, :gauge), do: name
end
