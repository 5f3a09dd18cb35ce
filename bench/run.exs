# What does a run cost, and a run again after an edit?
#
# Graphs of 200 components: layers of ten, each component waiting for two of the layer before. The
# same graph of programs, one started for each step, is the floor: node for JavaScript, what cc makes
# of a C program for WAT (compiled beforehand; `cold` compiles too). A second graph is of components
# that work: some milliseconds each. C is compiled by clang inside WebAssembly, where that is installed
# (guides/c.md), beside the machine's own cc; what is told of a new virtual machine is of one that was
# started for it.
#
#     mix run bench/run.exs

Code.require_file("support/bench.exs", __DIR__)

defmodule Bench.Run do
  @count 200
  @width 10

  alias Workbooks.Build
  alias Workbooks.Build.{C, Cache, Source}

  def question, do: "A run of #{@count} steps, and a C block"

  def rows, do: Bench.own_cache(&rows/1)

  defp rows(folder), do: runs(folder) ++ c(folder)

  defp runs(folder) do
    js = graph("js", &quick_js/2)
    wat = graph("wat", &quick_wat/2)
    work = graph("js", &work_js/2)
    empty = graph("js", &quick_js/2, 1)
    {:ok, ran} = run(js, cache: false)
    node = System.find_executable("node")
    cc = System.find_executable("cc")

    floors =
      [
        node && {:one_node, fn -> program(node, ["-e", "console.log(1)"]) end},
        node && {:node, fn -> programs(fn n -> {node, ["-e", "console.log(1 + #{n})"]} end) end},
        cc && {:cc, native(cc, folder, false)},
        cc && {:cc_cold, native(cc, folder, true)}
      ]
      |> Enum.filter(& &1)

    cases = [
      {:empty, fn -> run(empty, cache: false) end},
      {:empty_cold, fn -> Cache.clear() && run(empty, cache: false) end},
      {:empty_cached, fn -> run(empty, cache_dir: folder) end},
      {:js, fn -> run(js, cache: false) end},
      {:js_serial, fn -> run(js, cache: false, concurrency: 1) end},
      {:plan, fn -> {:ok, _} = Workbooks.plan(js) end},
      {:document, fn -> {:ok, _} = Workbooks.render(js, results: ran.results) end},
      {:page, fn -> <<_::binary>> = Workbooks.Page.of_run(ran, js) end},
      {:wat, fn -> run(wat, cache: false) end},
      {:wat_serial, fn -> run(wat, cache: false, concurrency: 1) end},
      {:work, fn -> run(work, cache: false) end},
      {:work_serial, fn -> run(work, cache: false, concurrency: 1) end},
      {:js_edit, edit(js, folder, :middle)},
      {:work_edit, edit(work, folder, :middle)},
      {:work_last, edit(work, folder, :last)},
      {:work_none, fn -> run(work, cache_dir: folder) end}
    ]

    found = measured(cases, 3) |> Map.merge(measured(floors, 1))
    row = fn name, key, options -> Bench.row(name, found[key], options) end
    work_floor = [floor: {"nothing kept", found.work}]
    against = fn what, key -> if found[key], do: [floor: {what, found[key]}], else: [] end

    [
      row.("one empty JavaScript step, warm, page and all", :empty, against.("a process of node", :one_node)),
      row.("the same, cold: compiled too", :empty_cold, against.("a process of node", :one_node)),
      row.("the same, its result kept", :empty_cached, against.("a process of node", :one_node)),
      row.("JavaScript, nothing kept", :js, against.("a node for each step", :node)),
      row.("JavaScript, one step at a time", :js_serial, against.("a node for each step", :node)),
      row.("of it: the plan", :plan, floor: {"nothing kept", found.js}),
      row.("of it: the document with its results", :document, floor: {"nothing kept", found.js}),
      row.("beside it: a page around that", :page, floor: {"nothing kept", found.js}),
      row.("WAT, nothing kept", :wat, against.("a program by cc for each step", :cc)),
      row.("WAT, one step at a time", :wat_serial, against.("compiled by cc, then run", :cc_cold)),
      row.("JavaScript that works, nothing kept", :work, against.("a node for each step", :node)),
      row.("JavaScript that works, one step at a time", :work_serial, against.("a node for each step", :node)),
      row.("again after an edit", :js_edit, floor: {"nothing kept", found.js}),
      row.(
        "JavaScript that works, again after an edit in the middle",
        :work_edit,
        [goal: {:times, 0.05}] ++ work_floor
      ),
      row.("and after one of the last, which gives another value", :work_last, [goal: {:times, 0.05}] ++ work_floor),
      row.("again after none", :work_none, work_floor)
    ]
  end

  # A run takes long enough for a clock; each case has its turn in each round.
  defp measured(cases, rounds) do
    Bench.measure(for({key, function} <- cases, do: {key, 1, function}), rounds)
  end

  defp run(org, options), do: {:ok, _} = Workbooks.run(org, [inputs: %{"x" => 1}] ++ options)

  # Each time another edit: of what is written in the middle, which gives what it gave before, or of
  # what the last component gives. Either way one step runs.
  defp edit(org, folder, place) do
    run(org, cache_dir: folder)
    edits = :counters.new(1, [])

    fn ->
      :counters.add(edits, 1, 1)
      {:ok, run} = org |> edited(place, :counters.get(edits, 1)) |> run(cache_dir: folder)
      1 = Enum.count(run.steps, &(not &1.cached))
    end
  end

  defp edited(org, :middle, n), do: String.replace(org, "/* edit #{div(@count, 2)} */", "/* edited #{n} */")
  defp edited(org, :last, n), do: String.replace(org, "/* edit #{@count} */", "+ #{n}")

  # --- the graphs ------------------------------------------------------------------------------------

  defp graph(lang, source, count \\ @count) do
    blocks =
      for n <- 1..count do
        inputs = if n <= @width, do: ["x"], else: ["n#{n - @width}", "n#{before(n)}"] |> Enum.uniq()

        """
        ** N#{n}
        :PROPERTIES:
        :in: #{Enum.join(inputs, " ")}
        :out: n#{n}
        :END:
        #+begin_src #{lang}
        #{source.(n, length(inputs))}
        #+end_src
        """
      end

    "* Bench\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n#{blocks}"
  end

  # Another of the layer before.
  defp before(n), do: n - @width + if(rem(n, @width) == 0, do: 1 - @width, else: 1)

  defp quick_js(n, _inputs), do: "export const f = (a, b = 0) => (a + b + #{n}) % 1000 /* edit #{n} */"

  defp work_js(n, _inputs) do
    "export const f = (a, b = 0) => { let s = a + b; for (let i = 0; i < 100000; i++) s = (s * 31 + i) % 65521; return s + #{n} /* edit #{n} */ }"
  end

  defp quick_wat(n, inputs) do
    params = String.duplicate("(param i64)", inputs)
    sum = if inputs == 1, do: "(local.get 0)", else: "(i64.add (local.get 0) (local.get 1))"

    "(module (func (export \"f\") #{params} (result i64) (i64.rem_u (i64.add #{sum} (i64.const #{n})) (i64.const 1000))))"
  end

  # --- a program for each step -------------------------------------------------------------------------

  # As many at the same time as there are schedulers, as a run has it.
  defp programs(program) do
    1..@count
    |> Task.async_stream(fn n -> n |> program.() |> then(fn {path, args} -> program(path, args) end) end,
      timeout: :infinity
    )
    |> Stream.run()
  end

  defp program(path, args), do: {_, 0} = System.cmd(path, args)

  defp native(cc, folder, cold) do
    compile = fn n ->
      path = Path.join(folder, "n#{n}")

      File.write!(
        path <> ".c",
        "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", (1 + #{n}) % 1000); return 0; }\n"
      )

      {_, 0} = System.cmd(cc, ["-O1", "-o", path, path <> ".c"])
      {path, []}
    end

    if cold do
      fn ->
        programs(fn n ->
          {path, []} = compile.(n)
          {path, []}
        end)
      end
    else
      made = for n <- 1..@count, into: %{}, do: {n, compile.(n)}
      fn -> programs(&made[&1]) end
    end
  end

  # --- a C block --------------------------------------------------------------------------------------

  defp c(folder) do
    case C.available() do
      :ok ->
        c_rows(folder)

      {:error, how} ->
        IO.puts("No rows of C: #{how}")
        []
    end
  end

  defp c_rows(folder) do
    kept = c_source(0)
    {:ok, artifact} = Build.compile(kept)
    cc = System.find_executable("cc")

    cases =
      [
        {:memory, 100, fn -> {:ok, _} = Build.compile(kept) end},
        {:call, 100, fn -> {:ok, 3} = Build.call(artifact, [1, 2]) end},
        {:another, 1, fn -> {:ok, _} = Build.compile(c_source(System.unique_integer([:positive]))) end}
      ] ++ if(cc, do: [{:cc, 1, native_c(cc, folder)}], else: [])

    found = Bench.measure(cases, 7)
    first = for n <- 1..3, do: new_machine(folder, c_source("#{System.os_time()}LL + #{n}"))
    again = for _ <- 1..3, do: new_machine(folder, kept)
    floor = if found[:cc], do: [floor: {"compiled and linked by cc", found.cc}], else: []

    [
      Bench.row("C, the first block of a new virtual machine", Bench.sample(first), floor),
      Bench.row("C, another block", found.another, [goal: {:ns, 300_000_000}] ++ floor),
      Bench.row("C, a block kept on disk, in a new virtual machine", Bench.sample(again), floor),
      Bench.row("C, a block kept in memory", found.memory, floor),
      Bench.row("C, a call in an instance of its own", found.call, [])
    ]
  end

  defp c_source(n) do
    text = "int add(int a, int b)\n{\n    return a + b + 0 * #{n};\n}\n"
    %Source{id: "bench/add", language: "c", text: text, inputs: ["a", "b"], outputs: ["sum"]}
  end

  defp native_c(cc, folder) do
    path = Path.join(folder, "add")

    fn ->
      File.write!(path <> ".c", c_source(System.unique_integer([:positive])).text)
      program(cc, ["-O2", "-shared", "-fPIC", "-o", path <> ".so", path <> ".c"])
    end
  end

  # What the first compilation of a virtual machine takes, the machine itself left out.
  defp new_machine(folder, source) do
    paths = Enum.flat_map(:code.get_path(), &['-pa', &1])
    {:ok, peer, _name} = :peer.start_link(%{connection: :standard_io, args: paths})

    try do
      :ok = :peer.call(peer, Application, :put_env, [:workbooks, :cache_dir, folder])
      {:ok, _} = :peer.call(peer, Application, :ensure_all_started, [:workbooks])
      {us, {:ok, _}} = :peer.call(peer, :timer, :tc, [Build, :compile, [source]], :infinity)
      us * 1_000
    after
      :peer.stop(peer)
    end
  end
end

Bench.run(Bench.Run)
