defmodule Workbooks.Build.SealedTest do
  use ExUnit.Case, async: true

  alias Workbooks.Build.{Recent, Sealed}

  doctest Sealed
  doctest Recent

  @moduletag :tmp_dir
  @names ~r/\A[a-z]+\.kept\z/

  test "what was written is read, by its own version alone", %{tmp_dir: folder} do
    folder = Path.join(folder, "made/when/needed")
    assert Sealed.write(folder, "a.kept", "one\n", "body") == :ok
    path = Path.join(folder, "a.kept")
    assert Sealed.read(path, "one\n") == {:ok, "body"}
    assert Sealed.read(path, "two\n") == :error
    assert Sealed.read(path, "one\nmore") == :error
    assert Sealed.read(folder, "one\n") == :error
    assert File.ls!(folder) == ["a.kept"]
    assert Bitwise.band(File.stat!(folder).mode, 0o777) == 0o700
  end

  test "a file that was cut or changed at any place is none", %{tmp_dir: folder} do
    :ok = Sealed.write(folder, "a.kept", "one\n", "the body")
    path = Path.join(folder, "a.kept")
    bytes = File.read!(path)

    for at <- 0..(byte_size(bytes) - 1) do
      <<before::binary-size(at), byte, behind::binary>> = bytes

      for broken <- [before, <<before::binary, Bitwise.bxor(byte, 1), behind::binary>>] do
        File.write!(path, broken)
        assert Sealed.read(path, "one\n") == :error
      end
    end
  end

  test "a folder that cannot be written to is told" do
    assert Sealed.write("/proc/nothing/here", "a.kept", "one\n", "body") == :error
  end

  test "the oldest files leave first, and what is not ours stays", %{tmp_dir: folder} do
    for {name, n} <- Enum.with_index(~w(a b c d)) do
      :ok = Sealed.write(folder, name <> ".kept", "", String.duplicate("x", 68))
      File.touch!(Path.join(folder, name <> ".kept"), 1_000_000 + n)
    end

    File.write!(Path.join(folder, "mine.txt"), String.duplicate("x", 1_000))
    assert Sealed.sweep(folder, @names, 400) == 400
    assert Sealed.sweep(folder, @names, 300) == 200
    assert Enum.sort(File.ls!(folder)) == ~w(c.kept d.kept mine.txt)
    # What it holds is found out once.
    assert Sealed.stored(%{}, folder, @names, 100, 1_000) == %{folder => 200}
    assert Sealed.stored(%{folder => 200}, folder, @names, 100, 1_000) == %{folder => 300}
  end
end
