defmodule Walls do
  @moduledoc """
  Who may know whom, and the check that it stays so.

  Everything but `main/1` is a function of text, so that a test can breach each wall on paper.
  A breach is `{wall, how}`.
  """

  # --- the crates ------------------------------------------------------------------------------

  # No way through the dependency graph may lead from the first to the second.
  @never_reaches %{
    "workbooks-engine" => ["rustler"],
    "workbooks-http" => ["rustler", "wasmtime"],
    "workbooks-store" => ["rustler", "wasmtime"]
  }

  # Not among the direct dependencies; a name with "*" at its end stands for all that begin so.
  @never_names %{
    "workbooks-nif" => ["wasmtime", "wasmtime-*", "wit-*", "wasmparser", "cranelift-*"]
  }

  # Not in the sources either, whatever another crate re-exports.
  @never_mentions %{
    "native/engine/src" => ["rustler"],
    "native/nif/src" => ["wasmtime"],
    "native/http/src" => ["rustler", "wasmtime"],
    "native/store/src" => ["rustler", "wasmtime"]
  }

  # --- the modules -----------------------------------------------------------------------------

  # A file belongs to the first room whose path it has: a file by its name, a folder by its "/".
  @rooms [
    native: ["lib/workbooks/native.ex"],
    leaf: [
      "lib/workbooks/bang.ex",
      "lib/workbooks/options.ex",
      "lib/workbooks/text.ex",
      "lib/workbooks/telemetry.ex",
      "lib/workbooks/error.ex",
      "lib/workbooks/names.ex"
    ],
    json: ["lib/workbooks/json.ex"],
    wasm: ["lib/workbooks/wasm.ex", "lib/workbooks/wasm/"],
    guests: ["lib/workbooks/guests.ex"],
    oql: ["lib/workbooks/oql.ex", "lib/workbooks/oql/"],
    build: ["lib/workbooks/build.ex", "lib/workbooks/build/"],
    storage: ["lib/workbooks/storage.ex", "lib/workbooks/storage/"],
    vars: ["lib/workbooks/vars.ex", "lib/workbooks/vars/"],
    domains: ["lib/workbooks/domains.ex", "lib/workbooks/domains/"],
    library: ["lib/workbooks/library.ex", "lib/workbooks/library/"],
    toolkits: ["lib/workbooks/toolkits.ex", "lib/workbooks/toolkits/"],
    page: ["lib/workbooks/page.ex", "lib/workbooks/page/"],
    workflow: [
      "lib/workbooks/workflow.ex",
      "lib/workbooks/workflow/",
      "lib/workbooks/run.ex",
      "lib/workbooks/run/"
    ],
    site: ["lib/workbooks/site.ex", "lib/workbooks/site/"],
    http: ["lib/workbooks/http.ex", "lib/workbooks/http/"],
    front: ["lib/workbooks.ex", "lib/workbooks/publication.ex"],
    publish: ["lib/workbooks/publish.ex", "lib/workbooks/publish/"],
    runs: ["lib/workbooks/runs.ex", "lib/workbooks/runs/"],
    agent: ["lib/workbooks/agent.ex", "lib/workbooks/agent/"],
    web: ["lib/workbooks/web.ex", "lib/workbooks/web/"],
    public_web: ["lib/workbooks/public_web.ex", "lib/workbooks/public_web/"],
    application: ["lib/workbooks/application.ex", "lib/workbooks/state.ex"],
    cli: ["lib/workbooks/cli.ex", "lib/workbooks/cli/"],
    tasks: ["lib/mix/tasks/"]
  ]

  # A room knows itself and these, all of them further down.
  @knows %{
    native: [],
    leaf: [],
    json: [:native, :leaf],
    wasm: [:native, :leaf, :json],
    guests: [:wasm],
    oql: [:guests, :wasm, :leaf, :json],
    build: [:guests, :oql, :wasm, :leaf, :json],
    storage: [:native, :leaf],
    # A secret travels in a box of the NIF's; host names are made ASCII by it.
    vars: [:storage, :native, :leaf, :json],
    domains: [:storage, :native, :leaf],
    library: [:storage, :leaf],
    toolkits: [:build, :oql, :wasm, :leaf, :json],
    page: [:workflow, :oql, :leaf, :json],
    workflow: [:toolkits, :domains, :vars, :build, :oql, :wasm, :leaf, :json],
    # Brotli is the NIF's.
    site: [:native, :leaf, :json],
    http: [:native, :leaf, :json],
    front: [
      :page,
      :workflow,
      :toolkits,
      :library,
      :domains,
      :vars,
      :storage,
      :site,
      :build,
      :oql,
      :wasm,
      :leaf,
      :json
    ],
    # Only the top rows stand above the front door.
    publish: [:front, :page, :oql, :workflow, :library, :domains, :site, :wasm, :leaf],
    runs: [:front, :workflow, :library, :leaf, :json],
    agent: [:front, :toolkits, :domains, :vars, :wasm, :leaf, :json],
    web: [
      :http,
      :front,
      :runs,
      :page,
      :workflow,
      :oql,
      :wasm,
      :agent,
      :library,
      :domains,
      :vars,
      :site,
      :storage,
      :leaf,
      :json
    ],
    # What anybody may ask knows nothing that could run, store or change.
    public_web: [:http, :site, :library, :domains, :leaf],
    # It starts what has processes, and nobody needs to know that it does.
    application: [
      :web,
      :public_web,
      :http,
      :runs,
      :workflow,
      :toolkits,
      :library,
      :domains,
      :vars,
      :storage,
      :build,
      :oql,
      :wasm,
      :leaf,
      :json
    ],
    cli: [
      :front,
      :publish,
      :web,
      :public_web,
      :runs,
      :agent,
      :page,
      :workflow,
      :oql,
      :build,
      :wasm,
      :library,
      :domains,
      :vars,
      :site,
      :storage,
      :leaf,
      :json
    ],
    tasks: [:front, :cli, :web, :agent, :page, :workflow, :build, :oql, :wasm, :leaf, :json]
  }

  # --- the check -------------------------------------------------------------------------------

  @doc "Checks the tree in the current folder against the file that `mix xref graph` printed."
  def main([edges_path]) do
    lock = File.read!("Cargo.lock")

    guests =
      for manifest <- Path.wildcard("native/guests/*/Cargo.toml"),
          do: {manifest, File.read!(manifest)}

    sources =
      for {folder, _} <- @never_mentions,
          path <- Path.wildcard(folder <> "/**/*.rs"),
          do: {path, File.read!(path)}

    edges = edges_path |> File.read!() |> edges()

    breaches = crates(lock) ++ guests(lock, guests) ++ mentions(sources) ++ rooms(edges) ++ cycles(edges)

    case breaches do
      [] ->
        IO.puts("walls: #{length(packages(lock))} crates and #{length(files(edges))} files, none breached")

      breaches ->
        for {wall, how} <- breaches, do: IO.puts(:stderr, "breached: #{wall}\n          #{how}")
        System.halt(1)
    end
  end

  @doc "Breaches among the crates of a `Cargo.lock`."
  def crates(lock) do
    graph =
      for {name, versions} <- Enum.group_by(packages(lock), & &1.name),
          into: %{},
          do: {name, Enum.flat_map(versions, & &1.dependencies)}

    reached =
      for {crate, banned} <- @never_reaches,
          goal <- banned,
          path = path(graph, crate, goal),
          do: {"crate #{crate} must not reach #{goal}", Enum.join(path, " → ")}

    named =
      for {crate, banned} <- @never_names,
          dependency <- Map.get(graph, crate, []),
          Enum.any?(banned, &matches?(dependency, &1)) do
        {"crate #{crate} must not depend on #{dependency} directly", "#{crate} → #{dependency}"}
      end

    reached ++ named
  end

  @doc "Guests, as `{manifest path, its text}`, that are members of the host's workspace."
  def guests(lock, manifests) do
    # A crate without a source is one of the workspace, or lies in it by a path.
    ours = for %{name: name, local?: true} <- packages(lock), do: name

    for {path, text} <- manifests,
        [_, name] <- [Regex.run(~r/^name\s*=\s*"([^"]+)"/m, text)],
        name in ours do
      {"guests are no part of the host's workspace", "#{name} (#{path}) is in Cargo.lock"}
    end
  end

  @doc "Breaches in Rust sources given as `{path, text}`. Comments may say what they like."
  def mentions(sources) do
    for {path, text} <- sources,
        {folder, banned} <- @never_mentions,
        String.starts_with?(path, folder <> "/"),
        {line, number} <- text |> String.split("\n") |> Enum.with_index(1),
        [code | _comment] = String.split(line, "//", parts: 2),
        crate <- banned,
        # As a path (`wasmtime::Store`, `wasmtime_wasi::p2`) or by `use wasmtime;`.
        code =~ ~r/\b#{crate}(_\w+)?\s*(::|;|as\b)/ do
      {"#{folder} does not name #{crate}", "#{path}:#{number}: #{String.trim(line)}"}
    end
  end

  @doc "Edges between files that the rooms do not allow, and files that have no room."
  def rooms(edges) do
    homeless =
      for file <- files(edges), room(file) == nil do
        {"every file has a room", "#{file} has none: give it one in scripts/walls.exs"}
      end

    # A file without a room is reported above, and skipped here: its room is nil.
    crossed =
      for {from, to} <- edges,
          from_room = room(from),
          to_room = room(to),
          from_room != to_room,
          to_room not in Map.fetch!(@knows, from_room) do
        {"#{from_room} knows #{known(from_room)}, not #{to_room}", "#{from} → #{to}"}
      end

    homeless ++ crossed
  end

  @doc "Files that depend on one another in a circle, at compile time or at run time."
  def cycles(edges) do
    graph = Enum.group_by(edges, &elem(&1, 0), &elem(&1, 1))

    for file <- files(edges),
        # One message a circle: the one that its first file sees.
        circle = circle(graph, file),
        file == Enum.min(circle) do
      {"no circle of files", Enum.join(circle, " → ")}
    end
  end

  # --- reading ---------------------------------------------------------------------------------

  @doc """
  The `{from, to}` pairs of `mix xref graph --format plain`; `{file, nil}` for the file itself.

      lib/a.ex
      `-- lib/b.ex (compile)
  """
  def edges(text) do
    {edges, _} =
      for line <- String.split(text, "\n"), reduce: {[], nil} do
        {edges, from} ->
          case Regex.run(~r/^(\|-- |`-- )?([^\s|`].*\.exs?)(?: \(\w+\))?$/, line) do
            [_, "", file] -> {[{file, nil} | edges], file}
            [_, _branch, file] when from != nil -> {[{from, file} | edges], from}
            # What the compiler printed before, or a branch further in.
            _ -> {edges, from}
          end
      end

    Enum.reverse(edges)
  end

  @doc "The packages of a `Cargo.lock`; a name that is there in several versions, several times."
  def packages(lock) do
    for section <- lock |> String.split("[[package]]") |> tl() do
      [_, name] = Regex.run(~r/^name = "([^"]+)"/m, section)

      dependencies =
        case Regex.run(~r/^dependencies = \[(.*?)\]/ms, section) do
          # A dependency is "name", or "name version" where there are several of that name.
          [_, list] -> for [_, name] <- Regex.scan(~r/"([^" ]+)/, list), do: name
          nil -> []
        end

      %{name: name, local?: not (section =~ ~r/^source = /m), dependencies: dependencies}
    end
  end

  # --- small things ----------------------------------------------------------------------------

  defp files(edges) do
    for({from, to} <- edges, file <- [from, to], file, do: file) |> Enum.uniq() |> Enum.sort()
  end

  defp room(nil), do: nil

  defp room(file) do
    Enum.find_value(@rooms, fn {room, places} ->
      if Enum.any?(
           places,
           &(file == &1 or (String.ends_with?(&1, "/") and String.starts_with?(file, &1)))
         ),
         do: room
    end)
  end

  defp known(room) do
    case Map.fetch!(@knows, room) do
      [] -> "nobody"
      rooms -> Enum.map_join(rooms, ", ", &to_string/1)
    end
  end

  defp matches?(name, pattern) do
    case String.split(pattern, "*") do
      [prefix, ""] -> String.starts_with?(name, prefix)
      [name_alone] -> name == name_alone
    end
  end

  defp circle(graph, file) do
    graph
    |> Map.get(file, [])
    |> Enum.find_value(&path(graph, &1, file))
    |> then(&(&1 && [file | &1]))
  end

  # The shortest way, as a list of names from first to last, or nil.
  defp path(graph, from, to), do: path(graph, to, [[from]], MapSet.new([from]))

  defp path(_graph, _to, [], _seen), do: nil

  defp path(graph, to, [[here | _] = way | others], seen) do
    if here == to do
      Enum.reverse(way)
    else
      next = graph |> Map.get(here, []) |> Enum.reject(&(&1 == nil or &1 in seen)) |> Enum.uniq()
      path(graph, to, others ++ Enum.map(next, &[&1 | way]), MapSet.union(seen, MapSet.new(next)))
    end
  end
end
