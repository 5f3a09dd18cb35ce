defmodule Workbooks.Guides.FromWasmexTest do
  # What guides/from-wasmex.md shows of this library. What it shows of Wasmex stands in fences of `ex`, and is not run.
  use ExUnit.Case, async: true
  import Workbooks.TestGuide

  setup do
    on_exit(fn -> File.rm(Path.join(System.tmp_dir!(), "guide-counter.wat")) end)
  end

  guide("guides/from-wasmex.md")

  test "what is not run says that it is Wasmex's" do
    guide = File.read!("guides/from-wasmex.md")
    blocks = Regex.scan(~r/^```(\w*)\n(.*?)^```$/ms, guide, capture: :all_but_first)
    assert length(blocks) > 20

    for [language, text] <- blocks,
        language != "elixir",
        do: assert({language, hd(String.split(text, "\n"))} == {"ex", "# Wasmex"})
  end
end
