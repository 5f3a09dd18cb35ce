# How many requests a second, and how long does one take?
#
# Of another process on the same machine, which takes its share of the cores: only the ratios say something.
# A published page stands beside bare hyper, which answers with as many bytes and does nothing else
# (native/http/benches/echo.rs), and beside nginx with the same page in a file. wrk speaks HTTP/1.1, h2load HTTP/2, ten requests
# at once on each connection. All of them but hyper are Debian's packages; what is not installed says so.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/load.exs", __DIR__)

defmodule Bench.HTTP do
  alias Bench.Load
  alias Workbooks.{HTTP, PublicWeb, Web}

  @rounds 3
  @host "bench.example"
  @tenant "bench"
  # 60 % of bare hyper.
  @goal 0.6

  def question, do: "Requests over HTTP"

  def rows do
    if Load.client() == nil do
      [missing("requests over HTTP", "wrk")]
    else
      Load.with_state(fn -> served(&measured/1) end)
    end
  end

  defp served(function) do
    source =
      "* Tea\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n\n" <>
        String.duplicate("A leaf, and water that does not boil any more. ", 60)

    {:ok, _info} = Workbooks.Library.put(@tenant, "page", source)
    {:ok, _site} = Workbooks.publish(@tenant, "page", @host)
    {:ok, key} = Web.Keys.create(@tenant, name: "bench")
    local = {{127, 0, 0, 1}, 0}
    limits = [in_flight: 100_000]

    {:ok, public} = HTTP.Server.start_link(router: PublicWeb.Router, listen: [local], h2c: true, limits: limits)
    # A key's own limit is not what is asked for here.
    router = {Web.Router, rate: {10_000_000, 1_000}, burst: 10_000_000}
    {:ok, web} = HTTP.Server.start_link(router: router, listen: [local], limits: limits)

    try do
      function.(%{public: port(public), web: port(web), key: key})
    after
      Supervisor.stop(public)
      Supervisor.stop(web)
    end
  end

  defp port(server) do
    [{_ip, port}] = HTTP.Server.addresses(server)
    port
  end

  defp measured(ports) do
    page = Load.page(ports.public, @host)

    Load.with_hyper(page, fn bare ->
      Load.with_nginx(page, fn nginx ->
        pages(ports.public, bare, nginx) ++ health(ports.public, bare) ++ render(ports)
      end)
    end)
  end

  defp pages(public, bare, nginx) do
    for {version, client, kind} <- [{"HTTP/1.1", :wrk, :h1}, {"HTTP/2", :h2load, :h2}],
        connections <- [32, 1_000],
        row <- page(version, client, connections, public, bare[kind], nginx && nginx[kind]) do
      row
    end
  end

  defp page(version, client, connections, public, bare, nginx) do
    name = "a published page, #{version}, #{connections} connections"

    if Load.installed?(client) do
      servers = [ours: public, hyper: bare] ++ if(nginx, do: [nginx: nginx], else: [])
      found = in_turn(client, for({key, port} <- servers, do: {key, port, "/", [{"host", @host}]}), connections)
      rows = [row(name, found.ours, found.hyper)]
      rows ++ if(nginx, do: [row("… nginx", found.nginx, found.hyper, nil)], else: [missing("… nginx", "nginx")])
    else
      [missing(name, client)]
    end
  end

  defp health(public, bare) do
    for connections <- [32, 1_000] do
      servers = [{:ours, public, "/health", []}, {:hyper, bare.h1, "/", []}]
      found = in_turn(:wrk, servers, connections)
      row("/health, HTTP/1.1, #{connections} connections", found.ours, found.hyper, nil)
    end
  end

  defp render(ports) do
    headers = [{"authorization", "Bearer " <> ports.key}]

    for connections <- [32, 1_000] do
      rounds =
        for _ <- 1..@rounds, do: Load.run(:wrk, ports.web, "POST", "/api/workbooks/page/render", headers, connections)

      row("render, HTTP/1.1, #{connections} connections", rounds, nil, nil)
    end
  end

  # In turn, so that what else the machine does falls on all.
  defp in_turn(client, servers, connections) do
    for _ <- 1..@rounds, {key, port, path, headers} <- servers, reduce: %{} do
      found ->
        round = Load.run(client, port, "GET", path, headers, connections)
        Map.update(found, key, [round], &[round | &1])
    end
  end

  defp row(name, rounds, floor, goal \\ @goal) do
    rates = Enum.map(rounds, & &1.rate)
    floor = floor && Enum.map(floor, & &1.rate)
    # Of the round that counts.
    best = Enum.max_by(rounds, & &1.rate)
    options = if floor, do: [floor: {"bare hyper", floor}], else: []
    options = if floor && goal, do: options ++ [goal: goal * Enum.max(floor)], else: options
    row = Bench.rate(name, rates, options)
    failed = if best.failed > 0, do: ", #{best.failed} failed", else: ""
    %{row | spread: "p50 #{ms(best.p50)}, p99 #{ms(best.p99)}#{failed}"}
  end

  defp ms(us), do: "#{Float.round(us / 1_000, 2)} ms"

  defp missing(name, program) do
    %{name: name, figure: "skipped", spread: "#{program} is not installed", floor: "", ratio: nil, goal: nil}
  end
end

Bench.run(Bench.HTTP)
