defmodule Workbooks.Build.ComponentizeTest do
  # Programs for WASI's first preview, wrapped: what they do as modules they do as components.
  use ExUnit.Case, async: true

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Component, WASI}

  @tour File.read!(Path.expand("../../../examples/wasi/tour.wat", __DIR__))
  @external_resource "examples/wasi/tour.wat"

  test "a program is run to its end, with its input, output and status" do
    module = Wasm.compile!(@tour)
    assert %Component{} = component = @tour |> Wasm.componentize!() |> Wasm.compile!()

    for text <- ["", "some text", String.duplicate("long ", 10_000)] do
      options = [wasi: [stdin: text, deterministic: 1]]
      assert {:ok, %{status: 0, stdout: ^text}} = answer = WASI.run(component, options)
      assert answer == WASI.run(module, options)
    end
  end

  test "its functions can be called, each by its own type" do
    wit = "package t:t; world tour { export arguments: func(); export read-notes: func() -> u32; }"
    component = @tour |> Wasm.componentize!(wit: wit) |> Wasm.compile!()
    instance = Wasm.instantiate!(component, wasi: [args: ["tour", "--fast"], stdout: :binary])
    assert Wasm.call(instance, "arguments") == {:ok, nil}
    assert Wasm.call(instance, "read-notes") == {:ok, 8}
    assert {:ok, %{stdout: "tour\0--fast\0"}} = WASI.output(instance)
  end

  test "without a grant of WASI it is not started, and says what to do" do
    component = @tour |> Wasm.componentize!() |> Wasm.compile!()
    assert {:error, %{kind: :import, message: message}} = Wasm.instantiate(component)
    assert message =~ "wasi: []"
  end
end
