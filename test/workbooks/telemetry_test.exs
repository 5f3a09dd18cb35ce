defmodule Workbooks.TelemetryTest do
  # Not async: one test stands in for the package `:telemetry`, which others would then forward to.
  use ExUnit.Case, async: false
  doctest Workbooks.Telemetry

  import ExUnit.CaptureLog
  alias Workbooks.{Telemetry, TestWait}

  setup context do
    {:ok, id: {context.module, context.test}, event: [:test, context.test]}
  end

  defp attach(id, events) do
    on_exit(fn -> Telemetry.detach(id) end)
    Telemetry.attach_many(id, events, &__MODULE__.pass_on/4, self())
  end

  def pass_on(event, measurements, metadata, pid), do: send(pid, {event, measurements, metadata})

  describe "attach/4" do
    test "brings every event of that name, and no other, until detached", %{id: id, event: event} do
      assert attach(id, [event, event ++ [:more]]) == :ok
      Telemetry.execute(event, %{n: 1}, %{of: :mine})
      assert_received {^event, %{n: 1}, %{of: :mine}}
      Telemetry.execute(event ++ [:more], %{n: 2}, %{})
      assert_received {_, %{n: 2}, %{}}
      Telemetry.execute(event ++ [:less], %{}, %{})
      assert Telemetry.detach(id) == :ok
      Telemetry.execute(event, %{}, %{})
      refute_received _
      assert Telemetry.detach(id) == {:error, :not_found}
    end

    test "takes an id once, whatever the event", %{id: id, event: event} do
      assert attach(id, [event]) == :ok
      assert Telemetry.attach(id, [:another], &__MODULE__.pass_on/4, nil) == {:error, :already_exists}
      assert [%{id: ^id, event: ^event, config: pid}] = Telemetry.list_handlers(event)
      assert pid == self()
    end

    test "calls several handlers in their order", %{id: id, event: event} do
      for n <- 1..3 do
        Telemetry.attach({id, n}, event, fn _, _, _, pid -> send(pid, n) end, self())
        on_exit(fn -> Telemetry.detach({id, n}) end)
      end

      Telemetry.execute(event, %{}, %{})
      assert Process.info(self(), :messages) == {:messages, [1, 2, 3]}
    end

    test "refuses what is no event's name", %{id: id} do
      for name <- [:atom, [], ["text"]] do
        assert_raise ArgumentError, ~r/a list of atoms/, fn ->
          Telemetry.attach(id, name, &__MODULE__.pass_on/4, nil)
        end
      end
    end

    test "loses nothing when many attach and detach at once", %{id: id, event: event} do
      1..40
      |> Enum.map(fn n ->
        Task.async(fn ->
          :ok = Telemetry.attach({id, n}, event, &__MODULE__.pass_on/4, self())
          if rem(n, 2) == 0, do: :ok = Telemetry.detach({id, n})
        end)
      end)
      |> Task.await_many()

      assert length(Telemetry.list_handlers(event)) == 20
      for n <- 1..40, rem(n, 2) == 1, do: assert(Telemetry.detach({id, n}) == :ok)
      refute Telemetry.listening?(event)
    end

    test "is done whole, even when who asks is killed in the middle", %{id: id, event: event} do
      for n <- 1..50 do
        pid = spawn(fn -> Telemetry.attach({id, n}, event, &__MODULE__.pass_on/4, nil) end)
        for _ <- 1..n, do: :erlang.yield()
        Process.exit(pid, :kill)
      end

      # A change that is under way ends by itself; whatever came of it can be undone.
      TestWait.until(fn ->
        for %{id: id} <- Telemetry.list_handlers(event), do: assert(Telemetry.detach(id) == :ok)
        not Telemetry.listening?(event)
      end)
    end
  end

  describe "a handler that fails" do
    test "is detached with a line in the log; the others hear the event", %{id: id, event: event} do
      for {bad, fail} <- [raised: fn -> raise "oh" end, thrown: fn -> throw(:oh) end, exited: fn -> exit(:oh) end] do
        Telemetry.attach({id, bad}, event, fn _, _, _, _ -> fail.() end, nil)
      end

      attach(id, [event])
      log = capture_log(fn -> assert Telemetry.execute(event, %{}, %{}) == :ok end)
      for bad <- [:raised, :thrown, :exited], do: assert(log =~ inspect({id, bad}))
      assert_received {^event, _, _}
      assert [%{id: ^id}] = Telemetry.list_handlers(event)
      assert capture_log(fn -> Telemetry.execute(event, %{}, %{}) end) == ""
    end
  end

  describe "listening?/1" do
    test "is true of an event and of what it is a part of", %{id: id, event: event} do
      refute Telemetry.listening?(event)
      attach(id, [event ++ [:span, :stop]])
      assert Telemetry.listening?(event ++ [:span, :stop])
      assert Telemetry.listening?(event ++ [:span])
      refute Telemetry.listening?(event)
      refute Telemetry.listening?(event ++ [:span, :start])
      Telemetry.detach(id)
      refute Telemetry.listening?(event ++ [:span])
    end

    test "of a call has a quicker form", %{id: id} do
      refute Telemetry.calls?()
      attach(id, [[:workbooks, :wasm, :call, :stop]])
      assert Telemetry.calls?()
      Telemetry.detach(id)
      refute Telemetry.calls?()
    end
  end

  describe "span/3" do
    test "tells of start and stop with one context", %{id: id, event: event} do
      attach(id, for(part <- [:start, :stop, :exception], do: event ++ [part]))
      assert Telemetry.span(event, %{a: 1}, fn -> {:answer, %{items: 3}, %{b: 2}} end) == :answer
      start = event ++ [:start]
      stop = event ++ [:stop]
      assert_received {^start, %{system_time: _, monotonic_time: from}, %{a: 1, telemetry_span_context: context}}

      assert_received {^stop, %{duration: duration, monotonic_time: to, items: 3},
                       %{a: 1, b: 2, telemetry_span_context: ^context}}

      assert duration == to - from
      refute_received _
    end

    test "tells of an exception and lets it go on", %{id: id, event: event} do
      attach(id, for(part <- [:start, :stop, :exception], do: event ++ [part]))
      exception = event ++ [:exception]
      assert_raise RuntimeError, "oh", fn -> Telemetry.span(event, %{}, fn -> raise "oh" end) end

      assert_received {^exception, %{duration: _}, %{kind: :error, reason: %RuntimeError{}, stacktrace: [_ | _]}}

      assert catch_throw(Telemetry.span(event, %{}, fn -> throw(:it) end)) == :it
      assert_received {^exception, _, %{kind: :throw, reason: :it}}
    end

    test "answers the same when nobody listens", %{event: event} do
      assert Telemetry.span(event, %{}, fn -> {1, %{}} end) == 1
      assert Telemetry.span(event, %{}, fn -> {2, %{}, %{}} end) == 2
      assert_raise RuntimeError, fn -> Telemetry.span(event, %{}, fn -> raise "oh" end) end
    end
  end

  describe "forward/1" do
    test "says when there is no :telemetry" do
      assert Telemetry.forward() == {:error, :not_loaded}
      assert Telemetry.start(forward: false) == :ok
      assert_raise ArgumentError, ~r/forward/, fn -> Telemetry.start(forward: :some) end
    end

    test "hands events on to :telemetry where there is one, those of a call when asked to", %{test: test} do
      Process.register(self(), test)

      body =
        quote do
          def execute(event, measurements, metadata), do: send(unquote(test), {event, measurements, metadata})
        end

      Module.create(:telemetry, body, Macro.Env.location(__ENV__))

      on_exit(fn ->
        Telemetry.detach(Telemetry)
        :code.purge(:telemetry)
        :code.delete(:telemetry)
      end)

      trap = [:workbooks, :wasm, :trap]
      stop = [:workbooks, :wasm, :call, :stop]

      assert Telemetry.start([]) == :ok
      Telemetry.execute(trap, %{count: 1}, %{name: "x"})
      assert_received {^trap, %{count: 1}, %{name: "x"}}
      refute Telemetry.listening?(stop)

      assert Telemetry.start(forward: :all) == :ok
      Telemetry.execute(stop, %{duration: 1}, %{})
      assert_received {^stop, %{duration: 1}, %{}}

      assert Telemetry.forward([trap]) == :ok
      Telemetry.execute(stop, %{duration: 1}, %{})
      refute_received {^stop, _, _}
    end
  end

  test "the moduledoc's tables have every event there is, and no other" do
    {:docs_v1, _, _, _, %{"en" => text}, _, _} = Code.fetch_docs(Telemetry)

    documented =
      for [_, event] <- Regex.scan(~r/^\| `\[(:workbooks(?:, :\w+)+)\]` \|/m, text), uniq: true do
        for ":" <> atom <- String.split(event, ", "), do: String.to_existing_atom(atom)
      end

    parts = [:start, :stop, :exception]

    expected =
      for event <- Telemetry.events(),
          uniq: true,
          do: if(List.last(event) in parts, do: Enum.drop(event, -1), else: event)

    assert Enum.sort(documented) == Enum.sort(expected)
  end
end
