defmodule Workbooks.Web.KeysTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Error, Storage, TestVars}
  alias Workbooks.Web.Keys

  doctest Workbooks.Web.Keys

  defp keys(folder \\ nil) do
    name = Module.concat(__MODULE__, "T#{System.unique_integer([:positive])}")
    storage = Module.concat(name, Storage)

    settings = if folder, do: [folder: folder], else: [backend: Workbooks.TestMemoryStorage, url: "memory"]

    start_supervised!({Storage, [name: storage] ++ settings}, id: storage)
    start_supervised!({Keys, name: name, storage: storage}, id: name)
    {[keys: name], fn -> Enum.each([name, storage], &stop_supervised!/1) end}
  end

  test "a key is shown once, and opens its tenant" do
    {o, _stop} = keys()
    assert {:ok, "wb_" <> _ = one} = Keys.create("acme", [name: "ci"] ++ o)
    assert {:ok, two} = Keys.create("acme", o)
    assert {:ok, other} = Keys.create("other", o)
    assert length(Enum.uniq([one, two, other])) == 3
    assert {:ok, %{tenant: "acme", id: id}} = Keys.verify(one, o)
    assert {:ok, %{tenant: "other"}} = Keys.verify(other, o)
    assert [%{name: "key"}, %{name: "ci", id: ^id, revoked: nil, created: %DateTime{}}] = Keys.list("acme", o)
    refute inspect(Keys.list("acme", o)) =~ one |> String.split("_") |> List.last()
  end

  test "what is no key of anybody opens nothing" do
    {o, _stop} = keys()
    {:ok, key} = Keys.create("acme", o)
    {:ok, other} = Keys.create("acme", o)
    [_, id, secret] = String.split(key, "_")
    [_, other_id, _] = String.split(other, "_")

    for text <- [
          "",
          "wb",
          "wb_",
          "wb__",
          "wb__#{secret}",
          "wb_#{id}",
          "wb_#{id}_",
          "wb_#{id}_#{secret}x",
          "wb_#{other_id}_#{secret}",
          "wb_#{id}_#{String.upcase(secret)}",
          "WB_#{id}_#{secret}",
          " " <> key,
          key <> "\n",
          <<255, 254>>,
          String.duplicate("w", 100_000),
          nil,
          :key
        ] do
      assert Keys.verify(text, o) == :error, inspect(text)
    end
  end

  test "how much work a key is that is none says nothing of it" do
    {o, _stop} = keys()
    {:ok, key} = Keys.create("acme", o)
    [_, id, <<first, secret::binary>>] = String.split(key, "_")
    other = if first == ?a, do: "b", else: "a"
    <<body::binary-size(71), last>> = key

    # Reductions: the work itself, whatever else the machine does.
    work = fn text ->
      Keys.verify(text, o)
      {:reductions, before} = Process.info(self(), :reductions)
      for _ <- 1..100, do: assert(Keys.verify(text, o) == :error)
      {:reductions, done} = Process.info(self(), :reductions)
      done - before
    end

    wrong_at_first = work.("wb_#{id}_#{other}#{secret}")
    assert_in_delta work.(body <> if(last == ?a, do: "b", else: "a")), wrong_at_first, wrong_at_first * 0.05
    assert_in_delta work.("wb_#{String.duplicate("a", 16)}_#{other}#{secret}"), wrong_at_first, wrong_at_first * 0.05
  end

  test "a revoked key opens nothing, and only its tenant revokes it" do
    {o, _stop} = keys()
    {:ok, key} = Keys.create("acme", o)
    {:ok, %{id: id}} = Keys.verify(key, o)
    assert {:error, %Error{kind: :not_found} = foreign} = Keys.revoke("other", id, o)
    assert {:error, ^foreign} = Keys.revoke("other", "nobody", o)
    assert {:ok, _} = Keys.verify(key, o)
    assert Keys.live(id, o) == {:ok, %{tenant: "acme", id: id}}
    assert Keys.revoke("acme", id, o) == :ok
    assert Keys.verify(key, o) == :error
    assert Keys.live(id, o) == :error
    assert [%{revoked: %DateTime{} = at}] = Keys.list("acme", o)
    # A second time changes nothing.
    assert Keys.revoke("acme", id, o) == :ok
    assert [%{revoked: ^at}] = Keys.list("acme", o)
  end

  test "what was created and revoked is there after a new start, and no secret is in any file" do
    folder = TestVars.folder()
    {o, stop} = keys(folder)
    {:ok, key} = Keys.create("acme", [name: "kept"] ++ o)
    {:ok, gone} = Keys.create("acme", o)
    {:ok, %{id: gone_id}} = Keys.verify(gone, o)
    :ok = Keys.revoke("acme", gone_id, o)
    listed = Keys.list("acme", o)
    stop.()

    [_, _, secret] = String.split(key, "_")
    files = for path <- Path.wildcard(folder <> "/**", match_dot: true), File.regular?(path), do: File.read!(path)
    assert Enum.any?(files, &String.contains?(&1, "kept"))
    refute Enum.any?(files, &String.contains?(&1, secret))

    {o, _stop} = keys(folder)
    assert {:ok, %{tenant: "acme"}} = Keys.verify(key, o)
    assert Keys.verify(gone, o) == :error
    assert Keys.list("acme", o) == listed
  end

  test "a name is a short text" do
    {o, _stop} = keys()

    for name <- ["", String.duplicate("a", 65), "a\nb", <<255>>] do
      assert {:error, %Error{kind: :bad_value}} = Keys.create("acme", [name: name] ++ o)
    end

    assert {:error, %Error{kind: :bad_name}} = Keys.create("../acme", o)
    assert {:ok, _} = Keys.create("acme", [name: "größer"] ++ o)
  end
end
