defmodule Workbooks.PrecompiledTest do
  # "An ahead-of-time artifact from another CPU falls back to compiling instead of failing."
  # The log is one for all.
  use ExUnit.Case, async: false

  import ExUnit.CaptureLog
  import Workbooks.TestProject, only: [folder!: 0, identity: 1]

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, Precompiled}

  @add """
  (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  """
  @other """
  (module (func (export "add") (param i32 i32) (result i32) (i32.const -1)))
  """

  setup do
    folder = folder!()
    wasm = Path.join(folder, "add.wasm")
    File.write!(wasm, Wasm.componentize!(@add))
    {:ok, folder: folder, wasm: wasm, native: Path.join(folder, "made/add.cwasm")}
  end

  describe "load/2" do
    setup %{wasm: wasm, native: native} do
      assert :ok = Precompiled.write(wasm, native)
      {:ok, code: File.read!(native)}
    end

    test "takes native code that fits, and says nothing", %{wasm: wasm, native: native} do
      assert load(wasm, native) == {5, ""}
      # The component itself is not even looked at.
      File.rm!(wasm)
      assert load(wasm, native) == {5, ""}
    end

    test "compiles where the native code is missing", %{wasm: wasm, native: native} do
      File.rm!(native)
      assert {5, log} = load(wasm, native)
      assert log =~ "compiling add.wasm, its native code cannot be used: "
    end

    test "compiles where it is garbage", %{wasm: wasm, native: native} do
      for garbage <- ["", "x", "rubbish", :crypto.strong_rand_bytes(10_000), <<0::80_000>>, File.read!(wasm)] do
        File.write!(native, garbage)
        assert {5, log} = load(wasm, native)
        assert log =~ "compiling add.wasm, its native code cannot be used: "
      end
    end

    test "compiles where it is cut off, wherever", %{wasm: wasm, native: native, code: code} do
      size = byte_size(code)
      page = 4096

      for kept <- [1, 4, 64, page - 1, page, page + 1, div(size, 2), size - page, size - 64, size - 1], kept < size do
        File.write!(native, binary_part(code, 0, kept))
        assert {5, log} = load(wasm, native)
        assert log =~ "compiling add.wasm, its native code cannot be used: ", "cut to #{kept} of #{size} bytes"
      end
    end

    test "compiles where it is another CPU's", %{wasm: wasm, native: native, code: code} do
      File.write!(native, for_another_machine(code))
      assert {5, log} = load(wasm, native)
      assert log =~ "compiling add.wasm, its native code cannot be used: "
      assert log =~ "not for this engine and machine"
    end

    test "the kernel itself answers, made for another CPU" do
      priv = Application.app_dir(:workbooks, "priv")
      native = Path.join(folder!(), "oql.cwasm")
      File.write!(native, for_another_machine(File.read!(Path.join(priv, "native/oql.cwasm"))))
      pool = [component: fn -> Precompiled.load(Path.join(priv, "guests/oql.wasm"), native) end, max: 1]

      {:ok, pool} = start_supervised({Wasm.Pool, pool})

      log =
        capture_log(fn ->
          assert {:ok, html} = Wasm.Pool.call(pool, "render", ["Hello *Org*", "{}"], timeout: :infinity) |> unwrap()
          assert html =~ "<b>Org</b>"
        end)

      assert log =~ "compiling oql.wasm, its native code cannot be used: "
    end

    test "is an error where there is nothing to compile either", %{wasm: wasm, native: native} do
      File.write!(native, "rubbish")
      File.rm!(wasm)
      log = capture_log(fn -> assert {:error, %Error{kind: :not_found}} = Precompiled.load(wasm, native) end)
      assert log =~ "compiling add.wasm"
    end
  end

  describe "write/2" do
    test "makes the folder, and leaves nothing beside the file", %{wasm: wasm, native: native} do
      assert :ok = Precompiled.write(wasm, native)
      assert File.ls!(Path.dirname(native)) == ["add.cwasm"]
    end

    test "replaces by rename: a component in use stays what it was", %{wasm: wasm, native: native} do
      assert :ok = Precompiled.write(wasm, native)
      before = identity(native)
      {:ok, mapped} = Wasm.load_file(native)

      File.write!(wasm, Wasm.componentize!(@other))
      assert :ok = Precompiled.write(wasm, native)

      refute elem(identity(native), 0) == elem(before, 0)
      assert add(mapped) == 5
      assert load(wasm, native) == {-1, ""}
    end

    test "whoever looks meanwhile sees the old file or the new, whole", %{folder: folder, wasm: wasm, native: native} do
      other = Path.join(folder, "other.wasm")
      File.write!(other, Wasm.componentize!(@other))
      whole = for from <- [wasm, other], do: Precompiled.write(from, native) && File.read!(native)
      writer = Task.async(fn -> for _ <- 1..30, from <- [wasm, other], do: :ok = Precompiled.write(from, native) end)

      seen = watch(writer, native, MapSet.new())
      assert MapSet.subset?(seen, MapSet.new(whole))
    end

    test "inputs that cannot be read are errors, and make no file", %{folder: folder, wasm: wasm, native: native} do
      assert {:error, %Error{kind: :not_found, message: message}} = Precompiled.write(wasm <> ".no", native)
      assert message =~ "add.wasm.no"
      assert {:error, %Error{kind: :io, message: message}} = Precompiled.write(folder, native)
      assert message =~ folder
      refute File.exists?(native)
    end

    test "inputs that do not compile are errors, and the file there stays", %{wasm: wasm, native: native} do
      assert :ok = Precompiled.write(wasm, native)
      before = identity(native)

      for bad <- ["", "rubbish", "(component (export", "(module (nonsense))", binary_part(File.read!(wasm), 0, 20)] do
        File.write!(wasm, bad)
        assert {:error, %Error{kind: :compile}} = Precompiled.write(wasm, native)
        assert identity(native) == before
        assert File.ls!(Path.dirname(native)) == ["add.cwasm"]
      end
    end

    test "outputs that cannot be written are errors", %{folder: folder, wasm: wasm} do
      taken = Path.join(folder, "taken")
      File.mkdir_p!(taken)

      for native <- [Path.join(wasm, "add.cwasm"), taken] do
        assert {:error, %Error{kind: :io, message: message}} = Precompiled.write(wasm, native)
        assert message =~ native
      end

      assert File.dir?(taken)
    end
  end

  # What 2 and 3 make, and what was logged on the way there.
  defp load(wasm, native) do
    parent = self()

    log =
      capture_log(fn ->
        assert {:ok, component} = Precompiled.load(wasm, native)
        send(parent, {:sum, add(component)})
      end)

    assert_received {:sum, sum}
    {sum, log}
  end

  defp add(component) do
    instance = Wasm.instantiate!(component)
    sum = Wasm.call!(instance, "add", [2, 3])
    Wasm.close(instance)
    sum
  end

  defp unwrap({:ok, {:ok, value}}), do: {:ok, value}
  defp unwrap(other), do: other

  defp watch(writer, path, seen) do
    seen = MapSet.put(seen, File.read!(path))
    if Task.yield(writer, 0), do: seen, else: watch(writer, path, seen)
  end

  # As native/engine/tests/engine/aot.rs: the settings an artifact was made with stand in it by
  # name, so the name of a feature this CPU has is overwritten by one no CPU has.
  defp for_another_machine(code) do
    if code =~ "has_sse41" do
      String.replace(code, "has_sse41", "has_xyz41", global: false)
    else
      # Not x86: another target altogether.
      arch = :erlang.system_info(:system_architecture) |> to_string() |> String.split("-") |> hd()
      assert code =~ arch
      String.replace(code, arch, String.duplicate("x", byte_size(arch)), global: false)
    end
  end
end
