# What does state cost: to read, to write durably, to start with, to keep?
#
# Reads stand beside a bare ETS look-up of the same key in the same table; writes beside the engine's
# own, in plain Rust and set as it is here (two-phase commits), and beside SQLite (WAL,
# synchronous=FULL), for scale. bench/engines is the program that measures those; cargo builds it.

Code.require_file("support/bench.exs", __DIR__)

defmodule Bench.Engines do
  @manifest Path.expand("engines/Cargo.toml", __DIR__)

  @doc "Runs the comparison's program: what it found, as a map of numbers."
  def run(arguments) do
    {line, 0} =
      System.cmd("cargo", ["run", "--release", "--quiet", "--locked", "--manifest-path", @manifest, "--"] ++ arguments)

    for [_, name, value] <- Regex.scan(~r/(\w+)=(\d+)/, line), into: %{}, do: {name, String.to_integer(value)}
  end
end

defmodule Bench.State do
  alias Workbooks.{Domains, Storage, Vars}
  alias Workbooks.Storage.Mirror

  @value String.duplicate("v", 100)
  @write_ms 2_000
  @store __MODULE__.Store
  @storage __MODULE__.Storage
  @domains __MODULE__.Domains

  def question, do: "State"

  def rows do
    folder = Path.join(System.tmp_dir!(), "workbooks-bench-state-#{System.pid()}")
    File.mkdir_p!(folder)

    try do
      reads(Path.join(folder, "reads")) ++
        writes(folder) ++ starts(Path.join(folder, "starts")) ++ resolves(Path.join(folder, "domains"))
    after
      File.rm_rf!(folder)
    end
  end

  # The tree that the application has, in another folder.
  defp with_state(folder, function) do
    children =
      [{Storage, name: @storage, folder: folder}] ++
        Vars.children(name: @store, storage: @storage, folder: folder) ++
        [{Domains, name: @domains, storage: @storage}]

    {:ok, supervisor} = Supervisor.start_link(children, strategy: :rest_for_one)

    try do
      function.()
    after
      Supervisor.stop(supervisor)
    end
  end

  # --- reads ---------------------------------------------------------------------------------------

  defp reads(folder) do
    with_state(folder, fn ->
      fill(100_000)
      key = {"tenant7", "key77007"}
      {:ok, @value} = Vars.Store.get("tenant7", "key77007", store: @store)

      took =
        Bench.measure([
          {:lookup, 200_000, fn -> :ets.lookup(@store, key) end},
          {:get, 200_000, fn -> Vars.Store.get("tenant7", "key77007", store: @store) end}
        ])

      several = for kind <- [:lookup, :get], into: %{}, do: {kind, for(_ <- 1..5, do: read_by(16, kind))}

      [
        Bench.row("a variable of 100,000", took.get, floor: {"bare ETS look-up", took.lookup}, goal: {:times, 1.3}),
        Bench.rate("variables read a second, 16 processes", several.get, floor: {"bare ETS look-ups", several.lookup})
      ]
    end)
  end

  defp read_by(processes, kind) do
    times = 100_000
    keys = for n <- 1..16, do: {"tenant#{rem(n * 37, 1000)}", "key#{n * 37}"}
    begun = Bench.now()

    1..processes
    |> Enum.map(fn _ -> Task.async(fn -> for _ <- 1..div(times, 16), key <- keys, do: read(kind, key) end) end)
    |> Task.await_many(:infinity)

    processes * times * 1.0e9 / (Bench.now() - begun)
  end

  defp read(:lookup, key), do: :ets.lookup(@store, key)
  defp read(:get, {tenant, key}), do: Vars.Store.get(tenant, key, store: @store)

  # --- writes --------------------------------------------------------------------------------------

  defp writes(folder) do
    [engine, sqlite] =
      for name <- ["redb-checked-2phase", "sqlite"],
          do: Bench.Engines.run(["rates", name, Path.join(folder, name), "#{div(@write_ms, 1000)}"])

    with_state(Path.join(folder, "writes"), fn ->
      :ok = Mirror.ready(@store)
      single = for _ <- 1..3, do: written_by(1, &set/1)
      many = for _ <- 1..3, do: written_by(64, &set/1)
      batch = for _ <- 1..3, do: 100 * written_by(1, &set_all/1)
      secret = for _ <- 1..3, do: written_by(1, &set_secret/1)

      [
        Bench.rate("durable writes a second, one process", single,
          floor: {"the engine in plain Rust", [engine["single"]]}
        ),
        Bench.rate("the same, 64 processes", many, floor: {"the engine, one by one", [engine["single"]]}),
        Bench.rate("the same, by the hundred", batch, floor: {"the engine, by the hundred", [engine["batch"]]}),
        Bench.rate("secrets, one process", secret, floor: {"the engine in plain Rust", [engine["single"]]}),
        Bench.rate("SQLite, one by one", [sqlite["single"]], floor: {"the engine in plain Rust", [engine["single"]]}),
        Bench.rate("SQLite, by the hundred", [sqlite["batch"]], floor: {"the engine, by the hundred", [engine["batch"]]})
      ]
    end)
  end

  defp written_by(processes, write) do
    until = Bench.now() + @write_ms * 1_000_000
    begun = Bench.now()

    counts =
      1..processes
      |> Enum.map(fn _ -> Task.async(fn -> write_until(until, write, 0) end) end)
      |> Task.await_many(:infinity)

    Enum.sum(counts) * 1.0e9 / (Bench.now() - begun)
  end

  defp write_until(until, write, count) do
    if Bench.now() > until do
      count
    else
      :ok = write.(System.unique_integer([:positive]))
      write_until(until, write, count + 1)
    end
  end

  defp set(n), do: Vars.Store.set("tenant#{rem(n, 1000)}", "key#{n}", @value, store: @store)
  defp set_secret(n), do: Vars.Store.set("tenant#{rem(n, 1000)}", "key#{n}", @value, store: @store, secret: true)

  defp set_all(n) do
    Vars.Store.set_all("tenant#{rem(n, 1000)}", for(i <- 1..100, do: {"key#{n}.#{i}", @value}), store: @store)
  end

  # --- starting and keeping ------------------------------------------------------------------------

  defp starts(folder) do
    Enum.flat_map([10_000, 100_000, 1_000_000], fn count ->
      ours = Path.join(folder, "#{count}")
      theirs = Path.join(folder, "#{count}-engine")
      with_state(ours, fn -> fill(count) end)
      Bench.Engines.run(["fill", "redb-checked-2phase", theirs, "#{count}"])
      engine = for _ <- 1..3, do: Bench.Engines.run(["load", "redb-checked-2phase", theirs])["us"] * 1000

      {took, [bytes | _]} = 1..3 |> Enum.map(fn _ -> with_state(ours, &started/0) end) |> Enum.unzip()

      [
        Bench.row("start with #{count} variables of 100 bytes", Bench.sample(took),
          floor: {"the engine checks and reads all", Bench.sample(engine)}
        ),
        %{name: "memory of each", figure: "#{div(bytes, count)} B", spread: "", floor: "", ratio: nil, goal: nil}
      ]
    end)
  end

  defp started do
    begun = Bench.now()
    :ok = Mirror.ready(@store)
    took = Bench.now() - begun
    words = :ets.info(@store, :memory) + :ets.info(Module.concat(@store, Index), :memory)
    # Values beyond 64 bytes lie outside the table.
    {:ok, count} = Mirror.size(@store)
    {took, words * :erlang.system_info(:wordsize) + count * byte_size(@value)}
  end

  defp fill(count) do
    for chunk <- Enum.chunk_every(1..count, 10_000) do
      chunk
      |> Enum.group_by(&rem(&1, 1000))
      |> Task.async_stream(
        fn {tenant, keys} ->
          :ok =
            Vars.Store.set_all("tenant#{tenant}", for(n <- keys, do: {"key#{n}", @value}),
              store: @store,
              timeout: :infinity
            )
        end,
        max_concurrency: 64,
        timeout: :infinity
      )
      |> Stream.run()
    end
  end

  # --- domains -------------------------------------------------------------------------------------

  defp resolves(folder) do
    Enum.flat_map([1_000, 1_000_000], fn count ->
      with_state(Path.join(folder, "#{count}"), fn ->
        attach(count)
        n = div(count, 2)
        # Every tenth is a wildcard, and so is this one.
        host = "host#{n + 1}.example.com"
        {:ok, _} = Domains.resolve(host, domains: @domains)
        {:ok, _} = Domains.resolve("a.b.wild#{n}.example.org", domains: @domains)
        :error = Domains.resolve("nobody.example.net", domains: @domains)

        took =
          Bench.measure([
            {:lookup, 100_000, fn -> :ets.lookup(@domains, host) end},
            {:exact, 100_000, fn -> Domains.resolve(host, domains: @domains) end},
            {:written, 100_000, fn -> Domains.resolve("HOST#{n + 1}.Example.com.:8080", domains: @domains) end},
            {:wildcard, 100_000, fn -> Domains.resolve("a.b.wild#{n}.example.org", domains: @domains) end},
            {:unknown, 100_000, fn -> Domains.resolve("nobody.example.net", domains: @domains) end}
          ])

        floor = {"bare ETS look-up", took.lookup}

        for {what, key} <- [
              {"a host", :exact},
              {"the same in capitals, with a dot and a port", :written},
              {"below a wildcard", :wildcard},
              {"an unknown one", :unknown}
            ] do
          goal = if key == :exact, do: [goal: {:ns, 1_000}], else: []
          Bench.row("resolve #{what}, of #{count}", took[key], [floor: floor] ++ goal)
        end
      end)
    end)
  end

  # One in ten is a wildcard.
  defp attach(count) do
    1..count
    |> Task.async_stream(
      fn n ->
        host = if rem(n, 10) == 0, do: "*.wild#{n}.example.org", else: "host#{n}.example.com"
        :ok = Domains.attach(host, {"tenant#{rem(n, 1000)}", "site#{n}"}, domains: @domains, timeout: :infinity)
      end,
      max_concurrency: 512,
      timeout: :infinity,
      ordered: false
    )
    |> Stream.run()
  end
end

Bench.run(Bench.State)
