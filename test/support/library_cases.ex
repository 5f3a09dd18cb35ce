defmodule Workbooks.TestLibraryCases do
  @moduledoc false
  # What the library does, over any storage:
  #
  #     defmodule Workbooks.Library.EmbeddedTest do
  #       use ExUnit.Case, async: true
  #       use Workbooks.TestLibraryCases, storage: [folder: new_folder()]
  #     end
  #
  # `storage:` is the storage's settings, an expression that is evaluated for each test.

  import ExUnit.Assertions
  import ExUnit.Callbacks, only: [start_supervised!: 2]
  import Workbooks.TestProperty

  alias Workbooks.{Error, Library, Storage, TestWait}

  defmacro __using__(storage: storage) do
    quote do
      @moduletag timeout: :infinity
      import Workbooks.TestLibraryCases, only: [library: 1, library: 2]
      alias Workbooks.TestLibraryCases, as: Cases

      test "a source is put, read, listed and removed, with its versions" do
        Cases.life(library(unquote(storage)))
      end

      test "an etag says what has to be there" do
        Cases.if_match(library(unquote(storage)))
      end

      test "versions beyond those that are kept go with their contents, but not what is needed still" do
        Cases.kept(library(unquote(storage), keep_versions: 3))
      end

      test "an artifact is published, rolled back and taken down" do
        Cases.publishing(library(unquote(storage)))
      end

      test "artifacts beyond those that are kept go with their contents" do
        Cases.publications_kept(library(unquote(storage), keep_versions: 3))
      end

      test "what was put outlives the process" do
        Cases.outlives(library(unquote(storage)))
      end

      test "a content that is not what was written is never served, and put again it is whole" do
        Cases.damaged(library(unquote(storage)))
      end

      test "two tenants' workbooks of one id and one content have nothing to do with each other" do
        Cases.tenants(library(unquote(storage)))
      end

      test "names and contents that are none are refused" do
        Cases.refused(library(unquote(storage), max_source_bytes: 100, max_artifact_bytes: 200))
      end

      test "hostile names cross nowhere" do
        Cases.hostile(library(unquote(storage)))
      end

      test "of writers with the same etag one wins each round, and readers see whole versions" do
        Cases.race(library(unquote(storage), keep_versions: 2))
      end

      test "what was acknowledged is there, however often the process is killed meanwhile" do
        Cases.kills(library(unquote(storage), keep_versions: 2))
      end

      test "a reader always finds a version, however fast its content is replaced" do
        Cases.replaced(library(unquote(storage), keep_versions: 1))
      end

      test "any order of calls comes to what a list of versions comes to, and leaves no content behind" do
        Cases.model(library(unquote(storage), keep_versions: 3))
      end
    end
  end

  @doc "A library of its own, over a storage of its own: the option that calls take."
  def library(storage_settings, settings \\ []) do
    name = Module.concat(__MODULE__, "T#{System.unique_integer([:positive])}")
    storage = storage(library: name)
    start_supervised!({Storage, [name: storage] ++ storage_settings}, id: storage)
    start_supervised!({Library, [name: name, storage: storage] ++ settings}, id: name)
    [library: name]
  end

  @doc "The storage of a library that `library/2` made."
  def storage(library: name), do: Module.concat(name, Storage)

  @doc "All contents in the storage, with their keys."
  def contents(o) do
    {:ok, all} = Storage.fold("contents", [], fn key, value, all -> [{key, value} | all] end, storage: storage(o))
    all
  end

  defp etag(content), do: Base.encode16(:crypto.hash(:sha256, content), case: :lower)

  # --- the cases -----------------------------------------------------------------------------------

  def life(o) do
    assert Library.get("acme", "tea", o) == :error
    assert Library.versions("acme", "tea", o) == :error
    assert Library.list("acme", o) == %{}

    assert {:ok, one} = Library.put("acme", "tea", "* Grün", o)
    assert %{version: 1, bytes: 7, at: %DateTime{time_zone: "Etc/UTC"}} = one
    assert one.etag == etag("* Grün")
    assert Library.get("acme", "tea", o) == {:ok, Map.put(one, :source, "* Grün")}

    # The same again is no new version.
    assert Library.put("acme", "tea", "* Grün", o) == {:ok, one}
    assert {:ok, %{version: 2} = two} = Library.put("acme", "tea", "* Black", o)
    # What was there before the last one is.
    assert {:ok, %{version: 3} = three} = Library.put("acme", "tea", "* Grün", o)
    assert three.etag == one.etag

    assert Library.versions("acme", "tea", o) == {:ok, [three, two, one]}
    assert {:ok, %{source: "* Black", version: 2}} = Library.get("acme", "tea", [version: 2] ++ o)
    assert Library.get("acme", "tea", [version: 4] ++ o) == :error
    assert length(contents(o)) == 2

    assert {:ok, empty} = Library.put("acme", "empty", "", o)
    assert {:ok, %{source: "", bytes: 0}} = Library.get("acme", "empty", o)

    assert Library.list("acme", o) == %{
             "tea" => Map.put(three, :published, nil),
             "empty" => Map.put(empty, :published, nil)
           }

    assert Library.delete("acme", "tea", o) == :ok
    assert {:error, %Error{kind: :not_found}} = Library.delete("acme", "tea", o)
    assert Library.get("acme", "tea", o) == :error
    assert Library.get("acme", "tea", [version: 1] ++ o) == :error
    assert Library.delete("acme", "empty", o) == :ok
    assert contents(o) == []
    assert {:ok, %{version: 1}} = Library.put("acme", "tea", "* Again", o)
  end

  def if_match(o) do
    missing = etag("missing")

    assert {:error, %Error{kind: :conflict, details: %{etag: nil}}} =
             Library.put("a", "w", "1", [if_match: missing] ++ o)

    assert {:error, %Error{kind: :not_found}} = Library.delete("a", "w", [if_match: missing] ++ o)
    assert {:ok, %{etag: one}} = Library.put("a", "w", "1", [if_match: :absent] ++ o)

    assert {:error, %Error{kind: :conflict, details: %{etag: ^one}}} =
             Library.put("a", "w", "2", [if_match: :absent] ++ o)

    assert {:error, %Error{kind: :conflict, details: %{etag: ^one}}} =
             Library.put("a", "w", "1", [if_match: :absent] ++ o)

    assert {:ok, %{etag: two, version: 2}} = Library.put("a", "w", "2", [if_match: one] ++ o)

    for stale <- [one, missing, "", "no etag", String.upcase(two), "\"#{two}\""] do
      assert {:error, %Error{kind: :conflict, details: %{etag: ^two}}} =
               Library.put("a", "w", "3", [if_match: stale] ++ o)

      assert {:error, %Error{kind: :conflict, details: %{etag: ^two}}} =
               Library.delete("a", "w", [if_match: stale] ++ o)
    end

    assert {:ok, %{source: "2", version: 2}} = Library.get("a", "w", o)
    assert {:ok, %{version: 3, etag: three}} = Library.put("a", "w", "3", [if_match: :any] ++ o)
    assert Library.delete("a", "w", [if_match: three] ++ o) == :ok
    assert {:ok, %{version: 1}} = Library.put("a", "w", "3", [if_match: :absent] ++ o)
  end

  def kept(o) do
    for n <- 1..5, do: assert({:ok, %{version: ^n}} = Library.put("a", "w", "source #{n}", o))
    assert {:ok, versions} = Library.versions("a", "w", o)
    assert Enum.map(versions, & &1.version) == [5, 4, 3]
    assert Library.get("a", "w", [version: 2] ++ o) == :error
    assert o |> contents() |> Enum.map(&elem(&1, 1)) |> Enum.sort() == ["source 3", "source 4", "source 5"]

    # A content that comes again outlives the version that had it first.
    assert {:ok, %{version: 6}} = Library.put("a", "w", "source 3", o)
    assert {:ok, %{version: 7}} = Library.put("a", "w", "source 7", o)
    assert {:ok, %{source: "source 3"}} = Library.get("a", "w", [version: 6] ++ o)
    assert Library.get("a", "w", [version: 3] ++ o) == :error
    assert length(contents(o)) == 3

    # So does the version that is published, as long as it is, and a source that is published as it is.
    assert {:ok, _} = Library.publish("a", "w", "page", [version: 6] ++ o)
    assert {:ok, _} = Library.publish("a", "w", "source 3", [version: 6] ++ o)
    for n <- 8..12, do: assert({:ok, %{version: ^n}} = Library.put("a", "w", "source #{n}", o))
    assert {:ok, versions} = Library.versions("a", "w", o)
    assert Enum.map(versions, & &1.version) == [12, 11, 10, 6]
    assert {:ok, %{source: "source 3"}} = Library.get("a", "w", [version: 6] ++ o)
    assert Library.unpublish("a", "w", o) == :ok
    assert {:ok, _} = Library.put("a", "w", "source 13", o)
    assert Library.get("a", "w", [version: 6] ++ o) == :error
    # As an artifact it is kept, for a roll-back.
    assert {:ok, _} = Library.rollback("a", "w", o)
    assert {:ok, %{artifact: "source 3", version: 6}} = Library.published("a", "w", o)
    assert Library.delete("a", "w", o) == :ok
    assert contents(o) == []
  end

  def publishing(o) do
    bytes = <<0, 255, 1>>
    assert Library.published("a", "w", o) == :error

    for answer <- [Library.publish("a", "w", "page", o), Library.rollback("a", "w", o), Library.unpublish("a", "w", o)] do
      assert {:error, %Error{kind: :not_found}} = answer
    end

    assert {:ok, _} = Library.put("a", "w", "one", o)
    assert {:ok, _} = Library.put("a", "w", "two", o)
    assert Library.published("a", "w", o) == :error
    assert {:error, %Error{kind: :not_found}} = Library.unpublish("a", "w", o)
    assert {:error, %Error{kind: :not_found}} = Library.rollback("a", "w", o)
    assert {:error, %Error{kind: :not_found}} = Library.publish("a", "w", "page", [version: 3] ++ o)

    assert {:ok, first} = Library.publish("a", "w", bytes, [version: 1] ++ o)
    assert %{version: 1, bytes: 3, at: %DateTime{}} = first
    assert first.etag == etag(bytes)
    assert Library.published("a", "w", o) == {:ok, Map.put(first, :artifact, bytes)}
    assert {:error, %Error{kind: :not_found}} = Library.rollback("a", "w", o)

    assert {:ok, %{version: 2} = second} = Library.publish("a", "w", "page 2", o)
    assert {:ok, %{version: 1} = third} = Library.publish("a", "w", "page 3", [version: 1] ++ o)
    assert %{"w" => %{published: 1, version: 2}} = Library.list("a", o)
    assert Library.rollback("a", "w", o) == {:ok, second}
    assert {:ok, %{artifact: "page 2"}} = Library.published("a", "w", o)
    # What was rolled back is gone.
    refute Enum.any?(contents(o), &match?({_, "page 3"}, &1))
    assert third.etag == etag("page 3")

    assert Library.unpublish("a", "w", o) == :ok
    assert Library.published("a", "w", o) == :error
    assert %{"w" => %{published: nil}} = Library.list("a", o)
    assert {:error, %Error{kind: :not_found}} = Library.unpublish("a", "w", o)
    assert Library.rollback("a", "w", o) == {:ok, second}

    assert Library.unpublish("a", "w", o) == :ok
    assert {:ok, _} = Library.publish("a", "w", "page 4", o)
    assert Library.rollback("a", "w", o) == {:ok, second}
    assert Library.rollback("a", "w", o) == {:ok, first}
    assert {:error, %Error{kind: :not_found}} = Library.rollback("a", "w", o)
    assert Library.published("a", "w", o) == {:ok, Map.put(first, :artifact, bytes)}

    # Sources go on beside it.
    assert {:ok, %{version: 3}} = Library.put("a", "w", "three", o)
    assert {:ok, %{version: 1}} = Library.published("a", "w", o)
  end

  def publications_kept(o) do
    assert {:ok, _} = Library.put("a", "w", "source", o)
    for n <- 1..5, do: assert({:ok, _} = Library.publish("a", "w", "page #{n}", o))
    assert length(contents(o)) == 4
    assert {:ok, _} = Library.rollback("a", "w", o)
    assert {:ok, _} = Library.rollback("a", "w", o)
    assert {:ok, %{artifact: "page 3"}} = Library.published("a", "w", o)
    assert {:error, %Error{kind: :not_found}} = Library.rollback("a", "w", o)
    assert length(contents(o)) == 2
  end

  def outlives([library: name] = o) do
    for n <- 1..3, do: assert({:ok, _} = Library.put("a", "w", "source #{n}", o))
    assert {:ok, page} = Library.publish("a", "w", "page", [version: 2] ++ o)
    assert {:ok, _} = Library.put("a", "gone", "gone", o)
    assert Library.delete("a", "gone", o) == :ok
    before = {Library.list("a", o), Library.versions("a", "w", o)}
    TestWait.killed(name)
    assert {Library.list("a", o), Library.versions("a", "w", o)} == before
    assert {:ok, %{source: "source 1"}} = Library.get("a", "w", [version: 1] ++ o)
    assert Library.published("a", "w", o) == {:ok, Map.put(page, :artifact, "page")}
    assert {:ok, %{version: 4}} = Library.put("a", "w", "source 4", o)
  end

  def damaged(o) do
    assert {:ok, _} = Library.put("a", "w", "good source", o)
    assert {:ok, _} = Library.put("a", "w", "newer source", o)
    assert {:ok, _} = Library.publish("a", "w", "good page", o)
    whole = contents(o)
    storage = storage(o)

    for {key, value} <- whole do
      for bad <- ["", binary_part(value, 0, byte_size(value) - 1), value <> "x", "other bytes", nil] do
        change = if bad, do: {:put, "contents", key, bad}, else: {:delete, "contents", key}
        assert Storage.transaction([change], storage: storage) == :ok

        read = fn ->
          case value do
            "good source" -> Library.get("a", "w", [version: 1] ++ o)
            "newer source" -> Library.get("a", "w", o)
            "good page" -> Library.published("a", "w", o)
          end
        end

        assert {:error, %Error{kind: :damaged, details: details} = error} = read.()
        assert details.etag == etag(value)
        assert error.message =~ details.etag

        case value do
          # It is no new version where it is the newest; else it is.
          "newer source" -> assert {:ok, %{version: 2}} = Library.put("a", "w", value, o)
          "good source" -> assert {:ok, %{version: 1}} = Library.publish("a", "w", value, [version: 1] ++ o)
          "good page" -> assert {:ok, _} = Library.publish("a", "w", value, o)
        end

        assert {:ok, _} = read.()
        if value == "good source", do: assert({:ok, _} = Library.rollback("a", "w", o))
      end
    end

    assert Enum.sort(contents(o)) == Enum.sort(whole)
  end

  def tenants(o) do
    assert {:ok, _} = Library.put("acme", "w", "shared", o)
    assert {:ok, _} = Library.put("acme", "v", "shared", o)
    assert {:ok, %{version: 1}} = Library.put("other", "w", "shared", [if_match: :absent] ++ o)
    assert length(contents(o)) == 3
    assert {:ok, _} = Library.publish("other", "w", "page", o)
    assert Library.published("acme", "w", o) == :error
    assert Library.delete("other", "w", o) == :ok
    assert Library.list("other", o) == %{}
    assert {:ok, %{source: "shared"}} = Library.get("acme", "w", o)
    assert Library.delete("acme", "v", o) == :ok
    assert {:ok, %{source: "shared"}} = Library.get("acme", "w", o)

    # Names that could run into each other.
    assert {:ok, _} = Library.put("a", "b-c", "1", o)
    assert {:ok, _} = Library.put("a-b", "c", "2", o)
    assert {:ok, %{source: "1"}} = Library.get("a", "b-c", o)
    assert Library.list("a", o) |> Map.keys() == ["b-c"]
  end

  def refused(o) do
    assert {:ok, _} = Library.put("a", "w", String.duplicate("x", 100), o)
    assert {:error, %Error{kind: :too_large, message: message}} = Library.put("a", "w", String.duplicate("x", 101), o)
    assert message =~ "100 bytes"
    assert {:ok, _} = Library.publish("a", "w", String.duplicate("x", 200), o)
    assert {:error, %Error{kind: :too_large}} = Library.publish("a", "w", String.duplicate("x", 201), o)

    for none <- [<<0xFF>>, "a\xC3", nil, 1, ['a']],
        do: assert({:error, %Error{kind: :bad_value}} = Library.put("a", "w", none, o))

    assert {:error, %Error{kind: :bad_value}} = Library.publish("a", "w", nil, o)
    assert {:ok, %{version: 1}} = Library.get("a", "w", o)

    assert_raise ArgumentError, ~r/option :version/, fn -> Library.get("a", "w", [version: 0] ++ o) end

    assert_raise ArgumentError, ~r/option :if_match.*:absent/, fn ->
      Library.put("a", "w", "x", [if_match: :sometimes] ++ o)
    end

    assert_raise ArgumentError, ~r/option :if_match/, fn -> Library.delete("a", "w", [if_match: :absent] ++ o) end
  end

  def hostile(o) do
    assert {:ok, _} = Library.put("acme", "w", "mine", o)
    before = {Library.list("acme", o), contents(o)}

    check "hostile names", runs: runs(300, 10_000) do
      tenant = note(:tenant, hostile_name())
      id = note(:id, hostile_name())

      calls = [
        Library.put(tenant, "w", "theirs", o),
        Library.put("acme", id, "theirs", o),
        Library.get(tenant, id, o),
        Library.delete(tenant, id, o),
        Library.delete("acme", id, o),
        Library.versions(tenant, id, o),
        Library.publish(tenant, id, "theirs", o),
        Library.published(tenant, id, o),
        Library.rollback(tenant, id, o),
        Library.unpublish(tenant, id, o),
        Library.list(tenant, o)
      ]

      for call <- calls, do: assert({:error, %Error{kind: :bad_name}} = call)
      assert {Library.list("acme", o), contents(o)} == before
    end
  end

  defp hostile_name do
    any_of([
      fn ->
        one_of([
          "",
          ".",
          "..",
          "../acme",
          "acme/w",
          "acme/",
          "/",
          "acme\0",
          "acme\n",
          "-acme",
          ".acme",
          " acme",
          "аcme",
          "acme\u200b"
        ])
      end,
      fn -> one_of([nil, :acme, 1, 'acme', ["acme"], %{}, <<1::3>>]) end,
      fn -> "acme" <> one_of(["\0", "/", "\\", "%2f", ":", "*", "\u202e", "é"]) <> bytes(10) end,
      fn -> String.duplicate("a", int(129..5_000)) end,
      fn -> <<0xFF>> <> bytes(20) end
    ])
  end

  # --- at once -------------------------------------------------------------------------------------

  def race(o) do
    assert {:ok, %{etag: first}} = Library.put("a", "w", "round 0", o)
    done = :atomics.new(1, [])
    readers = for _ <- 1..4, do: reader(done, o)

    Enum.reduce(1..runs(20, 500), first, fn round, etag ->
      answers =
        1..16
        |> Enum.map(fn n ->
          Task.async(fn -> Library.put("a", "w", "round #{round} by #{n}", [if_match: etag] ++ o) end)
        end)
        |> Task.await_many(60_000)

      assert [{:ok, won}] = Enum.filter(answers, &match?({:ok, _}, &1))
      assert won.version == round + 1
      lost = for {:error, %Error{kind: :conflict, details: %{etag: current}}} <- answers, do: current
      assert lost == List.duplicate(won.etag, 15)
      won.etag
    end)

    :atomics.put(done, 1, 1)
    for reader <- readers, do: assert(Task.await(reader, 60_000) > 0)
    assert length(contents(o)) == 2
  end

  # Versions are whole, and never go back.
  defp reader(done, o) do
    Task.async(fn ->
      Stream.iterate({1, 0}, fn {last, reads} ->
        assert {:ok, %{source: source, etag: etag, version: version, bytes: bytes}} = Library.get("a", "w", o)
        assert {etag(source), byte_size(source)} == {etag, bytes}
        assert version >= last
        # Those who write are on the same cores.
        :erlang.yield()
        {version, reads + 1}
      end)
      |> Enum.find_value(fn {_, reads} -> reads > 0 and :atomics.get(done, 1) == 1 && reads end)
    end)
  end

  def replaced(o) do
    assert {:ok, _} = Library.put("a", "w", "source 0", o)
    done = :atomics.new(1, [])
    readers = for _ <- 1..4, do: reader(done, o)
    for n <- 1..runs(300, 10_000), do: assert({:ok, _} = Library.put("a", "w", "source #{n}", o))
    :atomics.put(done, 1, 1)
    for reader <- readers, do: assert(Task.await(reader, 60_000) > 0)
    assert length(contents(o)) == 1
  end

  def kills([library: name] = o) do
    writers =
      for writer <- 1..4 do
        Task.async(fn ->
          for n <- 1..runs(50, 1_000), do: {"w#{writer}", n, Library.put("a", "w#{writer}", "source #{n}", o)}
        end)
      end

    TestWait.killed_while(name, writers, runs(20, 400))
    all = List.flatten(Task.await_many(writers, :infinity))

    for {:error, error} <- Enum.map(all, &elem(&1, 2)), do: assert(error.kind == :unavailable)

    for {id, puts} <- Enum.group_by(all, &elem(&1, 0)) do
      {_, acknowledged, {:ok, info}} = puts |> Enum.filter(&match?({_, _, {:ok, _}}, &1)) |> List.last()
      assert {:ok, versions} = Library.versions("a", id, o)
      assert hd(versions).version >= info.version

      for version <- versions do
        assert {:ok, %{source: "source " <> n}} = Library.get("a", id, [version: version.version] ++ o)
        if version == hd(versions), do: assert(String.to_integer(n) >= acknowledged)
      end
    end

    assert length(contents(o)) == 2 * 4
  end

  # --- against a model -----------------------------------------------------------------------------

  # Of a workbook: {the last version's number, versions, publications, whether what is published is not taken down}.
  def model(o) do
    check "a list of versions", runs: runs(60, 3_000) do
      for tenant <- ["a", "b"], {id, _} <- Library.list(tenant, o), do: :ok = Library.delete(tenant, id, o)
      assert contents(o) == []
      model = Enum.reduce(1..int(1..25), %{}, fn _, model -> change(model, o) end)

      for {{tenant, id}, {_, versions, publications, live?}} <- model do
        assert {:ok, infos} = Library.versions(tenant, id, o)
        assert Enum.map(infos, &{&1.version, &1.etag}) == Enum.map(versions, fn {n, source} -> {n, etag(source)} end)

        for {n, source} <- versions do
          assert {:ok, %{source: ^source, version: ^n}} = Library.get(tenant, id, [version: n] ++ o)
        end

        case publications do
          [{n, artifact} | _] when live? ->
            assert {:ok, %{artifact: ^artifact, version: ^n}} = Library.published(tenant, id, o)

          _none ->
            assert Library.published(tenant, id, o) == :error
        end
      end

      needed =
        for {key, {_, versions, publications, _}} <- model, {_, content} <- versions ++ publications, uniq: true do
          {key, content}
        end

      assert o |> contents() |> Enum.map(&elem(&1, 1)) |> Enum.sort() == needed |> Enum.map(&elem(&1, 1)) |> Enum.sort()
    end
  end

  @keep 3

  defp change(model, o) do
    {tenant, id} = key = {one_of(["a", "b"]), one_of(["w", "v"])}
    now = model[key]
    content = one_of(["1", "2", "3", "4"])

    case note(:change, {one_of([:put, :put, :put, :publish, :publish, :rollback, :unpublish, :delete]), key, content}) do
      {:put, _, _} ->
        assert {:ok, info} = Library.put(tenant, id, content, o)
        {last, versions, publications, live?} = now || {0, [], [], false}

        if match?([{_, ^content} | _], versions) do
          assert info.version == last
          model
        else
          assert info.version == last + 1
          {newest, older} = Enum.split([{last + 1, content} | versions], @keep)
          of = if live?, do: publications |> hd() |> elem(0)
          Map.put(model, key, {last + 1, newest ++ Enum.filter(older, &(elem(&1, 0) == of)), publications, live?})
        end

      {:publish, _, _} when now != nil ->
        {last, versions, publications, _} = now
        {n, _} = one_of(versions)
        assert {:ok, %{version: ^n}} = Library.publish(tenant, id, content, [version: n] ++ o)
        Map.put(model, key, {last, versions, Enum.take([{n, content} | publications], @keep), true})

      {:rollback, _, _} when now != nil ->
        {last, versions, publications, live?} = now
        before = if live?, do: tl(publications), else: publications
        answer = Library.rollback(tenant, id, o)

        if before == [] do
          assert {:error, %Error{kind: :not_found}} = answer
          model
        else
          assert {:ok, _} = answer
          Map.put(model, key, {last, versions, before, true})
        end

      {:unpublish, _, _} when now != nil ->
        {last, versions, publications, live?} = now
        answer = Library.unpublish(tenant, id, o)
        if live?, do: assert(answer == :ok), else: assert({:error, %Error{kind: :not_found}} = answer)
        Map.put(model, key, {last, versions, publications, false})

      {:delete, _, _} ->
        answer = Library.delete(tenant, id, o)
        if now, do: assert(answer == :ok), else: assert({:error, %Error{kind: :not_found}} = answer)
        Map.delete(model, key)

      {change, _, _} ->
        apply(Library, change, [tenant, id] ++ if(change == :publish, do: [content], else: []) ++ [o])
        |> then(&assert {:error, %Error{kind: :not_found}} = &1)

        model
    end
  end
end
