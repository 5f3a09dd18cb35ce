defmodule Workbooks.Workflow.TelemetryTest do
  # guides/running.md, "The step log".
  use ExUnit.Case, async: true
  doctest Workbooks.Workflow.Records
  doctest Workbooks.Workflow.Telemetry

  alias Workbooks.JSON
  alias Workbooks.Workflow.{StepLog, Telemetry}

  setup context do
    if folder = context[:tmp_dir] do
      log = Path.join(folder, "_steps.jsonl")
      on_exit(fn -> Telemetry.forget(log) end)
      {:ok, log: log}
    else
      :ok
    end
  end

  defp step(component, status, more \\ %{}) do
    error =
      if status == :ok, do: nil, else: %{kind: :exception, message: "no", line: 1, column: 1, excerpt: nil, notes: []}

    %{component: component, lang: "js", status: status, ms: 1.5, fuel: nil, memory_peak: 65_536, cached: false}
    |> Map.merge(%{inputs_sha: "a", outputs_sha: "b", log: "", notes: [], error: error})
    |> Map.merge(more)
  end

  defp write(log, run, steps) do
    file = StepLog.open(log, run)
    for {step, number} <- Enum.with_index(steps, 1), do: :ok = StepLog.append(file, number, step)
    StepLog.close(file)
  end

  defp summary(log) do
    assert {:ok, summary} = Telemetry.summary(log)
    summary
  end

  @tag :tmp_dir
  test "adds up what is there, then what is new", %{log: log} do
    write(log, "r1", [step("w/a", :ok), step("w/b", :failed), step("w/c", :skipped, %{ms: 0.0})])
    assert %{runs: 1, steps: 3, errors: 1, total_ms: 3.0, broken: 0} = summary = summary(log)
    assert summary.by_component["w/b"] == %{steps: 1, errors: 1, ms: 1.5, cached: 0}
    assert Enum.map(summary.recent, & &1["component"]) == ["w/c", "w/b", "w/a"]

    write(log, "r2", [step("w/a", :ok, %{cached: true}), step("w/b", :timeout, %{log: "\"quoted\" \\ \n"})])
    assert %{runs: 2, steps: 5, errors: 2, total_ms: 6.0} = summary = summary(log)
    assert summary.by_component["w/a"] == %{steps: 2, errors: 0, ms: 3.0, cached: 1}
    assert hd(summary.recent)["log"] == "\"quoted\" \\ \n"
    assert summary(log) == summary
  end

  @tag :tmp_dir
  test "reads agents' records too, and names with anything in them", %{log: log} do
    File.write!(log, [
      JSON.encode!(%{run: "r\"1", kind: "tool", step: 1, tool: "fetch", ms: 2, error: "refused"}),
      "\n",
      JSON.encode!(%{run: "r2", kind: "component", step: 1, component: "ü\\\"/b", status: "ok"}),
      "\n"
    ])

    assert %{runs: 2, steps: 2, errors: 1, by_component: by} = summary(log)
    assert Map.keys(by) |> Enum.sort() == ["fetch", "ü\\\"/b"]
  end

  @tag :tmp_dir
  test "counts what is no record, and leaves a line without an end for later", %{log: log} do
    write(log, "r1", [step("w/a", :ok)])
    whole = File.read!(log)
    torn = binary_part(whole, 0, div(byte_size(whole), 2))
    File.write!(log, ["nonsense\n", "[]\n", <<255, 254, ?\n>>, "\n", ~s({"run":5}\n), whole, torn])
    assert %{steps: 1, broken: 4} = summary(log)

    # The next run begins a line of its own.
    write(log, "r2", [step("w/a", :ok)])
    assert %{steps: 2, broken: 5, runs: 2} = summary(log)
    refute Enum.any?(summary(log).recent, &is_nil/1)
  end

  @tag :tmp_dir
  test "reads a file anew that was cut, replaced or written anew", %{log: log} do
    write(log, "r1", for(n <- 1..10, do: step("w/#{n}", :ok)))
    assert summary(log).steps == 10
    File.write!(log, "")
    assert %{steps: 0, runs: 0, by_component: none} = summary(log)
    assert none == %{}

    write(log, "r2", [step("w/a", :ok)])
    assert %{steps: 1, runs: 1} = summary(log)

    # By another file, as long or longer.
    write(log <> ".new", "r3", for(n <- 1..5, do: step("w/#{n}", :ok)))
    File.rename!(log <> ".new", log)
    assert %{steps: 5, runs: 1} = summary(log)

    # In its place, to something longer.
    File.write!(log, File.read!(log) |> String.replace("r3", "r4") |> String.duplicate(2))
    assert %{steps: 10, runs: 1} = summary(log)
  end

  @tag :tmp_dir
  test "answers many who ask at once, while it grows", %{log: log} do
    for n <- 1..40 do
      asking = for _ <- 1..5, do: Task.async(fn -> summary(log) end)
      if n == 1, do: Enum.each(asking, &Task.shutdown(&1, :brutal_kill))
      write(log, "r#{n}", [step("w/a", :ok), step("w/b", :failed)])
      if n > 1, do: Enum.each(Task.await_many(asking), &assert(&1.steps in [2 * n - 2, 2 * n - 1, 2 * n]))
    end

    assert %{runs: 40, steps: 80, errors: 40} = summary(log)
  end

  @tag :tmp_dir
  @tag :prove
  @tag timeout: 600_000
  test "a million lines, then one more", %{log: log} do
    write(log, "r1", for(n <- 1..1_000, do: step("w/n#{n}", if(rem(n, 100) == 0, do: :failed, else: :ok))))
    thousand = File.read!(log)
    File.write!(log, List.duplicate(thousand, 1_000))

    assert %{runs: 1, steps: 1_000_000, errors: 10_000, total_ms: 1_500_000.0, broken: 0} = summary = summary(log)
    assert summary.by_component["w/n100"] == %{steps: 1_000, errors: 1_000, ms: 1_500.0, cached: 0}
    assert map_size(summary.by_component) == 1_000

    # What was read is not read again: it could not be.
    {:ok, file} = :file.open(log, [:read, :write, :raw, :binary])
    :ok = :file.pwrite(file, 0, :binary.copy("x", byte_size(thousand)))
    :ok = :file.close(file)
    write(log, "r2", [step("w/n1", :ok)])
    assert %{runs: 2, steps: 1_000_001, broken: 0} = summary(log)
    assert summary(log).by_component["w/n1"].steps == 1_001
  end

  @tag :tmp_dir
  test "lines longer than what is read at once", %{log: log} do
    long = JSON.encode!(%{run: "r1", component: "w/long", status: "ok", log: String.duplicate("x", 9_000_000)})
    File.write!(log, [long, "\n", ~s({"run":"r2","component":"w/b","status":"ok"}\n)])
    assert %{runs: 2, steps: 2, broken: 0} = summary(log)
  end

  @tag :tmp_dir
  test "says why there is nothing to read", %{tmp_dir: folder} do
    assert {:error, message} = Telemetry.summary(Path.join(folder, "none"))
    assert message =~ "no such file"
    assert {:error, _} = Telemetry.summary(folder)
  end

  @tag :tmp_dir
  test "a record's line stays bounded, whatever a block prints", %{log: log} do
    hostile = %{
      kind: :exception,
      message: String.duplicate("é\e", 100_000),
      line: 1,
      column: 1,
      excerpt: "x",
      notes: []
    }

    write(log, "r1", [step("w/a", :failed, %{log: :binary.copy(<<0, 255>>, 500_000), error: hostile})])
    assert File.stat!(log).size < 64 * 1024
    assert %{steps: 1, errors: 1, broken: 0, recent: [record]} = summary(log)
    assert record["log"] =~ "bytes more]"
  end
end
