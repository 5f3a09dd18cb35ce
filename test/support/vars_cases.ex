defmodule Workbooks.TestVarsCases do
  @moduledoc false
  # What holds of a store of variables, whatever it is stored in:
  #
  #     use Workbooks.TestVarsCases, storage: [backend: …, url: …]
  #
  # `storage:` is evaluated in each test, so that it can make a folder.

  defmacro __using__(options) do
    storage = Keyword.fetch!(options, :storage)

    quote location: :keep do
      alias Workbooks.{Error, TestVars}
      alias Workbooks.Vars.Store

      defp start(options \\ []), do: TestVars.start([storage: unquote(storage)] ++ options)

      unquote(__MODULE__.reading_and_writing())
      unquote(__MODULE__.swapping())
      unquote(__MODULE__.telling())
      unquote(__MODULE__.filling())
      unquote(__MODULE__.moving())
    end
  end

  def reading_and_writing do
    quote location: :keep do
      describe "set, get, delete, list" do
        test "a value is there once it was acknowledged, whatever bytes it is" do
          store = start()

          for value <- ["", "x", "größe", <<0>>, <<255, 254>>, :binary.copy("a", 1_048_576)], secret <- [false, true] do
            assert Store.set("acme", "k", value, store: store, secret: secret) == :ok

            if secret do
              assert Store.get("acme", "k", store: store) == {:secret, :redacted, byte_size(value)}
              assert Store.host_secret("acme", "k", store: store) == {:ok, value}
            else
              assert Store.get("acme", "k", store: store) == {:ok, value}
              assert Store.host_secret("acme", "k", store: store) == :error
            end
          end
        end

        test "what is absent is" do
          store = start()
          assert Store.get("acme", "k", store: store) == :error
          assert Store.host_secret("acme", "k", store: store) == :error
          assert Store.list("acme", store: store) == %{}
          assert Store.delete("acme", "k", store: store) == :ok
        end

        test "what was removed is gone, and can be set anew" do
          store = start()

          for secret <- [true, false] do
            assert Store.set("acme", "k", "1", store: store, secret: secret) == :ok
            assert Store.delete("acme", "k", store: store) == :ok
            assert Store.get("acme", "k", store: store) == :error
            assert Store.list("acme", store: store) == %{}
          end
        end

        test "list has the names of one tenant and their kinds" do
          store = start()
          :ok = Store.set("acme", "a", "1", store: store)
          :ok = Store.set("acme", "b", "2", store: store, secret: true)
          :ok = Store.set("acm", "ec", "3", store: store)
          :ok = Store.set("acme2", "a", "3", store: store)
          assert Store.list("acme", store: store) == %{"a" => :plain, "b" => :secret}
          assert Store.list("acm", store: store) == %{"ec" => :plain}
          :ok = Store.set("acme", "a", "1", store: store, secret: true)
          :ok = Store.set("acme", "b", "2", store: store)
          assert Store.list("acme", store: store) == %{"a" => :secret, "b" => :plain}
        end

        test "it is all there when the processes were started anew" do
          store = start()
          :ok = Store.set_all("acme", for(n <- 1..100, do: {"k#{n}", "#{n}"}), store: store)
          :ok = Store.set("acme", "token", "s3cret", store: store, secret: true)
          :ok = Store.delete("acme", "k7", store: store)

          for {what, name} <- TestVars.processes(store), what != :storage do
            TestVars.kill(name)
            assert map_size(Store.list("acme", store: store)) == 100
            assert Store.get("acme", "k8", store: store) == {:ok, "8"}
            assert Store.get("acme", "k7", store: store) == :error
            assert Store.host_secret("acme", "token", store: store) == {:ok, "s3cret"}
          end
        end

        test "a value beyond the limit is refused, with the limit" do
          store = start(vars: [max_value_bytes: 10])

          for secret <- [false, true] do
            assert Store.set("acme", "k", "0123456789", store: store, secret: secret) == :ok
            assert {:error, error} = Store.set("acme", "k", "0123456789a", store: store, secret: secret)
            assert error.kind == :too_large
            assert error.message =~ "10 bytes (max_value_bytes:)"
            refute error.message =~ "0123456789"
          end
        end

        test "what is no value is refused, and not shown" do
          store = start()

          for value <- [nil, :hush, ~c"hush", ["hush"], {:hush}, %{hush: 1}, <<1::3>>], secret <- [true, false] do
            assert {:error, %Error{kind: :bad_value} = error} =
                     Store.set("acme", "k", value, store: store, secret: secret)

            refute inspect(error) =~ "hush"
            assert {:error, %Error{kind: :bad_value}} = Store.compare_and_set("acme", "k", nil, value, store: store)
            assert {:error, %Error{}} = Store.compare_and_set("acme", "k", {value}, "", store: store)
          end

          error = catch_error(Store.set("acme", "k", "v", store: store, secret: "hush"))
          refute Exception.message(error) =~ "hush"
        end

        test "a store that is not there is an answer" do
          options = [store: Workbooks.Vars.StoreTest.Nobody]
          unavailable = fn answer -> assert {:error, %Error{kind: :unavailable}} = answer end
          unavailable.(Store.get("acme", "k", options))
          unavailable.(Store.list("acme", options))
          unavailable.(Store.set("acme", "k", "v", options))
          unavailable.(Store.subscribe("acme", options))
          unavailable.(Store.rotate_key(options))
        end
      end

      describe "set_all" do
        test "all or nothing" do
          store = start(vars: [max_batch: 3, max_batch_bytes: 20])

          for secret <- [false, true] do
            options = [store: store, secret: secret]
            assert Store.set_all("acme", %{"a" => "1", "b" => "2", "c" => "3"}, options) == :ok
            assert Store.set_all("acme", [], options) == :ok
            assert Store.set_all("acme", [{"a", "0"}, {"a", "9"}], options) == :ok
            if secret, do: assert(Store.host_secret("acme", "a", store: store) == {:ok, "9"})

            for {wrong, kind} <- [
                  {%{"d" => "1", "e/" => "2"}, :bad_name},
                  {[{"d", "1"}, {"e", 2}], :bad_value},
                  {[{"d", "1"} | :more], :bad_value},
                  {[{"d", "1"}, :more], :bad_value},
                  {:none, :bad_value},
                  {for(n <- 1..4, do: {"d#{n}", "1"}), :too_large},
                  {[{"d", "0123456789"}, {"e", "0123456789a"}], :too_large}
                ] do
              assert {:error, %Error{kind: ^kind}} = Store.set_all("acme", wrong, options)
              assert Map.keys(Store.list("acme", store: store)) == ["a", "b", "c"]
            end
          end
        end
      end
    end
  end

  def swapping do
    quote location: :keep do
      describe "compare_and_set" do
        test "sets what is as expected, and nothing else" do
          store = start()

          for secret <- [false, true] do
            key = "k#{secret}"

            read = fn ->
              if secret, do: Store.host_secret("acme", key, store: store), else: Store.get("acme", key, store: store)
            end

            swap = &Store.compare_and_set("acme", key, &1, &2, store: store)
            assert {:error, %Error{kind: :conflict}} = swap.("", "1")
            assert Store.compare_and_set("acme", key, nil, "1", store: store, secret: secret) == :ok
            assert {:error, %Error{kind: :conflict}} = swap.(nil, "2")
            assert {:error, %Error{kind: :conflict} = error} = swap.("hush", "2")
            refute inspect(error) =~ "hush"
            assert read.() == {:ok, "1"}
            # As it was: plain or secret.
            assert swap.("1", "2") == :ok
            assert read.() == {:ok, "2"}
            :ok = Store.delete("acme", key, store: store)
            assert {:error, %Error{kind: :conflict}} = swap.("2", "3")
          end
        end

        test "the kind changes only when that is asked for" do
          store = start()
          :ok = Store.set("acme", "k", "1", store: store)
          :ok = Store.compare_and_set("acme", "k", "1", "2", store: store, secret: true)
          assert Store.get("acme", "k", store: store) == {:secret, :redacted, 1}
          :ok = Store.compare_and_set("acme", "k", "2", "3", store: store)
          assert Store.get("acme", "k", store: store) == {:secret, :redacted, 1}
          :ok = Store.compare_and_set("acme", "k", "3", "4", store: store, secret: false)
          assert Store.get("acme", "k", store: store) == {:ok, "4"}
        end

        test "of many that count at once, none is lost" do
          store = start()

          for secret <- [false, true] do
            key = "count#{secret}"
            :ok = Store.set("acme", key, "0", store: store, secret: secret)

            1..8
            |> Enum.map(fn _ -> Task.async(fn -> for _ <- 1..25, do: count(store, key, secret) end) end)
            |> Task.await_many(60_000)

            assert value(store, key, secret) == "200"
          end
        end

        defp count(store, key, secret) do
          seen = value(store, key, secret)
          next = Integer.to_string(String.to_integer(seen) + 1)

          case Store.compare_and_set("acme", key, seen, next, store: store) do
            :ok -> :ok
            {:error, %Error{kind: :conflict}} -> count(store, key, secret)
          end
        end

        defp value(store, key, secret) do
          {:ok, value} =
            if secret, do: Store.host_secret("acme", key, store: store), else: Store.get("acme", key, store: store)

          value
        end
      end
    end
  end

  def telling do
    quote location: :keep do
      describe "subscribe" do
        test "each change of the tenant is told, once, and none of another's" do
          store = start()
          assert Store.subscribe("acme", store: store) == :ok
          assert Store.subscribe("acme", store: store) == :ok
          :ok = Store.set("acme", "a", "1", store: store)
          assert_received {:vars, "acme", "a", :set}
          :ok = Store.set("acme", "b", "hush", store: store, secret: true)
          assert_received {:vars, "acme", "b", :set}
          :ok = Store.delete("acme", "a", store: store)
          assert_received {:vars, "acme", "a", :delete}
          :ok = Store.delete("acme", "a", store: store)
          :ok = Store.set("acm", "ea", "1", store: store)
          :ok = Store.set_all("acme", %{"c" => "1", "d" => "2"}, store: store)
          assert_received {:vars, "acme", "c", :set}
          assert_received {:vars, "acme", "d", :set}
          {:error, _} = Store.compare_and_set("acme", "c", "9", "2", store: store)
          refute_received _
          assert Store.unsubscribe("acme", store: store) == :ok
          assert Store.unsubscribe("acme", store: store) == :ok
          :ok = Store.set("acme", "a", "1", store: store)
          refute_received _
        end

        test "one that ended leaves nothing behind" do
          store = start()
          test = self()

          subscriber =
            spawn(fn ->
              for tenant <- ["acme", "other"], do: :ok = Store.subscribe(tenant, store: store)
              send(test, :subscribed)
              receive do: (:stop -> :ok)
            end)

          assert_receive :subscribed, 5_000
          name = TestVars.processes(store)[:subscribers]
          assert length(:ets.tab2list(name)) == 2
          Process.exit(subscriber, :kill)
          Workbooks.TestWait.until(fn -> :ets.tab2list(name) == [] end)
          assert :sys.get_state(name).tenants == %{}
          assert Process.info(Process.whereis(name), :monitors) == {:monitors, []}
        end

        test "who subscribed is told also after the store was started anew, and does not end with it" do
          store = start()
          :ok = Store.subscribe("acme", store: store)
          for name <- [store, TestVars.processes(store)[:vault]], do: TestVars.kill(name)
          :ok = Store.set("acme", "a", "1", store: store)
          assert_received {:vars, "acme", "a", :set}
          TestVars.kill(TestVars.processes(store)[:subscribers])
          :ok = Store.set("acme", "a", "1", store: store)
          refute_received _
        end
      end
    end
  end

  def filling do
    quote location: :keep do
      describe "ref" do
        setup do
          store = start(vars: [max_text_bytes: 100_000])
          :ok = Store.set_all("acme", %{"a" => "A", "größe" => "L", "loop" => "{{loop}}{{secret:s}}"}, store: store)
          :ok = Store.set("acme", "s", "S{{a}}", store: store, secret: true)
          {:ok, ref: fn template, mode -> Store.ref("acme", template, mode, store: store) end, store: store}
        end

        test "plain variables are filled in, for both", %{ref: ref} do
          for mode <- [:guest, :host] do
            assert ref.("", mode) == {:ok, ""}
            assert ref.("no placeholder", mode) == {:ok, "no placeholder"}
            assert ref.("{{a}}", mode) == {:ok, "A"}
            assert ref.("1{{a}}2{{ a }}3{{\ta  }}{{größe}}", mode) == {:ok, "1A2A3AL"}
            assert ref.("{{{a}}}", mode) == {:ok, "{A}"}
            assert ref.("{{{{a}}}}", mode) == {:ok, "{{A}}"}
            assert ref.(<<255, "{{a}}", 0>>, mode) == {:ok, <<255, "A", 0>>}
          end
        end

        test "a secret's placeholder stays for a guest, just as it is written, and is filled for the host", %{ref: ref} do
          text = "{{s}}|{{ s}}|{{secret:s}}|{{  secret:s }}|{{a}}"
          assert ref.(text, :guest) == {:ok, "{{s}}|{{ s}}|{{secret:s}}|{{  secret:s }}|A"}
          assert ref.(text, :host) == {:ok, "S{{a}}|S{{a}}|S{{a}}|S{{a}}|A"}
        end

        test "what was filled in is not looked at again", %{ref: ref} do
          for mode <- [:guest, :host] do
            assert ref.("{{loop}}", mode) == {:ok, "{{loop}}{{secret:s}}"}
            assert ref.("{{{loop}}}", mode) == {:ok, "{{{loop}}{{secret:s}}}"}
          end
        end

        test "unknown names are told, sorted, each once", %{ref: ref} do
          for mode <- [:guest, :host] do
            assert ref.("{{z}}{{b}}{{a}}{{z}}{{ b }}", mode) == {:error, {:unknown, ["b", "z"]}}
            assert ref.("{{secret:a}}", mode) == {:error, {:unknown, ["secret:a"]}}
            assert ref.("{{secret:none}}{{none}}", mode) == {:error, {:unknown, ["none", "secret:none"]}}
          end
        end

        test "what is no placeholder stays", %{ref: ref} do
          for text <- [
                "{{}}",
                "{{ }}",
                "{a}",
                "{{a}",
                "{{a",
                "{{",
                "}}",
                "{{a b}}",
                "{{a}b}}",
                "{{secret:}}",
                "{{secret: s}}",
                "{{secret:secret:s}}",
                "{{Secret:s}}",
                "{{a\n}}",
                "{{\na}}",
                "{{a/b}}",
                "{{.a}}",
                "{{../a}}",
                "{{#{:binary.copy("a", 129)}}}",
                "{{a\0}}",
                "{{" <> <<255>> <> "}}",
                "{{gro\u0308ße}}"
              ],
              mode <- [:guest, :host] do
            assert ref.(text, mode) == {:ok, text}
          end
        end

        test "what would come of it is bounded", %{ref: ref, store: store} do
          :ok = Store.set("acme", "big", :binary.copy("x", 10_000), store: store)
          assert {:ok, text} = ref.(String.duplicate("{{big}}", 10), :guest)
          assert byte_size(text) == 100_000
          assert {:error, %Error{kind: :too_large, message: message}} = ref.(String.duplicate("{{big}}", 11), :guest)
          assert message =~ "max_text_bytes"
          assert {:error, %Error{kind: :too_large}} = ref.(:binary.copy("x", 100_001), :guest)
          assert {:error, %Error{kind: :bad_value}} = ref.(:none, :guest)
        end

        test "another tenant's are unknown", %{store: store} do
          for tenant <- ["acm", "acme2", "", "ACME", nil, :_, :"$1"] do
            assert Store.ref(tenant, "{{a}}{{s}}", :host, store: store) == {:error, {:unknown, ["a", "s"]}}
          end
        end
      end
    end
  end

  def moving do
    quote location: :keep do
      describe "export and import" do
        test "what was exported is imported, secrets sealed" do
          store = start()
          plain = %{"a" => "1", "b" => <<0, 255>>, "größe" => "ü", "empty" => ""}
          :ok = Store.set_all("acme", plain, store: store)
          :ok = Store.set("acme", "token", "hush-hush", store: store, secret: true)
          :ok = Store.set("other", "x", "1", store: store)
          assert {:ok, text} = Store.export("acme", store: store)
          refute text =~ "hush"

          assert {:ok, %{"format" => 1, "tenant" => "acme", "keys" => [_], "vars" => vars}} =
                   Workbooks.JSON.decode(text)

          assert map_size(vars) == 5
          for key <- Map.keys(vars), do: :ok = Store.delete("acme", key, store: store)
          :ok = Store.set("acme", "stays", "1", store: store)
          assert Store.import("acme", text, store: store) == :ok
          for {key, value} <- plain, do: assert(Store.get("acme", key, store: store) == {:ok, value})
          assert Store.host_secret("acme", "token", store: store) == {:ok, "hush-hush"}
          assert map_size(Store.list("acme", store: store)) == 6
          assert Store.list("other", store: store) == %{"x" => :plain}
        end

        test "a tenant without variables is an empty export" do
          store = start()
          assert {:ok, text} = Store.export("acme", store: store)
          assert Store.import("acme", text, store: store) == :ok
          assert Store.list("acme", store: store) == %{}
        end

        test "secrets open for their tenant, under their names, and with their key alone" do
          store = start()
          :ok = Store.set("acme", "token", "hush", store: store, secret: true)
          :ok = Store.set("acme", "a", "1", store: store)
          {:ok, text} = Store.export("acme", store: store)

          refused = fn tenant, text, store, words ->
            assert {:error, error} = Store.import(tenant, text, store: store)
            assert error.kind in [:bad_value, :secret_key]
            assert error.message =~ words
            refute error.message =~ "hush"
            refute Store.list("other", store: store)["a"]
          end

          refused.("other", text, store, "another tenant")
          refused.("other", String.replace(text, ~s("acme"), ~s("other")), store, "does not open")
          refused.("acme", String.replace(text, ~s("token"), ~s("token2")), store, "does not open")
          other = start()
          :ok = Store.set("acme", "own", "1", store: other, secret: true)
          refused.("acme", text, other, "does not open")
          assert Store.list("acme", store: other) == %{"own" => :secret}
          refused.("acme", text, start(), "is missing")
        end

        test "what is no export is refused with what is wrong, and nothing of it is set" do
          store = start(vars: [max_value_bytes: 10, max_batch: 3])

          for {text, words} <- [
                {"", "no JSON"},
                {"[]", "no format"},
                {"{}", "no format"},
                {~s({"format":1,"tenant":"acme","vars":[]}), "no format"},
                {~s({"format":2,"tenant":"acme","vars":{}}), "its format is 2"},
                {~s({"format":1,"tenant":"acme","vars":{"a":{"text":"1"},"b":{"text":1}}}), "\"b\" is neither"},
                {~s({"format":1,"tenant":"acme","vars":{"a":{"text":"1"},"b":{"base64":"?"}}}), "\"b\" is neither"},
                {~s({"format":1,"tenant":"acme","vars":{"a":{"text":"1"},"b":{"secret":"aaaa"}}}), "\"b\" is neither"},
                {~s({"format":1,"tenant":"acme","vars":{"a":{"text":"1","secret":""}}}), "\"a\" is neither"},
                {~s({"format":1,"tenant":"acme","vars":{"a":{"text":"1"},"../b":{"text":"1"}}}), "no variable name"},
                {~s({"format":1,"tenant":"acme","vars":{"a":{"text":"1"},"b":{"text":"0123456789a"}}}),
                 "max_value_bytes"},
                {~s({"format":1,"tenant":"acme","vars":{"a":{"text":""},"b":{"text":""},"c":{"text":""},"d":{"text":""}}}),
                 "max_batch"},
                {:none, "no text"}
              ] do
            assert {:error, %Error{message: message}} = Store.import("acme", text, store: store)
            assert message =~ words
            assert Store.list("acme", store: store) == %{}
          end
        end

        test "without secrets it can be another tenant's" do
          store = start()
          :ok = Store.set("acme", "a", "1", store: store)
          {:ok, text} = Store.export("acme", store: store)
          assert Store.import("other", text, store: store) == :ok
          assert Store.get("other", "a", store: store) == {:ok, "1"}
        end
      end
    end
  end
end
