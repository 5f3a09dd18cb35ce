defmodule Workbooks.Vars.VaultTest do
  use ExUnit.Case, async: true

  import Bitwise

  alias Workbooks.{Error, Storage, TestVars}
  alias Workbooks.Vars.{Box, Seal, Store}

  defp stored(store, tenant, key) do
    {:ok, <<1, 1, blob::binary>>} =
      Storage.get("vars", <<byte_size(tenant), tenant::binary, key::binary>>,
        storage: TestVars.processes(store)[:storage]
      )

    blob
  end

  # As somebody would who can write to the store's file.
  defp plant(store, tenant, key, blob) do
    storage = TestVars.processes(store)[:storage]

    :ok =
      Storage.put("vars", <<byte_size(tenant), tenant::binary, key::binary>>, <<1, 1, blob::binary>>, storage: storage)

    TestVars.kill(store)
  end

  defp key_file(folder), do: Path.join(folder, "secret.key")
  defp mode(path), do: File.stat!(path).mode &&& 0o777

  describe "what is stored of a secret" do
    test "has nothing of it, and is another each time" do
      store = TestVars.start()

      nonces =
        for n <- 1..Workbooks.TestProperty.runs(2_000, 10_000) do
          :ok = Store.set("acme", "k", "the same each time", store: store, secret: true)
          <<1, _id::4-bytes, nonce::12-bytes, _::binary>> = blob = stored(store, "acme", "k")
          if n == 1, do: refute(blob =~ "same")
          nonce
        end

      assert nonces == Enum.uniq(nonces)
    end

    test "ten thousand sealed at once have as many nonces" do
      store = TestVars.start()
      :ok = Store.set_all("acme", for(n <- 1..10_000, do: {"k#{n}", "v"}), store: store, secret: true)

      {:ok, nonces} =
        Storage.fold(
          "vars",
          MapSet.new(),
          fn _key, <<1, 1, 1, _id::4-bytes, nonce::12-bytes, _::binary>>, all -> MapSet.put(all, nonce) end,
          storage: TestVars.processes(store)[:storage]
        )

      assert MapSet.size(nonces) == 10_000
    end

    test "does not open for another tenant, under another name, nor in another store" do
      store = TestVars.start()
      other = TestVars.start()
      :ok = Store.set("acme", "k", "hush", store: store, secret: true)
      :ok = Store.set("acme", "k", "another", store: other, secret: true)
      blob = stored(store, "acme", "k")

      for {where, tenant, key} <- [
            {store, "acm", "ek"},
            {store, "acme", "k2"},
            {store, "acmek", "k"},
            {other, "acme", "k"}
          ] do
        plant(where, tenant, key, blob)
        assert {:error, %Error{kind: :secret_key} = error} = Store.host_secret(tenant, key, store: where)
        assert error.message =~ Seal.shown(Seal.key_id(blob))
        refute inspect(error) =~ "hush"
        assert {:error, %Error{kind: :secret_key}} = Store.ref(tenant, "{{secret:#{key}}}", :host, store: where)
        assert {:error, %Error{kind: :secret_key}} = Store.compare_and_set(tenant, key, "hush", "2", store: where)
        assert Store.get(tenant, key, store: where) == {:secret, :redacted, 4}
      end

      plant(store, "acme", "k", blob)
      assert Store.host_secret("acme", "k", store: store) == {:ok, "hush"}
    end

    test "does not open with any bit of it changed" do
      store = TestVars.start()
      :ok = Store.set("acme", "k", "hush", store: store, secret: true)
      <<1, rest::binary>> = blob = stored(store, "acme", "k")
      vault = TestVars.processes(store)[:vault]

      for bit <- 0..(bit_size(rest) - 1) do
        <<before::size(bit), one::1, behind::bitstring>> = rest
        changed = <<1, before::size(bit), 1 - one::1, behind::bitstring>>

        assert {:error, %Error{kind: :secret_key}} = Workbooks.Vars.Vault.open(vault, "acme", "k", changed, 5_000)
      end

      assert {:ok, "hush"} = Workbooks.Vars.Vault.open(vault, "acme", "k", blob, 5_000)
    end

    test "cut short, it is damaged, and nothing is served" do
      store = TestVars.start()
      :ok = Store.set("acme", "k", "", store: store, secret: true)
      plant(store, "acme", "k", binary_part(stored(store, "acme", "k"), 0, 32))
      assert {:error, %Error{kind: :damaged}} = Store.get("acme", "k", store: store)
    end
  end

  describe "a box" do
    test "is emptied once, by its reader" do
      test = self()
      box = Box.new("hush", self())
      spawn(fn -> send(test, {:other, Box.take(box)}) end)
      assert_receive {:other, :error}, 5_000
      assert Box.take(box) == {:ok, "hush"}
      assert Box.take(box) == :error

      for size <- [0, 1, 7, 8, 9, 100_000],
          bytes = :crypto.strong_rand_bytes(size),
          do: assert({:ok, ^bytes} = Box.take(Box.new(bytes, self())))

      refute inspect(Box.new("hush", self())) =~ "hush"
    end
  end

  describe "the key file" do
    test "is made with the first secret, for its owner alone" do
      folder = TestVars.folder()
      store = TestVars.start(folder: folder)
      :ok = Store.set("acme", "plain", "1", store: store)
      :error = Store.host_secret("acme", "k", store: store)
      refute File.exists?(folder)
      :ok = Store.set("acme", "k", "hush", store: store, secret: true)
      assert File.ls!(folder) == ["secret.key"]
      assert mode(folder) == 0o700
      assert mode(key_file(folder)) == 0o600
      assert {:ok, <<_::256>>} = folder |> key_file() |> File.read!() |> String.trim() |> Base.decode64()
      text = File.read!(key_file(folder))
      :ok = Store.set("acme", "k2", "hush", store: store, secret: true)
      assert File.read!(key_file(folder)) == text
    end

    test "is made once, when many are first" do
      folder = TestVars.folder()
      store = TestVars.start(folder: folder)

      1..20
      |> Enum.map(fn n -> Task.async(fn -> :ok = Store.set("acme", "k#{n}", "#{n}", store: store, secret: true) end) end)
      |> Task.await_many(30_000)

      for n <- 1..20, do: assert(Store.host_secret("acme", "k#{n}", store: store) == {:ok, "#{n}"})
      assert length(String.split(File.read!(key_file(folder)))) == 1
    end

    test "that others may open is refused, until its mode is set" do
      folder = TestVars.folder()
      File.mkdir_p!(folder)
      File.write!(key_file(folder), TestVars.key())

      for mode <- [0o640, 0o604, 0o610, 0o644, 0o777] do
        File.chmod!(key_file(folder), mode)
        store = TestVars.start(folder: folder)

        assert {:error, %Error{kind: :secret_key, message: message}} =
                 Store.set("acme", "k", "1", store: store, secret: true)

        assert message =~ "chmod 600 #{key_file(folder)}"
        assert {:error, %Error{kind: :secret_key}} = Store.rotate_key(store: store)
        # A variable that is no secret needs no key.
        assert Store.set("acme", "k", "1", store: store) == :ok
        File.chmod!(key_file(folder), 0o600)
        assert Store.set("acme", "k", "1", store: store, secret: true) == :ok
      end
    end

    test "that is missing while there are secrets is told, and no other is made" do
      folder = TestVars.folder()
      store = TestVars.start(folder: folder)
      :ok = Store.set("acme", "k", "hush", store: store, secret: true)
      id = Seal.shown(Seal.key_id(stored(store, "acme", "k")))
      File.rename!(key_file(folder), key_file(folder) <> ".away")
      # As long as it runs it goes on.
      assert Store.host_secret("acme", "k", store: store) == {:ok, "hush"}
      TestVars.kill(TestVars.processes(store)[:vault])

      for answer <- [
            Store.set("acme", "k2", "hush", store: store, secret: true),
            Store.set("acme", "k", "hush", store: store, secret: true),
            Store.host_secret("acme", "k", store: store),
            Store.ref("acme", "{{secret:k}}", :host, store: store),
            Store.compare_and_set("acme", "k", "hush", "1", store: store),
            Store.rotate_key(store: store)
          ] do
        assert {:error, %Error{kind: :secret_key, message: message}} = answer
        assert message =~ "missing"
        assert message =~ id
        refute message =~ "hush"
      end

      assert File.ls!(folder) == ["secret.key.away"]
      assert Store.get("acme", "k", store: store) == {:secret, :redacted, 4}
      File.rename!(key_file(folder) <> ".away", key_file(folder))
      assert Store.host_secret("acme", "k", store: store) == {:ok, "hush"}
    end

    test "that is none is refused, with what is wrong and nothing of it" do
      folder = TestVars.folder()
      File.mkdir_p!(folder)

      for {text, words} <- [
            {"", "no key"},
            {"\n \n", "no key"},
            {"!hush!", "key 1 of it is no base64"},
            {Base.encode64("hush"), "key 1 of it has 4 bytes"},
            {TestVars.key() <> "\n" <> Base.encode64(:binary.copy("h", 33)), "key 2 of it has 33 bytes"}
          ] do
        File.write!(key_file(folder), text)
        File.chmod!(key_file(folder), 0o600)
        store = TestVars.start(folder: folder)

        assert {:error, %Error{kind: :secret_key, message: message}} =
                 Store.set("acme", "k", "1", store: store, secret: true)

        assert message =~ key_file(folder)
        assert message =~ words
        assert message =~ "32 bytes in base64"
        refute message =~ "hush"
      end
    end

    test "in a folder that is none, or may not be written to, is an error that says so" do
      folder = TestVars.folder()
      File.write!(folder, "a file")
      store = TestVars.start(folder: folder)

      assert {:error, %Error{kind: :secret_key, message: message}} =
               Store.set("acme", "k", "1", store: store, secret: true)

      assert message =~ folder
      folder = TestVars.folder()
      File.mkdir_p!(key_file(folder))
      store = TestVars.start(folder: folder)

      assert {:error, %Error{kind: :secret_key, message: message}} =
               Store.set("acme", "k", "1", store: store, secret: true)

      assert message =~ key_file(folder)
    end

    test "what a making that was cut off left behind is in nobody's way, and not taken for a key" do
      folder = TestVars.folder()
      File.mkdir_p!(Path.join(folder, ".secret.key.new"))
      File.write!(Path.join(folder, ".secret.key.new/secret.key"), "torn")
      store = TestVars.start(folder: folder)
      assert Store.set("acme", "k", "1", store: store, secret: true) == :ok
      assert File.ls!(folder) == ["secret.key"]
    end
  end

  describe "keys of a setting" do
    test "the first seals, all of them open, and no file is made" do
      [one, two] = [TestVars.key(), TestVars.key()]
      setting = start_supervised!({Agent, fn -> one end})
      folder = TestVars.folder()
      store = TestVars.start(folder: folder, vars: [secret_key: fn -> Agent.get(setting, & &1) end])
      :ok = Store.set("acme", "k1", "1", store: store, secret: true)
      Agent.update(setting, fn _ -> "#{two}, #{one}" end)
      TestVars.kill(TestVars.processes(store)[:vault])
      :ok = Store.set("acme", "k2", "2", store: store, secret: true)
      assert Store.host_secret("acme", "k1", store: store) == {:ok, "1"}
      assert Store.host_secret("acme", "k2", store: store) == {:ok, "2"}
      assert Seal.key_id(stored(store, "acme", "k1")) == Seal.id(Base.decode64!(one))
      assert Seal.key_id(stored(store, "acme", "k2")) == Seal.id(Base.decode64!(two))
      Agent.update(setting, fn _ -> two end)
      TestVars.kill(TestVars.processes(store)[:vault])
      assert {:error, %Error{kind: :secret_key, message: message}} = Store.host_secret("acme", "k1", store: store)
      assert message =~ Seal.shown(Seal.id(Base.decode64!(one)))
      assert message =~ Seal.shown(Seal.id(Base.decode64!(two)))
      refute message =~ one
      refute File.exists?(folder)
    end

    test "one that is none is told, without it" do
      for {setting, words} <- [
            {"hush", "key 1 of it has 3 bytes"},
            {"hush!", "is no base64"},
            {:hush, "it is no text"},
            {",", "it has no key"},
            {fn -> "hush!" end, "is no base64"},
            {fn -> raise "hush" end, "failed"}
          ] do
        store = TestVars.start(vars: [secret_key: fn -> setting end])
        assert {:error, %Error{kind: :secret_key} = error} = Store.set("acme", "k", "1", store: store, secret: true)
        assert error.message =~ "secret_key: of Workbooks.Vars"
        assert error.message =~ words
        refute inspect(error) =~ "hush"
      end
    end

    test "are not taken from options that everybody can see" do
      error = catch_error(Workbooks.Vars.children(secret_key: "hush"))
      assert Exception.message(error) =~ "function"
      refute Exception.message(error) =~ "hush"
    end
  end
end
