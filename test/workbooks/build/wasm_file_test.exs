defmodule Workbooks.Build.WasmFileTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Build, Wasm}
  alias Workbooks.Build.{Problem, Source}

  # (module (func (export "a") (result i32) i32.const 7))
  @seven <<0, "asm", 1::32-little, 1, 5, 1, 0x60, 0, 1, 0x7F, 3, 2, 1, 0, 7, 5, 1, 1, ?a, 0, 0, 10, 6, 1, 4, 0, 0x41, 7,
           0x0B>>

  setup do
    folder = Path.join(System.tmp_dir!(), "wasm-file-#{System.unique_integer([:positive])}-#{System.pid()}")
    File.mkdir_p!(Path.join(folder, "book/parts"))
    on_exit(fn -> File.rm_rf!(folder) end)
    {:ok, outside: folder, folder: Path.join(folder, "book")}
  end

  defp compile(text, options, parts \\ []) do
    Build.compile(struct!(%Source{id: "b/a", language: "wasm", text: text, outputs: ["out"]}, parts), options)
  end

  defp run(text, options \\ []) do
    with {:ok, artifact} <- compile(text, options), do: Build.call(artifact, [])
  end

  test "base64, in lines of any length, of a core module and of a component" do
    lines = @seven |> Base.encode64() |> String.graphemes() |> Enum.chunk_every(10) |> Enum.map_join("\n", &Enum.join/1)
    assert run(lines) == {:ok, 7}

    {:ok, component} = Wasm.componentize(@seven)
    assert run(Base.encode64(component)) == {:ok, 7}
  end

  test "a file below the workbook's folder, whose change is seen", %{folder: folder} do
    File.write!(Path.join(folder, "parts/a.wasm"), @seven)
    assert run("parts/a.wasm\n", folder: folder) == {:ok, 7}
    assert run("./parts/../parts/a.wasm", folder: folder) == {:ok, 7}

    File.write!(Path.join(folder, "parts/a.wasm"), String.replace(@seven, <<0x41, 7>>, <<0x41, 8>>))
    assert run("parts/a.wasm", folder: folder) == {:ok, 8}
  end

  test "no file is read without a folder", %{folder: folder} do
    File.write!(Path.join(folder, "a.wasm"), @seven)
    assert {:error, %Problem{kind: :io, message: message}} = run("a.wasm")
    assert message =~ "only when the workbook is run from a file"
  end

  test "a path does not leave the folder, by a link either", %{folder: folder, outside: outside} do
    File.write!(Path.join(outside, "a.wasm"), @seven)
    File.ln_s!("../a.wasm", Path.join(folder, "link.wasm"))
    File.ln_s!("..", Path.join(folder, "up"))

    for path <- [
          "../a.wasm",
          Path.join(outside, "a.wasm"),
          "parts/../../a.wasm",
          "link.wasm",
          "up/a.wasm",
          "a\nb",
          "a\0b"
        ] do
      assert {:error, %Problem{kind: :io, message: message}} = run(path, folder: folder)
      assert message =~ "no path of a file below the workbook's folder"
    end

    assert {:error, %Problem{kind: :io}} = run("missing.wasm", folder: folder)
    assert {:error, %Problem{kind: :io, message: "parts is no file"}} = run("parts", folder: folder)
  end

  test "what is no WebAssembly is a problem", %{folder: folder} do
    assert {:error, %Problem{kind: :compile}} = run("")
    assert {:error, %Problem{kind: :compile}} = run("AGFzb" <> "!!")
    File.write!(Path.join(folder, "text.wasm"), "text")
    assert {:error, %Problem{kind: :compile}} = run("text.wasm", folder: folder)

    for cut <- 8..(byte_size(@seven) - 1) do
      assert {:error, %Problem{}} = run(Base.encode64(binary_part(@seven, 0, cut)))
    end
  end

  test "a :sig: types a core module" do
    assert {:ok, artifact} = compile(Base.encode64(@seven), [], sig: "a() -> u32")
    assert artifact.result == :u32
  end
end
