defmodule Workbooks.Wasm.CacheTest do
  # Counters of the whole virtual machine are compared, and its configuration changed.
  use ExUnit.Case, async: false
  doctest Workbooks.Wasm.Cache

  import Bitwise
  import Workbooks.TestProject, only: [cmd: 3, folder!: 0]

  alias Workbooks.{TestBits, TestGuests, Wasm}
  alias Workbooks.Wasm.{Cache, Component, Error}

  setup do
    folder = Path.join(folder!(), "cache")
    settings(cache_dir: folder)
    Cache.clear(:memory)

    on_exit(fn ->
      for key <- [:cache_dir, :cache_memory_bytes, :cache_disk_bytes], do: Application.delete_env(:workbooks, key)
      Cache.configure()
    end)

    %{folder: folder}
  end

  defp settings(settings) do
    Application.put_all_env(workbooks: settings)
    Cache.configure()
  end

  defp module(n), do: "(module (func (export \"n\") (result i32) (i32.const #{n})))"

  # What the function adds to the counters that are named.
  defp counted(keys, function) do
    before = Cache.stats()
    function.()
    later = Cache.stats()
    Map.new(keys, &{&1, later[&1] - before[&1]})
  end

  @asked [:hits, :disk_hits, :misses, :compilations]

  describe "compile/2" do
    test "compiles the same bytes once" do
      assert counted(@asked, fn -> Wasm.compile!(module(1)) end) == %{hits: 0, disk_hits: 0, misses: 1, compilations: 1}
      assert counted(@asked, fn -> Wasm.compile!(module(1)) end) == %{hits: 1, disk_hits: 0, misses: 0, compilations: 0}
      assert %{compilations: 1} = counted(@asked, fn -> Wasm.compile!(module(2)) end)
    end

    test "gives the same component again, which works" do
      compile = fn ->
        Wasm.componentize!("(module (func (export \"n\") (result i32) (i32.const 7)))") |> Wasm.compile!()
      end

      first = compile.()

      for clear <- [:none, :memory] do
        if clear == :memory, do: Cache.clear(:memory)
        again = compile.()
        assert {again.exports, again.imports} == {first.exports, first.imports}
        assert again |> Wasm.instantiate!() |> Wasm.call("n") == {:ok, 7}
      end
    end

    test "asked by ten processes at once compiles once" do
      # Long enough that they meet, though nothing depends on it.
      bytes = "(module #{for n <- 1..3_000, do: "(func (result i32) (i32.const #{n}))"})"

      counts =
        counted([:joined | @asked], fn ->
          tasks = for _ <- 1..10, do: Task.async(fn -> Wasm.compile(bytes) end)
          assert Enum.all?(Task.await_many(tasks, 60_000), &match?({:ok, %Wasm.Module{}}, &1))
        end)

      assert %{compilations: 1, misses: 1, disk_hits: 0} = counts
      assert counts.joined + counts.hits == 9
    end

    test "that times out, or whose process is killed, touches nobody else" do
      bytes = "(module #{for n <- 1..20_000, do: "(func (result i64) (i64.const #{n}))"})"

      counts =
        counted(@asked, fn ->
          killed = spawn(fn -> Wasm.compile(bytes) end)
          hurried = Task.async(fn -> Wasm.compile(bytes, timeout: 0) end)
          patient = for _ <- 1..3, do: Task.async(fn -> Wasm.compile(bytes) end)
          Process.exit(killed, :kill)
          assert {:error, %Error{kind: :timeout}} = Task.await(hurried)
          assert Enum.all?(Task.await_many(patient, 60_000), &match?({:ok, _}, &1))
        end)

      assert counts.compilations == 1
    end

    test "keeps no refusal" do
      for _ <- 1..2 do
        counts =
          counted(@asked, fn -> assert {:error, %Error{kind: :compile}} = Wasm.compile("(module (nonsense))") end)

        assert counts == %{hits: 0, disk_hits: 0, misses: 1, compilations: 1}
      end

      assert Cache.stats().memory_entries == 0
    end

    test "with fuel: true is another program" do
      compile = fn options -> fn -> Wasm.compile!(module(1), options) end end
      assert %{compilations: 1} = counted(@asked, compile.([]))
      assert %{compilations: 1} = counted(@asked, compile.(fuel: true))
      assert %{hits: 1} = counted(@asked, compile.(fuel: true))
      assert %{hits: 1} = counted(@asked, compile.(fuel: false))
      assert Wasm.serialize!(compile.(fuel: true).()) != Wasm.serialize!(compile.([]).())
    end

    test "with cache: false goes past it", %{folder: folder} do
      compile = fn -> Wasm.compile!(module(1), cache: false) end
      assert counted(@asked, compile) == %{hits: 0, disk_hits: 0, misses: 0, compilations: 0}
      refute File.exists?(folder)
    end

    test "takes what it is told to take and says what it got" do
      assert %Wasm.Module{} = Wasm.compile!("(module)")
      assert %Wasm.Module{} = Wasm.compile!(<<0, "asm", 1, 0, 0, 0>>)
      assert %Component{} = Wasm.compile!("(component)")
      assert inspect(Wasm.compile!("(module)")) == "#Workbooks.Wasm.Module<>"

      assert_raise ArgumentError, ~r/option :cache of compile\/2 must be true or false/, fn ->
        Wasm.compile("", cache: 1)
      end
    end
  end

  describe "the folder" do
    test "is this user's alone, and has a file a program", %{folder: folder} do
      Wasm.compile!(module(1))
      assert [file] = File.ls!(folder)
      assert file =~ ~r/^[0-9a-f]{64}$/
      assert (File.stat!(folder).mode &&& 0o777) == 0o700
      stat = File.stat!(Path.join(folder, file))
      assert (stat.mode &&& 0o777) == 0o600
      assert %{folder: ^folder, problem: nil, disk_bytes: bytes} = Cache.stats()
      assert bytes == stat.size
    end

    test "serves another virtual machine", %{folder: folder} do
      Wasm.compile!(module(1))

      script = """
      {:ok, %Workbooks.Wasm.Module{}} = Workbooks.Wasm.compile(#{inspect(module(1))})
      IO.inspect(Map.take(Workbooks.Wasm.Cache.stats(), [:compilations, :disk_hits]))
      """

      ebin = Application.app_dir(:workbooks, "ebin")
      options = [cd: Path.dirname(folder), env: [{"WORKBOOKS_CACHE_DIR", folder}]]
      assert {"%{compilations: 0, disk_hits: 1}\n", 0} = cmd("elixir", ["-pa", ebin, "-e", script], options)
    end

    test "with a file that is damaged, cut short or another's: it is compiled anew", %{folder: folder} do
      Wasm.compile!(module(1))
      [name] = File.ls!(folder)
      path = Path.join(folder, name)
      whole = File.read!(path)
      <<before::binary-size(1_000), byte, rest::binary>> = whole

      for bytes <- [before <> <<bxor(byte, 1)>> <> rest, before, "", whole <> "x", String.duplicate("x", 5_000)] do
        File.write!(path, bytes)
        Cache.clear(:memory)
        counts = counted([:refused | @asked], fn -> Wasm.compile!(module(1)) end)
        assert counts == %{refused: 1, hits: 0, disk_hits: 0, misses: 1, compilations: 1}
        assert byte_size(File.read!(path)) == byte_size(whole)
        Cache.clear(:memory)
        assert %{disk_hits: 1} = counted(@asked, fn -> Wasm.compile!(module(1)) end)
      end

      File.chmod!(path, 0o666)
      Cache.clear(:memory)
      assert %{refused: 1, compilations: 1} = counted([:refused | @asked], fn -> Wasm.compile!(module(1)) end)
    end

    test "that cannot be used is no error, and the reason is told", %{folder: folder} do
      File.write!(folder, "a file")
      assert {:ok, _} = Wasm.compile(module(1))
      assert Cache.stats().problem =~ folder
      assert :ok = Cache.clear()
    end

    test "keeps to its bound", %{folder: folder} do
      Wasm.compile!(module(0))
      bound = Cache.stats().disk_bytes * 3
      settings(cache_disk_bytes: bound)
      for n <- 1..8, do: Wasm.compile!(module(n))
      sizes = for name <- File.ls!(folder), do: File.stat!(Path.join(folder, name)).size
      assert Enum.sum(sizes) <= bound
      assert Cache.stats().disk_evictions > 0
    end

    test "may be none", %{folder: folder} do
      settings(cache_dir: false)
      Wasm.compile!(module(1))
      refute File.exists?(folder)
      assert %{folder: nil, problem: nil, disk_bytes: 0} = Cache.stats()
    end

    test "is the configuration's, then the environment's, then the user's own" do
      Application.delete_env(:workbooks, :cache_dir)
      names = ["WORKBOOKS_CACHE_DIR", "XDG_CACHE_HOME"]
      saved = Map.new(names, &{&1, System.get_env(&1)})

      on_exit(fn ->
        for {name, value} <- saved, do: if(value, do: System.put_env(name, value), else: System.delete_env(name))
      end)

      folder = fn ->
        Cache.configure()
        Cache.stats().folder
      end

      System.put_env(%{"WORKBOOKS_CACHE_DIR" => "/tmp/there", "XDG_CACHE_HOME" => "/tmp/xdg"})
      assert folder.() == "/tmp/there"
      System.put_env("WORKBOOKS_CACHE_DIR", "false")
      assert folder.() == nil
      System.put_env("WORKBOOKS_CACHE_DIR", "")
      assert folder.() == "/tmp/xdg/workbooks"
      System.put_env("XDG_CACHE_HOME", "relative")
      assert folder.() == Path.join(System.user_home!(), ".cache/workbooks")
    end

    test "and bounds that make no sense are told" do
      for {key, value} <- [cache_dir: :here, cache_dir: "", cache_memory_bytes: -1, cache_disk_bytes: "1 GB"] do
        Application.put_env(:workbooks, key, value)
        assert_raise ArgumentError, ~r/configuration #{inspect(key)} of :workbooks/, fn -> Wasm.compile(module(1)) end
        Application.delete_env(:workbooks, key)
      end
    end
  end

  test "memory keeps to its bound" do
    Wasm.compile!(module(0))
    bound = Cache.stats().memory_bytes * 3
    settings(cache_memory_bytes: bound)
    assert %{evictions: 5} = counted([:evictions], fn -> for(n <- 1..7, do: Wasm.compile!(module(n))) end)
    assert Cache.stats().memory_bytes <= bound
    settings(cache_memory_bytes: 0)
    assert Cache.stats().memory_entries == 0
  end

  test "clear/1 forgets what it is told to", %{folder: folder} do
    Wasm.compile!(module(1))
    assert Cache.clear(:memory) == :ok
    assert %{memory_entries: 0, memory_bytes: 0} = Cache.stats()
    assert %{disk_hits: 1} = counted(@asked, fn -> Wasm.compile!(module(1)) end)
    assert Cache.clear(:disk) == :ok
    assert File.ls!(folder) == []
    assert %{hits: 1} = counted(@asked, fn -> Wasm.compile!(module(1)) end)
    assert Cache.clear() == :ok
    assert %{compilations: 1} = counted(@asked, fn -> Wasm.compile!(module(1)) end)
  end

  describe "native code" do
    test "of a core module goes out and comes back" do
      module = Wasm.compile!(module(1))
      assert {:ok, again} = module |> Wasm.serialize!() |> Wasm.deserialize()
      assert %Wasm.Module{} = again
      assert {again.exports, again.imports} == {module.exports, module.imports}
      folder = folder!()

      for {name, code} <- [{"one", Wasm.precompile!(module(1))}, {"two", Wasm.serialize!(module)}] do
        path = Path.join(folder, name <> ".cwasm")
        File.write!(path, code)
        assert {:ok, %Wasm.Module{}} = Wasm.load_file(path)
      end
    end

    test "of a component too, metered or not" do
      component = TestGuests.misbehaving()
      code = Wasm.serialize!(component)
      assert {:ok, %Component{} = again} = Wasm.deserialize(code)
      assert again |> Wasm.instantiate!() |> Wasm.call("add", [1, 2]) == {:ok, 3}
      metered = Wasm.precompile!("(component)", fuel: true)
      assert metered != Wasm.precompile!("(component)")
      assert {:ok, %Component{}} = Wasm.deserialize(metered)
    end

    test "that is damaged or none at all is refused, whatever the bytes" do
      code = Wasm.precompile!(module(1))
      size = byte_size(code)
      random = :rand.seed_s(:exsss, {3, 1, 4})

      damage = fn
        0, random ->
          {length, random} = :rand.uniform_s(4_000, random)
          :rand.bytes_s(length, random)

        1, random ->
          {length, random} = :rand.uniform_s(size, random)
          {binary_part(code, 0, length - 1), random}

        2, random ->
          {at, random} = :rand.uniform_s(size, random)
          {bit, random} = :rand.uniform_s(8, random)
          {before, byte, rest} = TestBits.around(code, at - 1)
          {<<before::binary, bxor(byte, 1 <<< (bit - 1)), rest::binary>>, random}

        3, random ->
          {at, random} = :rand.uniform_s(size, random)
          {more, random} = :rand.bytes_s(3, random)
          {before, rest} = TestBits.split(code, at)
          {before <> more <> rest, random}

        4, random ->
          {length, random} = :rand.uniform_s(size - 1, random)
          {binary_part(code, length, size - length), random}
      end

      Enum.reduce(1..1_000, random, fn n, random ->
        {bytes, random} = damage.(rem(n, 5), random)
        assert {:error, %Error{kind: :compile}} = Wasm.deserialize(bytes)
        random
      end)

      assert {:ok, _} = Wasm.deserialize(code)
    end

    test "random bytes to compile are refused" do
      Enum.reduce(1..300, :rand.seed_s(:exsss, {2, 7, 1}), fn n, random ->
        {length, random} = :rand.uniform_s(300, random)
        {bytes, random} = :rand.bytes_s(length, random)
        # A preamble that is right lets the reader in.
        preamble = Enum.at(["", <<0, "asm", 1, 0, 0, 0>>, <<0, "asm", 13, 0, 1, 0>>], rem(n, 3))
        assert {:error, %Error{kind: :compile}} = Wasm.compile(preamble <> bytes, cache: false)
        random
      end)
    end
  end
end
