defmodule Workbooks.Vars.IsolationTest do
  # Whatever a tenant or a variable is called, and whatever is called with it: nothing of one tenant is
  # read, listed, told, filled in or changed by another.
  use ExUnit.Case, async: true

  import Workbooks.TestProperty

  alias Workbooks.{Error, Names, TestVars}
  alias Workbooks.Vars.Store

  @victim "acme"
  @own %{"a" => "victim-a", "größe" => "victim-b", "k" => "victim-c"}
  @secrets %{"token" => "victim-d", "t" => "victim-e"}

  # Latin "a" and what looks like it, composed and not, with what nobody sees in between.
  @letters ["a", "c", "m", "e", "A", "k", "а", "ａ", "á", "a\u0301", "\u200b", "\u202e", "\u00ad", "İ", "ß", "𝐚"]
  @marks ["", "\0", "/", "../", "..", ".", "\\", "%2e%2e%2f", ":", "{{", "}}", " ", "\n", "\r\n", "*", "_", "-", "$1"]
  @shapes [nil, :_, :"$1", 1, 1.0, [], ~c"acme", {}, {"acme", "a"}, %{}, <<1::3>>, ["acme"], [{"acme"}]]

  defp hostile do
    any_of([
      fn ->
        one_of(["other", "", "acm", "acme2", "Acme", "ACME", "acmea", "a", "acme\0", "\0acme", "acme/", "../acme"])
      end,
      fn -> one_of([@victim | Map.keys(@own) ++ Map.keys(@secrets)]) end,
      fn -> Enum.join(list_of(fn -> one_of(@letters ++ @marks) end, 8)) end,
      fn -> <<draw(256), @victim::binary>> end,
      fn -> @victim <> <<draw(256)>> end,
      fn -> :binary.copy(one_of(@letters), one_of([1, 64, 65, 128, 129, 300, 100_000])) end,
      fn -> bytes(80) end,
      fn -> one_of(@shapes) end
    ])
  end

  # Everything that a tenant can ask for.
  defp calls(store) do
    options = [store: store]

    [
      fn tenant, key -> Store.get(tenant, key, options) end,
      fn tenant, _key -> Store.list(tenant, options) end,
      fn tenant, key -> Store.host_secret(tenant, key, options) end,
      fn tenant, key -> Store.set(tenant, key, "theirs", options) end,
      fn tenant, key -> Store.set(tenant, key, "theirs", [secret: true] ++ options) end,
      fn tenant, key -> Store.set_all(tenant, [{key, "theirs"}], options) end,
      fn tenant, key -> Store.set_all(tenant, [{key, "theirs"}], [secret: true] ++ options) end,
      fn tenant, key -> Store.compare_and_set(tenant, key, nil, "theirs", options) end,
      fn tenant, key -> Store.compare_and_set(tenant, key, "theirs", "theirs", options) end,
      fn tenant, key -> Store.delete(tenant, key, options) end,
      fn tenant, key -> Store.ref(tenant, template(key), :guest, options) end,
      fn tenant, key -> Store.ref(tenant, template(key), :host, options) end,
      fn tenant, _key -> Store.export(tenant, options) end,
      fn tenant, _key -> Store.import(tenant, :persistent_term.get({__MODULE__, store}), options) end,
      fn tenant, key -> Store.import(tenant, planted(tenant, key), options) end,
      fn tenant, _key -> Store.subscribe(tenant, options) end,
      fn tenant, _key -> Store.unsubscribe(tenant, options) end
    ]
  end

  defp template(key) when is_binary(key), do: "{{a}}{{token}}{{secret:token}}{{#{key}}}{{secret:#{key}}}"
  defp template(_key), do: "{{a}}{{secret:t}}"

  defp planted(tenant, key) do
    if is_binary(tenant) and String.valid?(tenant) and is_binary(key) and String.valid?(key),
      do: Workbooks.JSON.encode!(%{"format" => 1, "tenant" => tenant, "vars" => %{key => %{"text" => "theirs"}}}),
      else: "{}"
  end

  defp victim(store) do
    :ok = Store.set_all(@victim, @own, store: store)
    :ok = Store.set_all(@victim, @secrets, store: store, secret: true)
    {:ok, export} = Store.export(@victim, store: store)
    :persistent_term.put({__MODULE__, store}, export)
    on_exit(fn -> :persistent_term.erase({__MODULE__, store}) end)
  end

  test "nothing of a tenant's is seen or changed by another" do
    store = TestVars.start()
    victim(store)
    calls = calls(store)

    check "no name crosses", runs: runs(1_500, 50_000) do
      tenant = note("tenant", hostile())
      key = note("key", hostile())
      call = note("call", draw(length(calls)))

      if tenant != @victim do
        answer = note("answer", Enum.at(calls, call).(tenant, key))
        # What an answer says of what was asked is the asker's own; nothing else of the victim's is in it.
        refute inspect(answer, limit: :infinity, printable_limit: :infinity) =~ "victim-"
        assert answered?(answer)

        # A name that is none makes nothing.
        if Names.tenant(tenant) != :ok, do: refute(answer == :ok)
      end

      assert Store.list(@victim, store: store) ==
               Map.merge(Map.new(@own, fn {k, _} -> {k, :plain} end), Map.new(@secrets, fn {k, _} -> {k, :secret} end))

      for {k, value} <- @own, do: assert(Store.get(@victim, k, store: store) == {:ok, value})
      {k, value} = Enum.at(@secrets, draw(2))
      assert Store.host_secret(@victim, k, store: store) == {:ok, value}
      refute_received {:vars, @victim, _key, _what}
    end

    # And none of what was made has a name that is none.
    for {{tenant, key}, _row} <- :ets.tab2list(store) do
      assert Names.tenant(tenant) == :ok
      assert Names.variable(key) == :ok
    end
  end

  defp answered?(:ok), do: true
  defp answered?(:error), do: true
  defp answered?({:ok, bytes}) when is_binary(bytes), do: true
  defp answered?({:secret, :redacted, _bytes}), do: true
  defp answered?({:error, %Error{kind: kind}}), do: kind in [:bad_name, :bad_value, :conflict, :secret_key]
  defp answered?({:error, {:unknown, names}}), do: is_list(names)
  defp answered?(%{} = list), do: Enum.all?(list, fn {_key, kind} -> kind in [:plain, :secret] end)

  test "two places are never stored under one key" do
    check "the stored key tells the place", runs: runs(500, 20_000) do
      name = fn -> any_of([fn -> bytes(6) end, fn -> hostile() end]) end
      place = fn -> {name.(), name.()} end
      {tenant, key} = one = place.()
      other = place.()

      fits? = fn {tenant, key} ->
        is_binary(tenant) and is_binary(key) and tenant != "" and key != "" and byte_size(tenant) < 256
      end

      if fits?.(one) and fits?.(other) do
        stored = Workbooks.Vars.Table.encode_key(one)
        assert one == other or stored != Workbooks.Vars.Table.encode_key(other)
        assert {:ok, {^tenant, ^key}, {:plain, "v"}} = Workbooks.Vars.Table.decode(stored, <<1, 0, "v">>)
      end
    end
  end
end
