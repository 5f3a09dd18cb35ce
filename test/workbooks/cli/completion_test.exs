defmodule Workbooks.CLI.CompletionTest do
  # Each script is sourced by its shell, where that is.
  use ExUnit.Case, async: false

  import Workbooks.TestCLI

  @moduletag :tmp_dir

  missing = fn shell ->
    if System.find_executable(shell), do: false, else: "no #{shell}: install the package #{shell}"
  end

  @zsh missing.("zsh")
  @fish missing.("fish")
  @bash missing.("bash")

  defp shell!(shell, arguments, folder, script) do
    path = Path.join(folder, "script")
    File.write!(path, script)
    {output, 0} = System.cmd(shell, arguments ++ [path], cd: folder, stderr_to_stdout: true)
    String.split(output, "\n", trim: true)
  end

  # What bash offers for the words of a line, the last of which is being written.
  defp bash(folder, words) do
    line = Enum.map_join(words, " ", &"'#{&1}'")

    shell!("bash", ["--norc"], folder, """
    #{wb!(["completion", "bash"])}
    COMP_WORDS=(#{line}); COMP_CWORD=#{length(words) - 1}
    _wb; printf '%s\\n' "${COMPREPLY[@]}"
    """)
  end

  @tag skip: @bash
  test "bash completes verbs, options, second words and files", %{tmp_dir: folder} do
    File.write!(Path.join(folder, "tea.org"), "")
    assert bash(folder, ["wb", "qu"]) == ["query"]
    assert "run" in bash(folder, ["wb", ""]) and "serve" in bash(folder, ["wb", ""])
    assert bash(folder, ["wb", "run", "--inp"]) == ["--input"]
    assert "--json" in bash(folder, ["wb", "lint", "-"])
    assert Enum.sort(bash(folder, ["wb", "var", ""])) == ~w(delete get list ref set)
    assert bash(folder, ["wb", "completion", "f"]) == ["fish"]
    assert bash(folder, ["wb", "help", "telem"]) == ["telemetry"]
    assert bash(folder, ["wb", "run", "te"]) == ["tea.org"]
  end

  @tag skip: @zsh
  test "zsh takes the script, and knows the function", %{tmp_dir: folder} do
    output =
      shell!("zsh", ["-f"], folder, """
      autoload -Uz compinit && compinit -u -d #{folder}/dump
      #{wb!(["completion", "zsh"])}
      print -- ${_comps[wb]}
      """)

    assert output == ["_wb"]

    # As a file of $fpath, too.
    File.write!(Path.join(folder, "_wb"), wb!(["completion", "zsh"]))

    assert shell!(
             "zsh",
             ["-f"],
             folder,
             "fpath=(#{folder} $fpath); autoload -Uz compinit && compinit -u -d #{folder}/dump2; print -- ${_comps[wb]}"
           ) == ["_wb"]
  end

  @tag skip: @fish
  test "fish completes verbs, options and second words", %{tmp_dir: folder} do
    complete = fn line ->
      lines = shell!("fish", ["--no-config"], folder, wb!(["completion", "fish"]) <> "\ncomplete -C '#{line}'\n")
      for line <- lines, do: line |> String.split("\t") |> hd()
    end

    assert complete.("wb qu") == ["query"]
    assert complete.("wb run --wat") == ["--watch"]
    assert "list" in complete.("wb var ")
  end

  test "other shells are told apart", %{tmp_dir: _folder} do
    assert complaint(["completion"]) =~ "for which shell?"
    assert complaint(["completion", "csh"]) =~ "csh is none of bash, zsh and fish"
    assert json!(["completion", "bash"])["script"] == wb!(["completion", "bash"])
  end
end
