defmodule Workbooks.StartTest do
  # "Compiled ahead of time at build, loaded by mapping the file: starting the pool takes
  # milliseconds, not a compile." What runs is looked at, not how long it takes.
  use ExUnit.Case, async: false

  import ExUnit.CaptureLog
  import Workbooks.TestProject, only: [cmd: 3, folder!: 0]

  alias Workbooks.{Guests, Wasm}
  alias Workbooks.Wasm.Compiler

  # All that hands bytes to the compile threads goes through Workbooks.Wasm.Compiler.work/3.
  @traced [work: 3, load_file: 1, compile_file: 2, read_file: 1]

  setup do
    Code.ensure_loaded!(Compiler)

    for {name, arity} <- @traced do
      assert :erlang.trace_pattern({Compiler, name, arity}, true, [:local]) == 1
    end

    on_exit(fn -> :erlang.trace_pattern({Compiler, :_, :_}, false, [:local]) end)
  end

  for guest <- [:oql, :js] do
    test "the first use of #{guest} maps its native code, and compiles nothing" do
      # As in a VM that has not used it yet.
      :persistent_term.erase({Guests, unquote(guest)})
      {calls, log} = traced(fn -> assert {:ok, %Wasm.Component{}} = Guests.component(unquote(guest)) end)
      assert calls == [{:load_file, [Application.app_dir(:workbooks, "priv/native/#{unquote(guest)}.cwasm")]}]
      assert log == ""
    end
  end

  test "a new pool of the kernel, up to its first answer, compiles nothing" do
    :persistent_term.erase({Guests, :oql})

    {calls, log} =
      traced(fn ->
        {:ok, pool} = Wasm.Pool.start_link(component: fn -> Guests.component(:oql) end, max: 1)
        assert {:ok, "[" <> _} = Wasm.Pool.call(pool, "parse-headlines", ["* One"])
        assert %{available: 1} = Wasm.Pool.stats(pool)
      end)

    assert [{:load_file, [_]}] = calls
    assert log == ""
  end

  test "the trace does see a compilation" do
    missing = Path.join(System.tmp_dir!(), "no such file.cwasm")
    wasm = Application.app_dir(:workbooks, "priv/guests/oql.wasm")
    {calls, log} = traced(fn -> assert {:error, _} = Wasm.Precompiled.load(wasm <> ".no", missing) end)
    assert [{:load_file, [^missing]}, {:compile_file, [_, _]}, {:read_file, [_]}] = calls
    assert log =~ "its native code cannot be used"

    {calls, _} = traced(fn -> Wasm.compile!("(component)") end)
    assert [{:work, [_, _, _]}] = calls
  end

  test "the second answer loads nothing" do
    assert {:ok, _} = Workbooks.OQL.parse_headlines("* One")
    {calls, ""} = traced(fn -> assert {:ok, [_]} = Workbooks.OQL.parse_headlines("* One") end)
    assert calls == []
  end

  @tag timeout: 120_000
  test "a VM that starts the application loads no library, opens nothing, and answers without compiling" do
    script = ~S"""
    open = fn ->
      for name <- (case File.ls("/proc/self/fd") do {:ok, names} -> names; _ -> [] end),
          {:ok, target} <- [File.read_link("/proc/self/fd/" <> name)],
          not String.starts_with?(target, "/proc/"),
          do: {name, target}
    end

    mapped = fn ->
      maps = case File.read("/proc/self/maps") do {:ok, text} -> text; _ -> "" end
      for name <- ["workbooks_nif", "oql.cwasm", "js.cwasm", ".wasm"], maps =~ name, do: name
    end

    {:ok, _} = Application.ensure_all_started(:logger)
    ports = Port.list()
    files = open.()
    {:ok, started} = Application.ensure_all_started(:workbooks)
    IO.inspect(started: started)
    IO.inspect(ports: for(port <- Port.list() -- ports, do: Port.info(port)))
    IO.inspect(files: open.() -- files)
    IO.inspect(mapped: mapped.())
    IO.inspect(library: :erlang.module_loaded(Workbooks.Native))
    {:ok, [_]} = Workbooks.OQL.parse_headlines("* One")
    IO.inspect(files: for({_, path} <- open.() -- files, path =~ ~r/wasm|workbooks/, do: Path.basename(path)))
    IO.inspect(linux: File.exists?("/proc/self/maps"), mapped: mapped.())
    IO.inspect(ports: for(port <- Port.list() -- ports, do: Port.info(port)))
    """

    ebin = Application.app_dir(:workbooks, "ebin")
    assert {output, 0} = cmd("elixir", ["-pa", ebin, "-e", script], cd: folder!())

    assert [
             "[started: [" <> started,
             "[ports: []]",
             "[files: []]",
             "[mapped: []]",
             "[library: false]",
             files,
             mapped,
             "[ports: []]"
           ] = String.split(output, "\n", trim: true)

    assert started =~ ":workbooks"
    # Not js.cwasm, which nothing asked for. Who maps a file may keep it open.
    assert files in ["[files: []]", ~s([files: ["oql.cwasm"]])]
    assert mapped in ["[linux: false, mapped: []]", ~s([linux: true, mapped: ["workbooks_nif", "oql.cwasm"]])]
  end

  # The calls that `function` makes in this process, and what is logged meanwhile.
  defp traced(function) do
    collector = spawn_link(fn -> collect([]) end)
    :erlang.trace(self(), true, [:call, {:tracer, collector}])
    log = capture_log(function)
    :erlang.trace(self(), false, [:call])
    # All that was traced has arrived.
    reference = :erlang.trace_delivered(self())
    assert_receive {:trace_delivered, _, ^reference}
    send(collector, {:done, self()})
    assert_receive {:traced, calls}
    {calls, log}
  end

  defp collect(calls) do
    receive do
      {:trace, _pid, :call, {Compiler, name, arguments}} -> collect([{name, arguments} | calls])
      {:done, from} -> send(from, {:traced, Enum.reverse(calls)})
    end
  end
end
