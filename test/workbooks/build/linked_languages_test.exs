defmodule Workbooks.Build.LinkedLanguagesTest do
  # Blocks of two languages as one component: each calls twice of WAT, and WAT each one's own.
  use ExUnit.Case, async: true

  alias Workbooks.Build
  alias Workbooks.Build.{Linker, Source}
  alias Workbooks.Test.Toolchain

  @moduletag timeout: 600_000

  @twice ~S|(module (func (export "twice") (param f64) (result f64) (f64.add (local.get 0) (local.get 0))))|
  @sig "more(n: f64) -> f64 using twice(x: f64) -> f64"

  @callers %{
    "wat" => ~S"""
    (module (import "env" "twice" (func $twice (param f64) (result f64)))
      (func (export "more") (param f64) (result f64) (f64.add (f64.const 1) (call $twice (local.get 0)))))
    """,
    "c" => """
    __attribute__((import_module("env"), import_name("twice"))) double twice(double x);
    double more(double n) { return twice(n) + 1; }
    """,
    "zig" => """
    extern "env" fn twice(x: f64) f64;
    export fn more(n: f64) f64 { return twice(n) + 1; }
    """,
    "rust" => """
    #[link(wasm_import_module = "env")]
    unsafe extern "C" { fn twice(x: f64) -> f64; }
    pub fn more(n: f64) -> f64 { unsafe { twice(n) + 1.0 } }
    """
  }

  defp check(language) do
    deadline = Build.Deadline.in_ms(300_000)

    sources = %{
      "t/more" => %Source{id: "t/more", language: language, text: @callers[language], sig: @sig, inputs: ["n"]},
      "t/twice" => %Source{id: "t/twice", language: "wat", text: @twice, sig: "twice(x: f64) -> f64", inputs: ["x"]},
      "t/top" => %Source{
        id: "t/top",
        language: "wat",
        text:
          String.replace(@callers["wat"], "twice", "inner")
          |> String.replace("more", "top")
          |> String.replace("inner", "more"),
        sig: "top(n: f64) -> f64 using more(n: f64) -> f64",
        inputs: ["n"]
      }
    }

    calls = %{"t/more" => %{"twice" => {"t/twice", 1}}, "t/top" => %{"more" => {"t/more", 1}}}
    assert {:ok, linked} = Linker.compile("t/top", sources, calls, deadline)
    assert linked["t/top"].calls == %{}
    assert Build.call(linked["t/top"].artifact, [4]) == {:ok, 10.0}
  end

  test "WAT", do: check("wat")

  @tag skip: Toolchain.zig()
  test "Zig", do: check("zig")

  @tag skip: Toolchain.rust()
  test "Rust", do: check("rust")

  for {key, value} <- Workbooks.CTools.tag([:clang], "C among linked blocks"), do: @tag([{key, value}])
  test "C", do: check("c")
end
