defmodule Workbooks.Guides.CompilersTest do
  # The blocks that guides/compilers.md shows do what it says of them.
  use ExUnit.Case, async: true

  alias Workbooks.Build
  alias Workbooks.Build.{Deadline, Problem, Source}
  alias Workbooks.Test.Toolchain

  @moduletag timeout: 600_000
  @guide File.read!(Path.expand("../../guides/compilers.md", __DIR__))

  for {language, skip, error} <- [{"zig", Toolchain.zig(), "NoValues"}, {"rust", Toolchain.rust(), "no values"}] do
    @tag skip: skip
    test "the #{language} block" do
      [_, text] = Regex.run(~r/^```#{unquote(language)}\n(.*?)^```$/ms, @guide)
      source = %Source{id: "guide/stats", language: unquote(language), text: text, inputs: ["xs"], outputs: ["stats"]}
      assert {:ok, artifact} = Build.compile(source, deadline: Deadline.in_ms(300_000))
      assert artifact.params == [{"xs", {:list, :f64}}]
      assert artifact.result == {:record, [{"mean", :f64}, {"largest", :f64}]}
      assert Build.call(artifact, [[1, 2, 6]]) == {:ok, %{"mean" => 3.0, "largest" => 6.0}}
      assert {:error, %Problem{kind: :exception, message: unquote(error)}} = Build.call(artifact, [[]])
    end
  end
end
