defmodule Workbooks.TestProject do
  @moduledoc false
  # Mix projects in temporary folders, and other programs that work on them.

  import ExUnit.Callbacks, only: [on_exit: 1]

  @doc "This repository."
  def root, do: Path.dirname(Mix.Project.project_file())

  @doc "A new folder outside of it, gone after the test (or after the module, from `setup_all`)."
  def folder! do
    # Canonical: what mix prints and links to is.
    {tmp, 0} = System.cmd("pwd", ["-P"], cd: System.tmp_dir!())
    folder = Path.join(String.trim(tmp), "workbooks test #{System.pid()} #{System.unique_integer([:positive])}")
    File.mkdir_p!(folder)
    on_exit(fn -> File.rm_rf!(folder) end)
    folder
  end

  @doc "Writes a file and the folders that lead to it."
  def write!(folder, path, text) do
    path = Path.join(folder, path)
    File.mkdir_p!(Path.dirname(path))
    File.write!(path, text)
    path
  end

  @doc """
  A program that takes cargo's place: it keeps a line for each call and runs `script`.

  Answers `{path, calls}`; `calls.()` lists what it was called with.
  """
  def cargo!(folder, script) do
    calls = Path.join(folder, "cargo calls")
    path = write!(folder, "fake/cargo", "#!/bin/sh\necho \"$PWD: $*\" >>'#{calls}'\n#{script}\n")
    File.chmod!(path, 0o755)
    {path, fn -> if File.exists?(calls), do: calls |> File.read!() |> String.split("\n", trim: true), else: [] end}
  end

  @doc "What a `cargo!/2` does that builds: the library of this repository takes the new one's place."
  def build do
    library = Application.app_dir(:workbooks, "priv/native/workbooks_nif.so")
    "echo built; mkdir -p target/release && cp '#{library}' target/release/libworkbooks_nif.so"
  end

  @doc """
  Runs a program as from a fresh login: nothing of this one's surroundings that mix, Erlang or
  cargo would take notice of, no archives (so no Hex) and nobody to answer a question.
  """
  def cmd(command, arguments, options) do
    {env, options} = Keyword.pop(options, :env, [])

    own =
      for {name, _} <- System.get_env(),
          name =~ ~r/^(MIX|HEX|ELIXIR|ERL|RELEASE|CARGO|RUST|BINDIR|ROOTDIR|EMU|PROGNAME)/,
          do: {name, nil}

    home = Path.join(options[:cd], ".mix home")
    given = own ++ [{"LC_ALL", "C.UTF-8"}, {"MIX_HOME", home}] ++ env

    System.cmd(
      "sh",
      ["-c", ~s(exec "$0" "$@" </dev/null), command | arguments],
      [env: given, stderr_to_stdout: true] ++ options
    )
  end

  @doc "As `cmd/3` for mix, which must succeed; answers what it printed."
  def mix!(arguments, options) do
    case cmd("mix", arguments, options) do
      {output, 0} -> output
      {output, status} -> raise "mix #{Enum.join(arguments, " ")} ended with status #{status}:\n#{output}"
    end
  end

  @doc "What tells a file from one that was written or put in its place since."
  def identity(path) do
    stat = File.stat!(path, time: :posix)
    {stat.inode, stat.mtime, stat.size}
  end
end
