defmodule Workbooks.Build.ProcessTest do
  use ExUnit.Case, async: true

  alias Workbooks.Build.{Deadline, Problem, Process}

  doctest Process
  doctest Workbooks.Build.Tool

  # Programs are told by their own folder: their arguments carry a word that no other process has.
  defp word, do: "wb" <> Base.encode16(:crypto.strong_rand_bytes(8))

  defp sh(script, options \\ []), do: Process.run("/bin/sh", ["-c", script], options)

  defp alive(word) do
    for entry <- File.ls!("/proc"),
        entry =~ ~r/^\d+$/,
        {:ok, line} <- [File.read("/proc/#{entry}/cmdline")],
        String.contains?(line, word),
        do: entry
  end

  defp gone?(word), do: until(fn -> alive(word) == [] end)

  defp until(condition, tries \\ 500) do
    cond do
      condition.() -> true
      tries == 0 -> false
      true -> :timer.sleep(10) && until(condition, tries - 1)
    end
  end

  defp folders, do: Path.wildcard(Path.join(System.tmp_dir!(), "workbooks-build-*/work/*"))
  defp left?(word), do: Enum.any?(folders(), &String.contains?(&1, word))

  test "a program's status, output and files come back, and its folder goes" do
    word = word()

    assert {:ok, ended} =
             sh("cat in/#{word}; echo err >&2; echo made >out; exit 7",
               files: %{"in/#{word}" => "given\n"},
               collect: ["out", "missing"]
             )

    assert %{status: 7, output: "given\nerr\n", files: %{"out" => "made\n"}} = ended
    assert map_size(ended.files) == 1
    refute left?(word)
    refute_received _
  end

  test "the environment is clean, and standard input empty" do
    System.put_env("WB_PROCESS_TEST", "leaks")
    assert {:ok, %{output: output}} = Process.run("/usr/bin/env", [], env: %{"GIVEN" => "yes"})
    names = for line <- String.split(output, "\n", trim: true), do: hd(String.split(line, "="))
    assert Enum.sort(names -- ~w(PWD SHLVL _)) == ~w(GIVEN HOME LC_ALL PATH TMPDIR)
    assert {:ok, %{output: "", status: 0}} = Process.run("/bin/cat", [])
  end

  test "arguments are passed as they are" do
    arguments = ["%s\n", "a b", "$HOME `id` ; exit 3 '\"", "-n", "é"]
    assert {:ok, %{output: output}} = Process.run("/usr/bin/printf", arguments)
    assert output == "a b\n$HOME `id` ; exit 3 '\"\n-n\né\n"
  end

  test "a program that is not there" do
    assert {:ok, %{status: status}} = Process.run("/nowhere/at/all", [])
    assert status in [126, 127]
  end

  test "an endless one ends at its deadline" do
    word = word()

    assert {:error, %Problem{kind: :timeout} = problem} =
             sh(": #{word}; while :; do :; done", deadline: Deadline.in_ms(200))

    assert problem.message =~ "within its time"
    assert gone?(word)
    refute_received _
  end

  test "one that ignores signals ends too" do
    word = word()
    script = ": #{word}; trap '' TERM INT HUP QUIT; while :; do sleep 1; done"
    assert {:error, %Problem{kind: :timeout}} = sh(script, deadline: Deadline.in_ms(200))
    assert gone?(word)
  end

  test "what it started ends with it, at the deadline and when it ends itself" do
    word = word()
    fork = "for i in 1 2 3 4 5; do (trap '' TERM HUP; : #{word}; while :; do sleep 1; done) & done;"
    assert {:error, %Problem{kind: :timeout}} = sh(fork <> "wait", deadline: Deadline.in_ms(300))
    assert gone?(word)

    assert {:ok, %{status: 0}} = sh(fork <> "exit 0")
    assert gone?(word)
  end

  @tag :linux
  test "one that forks without end is ended for the number of its processes" do
    word = word()
    script = ": #{word}; i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; wait"
    assert {:error, %Problem{kind: :limit} = problem} = sh(script, processes: 20, deadline: Deadline.in_ms(30_000))
    assert problem.message =~ "more than 20 processes"
    assert gone?(word)
  end

  test "one that prints for ever is ended at its bound" do
    word = word()

    assert {:error, %Problem{kind: :limit} = problem} =
             sh(": #{word}; while :; do echo #{word}; done", output_bytes: 10_000)

    assert problem.message =~ "more than 10000 bytes"
    assert gone?(word)
    refute_received _
  end

  @tag :linux
  test "one that allocates for ever is ended" do
    word = word()
    # The shell's own memory: a string that doubles.
    script = ": #{word}; a=0123456789abcdef; while :; do a=$a$a; done"
    answer = sh(script, memory: 32 * 1024 * 1024, deadline: Deadline.in_ms(30_000))

    # Doubling may pass the group's bound and that of the one process between two looks.
    case answer do
      {:error, %Problem{kind: :memory_limit, message: message}} -> assert message =~ "32 MiB"
      {:ok, %{status: status}} -> assert status != 0
    end

    assert gone?(word)
  end

  @tag :linux
  test "one that holds more than its memory is seen" do
    word = word()
    # A megabyte a round, slowly enough for a look between two.
    script = """
    : #{word}; m=$(head -c 1000000 /dev/zero | tr '\\0' x); a=
    i=0; while [ $i -lt 40 ]; do a=$a$m; i=$((i+1)); sleep 0.02; done; sleep 60
    """

    assert {:error, %Problem{kind: :memory_limit}} =
             sh(script, memory: 16 * 1024 * 1024, deadline: Deadline.in_ms(60_000))

    assert gone?(word)
  end

  test "a file that grows without end is cut" do
    assert {:ok, %{status: status}} = sh("head -c 10000000 /dev/zero >big", file_bytes: 1_000_000)
    assert status != 0
  end

  test "no orphan is left when the caller is killed, and no folder" do
    word = word()
    script = "echo x >#{word}; trap '' TERM HUP; (while :; do sleep 1; done) & while :; do : #{word}; sleep 1; done"
    caller = spawn(fn -> sh(script) end)
    assert until(fn -> left?(word) and alive(word) != [] end)
    :erlang.exit(caller, :kill)
    assert gone?(word)
    assert until(fn -> not left?(word) end)
  end

  @tag :linux
  test "no orphan is left when the whole virtual machine is killed, and no folder" do
    word = word()
    script = "echo x >#{word}; while :; do : #{word}; sleep 1; done"

    code = """
    spawn(fn -> Workbooks.Build.Process.run("/bin/sh", ["-c", #{inspect(script)}]) end)
    IO.puts(System.pid())
    Process.sleep(:infinity)
    """

    ebin = Path.dirname(to_string(:code.which(Process)))
    elixir = System.find_executable("elixir")
    vm = Port.open({:spawn_executable, elixir}, [:binary, :use_stdio, args: ["-pa", ebin, "-e", code]])
    assert_receive {^vm, {:data, pid}}, 30_000
    assert until(fn -> left?(word) end, 3_000)
    System.cmd("kill", ["-KILL", String.trim(pid)])
    assert until(fn -> alive(word) == [] end)
    assert until(fn -> not left?(word) end)
  end

  test "many at once do not meet" do
    answers =
      1..20
      |> Task.async_stream(fn i -> sh("echo #{i} >f; sleep 0.1; cat f") end, max_concurrency: 20, timeout: 60_000)
      |> Enum.map(fn {:ok, {:ok, ended}} -> String.trim(ended.output) end)

    assert answers == Enum.map(1..20, &to_string/1)
  end

  test "progress is told" do
    test = self()
    told = Path.join(System.tmp_dir!(), "workbooks-told-#{System.pid()}-#{System.unique_integer([:positive])}")
    on_exit(fn -> File.rm(told) end)

    progress = fn words ->
      File.touch!(told)
      send(test, words)
    end

    assert {:ok, _} = sh("until [ -e #{told} ]; do sleep 0.05; done", progress: progress)
    assert_received "sh has run for " <> _
  end

  test "a caller that traps exits finds nothing in its mailbox" do
    Elixir.Process.flag(:trap_exit, true)
    assert {:ok, _} = sh("true")
    assert {:error, _} = sh("sleep 5", deadline: Deadline.in_ms(50))
    refute_received _
  end
end
