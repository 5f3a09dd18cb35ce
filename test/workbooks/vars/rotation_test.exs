defmodule Workbooks.Vars.RotationTest do
  use ExUnit.Case, async: true

  alias Workbooks.{Error, Telemetry, TestVars}
  alias Workbooks.Storage.Mirror
  alias Workbooks.Vars.{Rotation, Seal, Settings, Store, Vault}

  defp secrets(store, names) do
    for name <- names, do: :ok = Store.set("acme", name, "of #{name}", store: store, secret: true)
  end

  defp whole(store, names) do
    for name <- names, do: assert(Store.host_secret("acme", name, store: store) == {:ok, "of #{name}"})
  end

  defp keys(folder), do: folder |> Path.join("secret.key") |> File.read!() |> String.split()
  defp id(key), do: key |> Base.decode64!() |> Seal.id() |> Seal.shown()
  defp used(store), do: store |> rows() |> Enum.map(&Seal.shown(Seal.key_id(&1))) |> Enum.uniq()
  defp rows(store), do: for({_place, {:secret, blob}} <- :ets.tab2list(store), do: blob)

  defp restart(store), do: for({what, name} <- TestVars.processes(store), what != :storage, do: TestVars.kill(name))

  test "all secrets are under a new key, which is the only one then" do
    folder = TestVars.folder()
    store = TestVars.start(folder: folder)
    names = for n <- 1..1_000, do: "k#{n}"
    secrets(store, names)
    :ok = Store.set("acme", "plain", "1", store: store)
    [old] = keys(folder)
    assert {:ok, report} = Store.rotate_key(store: store)
    assert [new] = keys(folder)
    assert new != old
    assert report == %{key: id(new), rewritten: 1_000, retired: [id(old)]}
    assert used(store) == [id(new)]
    whole(store, names)
    restart(store)
    whole(store, names)
    assert File.ls!(folder) == ["secret.key"]
    assert {:ok, %{rewritten: 1_000}} = Store.rotate_key(store: store)
    whole(store, names)
  end

  test "without a secret there is nothing to do" do
    folder = TestVars.folder()
    store = TestVars.start(folder: folder)
    assert Store.rotate_key(store: store) == {:ok, %{key: nil, rewritten: 0, retired: []}}
    refute File.exists?(folder)
  end

  test "large ones go by parts" do
    store = TestVars.start()
    value = :crypto.strong_rand_bytes(1_000_000)
    for n <- 1..10, do: :ok = Store.set("acme", "k#{n}", value, store: store, secret: true)
    assert {:ok, %{rewritten: 10}} = Store.rotate_key(store: store)
    for n <- 1..10, do: assert(Store.host_secret("acme", "k#{n}", store: store) == {:ok, value})
  end

  describe "cut off" do
    setup do
      folder = TestVars.folder()
      store = TestVars.start(folder: folder)
      names = for n <- 1..10, do: "k#{n}"
      secrets(store, names)
      {:ok, settings} = Settings.get(store)
      {:ok, store: store, folder: folder, names: names, settings: settings, old: hd(keys(folder))}
    end

    defp finished(context) do
      %{store: store, folder: folder, names: names, old: old} = context
      restart(store)
      whole(store, names)
      assert {:ok, report} = Store.rotate_key(store: store)
      assert [new] = keys(folder)
      assert report.key == id(new)
      assert id(old) in report.retired
      assert used(store) == [id(new)]
      whole(store, names)
      restart(store)
      whole(store, names)
      assert File.ls!(folder) == ["secret.key"]
    end

    test "while the new file is written", context do
      File.mkdir!(Path.join(context.folder, ".secret.key.new"))
      File.write!(Path.join(context.folder, ".secret.key.new/secret.key"), TestVars.key())
      finished(context)
    end

    test "when the file has both", context do
      # Written, and the vault does not know yet.
      File.write!(Path.join(context.folder, "secret.key"), [TestVars.key(), "\n", context.old])
      finished(context)
    end

    test "when the vault has both", context do
      assert {:ok, %{others: [_]}} = Vault.rotate(context.settings.vault)
      assert [_, _] = keys(context.folder)
      whole(context.store, context.names)
      finished(context)
    end

    test "when some are sealed anew", context do
      {:ok, %{current: current}} = Vault.rotate(context.settings.vault)

      for key <- Enum.take(context.names, 5) do
        {:ok, {:secret, old}} = Mirror.lookup(context.store, {"acme", key})
        {:ok, [{:ok, new}]} = Vault.reseal(context.settings.vault, [{"acme", key, old}], :infinity)
        {:renewed, 1} = Mirror.write(context.store, {:renew, [{{"acme", key}, {:secret, old}, {:secret, new}}]})
        assert Seal.key_id(new) == current
      end

      assert length(used(context.store)) == 2
      whole(context.store, context.names)
      finished(context)
    end

    test "when all are, and the old key is there still", context do
      {:ok, %{current: current}} = Vault.rotate(context.settings.vault)
      assert {:ok, 10} = Rotation.renew(context.settings, current)
      assert [_, _] = keys(context.folder)
      finished(context)
    end
  end

  test "a secret that the old key sealed, and that comes late, is sealed anew" do
    folder = TestVars.folder()
    store = TestVars.start(folder: folder)
    secrets(store, ["k"])
    {:ok, settings} = Settings.get(store)
    {:ok, [late]} = Vault.seal(settings.vault, "acme", [{"late", "of late"}], :infinity)
    {:ok, _} = Store.rotate_key(store: store)

    for request <- [
          {:put, [{{"acme", "late"}, {:secret, late}}]},
          {:swap, {"acme", "late"}, :error, {:secret, late}},
          {:renew, [{{"acme", "k"}, elem(Mirror.lookup(store, {"acme", "k"}), 1), {:secret, late}}]}
        ] do
      assert Mirror.write(store, request) == :reseal
    end

    assert Store.list("acme", store: store) == %{"k" => :secret}
    # Also while the vault does not know its key yet.
    TestVars.kill(settings.vault)
    assert Mirror.write(store, {:put, [{{"acme", "late"}, {:secret, late}}]}) == :reseal
    secrets(store, ["late"])
    whole(store, ["k", "late"])
  end

  test "one that nobody can open is told, the others are sealed anew, and no key goes" do
    folder = TestVars.folder()
    store = TestVars.start(folder: folder)
    secrets(store, ["a", "b"])
    {:ok, settings} = Settings.get(store)
    {:ok, {:secret, blob}} = Mirror.lookup(store, {"acme", "a"})
    :ok = Mirror.write(store, {:put, [{{"acme", "moved"}, {:secret, blob}}]})
    assert {:error, %Error{kind: :secret_key, message: message}} = Store.rotate_key(store: store)
    assert message =~ ~s("moved" of "acme")
    assert [_, _] = keys(folder)
    whole(store, ["a", "b"])
    assert length(used(store)) == 2
    :ok = Store.delete("acme", "moved", store: store)
    assert {:ok, %{rewritten: 0, retired: [_]}} = Store.rotate_key(store: store)
    assert [_] = keys(folder)
    whole(store, ["a", "b"])
    assert settings.name == store
  end

  test "a key that somebody puts first into the file is the one it goes to" do
    folder = TestVars.folder()
    store = TestVars.start(folder: folder)
    secrets(store, ["a"])
    [old] = keys(folder)
    new = TestVars.key()
    File.write!(Path.join(folder, "secret.key"), [new, "\n", old])
    assert Store.rotate_key(store: store) == {:ok, %{key: id(new), rewritten: 1, retired: [id(old)]}}
    assert keys(folder) == [new]
    whole(store, ["a"])
  end

  test "keys of a setting: all are under the first, and it is told which can go" do
    [one, two, three] = for _ <- 1..3, do: TestVars.key()
    setting = start_supervised!({Agent, fn -> one end})
    store = TestVars.start(vars: [secret_key: fn -> Agent.get(setting, & &1) end])
    secrets(store, ["a", "b"])
    # It is asked for anew: nothing has to be started again.
    Agent.update(setting, fn _ -> Enum.join([three, two, one], ",") end)
    assert {:ok, report} = Store.rotate_key(store: store)
    assert report == %{key: id(three), rewritten: 2, retired: [id(two), id(one)]}
    whole(store, ["a", "b"])
    Agent.update(setting, fn _ -> three end)
    restart(store)
    whole(store, ["a", "b"])
    assert {:ok, %{rewritten: 0, retired: []}} = Store.rotate_key(store: store)
  end

  test "while 8 write and others read, all goes on" do
    folder = TestVars.folder()
    store = TestVars.start(folder: folder)
    for n <- 1..8, m <- 1..20, do: :ok = Store.set("t#{n}", "k#{m}", "0", store: store, secret: true)
    over = :atomics.new(1, [])

    writers =
      for n <- 1..8 do
        Task.async(fn ->
          Stream.iterate(1, &(&1 + 1))
          |> Enum.reduce_while(%{}, fn round, last ->
            key = "k#{rem(round, 20) + 1}"

            if rem(round, 5) == 0 do
              :ok = Store.compare_and_set("t#{n}", key, Map.get(last, key, "0"), "#{round}", store: store)
            else
              :ok = Store.set("t#{n}", key, "#{round}", store: store, secret: true)
            end

            {if(:atomics.get(over, 1) == 1, do: :halt, else: :cont), Map.put(last, key, "#{round}")}
          end)
        end)
      end

    readers =
      for n <- 1..4 do
        Task.async(fn ->
          Stream.repeatedly(fn ->
            assert {:ok, value} = Store.host_secret("t#{n}", "k#{:rand.uniform(20)}", store: store)
            assert {_number, ""} = Integer.parse(value)
          end)
          |> Enum.find(fn _ -> :atomics.get(over, 1) == 1 end)
        end)
      end

    # Several at once, too.
    for _ <- 1..Workbooks.TestProperty.runs(5, 50) do
      1..2
      |> Enum.map(fn _ -> Task.async(fn -> Store.rotate_key(store: store) end) end)
      |> Task.await_many(60_000)
      |> Enum.each(&assert(match?({:ok, _}, &1) or match?({:error, %Error{kind: :conflict}}, &1)))
    end

    assert {:ok, _} = Store.rotate_key(store: store)
    :atomics.put(over, 1, 1)
    Task.await_many(readers, 60_000)

    for {last, n} <- Enum.with_index(Task.await_many(writers, 60_000), 1), {key, value} <- last do
      assert Store.host_secret("t#{n}", key, store: store) == {:ok, value}
    end

    {:ok, _} = Store.rotate_key(store: store)
    assert used(store) == Enum.map(keys(folder), &id/1)
    restart(store)
    assert {:ok, _} = Store.host_secret("t1", "k1", store: store)
  end

  test "while the vault is killed, nothing is lost" do
    folder = TestVars.folder()
    store = TestVars.start(folder: folder)
    names = for n <- 1..500, do: "k#{n}"
    secrets(store, names)
    vault = TestVars.processes(store)[:vault]

    for _ <- 1..Workbooks.TestProperty.runs(10, 100) do
      rotation = Task.async(fn -> Store.rotate_key(store: store) end)
      Process.sleep(:rand.uniform(20))
      TestVars.kill(vault)
      assert elem(Task.await(rotation, 60_000), 0) in [:ok, :error]
      whole(store, names)
    end

    assert {:ok, _} = Store.rotate_key(store: store)
    assert [_] = keys(folder)
    whole(store, names)
  end

  test "one that takes long says how far it is" do
    slow = :atomics.new(1, [])
    gate = fn _operations -> if :atomics.get(slow, 1) == 1, do: Process.sleep(600), else: :ok end
    store = TestVars.start(storage: [backend: Workbooks.TestMemoryStorage, url: gate])
    :ok = Store.set_all("acme", for(n <- 1..800, do: {"k#{n}", "1"}), store: store, secret: true)
    :atomics.put(slow, 1, 1)
    progress = [:workbooks, :vars, :rotate, :progress]
    stop = [:workbooks, :vars, :rotate, :stop]
    :ok = Telemetry.attach_many(store, [progress, stop], &__MODULE__.tell/4, self())
    on_exit(fn -> Telemetry.detach(store) end)

    log = ExUnit.CaptureLog.capture_log(fn -> assert {:ok, %{rewritten: 800}} = Store.rotate_key(store: store) end)

    assert log =~ "sealed anew so far"
    assert_received {^progress, %{rewritten: some, left: left}, _metadata}
    assert some + left == 800
    assert_received {^stop, %{rewritten: 800}, %{store: ^store, result: :ok}}
  end

  def tell(event, measurements, metadata, test) do
    if self() == test, do: send(test, {event, measurements, metadata})
  end
end
