defmodule Workbooks.Build.CacheTest do
  # Not async: the folder and the bounds are the application's configuration.
  use ExUnit.Case, async: false
  import Workbooks.TestConfig
  use Workbooks.TestVM
  import Workbooks.TestWorkbook

  alias Workbooks.{Build, Wasm}
  alias Workbooks.Build.Artifact.Codec
  alias Workbooks.Build.{Artifact, Cache, Call, Deadline, Problem, Source, Wat}

  @moduletag :tmp_dir

  setup %{tmp_dir: folder} do
    configured(cache_dir: folder)
    Cache.clear(:memory)
  end

  defp number(n) do
    text = ~s|(module (func (export "f") (result i64) (i64.const #{n})))|
    %Source{id: "tests/number", language: "wat", text: text, outputs: ["n"]}
  end

  defp key(source) do
    {:ok, version} = Wat.version()
    Cache.key(source, version)
  end

  defp value(source) do
    {:ok, artifact} = Build.compile(source)
    Build.call(artifact, [])
  end

  defp files(folder), do: Path.wildcard(Path.join(folder, "blocks/*.block"))

  test "the next virtual machine has what was compiled", %{tmp_dir: folder} do
    digest =
      in_vm(
        fn ->
          Application.put_env(:workbooks, :cache_dir, folder)
          {:ok, artifact} = Build.compile(number(1))
          {:ok, other} = Build.compile(number(2))
          # So that it shows where the code comes from.
          Cache.put(key(number(1)), other)
          true = artifact.digest != other.digest
          other.digest
        end,
        unharmed: false
      )

    in_vm(
      fn ->
        Application.put_env(:workbooks, :cache_dir, folder)
        assert {:ok, %Artifact{digest: ^digest, program: nil, result: :s64}} = Build.known(number(1))
        assert %{misses: 0, disk_hits: 0} = Wasm.Cache.stats()
        assert Build.known(number(3)) == :error
        assert value(number(1)) == {:ok, 2}
        assert %{misses: 0, disk_hits: 1} = Wasm.Cache.stats()
        assert {:ok, %Artifact{program: %{}}} = Build.known(number(1))
      end,
      unharmed: false
    )
  end

  test "a kept result is found without its block's code, in the next virtual machine too", %{tmp_dir: folder} do
    twice =
      {"Twice", [in: "x", out: "double", sig: "twice(x: f64) -> f64"], "wat",
       ~S"""
       (module (func (export "twice") (param f64) (result f64) (f64.add (local.get 0) (local.get 0))))
       """}

    plain =
      {"Plain", [in: "x", out: "y"], "wat",
       ~S"""
       (module (func (export "f") (param f64) (result f64) (f64.neg (local.get 0))))
       """}

    js = {"Js", [in: "y", out: "z"], "js", "export const f = (y) => y - 1"}

    org = book([twice, plain, js])

    first = fn ->
      Application.put_env(:workbooks, :cache_dir, folder)
      Workbooks.run!(org, inputs: %{"x" => 4}).exports
    end

    exports = in_vm(first, unharmed: false)
    assert exports == %{"double" => 8.0, "z" => -5}

    in_vm(
      fn ->
        assert first.() == exports
        run = Workbooks.run!(org, inputs: %{"x" => 4})
        assert Enum.all?(run.steps, & &1.cached)
        assert %{misses: 0, disk_hits: 0} = Wasm.Cache.stats()
      end,
      unharmed: false
    )
  end

  test "a broken file is as good as none", %{tmp_dir: folder} do
    assert value(number(1)) == {:ok, 1}
    [file] = files(folder)
    bytes = File.read!(file)

    for at <- 0..(byte_size(bytes) - 1)//11 do
      <<before::binary-size(at), byte, behind::binary>> = bytes

      for broken <- [before, <<before::binary, Bitwise.bxor(byte, 1), behind::binary>>] do
        File.write!(file, broken)
        Cache.clear(:memory)
        assert Build.known(number(1)) == :error
      end
    end

    assert value(number(1)) == {:ok, 1}
    assert File.read!(file) == bytes
    Cache.clear(:all)
    assert files(folder) == []
  end

  test "what is no artifact is none, whoever sealed it" do
    {:ok, artifact} = Build.compile(number(1))
    right = Map.take(artifact, [:language, :bytes, :convention, :data, :params, :result, :notes])
    sealed = fn parts -> :erlang.term_to_binary({Artifact.new(Map.to_list(parts)).digest, parts}) end
    assert {:ok, %Artifact{program: nil}} = Codec.decode(sealed.(right))

    for wrong <- [
          %{right | convention: Kernel},
          %{right | convention: Call.Engine},
          %{right | convention: Call.Command},
          %{right | data: "f"},
          %{right | data: ["f" | "g"]},
          %{right | bytes: 1},
          %{right | language: nil},
          %{right | params: :any},
          %{right | params: [{"x", {:list, fn -> 1 end}}]},
          %{right | result: {:record, [{:name, :u8}]}},
          %{right | notes: [%{line: 1, column: 0, message: "x"}]},
          %{right | notes: ["x"]},
          Map.put(right, :program, 1),
          Map.delete(right, :data)
        ] do
      assert Codec.decode(sealed.(wrong)) == :error
    end

    other = :erlang.term_to_binary({Artifact.new(Map.to_list(%{right | data: ["g"]})).digest, right})
    assert Codec.decode(other) == :error
    assert Codec.decode(:erlang.term_to_binary(right)) == :error
  end

  test "all types of WIT are kept" do
    record = {:record, [{"a", {:option, :string}}, {"b", {:tuple, [:u8, :f32, :char]}}]}
    variant = {:variant, [{"a", nil}, {"b", {:list, record}}]}
    result = {:result, variant, {:enum, ["x", "y"]}}
    params = [{"a", {:list, :u8, 4}}, {"b", {:flags, ["f"]}}, {"c", {:map, :string, :bool}}, {"d", {:result, nil, nil}}]
    parts = [language: "c", bytes: "x", convention: Call.Raising, data: ["f"], params: params, result: result]
    notes = [%{line: 1, column: 2, message: "x"}, %{line: nil, column: nil, message: "y"}]
    artifact = Artifact.new([notes: notes] ++ parts)
    assert artifact.digest == Artifact.new(parts).digest
    assert Codec.decode(Codec.encode(artifact)) == {:ok, artifact}
  end

  test "several that compile the same block compile it once" do
    key = key(number(7))
    {:ok, artifact} = Build.compile(number(1))
    counter = :counters.new(1, [])

    make = fn ->
      :counters.add(counter, 1, 1)
      {:ok, artifact}
    end

    got = 1..50 |> Enum.map(fn _ -> Task.async(fn -> Cache.get(key, :infinity, make) end) end) |> Task.await_many()
    assert Enum.all?(got, &match?({:ok, %Artifact{}}, &1))
    assert :counters.get(counter, 1) == 1
  end

  test "what failed is not kept" do
    key = key(number(8))
    no = {:error, Problem.new(:compile, "no")}
    assert Cache.get(key, Deadline.in_ms(1_000), fn -> no end) == no
    assert Cache.fetch(key, :infinity) == :error
  end

  test "what was not used for longest leaves memory", %{tmp_dir: folder} do
    bound = 20 * 70 * 1024
    configured(block_cache_memory_bytes: bound, cache_dir: false)

    for n <- 1..60 do
      assert value(number(n)) == {:ok, n}
      assert {:ok, _} = Build.known(number(1))
    end

    until(fn -> Cache.stats().memory_bytes <= bound end, &Cache.stats/0)
    assert Build.known(number(2)) == :error
    assert {:ok, _} = Build.known(number(1))
    assert files(folder) == []
  end

  test "the folder is bounded", %{tmp_dir: folder} do
    configured(block_cache_disk_bytes: 4_000)
    for n <- 1..60, do: assert(value(number(n)) == {:ok, n})
    size = fn path -> with({:ok, stat} <- File.stat(path), do: stat.size, else: (_gone -> 0)) end
    until(fn -> folder |> files() |> Enum.map(size) |> Enum.sum() <= 4_500 end)
    assert files(folder) != []
  end
end
