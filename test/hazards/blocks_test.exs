defmodule Workbooks.Hazards.BlocksTest do
  # Blocks that mean harm, in every language, each in a workbook beside others that mean none: it
  # ends by its limit and says so, what depends on it is skipped, all else goes on, nothing is left.
  # The blocks are those of test/support/hostile_blocks.ex; guides/running.md, "When a block means harm".
  use ExUnit.Case, async: true
  use Workbooks.TestVM
  import Workbooks.TestWorkbook

  alias Workbooks.Test.Toolchain
  alias Workbooks.{CTools, TestHostileBlocks, TestWait, Wasm}

  @at_once 4
  @patience 280_000

  @skipped %{
    "c" => Keyword.get(CTools.tag([:clang], "hostile blocks of C"), :skip, false),
    "rust" => Toolchain.rust(),
    "rust program" => Toolchain.rust_program(),
    "zig" => Toolchain.zig()
  }

  for language <- TestHostileBlocks.families() do
    @tag skip: Map.get(@skipped, language, false)
    @tag :tmp_dir
    test "#{language}: hostile when they run", %{tmp_dir: folder} do
      in_vm(fn -> each_ends!(unquote(language), :running, folder) end, unharmed: false, patience: @patience)
    end

    if language != "rust program" do
      @tag skip: Map.get(@skipped, language, false)
      @tag :tmp_dir
      test "#{language}: hostile to the compiler", %{tmp_dir: folder} do
        in_vm(fn -> each_ends!(unquote(language), :compiling, folder) end, unharmed: false, patience: @patience)
      end
    end
  end

  test "a text of 100 MB, within its memory, is a result, and goes as it came" do
    in_vm(
      fn ->
        innocents_run!("wat")
        {:ok, nil, 100_000_000, 42, page} = texts(100_000_000, ?x)
        assert page > 100_000_000
        # Four times as long as HTML has it, this is more than a page can hold.
        {:ok, nil, 40_000_000, 42, page} = texts(40_000_000, ?<)
        assert page in 1_000..100_000
        quiet!()
        until(fn -> :erlang.memory(:binary) < 50_000_000 end, fn -> :erlang.memory() end)
      end,
      unharmed: false,
      patience: @patience
    )
  end

  # In a process that ends with what it had; what comes of it is short enough to be told.
  defp texts(bytes, character) do
    text = {"Text", [out: "text", sig: "f() -> string"], "wat", TestHostileBlocks.giving(bytes, character)}

    Task.await(
      Task.async(fn ->
        {answer, run} = Workbooks.run(book([text | innocents("wat")]), inputs: %{x: 41}, cache: false)
        {answer, run.error, byte_size(run.exports["text"] || ""), run.exports["same"], byte_size(run.html || "")}
      end),
      :infinity
    )
  end

  # All of a language's, several runs at once. What is wrong with any of them is told of each.
  defp each_ends!(family, which, folder) do
    System.put_env("TMPDIR", folder)
    Toolchain.zig()
    Toolchain.rust()
    language = hd(String.split(family))
    # What is compiled and begun once for all: the innocents, pools, the compilers themselves.
    innocents_run!(language)
    before = here()

    wrong =
      apply(TestHostileBlocks, which, [family])
      |> Task.async_stream(&wrong(&1, language), max_concurrency: @at_once, timeout: :infinity)
      |> Enum.flat_map(fn {:ok, wrong} -> wrong end)

    assert wrong == []
    quiet!()
    until(fn -> left(folder, before) == %{} end, fn -> left(folder, before) end)
    innocents_run!(language)
  end

  defp wrong(hostile, language) do
    org = book([{"Hostile", [out: "bad"] ++ hostile.properties, language, hostile.source} | others(language)])
    {answer, run} = Workbooks.run(org, [inputs: %{x: 41}] ++ hostile.options ++ TestHostileBlocks.options())
    # Whatever it did, the next run is right.
    innocents_run!(language)
    checked(hostile, answer, run, org)
  rescue
    error -> ["#{hostile.name}: #{Exception.format(:error, error, __STACKTRACE__)}"]
  end

  defp checked(hostile, answer, run, org) do
    error = (step(run, "hostile") || %{error: nil}).error || %{kind: nil, message: "", line: nil, excerpt: ""}
    status = if hostile.kind == :timeout, do: :timeout, else: :failed

    for {what, false} <- [
          {"the run ends #{inspect(run.status)}: #{inspect(run.error)}", {answer, run.status} == {:error, :failed}},
          {"the step is #{status}", step(run, "hostile").status == status},
          {"the kind", error.kind == hostile.kind},
          {"the message", error.message =~ hostile.says and byte_size(error.message) < 30_000},
          {"no path of this machine", not (error.message =~ ~r/workbooks-|\/home\/|\/root\/|\/tmp\//)},
          {"the line", is_integer(error.line) and line(org, error.line) =~ hostile.at},
          {"the excerpt",
           is_binary(error.excerpt) and error.excerpt =~ ~r/^ *#{error.line} \| .*#{Regex.escape(hostile.at)}/m},
          {"what depends on it is skipped", match?(%{status: :skipped, error: %{kind: :skipped}}, step(run, "after"))},
          {"the others are right",
           Map.take(run.exports, ["same", "other", "h"]) == %{"same" => 42, "other" => 42, "h" => 42}},
          {"the log has an end", byte_size(step(run, "hostile").log) < 1_100_000},
          {"the page is there", is_binary(run.html)}
        ] do
      "#{hostile.name}: not so: #{what}; it was #{inspect(error, printable_limit: 500)} after #{inspect(Enum.map(run.steps, & &1.status))}"
    end
  end

  defp line(org, number), do: org |> String.split("\n") |> Enum.at(number - 1)

  # One that needs the hostile one, one of the same language, one of another, and one that may be called.
  defp others(language) do
    [{"After", [in: "bad", out: "after"], "javascript", "export const after = (bad) => bad"} | innocents(language)]
  end

  defp innocents(language) do
    another = if language == "javascript", do: "wat", else: "javascript"

    [
      {"Same", [in: "x", out: "same"], language, TestHostileBlocks.innocent(language)},
      {"Other", [in: "x", out: "other"], another, TestHostileBlocks.innocent(another)},
      {"Helper", [in: "x", out: "h", sig: "next(x: s32) -> s32"], "wat", TestHostileBlocks.innocent("wat")}
    ]
  end

  defp innocents_run!(language) do
    assert {:ok, run} = Workbooks.run(book(innocents(language)), inputs: %{x: 41}, cache: false)
    assert run.exports == %{"same" => 42, "other" => 42, "h" => 42}
  end

  # --- what may be left --------------------------------------------------------------------------

  # No run, no instance but those that the kernel's pools keep, nothing that is being compiled.
  defp quiet! do
    TestWait.until(
      fn ->
        Enum.each(Process.list(), &:erlang.garbage_collect/1)
        %{stores: stores, pools: pools} = stats = Wasm.stats()

        Task.Supervisor.children(Workbooks.Workflow.Supervisor) == [] and
          Enum.all?([:fibers, :suspended, :compiling], &(stats[&1] == 0)) and
          stores == pools |> Map.values() |> Enum.map(& &1.available) |> Enum.sum()
      end,
      &Wasm.stats/0,
      System.monotonic_time(:millisecond) + 60_000
    )

    each_scheduler!()
  end

  defp here, do: {MapSet.new(Process.list()), MapSet.new(Port.list())}

  # Processes and ports that were not here before, folders, and processes of the system that are in one.
  defp left(folder, {processes, ports}) do
    left = %{
      processes: for(pid <- Process.list(), pid not in processes, info = Process.info(pid), do: info[:dictionary]),
      ports: for(port <- Port.list(), port not in ports, do: Port.info(port)),
      folders: File.ls!(folder),
      system: within(Path.expand(folder))
    }

    for {what, [_ | _] = some} <- left, into: %{}, do: {what, some}
  end

  defp within(folder) do
    for path <- Path.wildcard("/proc/[0-9]*/cwd"),
        {:ok, at} <- [File.read_link(path)],
        String.starts_with?(at, folder <> "/"),
        do: path
  end
end
