defmodule Workbooks.CLI.RunTest do
  # The environment is one for all.
  use ExUnit.Case, async: false

  import Workbooks.TestCLI
  alias Workbooks.{JSON, TestWait}

  @moduletag :tmp_dir

  setup %{tmp_dir: folder} do
    org = Path.join(folder, "tea.org")
    File.write!(org, workbook())
    {:ok, org: org}
  end

  # No input that was ever given before: nothing is kept of it.
  defp fresh, do: "green " <> inspect(make_ref())

  test "prints a line for each step, what it came to, and the exports", %{org: org} do
    assert wb!(["run", org, "--input", "tea=" <> fresh()]) =~
             ~r/\A  tea\/look-up  ok +[\d.]+ ms\n  tea\/brew     ok +[\d.]+ ms(  cached)?\nok, in [\d.]+ ms\n  minutes = 4\n\z/
  end

  test "says what was kept", %{org: org} do
    tea = "tea=" <> fresh()
    wb!(["run", org, "-i", tea])
    assert wb!(["run", org, "-i", tea]) =~ ~r/tea\/look-up  ok +[\d.]+ ms  cached\n/
  end

  test "is one JSON object with --json", %{org: org} do
    assert %{"status" => "ok", "exports" => %{"minutes" => 2}, "steps" => [_, _]} =
             json!(["run", org, "-i", "tea=green"])

    # Also where the switch stands before the verb.
    assert %{"exports" => %{"minutes" => 2}} = JSON.decode!(wb!(["--json", "run", org, "-i", "tea=green"]))
  end

  test "fails with the line when a step fails", %{org: org, tmp_dir: folder} do
    page = Path.join(folder, "pages/failed.html")
    assert {1, printed, complaint} = wb(["run", org, "-i", "tea=none", "--out", page])
    assert complaint == "wb: #{org} failed: tea/look-up at line 15: Error: no tea today\n"
    assert printed =~ ~r/  tea\/look-up  failed .*\n    exception at line 15: Error: no tea today\n +15 \|/
    assert printed =~ ~r/  tea\/brew     skipped\n/
    assert printed =~ "page: " <> page
    assert File.read!(page) =~ "no tea today"

    assert {1, printed, ^complaint} = wb(["run", org, "-i", "tea=none", "--json"])
    assert %{"status" => "failed", "steps" => [%{"error" => %{"line" => 15}} | _]} = JSON.decode!(printed)
  end

  test "fails when an input is missing, or the workbook is none", %{org: org} do
    assert complaint(["run", org]) == "#{org} is invalid: the input tea was not given. Give it: --input NAME=VALUE"
    assert complaint(["run", "-"], "* A\n") =~ "standard input is invalid: no level-1 heading"
  end

  test "says what is wrong with how it was called", %{org: org, tmp_dir: folder} do
    assert complaint(["run", org, "--input", "tea"]) == "--input takes NAME=VALUE, got: tea"
    assert complaint(["run", org, "--timeout", "-5"]) =~ "--timeout takes milliseconds from 0"
    assert complaint(["run", org, "--fuel", "0"]) =~ "--fuel takes instructions from 1"
    assert complaint(["run", "-", "--watch"], workbook()) =~ "--watch watches a file, which standard input is not"
    assert complaint(["run", org, "-i", "tea=x", "--out", Path.join(org, "x.html")]) =~ "cannot write"
    assert complaint(["run", org, "-i", "tea=x", "--workdir", Path.join(org, "x")]) =~ "workdir"
    refute File.exists?(Path.join(folder, "x.html"))
  end

  test "a run that takes too long ends", %{org: org} do
    File.write!(org, String.replace(workbook(), "return { leaf", "for (;;) {}; return { leaf"))
    assert complaint(["run", org, "-i", "tea=" <> fresh(), "--timeout", "300"]) =~ "ran out of time: tea/look-up"
  end

  test "telemetry sums up what --workdir logged", %{org: org, tmp_dir: folder} do
    logs = Path.join(folder, "logs")
    wb!(["run", org, "-i", "tea=green", "--workdir", logs])
    {1, _, _} = wb(["run", org, "-i", "tea=none", "--workdir", logs])
    assert wb!(["telemetry", logs]) =~ ~r/\A2 runs, 4 steps, 1 error, [\d.]+ ms\n  tea\/brew +2 steps  0 errors/

    assert %{"runs" => 2, "by_component" => %{"tea/look-up" => %{"errors" => 1}}} =
             json!(["telemetry", Path.join(logs, "_steps.jsonl")])

    assert complaint(["telemetry", folder]) =~ "there is no step log #{folder}/_steps.jsonl: wb run FILE.org --workdir"
    assert complaint(["telemetry", "a", "b"]) =~ "one log at a time"
  end

  describe "on a terminal" do
    setup do
      before = for name <- ~w(WB_TERMINAL TERM NO_COLOR LANG LC_ALL), do: {name, System.get_env(name)}
      System.put_env(%{"WB_TERMINAL" => "1", "TERM" => "xterm", "LC_ALL" => "C.UTF-8"})
      System.delete_env("NO_COLOR")

      on_exit(fn ->
        for {name, value} <- before, do: if(value, do: System.put_env(name, value), else: System.delete_env(name))
      end)
    end

    test "is a tree that is drawn over itself", %{org: org} do
      printed = wb!(["run", org, "-i", "tea=" <> fresh()])
      assert printed =~ "\e[3A\r"
      # As it stands in the end.
      [last | _] = printed |> String.split("\e[3A\r") |> Enum.reverse()
      assert last =~ ~r/\A#{String.slice(org, 0, 40)}.*\e\[K\n└─ tea\/look-up  \e\[32mok .*ms\e\[0m\e\[K\n   └─ tea\/brew  \e\[32mok /
      assert last =~ ~r/ok, in [\d.]+ ms\n  minutes = 4\n\z/
    end

    test "shows errors below the tree, in no colour where that is not wanted", %{org: org} do
      System.put_env("NO_COLOR", "1")
      assert {1, printed, _} = wb(["run", org, "-i", "tea=none"])
      refute printed =~ "\e[31m"
      assert printed =~ ~r/tea\/look-up  failed .*\n.*tea\/brew +skipped\e\[K\n  tea\/look-up\n    exception at line 15/
    end

    test "has plain lines where the terminal is dumb", %{org: org} do
      System.put_env("TERM", "dumb")
      refute wb!(["run", org, "-i", "tea=green"]) =~ "\e"
    end
  end

  describe "--watch" do
    # A device of its own for what is printed: it is read while the verb goes on.
    defp watch(arguments) do
      {:ok, device} = StringIO.open("", encoding: :latin1)

      task =
        Task.async(fn ->
          Process.group_leader(self(), device)
          Workbooks.CLI.run(["run" | arguments])
        end)

      {task, fn -> elem(StringIO.contents(device), 1) end}
    end

    test "runs again when the file changes, and says which steps did", %{org: org} do
      complained = ExUnit.CaptureIO.capture_io(:stderr, fn -> saved_again(org) end)
      assert complained =~ "is invalid: no level-1 heading"
    end

    defp saved_again(org) do
      tea = "tea=" <> fresh()
      {task, printed} = watch([org, "-i", tea, "--watch"])
      TestWait.until(fn -> printed.() =~ ~r/^ran: tea\/look-up/m end)

      # The second step is another, the first as it was.
      File.write!(org, String.replace(workbook(), "? 2 : 4", "? 2 : #{System.unique_integer([:positive])}"))

      TestWait.until(fn ->
        printed.() =~ "--- #{org} was saved\n" and printed.() =~ "ran: tea/brew; kept: tea/look-up\n"
      end)

      # What is saved broken is told, and watched on.
      File.write!(org, "* A\n")
      TestWait.until(fn -> printed.() =~ "missing_version" end)
      File.write!(org, workbook())
      TestWait.until(fn -> printed.() =~ "ran: nothing; kept: tea/look-up, tea/brew\n" end)
      Task.shutdown(task, :brutal_kill)
    end

    test "is a JSON object a line with --json", %{org: org} do
      {task, printed} = watch([org, "-i", "tea=green", "--watch", "--json"])
      TestWait.until(fn -> printed.() =~ "\n" end)
      File.write!(org, String.replace(workbook(), "? 2 : 4", "? 3 : 4"))
      TestWait.until(fn -> length(String.split(printed.(), "\n", trim: true)) == 2 end)
      minutes = for line <- String.split(printed.(), "\n", trim: true), do: JSON.decode!(line)["exports"]["minutes"]
      assert minutes == [2, 3]
      Task.shutdown(task, :brutal_kill)
    end
  end
end
