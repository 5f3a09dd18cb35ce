defmodule SetupTest do
  @moduledoc """
  What `scripts/setup` decides, on machines that are folders of stand-ins: nothing is installed by a test.
  """
  use ExUnit.Case, async: true

  @script Path.expand("../../scripts/setup", __DIR__)

  # What the script itself is made of.
  @shell ~w(sh dirname sed find id env sleep mkdir rm tail)

  setup do
    folder = Path.join(System.tmp_dir!(), "workbooks set-up #{System.pid()} #{System.unique_integer([:positive])}")
    on_exit(fn -> File.rm_rf!(folder) end)
    bin = Path.join(folder, "bin")
    File.mkdir_p!(bin)
    for program <- @shell, do: File.ln_s!(System.find_executable(program), Path.join(bin, program))

    machine = %{folder: folder, bin: bin, log: Path.join(folder, "log")}
    for program <- ~w(make cc cargo), do: program(machine, program, "")
    program(machine, "rustc", "echo 'rustc 1.95.0 (stand-in)'")
    # No PropEr, wherever this machine may have one.
    program(machine, "find", "exit 1")
    elixir(machine, "exit 1")
    {:ok, machine: machine}
  end

  test "without --tests nothing is asked for that only tests use", %{machine: machine} do
    debian(machine)
    assert set_up(machine, ["--tools"]) == {"", 0}
    refute File.exists?(machine.log)
  end

  test "--tests brings what only tests use, says so before, and no cluster of databases", %{machine: machine} do
    debian(machine)
    root(machine)
    assert {output, 0} = set_up(machine, ["--tests", "--tools"])
    assert output =~ "erlang-proper: PropEr"
    assert output =~ "postgresql: PostgreSQL"
    for program <- ["chromium fonts-dejavu-core", "curl", "nghttp2-client"], do: assert(output =~ "#{program}: ")

    log = File.read!(machine.log)
    assert [install] = Regex.run(~r/.* install .*/, log)
    assert install =~ "--no-install-recommends erlang-proper postgresql chromium fonts-dejavu-core curl nghttp2-client"
    # It says so while the packages are installed, and only then.
    assert [_, while_installed] = String.split(log, "createcluster.d: ", parts: 2)
    assert while_installed =~ ~r/^create_main_cluster = false\n.* install /
    assert log =~ ~r/rm -f .*createcluster.d\/workbooks-tests.conf\n\z/
  end

  test "--bench brings what measures HTTP, and nothing of the tests'", %{machine: machine} do
    debian(machine)
    root(machine)
    assert {_output, 0} = set_up(machine, ["--bench", "--tools"])
    assert File.read!(machine.log) =~ ~r/--no-install-recommends nghttp2-client wrk\n/
  end

  test "what tests can do without stops nothing where it cannot be had", %{machine: machine} do
    debian(machine)
    root(machine, "case $* in *erlang-proper*) exit 100 ;; esac")
    assert {output, 0} = set_up(machine, ["--tests", "--tools"])
    assert output =~ "could not install erlang-proper postgresql"
    assert output =~ "will be skipped"

    # What is needed is installed all the same.
    File.rm!(Path.join(machine.bin, "make"))
    assert {output, 0} = set_up(machine, ["--tests", "--tools"])
    assert output =~ "could not install erlang-proper postgresql"
    assert File.read!(machine.log) =~ ~r/ install -y --no-install-recommends make\n/

    root(machine, "case $* in *make*) exit 100 ;; esac")
    assert {output, 1} = set_up(machine, ["--tests", "--tools"])
    assert output =~ "could not install make"
  end

  test "what is here already is not installed again", %{machine: machine} do
    debian(machine)
    root(machine)
    elixir(machine, "exit 0")
    for program <- ~w(postgres chromium curl h2load wrk), do: program(machine, program, "")
    assert set_up(machine, ["--bench", "--tools"]) == {"", 0}
    assert set_up(machine, ["--tests", "--tools"]) == {"", 0}
    refute File.exists?(machine.log)
  end

  test "where it is no Debian it says in a line each what would bring them", %{machine: machine} do
    assert {output, 0} = set_up(machine, ["--tests", "--tools"])

    lines = String.split(output, "\n", trim: true)
    assert length(lines) == 5

    for line <- lines,
        do: assert(line =~ ~r/\ASome will be skipped: they need .*(PropEr|PostgreSQL|browser|curl|h2load)/)
  end

  test "nor is anything installed for tests where nobody may", %{machine: machine} do
    debian(machine)
    program(machine, "id", "echo 1000")
    assert {output, 0} = set_up(machine, ["--tests", "--tools"])
    assert output =~ "apt-get install erlang-proper"
    refute File.exists?(machine.log)
  end

  test "what it does not know it does not do", %{machine: machine} do
    assert {"usage: " <> _, 2} = set_up(machine, ["--test"])
    assert {"usage: " <> _, 2} = set_up(machine, ["--tests", "git"])
  end

  # --- the machine -----------------------------------------------------------------------------

  # The first question is for versions, the second for PropEr.
  defp elixir(machine, proper) do
    program(machine, "elixir", "case $2 in *proper*) #{proper} ;; *) echo 1.14.0 25 ;; esac")
  end

  defp debian(machine) do
    program(machine, "dpkg", "")
    program(machine, "apt-get", "")
  end

  # What is done as root goes through `env`: written down, not done.
  defp root(machine, then \\ "") do
    program(machine, "id", "echo 0")

    program(
      machine,
      "env",
      ~S"""
      shift 2
      case $* in *'>"$1"'*) printf 'createcluster.d: '; eval "${3%% >*}" ;; *) echo "$*" ;; esac >>"$LOG"
      """ <> then
    )
  end

  defp program(machine, name, body) do
    path = Path.join(machine.bin, name)
    File.rm(path)
    File.write!(path, "#!/bin/sh\n#{body}\n")
    File.chmod!(path, 0o755)
  end

  defp set_up(machine, arguments) do
    System.cmd(@script, arguments,
      stderr_to_stdout: true,
      env: [{"PATH", machine.bin}, {"HOME", machine.folder}, {"CARGO_HOME", machine.folder}, {"LOG", machine.log}]
    )
  end
end
