defmodule Workbooks.DomainsTest do
  use ExUnit.Case, async: true
  use Workbooks.TestDomainsCases, storage: [backend: Workbooks.TestMemoryStorage, url: "memory"]

  alias Workbooks.{Domains, Error, Storage, TestWait}

  doctest Workbooks.Domains

  defp gated(gate), do: domains(backend: Workbooks.TestMemoryStorage, url: gate)

  test "of two tenants in one commit, the first has the host, and what it detaches there is free" do
    test = self()

    o =
      gated(fn operations ->
        send(test, {:commit, self(), operations})

        receive do
          :go_on -> :ok
        end
      end)

    first = Task.async(fn -> Domains.attach("first.example", {"acme", "home"}, o) end)
    assert_receive {:commit, commit, _}, 5_000

    # These wait for the first, and make up one commit, in this order.
    ask = fn request -> queued(o[:domains], request) end
    acme = ask.(fn -> Domains.attach("*.example.com", {"acme", "home"}, o) end)
    below = ask.(fn -> Domains.attach("www.example.com", {"other", "page"}, o) end)
    other = ask.(fn -> Domains.attach("*.example.com", {"other", "page"}, o) end)
    foreign = ask.(fn -> Domains.detach("*.example.com", "other", o) end)
    own = ask.(fn -> Domains.detach("*.example.com", "acme", o) end)
    again = ask.(fn -> Domains.attach("*.example.com", {"third", "page"}, o) end)

    send(commit, :go_on)
    assert Task.await(first) == :ok
    assert_receive {:commit, commit, operations}, 5_000
    assert [{:put, "domains", "*.example.com", _}] = operations
    # Nothing is told before it is written.
    assert Domains.resolve("www.example.com", o) == :error
    refute Task.yield(below, 50)
    send(commit, :go_on)

    assert Task.await(acme) == :ok
    assert {:error, %Error{kind: :conflict}} = Task.await(below)
    assert {:error, %Error{kind: :conflict}} = Task.await(other)
    assert {:error, %Error{kind: :not_found}} = Task.await(foreign)
    assert Task.await(own) == :ok
    assert Task.await(again) == :ok
    assert Domains.resolve("www.example.com", o) == {:ok, {"third", "page"}}
  end

  # A task whose request has come to the process that writes.
  defp queued(name, request) do
    waiting = fn -> :sys.get_state(name).waiting |> :queue.len() end
    before = waiting.()
    task = Task.async(request)
    TestWait.until(fn -> waiting.() > before end)
    task
  end

  test "what could not be written was not attached" do
    gate = start_supervised!({Agent, fn -> :ok end})
    o = gated(fn _ -> Agent.get(gate, & &1) end)
    assert Domains.attach("example.com", {"acme", "home"}, o) == :ok
    Agent.update(gate, fn _ -> Error.tuple(:full, "no room") end)
    assert {:error, %Error{kind: :full}} = Domains.attach("example.com", {"acme", "new"}, o)
    assert {:error, %Error{kind: :full}} = Domains.detach("example.com", o)
    assert Domains.all(o) == %{"example.com" => {"acme", "home"}}
  end

  test "killed while it writes, it comes back with what became of that" do
    test = self()

    o =
      gated(fn _ ->
        send(test, {:in_commit, self()})

        receive do
          :go_on -> :ok
        end
      end)

    task = Task.async(fn -> Domains.attach("example.com", {"acme", "home"}, o) end)
    assert_receive {:in_commit, commit}, 5_000
    TestWait.killed(o[:domains])
    assert {:error, %Error{kind: :unavailable, details: %{unknown: true}}} = Task.await(task)
    send(commit, :go_on)
    assert Domains.resolve("example.com", o) == {:ok, {"acme", "home"}}
  end

  test "a writer that does not wait long is told that nothing is known" do
    o = gated(fn _ -> Process.sleep(50) end)
    assert {:error, %Error{kind: :timeout}} = Domains.attach("example.com", {"acme", "home"}, [timeout: 1] ++ o)
    assert Domains.detach("example.com", "acme", o) == :ok
  end

  test "a record that is none is told of, and nothing is resolved beside it" do
    o = domains(backend: Workbooks.TestMemoryStorage, url: "memory")
    storage = Module.concat(o[:domains], Storage)
    assert Storage.put("domains", "example.com", <<200, "short">>, storage: storage) == :ok
    assert {:error, %Error{kind: :damaged}} = Domains.resolve("example.net", o)
    assert {:error, %Error{kind: :damaged}} = Domains.all(o)
    assert {:error, %Error{kind: :damaged}} = Domains.list("acme", o)
    assert {:error, %Error{kind: :damaged}} = Domains.attach("example.net", {"acme", "home"}, o)
  end

  test "an option that is none is the caller's mistake" do
    assert_raise ArgumentError, ~r/option :domain/, fn -> Domains.resolve("a", domain: Domains) end
    assert_raise ArgumentError, ~r/option :names/, fn -> Domains.start_link(names: 1) end
  end
end
