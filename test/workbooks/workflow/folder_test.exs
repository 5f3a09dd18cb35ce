defmodule Workbooks.Workflow.FolderTest do
  # guides/compilers.md, "A file of WebAssembly", in a run.
  use ExUnit.Case, async: true
  import Workbooks.TestWorkbook

  # (module (func (export "a") (result i32) i32.const n)), for n below 64
  defp number(n) do
    <<0, "asm", 1::32-little, 1, 5, 1, 0x60, 0, 1, 0x7F, 3, 2, 1, 0, 7, 5, 1, 1, ?a, 0, 0, 10, 6, 1, 4, 0, 0x41, n,
      0x0B>>
  end

  @book [
    {"Number", [out: "n"], "wasm", "parts/number.wasm"},
    {"Twice", [in: "n", out: "m"], "js", "export const twice = (n) => 2 * n"}
  ]

  setup %{tmp_dir: folder} do
    File.mkdir_p!(Path.join(folder, "book/parts"))
    file = Path.join(folder, "book/book.org")
    File.write!(file, book(@book))
    File.write!(Path.join(folder, "book/parts/number.wasm"), number(7))
    {:ok, book: Path.join(folder, "book"), org: file, options: [cache_dir: Path.join(folder, "results")]}
  end

  @moduletag :tmp_dir

  test "a workbook's own folder is that of its file", %{org: file, book: folder, options: options} do
    assert {:ok, run} = Workbooks.run_file(file, options)
    assert run.exports == %{"m" => 14}

    assert {:ok, %{steps: [%{cached: true}, %{cached: true}]}} =
             Workbooks.run(File.read!(file), [folder: folder] ++ options)

    # The file is part of the block.
    File.write!(Path.join(folder, "parts/number.wasm"), number(8))

    assert {:ok, %{exports: %{"m" => 16}, steps: [%{cached: false}, %{cached: false}]}} =
             Workbooks.run_file(file, options)

    # Where it lies is not.
    elsewhere = Path.join(folder, "elsewhere")
    File.mkdir_p!(Path.join(elsewhere, "parts"))
    File.write!(Path.join(elsewhere, "parts/number.wasm"), number(8))
    assert {:ok, %{steps: [%{cached: true}, _]}} = Workbooks.run(File.read!(file), [folder: elsewhere] ++ options)
  end

  test "without one no file is read", %{org: file, options: options} do
    for answer <- [Workbooks.run(File.read!(file), options), Workbooks.run_file(file, [folder: nil] ++ options)] do
      assert {:error, run} = answer
      assert %{status: :failed, error: %{kind: :io, line: 9, message: message}} = step(run, "number")
      assert message =~ "with folder:"
      assert %{status: :skipped} = step(run, "twice")
    end
  end

  test "what a file is not is told at its block", %{book: folder, options: options} do
    File.write!(Path.join(folder, "no.wasm"), "no module")
    outside = Path.join(Path.dirname(folder), "outside.wasm")
    File.write!(outside, number(1))

    for {path, kind} <- [
          {"no.wasm", :compile},
          {"gone.wasm", :io},
          {"../outside.wasm", :io},
          {outside, :io},
          {"parts", :io}
        ] do
      assert {:error, run} = Workbooks.run(book([{"N", [out: "n"], "wasm", path}]), [folder: folder] ++ options)
      assert %{error: %{kind: ^kind, line: 9}} = step(run, "n")
    end
  end

  test "its types are known before it runs, and it can be called", %{book: folder, options: options} do
    org =
      book([
        {"Number", [out: "n"], "wasm", "parts/number.wasm"},
        {"Say", [in: "n", out: "s", sig: "say(n: string) -> string"], "js", "export const say = (n) => n"}
      ])

    assert {:error, %{status: :invalid, error: [%{"code" => "type_mismatch"}]}} =
             Workbooks.run(org, [folder: folder] ++ options)

    org =
      book([
        {"Number", [sig: "a() -> s32"], "wasm", "parts/number.wasm"},
        {"More", [deps: "number", out: "m", sig: "more() -> s32 using a() -> s32"], "wat",
         "(module (import \"env\" \"a\" (func $a (result i32))) (func (export \"more\") (result i32) (i32.add (call $a) (i32.const 1))))"}
      ])

    assert {:ok, %{exports: %{"m" => 8}}} = Workbooks.run(org, [folder: folder] ++ options)
  end

  test "what is no path is the caller's mistake" do
    for wrong <- [1, "", "a\0b", 'list'] do
      assert_raise ArgumentError, ~r/option :folder of Workbooks.run\/2 takes a path/, fn ->
        Workbooks.run("", folder: wrong)
      end
    end
  end
end
