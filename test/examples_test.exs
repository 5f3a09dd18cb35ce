defmodule Workbooks.ExamplesTest do
  @moduledoc false
  # Each example once, with what it is known to give. Those in languages whose compiler is not on this
  # machine are skipped by name.
  use ExUnit.Case, async: true

  alias Workbooks.Build.C
  alias Workbooks.Test.Toolchain

  @c if(C.available() == :ok, do: false, else: "no clang: mix workbooks.install clang")
  @zig Toolchain.zig()
  @rust Toolchain.rust()

  defp exports(file, inputs \\ %{}) do
    assert {:ok, run} = run(file, inputs)
    Map.new(run.exports, fn {name, value} -> {name, if(picture?(value), do: :picture, else: value)} end)
  end

  defp run(file, inputs), do: Workbooks.run(File.read!(Path.join("examples", file)), inputs: inputs, cache: false)

  defp picture?(value),
    do: is_binary(value) and String.starts_with?(value, "<svg") and String.ends_with?(value, "</svg>")

  test "hello.org" do
    assert exports("hello.org", %{"name" => "Ada"}) == %{"greeting" => "Hello, Ada!", "letters" => 8}
  end

  test "statistics.org" do
    assert exports = %{"chart" => :picture} = exports("statistics.org")
    assert %{"mean" => 69.8, "median" => 76, "stdev" => 15.4, "quartiles" => "54 · 76 · 84.3"} = exports

    assert exports["kinds"] == [
             %{"after a" => "short one", "seen" => 7, "wait, about" => 54},
             %{"after a" => "long one", "seen" => 9, "wait, about" => 82}
           ]
  end

  test "keeling.org: 2,284 weeks" do
    assert exports("keeling.org") == %{
             "weeks" => 2225,
             "missing" => 59,
             "rise" => %{"sixties" => 0.85, "nineties" => 1.56},
             "swing" => 6.2,
             "error" => 0.63,
             "curve" => :picture,
             "season" => :picture
           }
  end

  test "collatz.org: WebAssembly's text and JavaScript" do
    assert exports("collatz.org", %{"start" => 27}) == %{
             "steps" => 111,
             "peak" => 9232,
             "verdict" => "Both count 111 steps from 27 down to 1.",
             "flight" => :picture
           }
  end

  test "failure.org fails where it should, and nowhere else" do
    assert {:error, run} = run("failure.org", %{})
    assert %{status: :failed, exports: %{"warmest" => "21.7 °C at 18:00"}} = run

    assert [{"failure/average", :failed}, {"failure/report", :skipped}, {"failure/warmest", :ok}] =
             for(step <- run.steps, do: {step.component, step.status})

    assert %{kind: :exception, line: 38, column: 59, message: message} = hd(run.steps).error
    assert message =~ "the reading of 14:00"
  end

  @tag skip: @c
  test "mandelbrot.org: C that calls WebAssembly's text" do
    assert exports("mandelbrot.org", %{"columns" => 210}) == %{"area" => 1.573, "picture" => :picture}
  end

  @tag skip: @zig
  test "sudoku.org: Zig" do
    assert exports("sudoku.org") == %{
             "guesses" => 1850,
             "verdict" => "right: all 27 groups are whole",
             "picture" => :picture
           }
  end

  @tag skip: @rust
  test "capitals.org: Rust" do
    assert exports = %{"length" => 17_866, "saved" => 36_862, "picture" => :picture} = exports("capitals.org")
    assert length(Enum.uniq(exports["tour"])) == 42
    assert ["Amsterdam", "Brussels" | _] = exports["tour"]
  end

  @tag skip: @c || @zig || @rust
  test "string.org: all five languages" do
    assert exports = %{"tone" => "A3 -13 cents", "picture" => :picture} = exports("string.org", %{"hertz" => 220})
    assert [%{"note" => "A3", "hertz" => 218.4}, %{"note" => "A4"}, %{"note" => "E5"} | _] = exports["notes"]
  end
end
