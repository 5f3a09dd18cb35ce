defmodule Workbooks.Guides.FromWasmexTest do
  # What guides/from-wasmex.md shows of this library is run here. What it shows of Wasmex is marked, and is not.
  use ExUnit.Case, async: true

  alias Workbooks.TestGuide

  @guide Path.expand("../../guides/from-wasmex.md", __DIR__)
  @external_resource @guide

  for {title, line, steps} <- TestGuide.sections(@guide) do
    @steps steps
    test "#{title} (line #{line})", do: assert(TestGuide.run(@steps, @guide) == :ok)
  end

  test "every block of Elixir is run, or says that it is Wasmex's" do
    for {"elixir", text, line} <- TestGuide.fences(@guide) do
      assert text =~ ~r/\A(iex> |# Wasmex\n)/, "line #{line}: this block is run by nobody"
    end
  end
end
