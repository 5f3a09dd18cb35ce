defmodule Workbooks.Workflow.ResultCacheTest do
  # Not async: the bounds are the application's configuration.
  use ExUnit.Case, async: false
  import Workbooks.TestConfig
  doctest Workbooks.Workflow.ResultCache

  alias Workbooks.TestWait
  alias Workbooks.Workflow.ResultCache

  @moduletag :tmp_dir

  defp key(n), do: ResultCache.digest({:test, n})
  defp keep(store, n, value), do: ResultCache.put(store, key(n), ResultCache.entry(%{"x" => value}, "log\n"))

  test "what is kept is found again, by the next virtual machine too", %{tmp_dir: store} do
    value = %{"a" => [1, 2.5, nil, true, "é", <<255>>, %{}], "b" => :nan}
    assert ResultCache.fetch(store, key(1)) == :error
    assert keep(store, 1, value) == :ok
    assert {:ok, entry} = ResultCache.fetch(store, key(1))
    assert entry.outputs == %{"x" => value}
    assert entry.shas == %{"x" => ResultCache.digest(value)}
    assert entry.log == "log\n"

    ResultCache.clear(:memory)
    assert {:ok, ^entry} = ResultCache.fetch(store, key(1))
    # And from memory, where it is again.
    File.rm_rf!(store)
    assert {:ok, ^entry} = ResultCache.fetch(store, key(1))
    assert ResultCache.fetch(store <> "-other", key(1)) == :error
  end

  test "a file that was cut or changed at any place is none", %{tmp_dir: store} do
    keep(store, 1, List.duplicate("some text", 20))
    [file] = Path.wildcard(Path.join(store, "*.result"))
    bytes = File.read!(file)

    for at <- 0..(byte_size(bytes) - 1)//7 do
      <<before::binary-size(at), byte, behind::binary>> = bytes

      for broken <- [before, <<before::binary, Bitwise.bxor(byte, 1), behind::binary>>] do
        File.write!(file, broken)
        ResultCache.clear(:memory)
        assert ResultCache.fetch(store, key(1)) == :error
      end
    end

    assert %{whole: 0, broken: 1} = ResultCache.stats(store)
    File.write!(file, bytes)
    assert {:ok, _} = ResultCache.fetch(store, key(1))
    assert %{whole: 1, broken: 0} = ResultCache.stats(store)
  end

  test "a file with a function or an unknown atom in it makes neither", %{tmp_dir: store} do
    keep(store, 1, 1)
    [file] = Path.wildcard(Path.join(store, "*.result"))
    header = "workbooks result 1\n"
    unknown = <<131, 104, 3, 119, 24, "an_atom_nobody_ever_made", 97, 1, 97, 1>>

    for body <- [unknown, :erlang.term_to_binary({%{"x" => fn -> 1 end}, %{}, 1})] do
      File.write!(file, [header, :crypto.hash(:sha256, body), body])
      ResultCache.clear(:memory)
      assert ResultCache.fetch(store, key(1)) == :error
    end
  end

  test "what was not used for longest leaves memory", %{tmp_dir: store} do
    ResultCache.clear(:memory)
    configured(result_cache_memory_bytes: 100_000)
    kilobyte = String.duplicate("x", 1_000)
    keep(nil, :used, kilobyte)

    for n <- 1..300 do
      keep(nil, n, kilobyte)
      assert {:ok, _} = ResultCache.fetch(nil, key(:used))
    end

    TestWait.until(fn -> ResultCache.stats(nil).memory_bytes <= 100_000 end, fn -> ResultCache.stats(store) end)
    assert ResultCache.fetch(nil, key(1)) == :error
    assert {:ok, _} = ResultCache.fetch(nil, key(:used))
    # What would take all the room is let be.
    keep(nil, :large, String.duplicate("x", 50_000))
    assert ResultCache.fetch(nil, key(:large)) == :error
  end

  test "a folder is bounded, and what lies there that is none of ours stays", %{tmp_dir: store} do
    configured(result_cache_disk_bytes: 50_000)
    File.write!(Path.join(store, "mine.txt"), String.duplicate("x", 100_000))
    abandoned = Path.join(store, "123.45.new")
    File.write!(abandoned, "")
    File.touch!(abandoned, 1_000_000)
    for n <- 1..120, do: keep(store, n, String.duplicate("x", 1_000))
    # Some go while they are looked at.
    size = fn path -> with({:ok, stat} <- File.stat(path), do: stat.size, else: (_gone -> 0)) end
    bytes = fn -> store |> Path.join("*.result") |> Path.wildcard() |> Enum.map(size) |> Enum.sum() end
    TestWait.until(fn -> bytes.() <= 50_000 end, bytes)
    assert File.exists?(Path.join(store, "mine.txt"))
    refute File.exists?(abandoned)
  end

  test "a folder that cannot be written to is one without results" do
    store = "/proc/nothing/here"
    assert keep(store, 1, 1) == :ok
    ResultCache.clear(:memory)
    assert ResultCache.fetch(store, key(1)) == :error
    assert %{whole: 0, broken: 0} = ResultCache.stats(store)
  end
end
