defmodule Workbooks.Storage.EmbeddedTest do
  use ExUnit.Case, async: true

  import Workbooks.TestProperty, only: [runs: 2]

  alias Workbooks.Error
  alias Workbooks.Storage.Embedded

  @moduletag :tmp_dir
  @moduletag timeout: 600_000

  # A small disk of one's own, where one may mount.
  @mounts (fn ->
             at = Path.join(System.tmp_dir!(), "workbooks-mount-#{System.pid()}")
             File.mkdir_p!(at)
             mounted = match?({_, 0}, System.cmd("mount", ~w(-t tmpfs tmpfs) ++ [at], stderr_to_stdout: true))
             if mounted, do: System.cmd("umount", [at])
             File.rmdir(at)
             if mounted, do: false, else: "nothing can be mounted here (it needs root)"
           end).()

  setup %{tmp_dir: tmp} do
    {:ok, settings: %{folder: Path.join(tmp, "store")}}
  end

  use Workbooks.TestStorageCases, backend: Embedded

  test "the native library's kinds of errors are those of Workbooks.Error" do
    assert Workbooks.Native.store_error_kinds() -- Error.kinds() == []
  end

  test "a folder or a path that is no text is refused", %{tmp_dir: tmp, settings: settings} do
    assert {:error, %Error{kind: :bad_value}} = Embedded.open(%{folder: tmp <> <<255>>})
    {:ok, handle} = Embedded.open(settings)
    assert {:error, %Error{kind: :bad_value}} = Embedded.backup(handle, tmp <> <<255>>, 5_000)
    assert {:error, %Error{}} = Embedded.backup(handle, tmp <> <<0>>, 5_000)
    assert {:error, %Error{}} = Embedded.open(%{folder: tmp <> <<0>>})
    Embedded.close(handle)
  end

  test "a file that is gone or empty is no new store", %{settings: settings} do
    file = Path.join(settings.folder, "store.redb")
    {:ok, handle} = Embedded.open(settings)
    Embedded.close(handle)
    File.rm!(file)
    assert {:error, %Error{kind: :missing, message: message}} = Embedded.open(settings)
    assert message =~ "Workbooks.Storage.restore/2"
    File.write!(file, "")
    assert {:error, %Error{kind: :damaged}} = Embedded.open(settings)
    assert File.read!(file) == ""
  end

  describe "a damaged file is opened with what was durable, or refused and left alone:" do
    setup %{settings: settings} do
      {:ok, handle} = Embedded.open(settings)
      operations = for n <- 1..300, do: {:put, "t", <<n::32>>, :binary.copy(<<n>>, rem(n * 13, 200))}
      :ok = Embedded.transaction(handle, operations, 20_000)
      :ok = Embedded.transaction(handle, [{:put, "t", "value", "old"}], 20_000)
      :ok = Embedded.transaction(handle, [{:put, "t", "value", "new"}], 20_000)
      {:ok, rows, nil} = Embedded.page(handle, "t", nil, 10_000_000, 20_000)
      file = Path.join(settings.folder, "store.redb")
      killed = File.read!(file)
      Embedded.close(handle)
      {:ok, file: file, rows: rows, images: [killed, File.read!(file)]}
    end

    test "cut at every byte of its last 4 KiB", %{images: images} = context do
      for image <- images, cut <- 1..4096 do
        try_out(context, binary_part(image, 0, byte_size(image) - cut), "cut by #{cut}")
      end
    end

    test "bits flipped", %{images: images} = context do
      for n <- 1..runs(200, 10_000) do
        image = Enum.at(images, rem(n, 2))
        # Most of a young file is empty, and a third of the flips is in the header.
        at = if rem(n, 3) == 0, do: :rand.uniform(320) - 1, else: :rand.uniform(byte_size(image)) - 1
        <<before::binary-size(at), byte, rest::binary>> = image
        bit = Bitwise.bsl(1, :rand.uniform(8) - 1)
        try_out(context, <<before::binary, Bitwise.bxor(byte, bit), rest::binary>>, "byte #{at}, bit #{bit}")
      end
    end

    defp try_out(%{settings: settings, file: file, rows: rows}, bytes, what) do
      File.write!(file, bytes)

      case Embedded.open(settings) do
        {:ok, handle} ->
          assert Embedded.page(handle, "t", nil, 10_000_000, 20_000) == {:ok, rows, nil}, what
          Embedded.close(handle)

        {:error, error} ->
          assert error.kind == :damaged, what
          assert error.message =~ file
          assert File.read!(file) == bytes, what
      end
    end
  end

  if @mounts, do: @tag(skip: @mounts)

  test "a disk that is full is an error for the writer, and what was acknowledged stays", %{tmp_dir: tmp} do
    disk = mount(tmp, "size=6m")
    settings = %{folder: Path.join(disk, "store")}
    {:ok, handle} = Embedded.open(settings)
    {written, error} = fill(handle, 1, [])
    assert %Error{kind: :full, message: message} = error
    assert message =~ "make room"
    refute error.details[:unknown]
    assert rows(handle) == written
    Embedded.close(handle)
    {:ok, handle} = Embedded.open(settings)
    assert rows(handle) == written
    {_, 0} = System.cmd("mount", ["-o", "remount,size=30m", disk])
    assert Embedded.transaction(handle, [{:put, "t", "more", "1"}], 20_000) == :ok
    Embedded.close(handle)
  end

  if @mounts, do: @tag(skip: @mounts)

  test "a folder that may not be written to is said to be one", %{tmp_dir: tmp} do
    disk = mount(tmp, "size=6m")
    settings = %{folder: Path.join(disk, "store")}
    {:ok, handle} = Embedded.open(settings)
    Embedded.close(handle)
    {_, 0} = System.cmd("mount", ["-o", "remount,ro", disk])
    assert {:error, %Error{kind: :read_only, message: message}} = Embedded.open(settings)
    assert message =~ settings.folder
  end

  defp fill(handle, n, written) do
    value = :binary.copy(<<n>>, rem(n * 977, 60_000))

    case Embedded.transaction(handle, [{:put, "t", <<n::32>>, value}], 20_000) do
      :ok -> fill(handle, n + 1, [{<<n::32>>, value} | written])
      {:error, error} -> {Enum.reverse(written), error}
    end
  end

  defp rows(handle) do
    {:ok, rows, nil} = Embedded.page(handle, "t", nil, 60_000_000, 20_000)
    rows
  end

  defp mount(tmp, options) do
    disk = Path.join(tmp, "disk")
    File.mkdir_p!(disk)
    {_, 0} = System.cmd("mount", ["-t", "tmpfs", "-o", options, "tmpfs", disk])
    on_exit(fn -> System.cmd("umount", ["-l", disk]) end)
    disk
  end
end
