defmodule Workbooks.Build.JavaScript.ProgramsTest do
  # Small programs over the language's features, under Node and as blocks: the same answers.
  # `programs/*.js` hold them, each below a line "//// name". What has no `export` of its own is
  # the body of an async function.
  use ExUnit.Case, async: true

  alias Workbooks.{Build, JSON}
  alias Workbooks.Build.Source

  @folder Path.join(__DIR__, "javascript")
  @node System.find_executable("node")

  unless @node, do: @moduletag(skip: "needs node (apt-get install nodejs)")

  @tag timeout: :infinity
  test "programs answer what they do under Node" do
    programs = programs()
    %{"node" => version, "outcomes" => expected} = under_node(Enum.map(programs, &elem(&1, 1)))

    differing = for {{name, source}, expected} <- Enum.zip(programs, expected), outcome(source) != expected, do: name

    IO.puts("\n#{length(programs)} JavaScript programs, as blocks and under Node #{version}")
    assert length(programs) >= 300
    assert for(%{"error" => error} <- expected, do: error) == []
    assert differing == differences()
  end

  defp programs do
    for file <- Path.wildcard(Path.join(@folder, "programs/*.js")),
        part <- file |> File.read!() |> String.split(~r/^\/\/\/\/ /m) |> tl() do
      [name, text] = String.split(part, "\n", parts: 2)
      {"#{Path.basename(file, ".js")}: #{name}", module(text)}
    end
  end

  defp module(text) do
    if text =~ ~r/^export /m, do: text, else: "export async function main() {\n#{text}\n}\n"
  end

  defp differences do
    for line <- @folder |> Path.join("differences.txt") |> File.read!() |> String.split("\n", trim: true),
        not String.starts_with?(line, "#") do
      [name, reason] = String.split(line, "|", parts: 2)
      assert String.trim(reason) != ""
      String.trim(name)
    end
  end

  defp outcome(text) do
    with {:ok, artifact} <- Build.compile(%Source{id: "programs/main", language: "js", text: text}),
         {:ok, value} <- Build.call(artifact, []) do
      %{"ok" => value}
    else
      {:error, problem} -> %{"error" => problem.message}
    end
  end

  # Standard input comes from a file: a port cannot close its own end.
  defp under_node(sources) do
    input =
      Path.join(System.tmp_dir!(), "workbooks-programs-#{System.pid()}-#{System.unique_integer([:positive])}.json")

    File.write!(input, JSON.encode!(sources))

    try do
      arguments = ["--experimental-vm-modules", "--no-warnings", Path.join(@folder, "node.mjs"), input]
      {answer, 0} = System.cmd(@node, arguments)
      JSON.decode!(answer)
    after
      File.rm(input)
    end
  end
end
