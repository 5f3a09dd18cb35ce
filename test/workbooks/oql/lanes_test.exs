defmodule Workbooks.OQL.LanesTest do
  # How documents share the kernel's instances. Not async: others would be in the lanes.
  use ExUnit.Case, async: false

  alias Workbooks.{OQL, Telemetry, TestWait, Wasm}
  alias Workbooks.OQL.{Lanes, Long, Medium, Short}
  alias Workbooks.Wasm.{Error, Pool}

  @kib 1024
  @mib 1024 * 1024
  @lanes [Short, Medium, Long]

  # Prose, so that its time is what a document's of its length usually is.
  defp document(bytes),
    do: String.duplicate("Some *prose* with a [[https://example.org][link]].\n\n", div(bytes, 52) + 1)

  # Keeps every instance of a lane in use until the test ends it.
  defp fill(lane) do
    me = self()
    hold = fn -> Pool.run(lane, fn _ -> {:ok, send(me, :held) && receive(do: (:release -> nil))} end) end
    holders = for _ <- 1..Pool.stats(lane).max, do: spawn_link(hold)
    for _ <- holders, do: assert_receive(:held, 5_000)
    on_exit(fn -> for pid <- holders, do: Process.exit(pid, :kill) end)
    holders
  end

  defp settled(lane), do: TestWait.until(fn -> Pool.stats(lane).active == 0 end, fn -> Pool.stats(lane) end)

  describe "a lane" do
    test "is chosen by all that a call is given" do
      assert Lanes.of(0) == Short
      assert Lanes.of(64 * @kib) == Short
      assert Lanes.of(64 * @kib + 1) == Medium
      assert Lanes.of(@mib) == Medium
      assert Lanes.of(@mib + 1) == Long
      assert Lanes.of(1_000 * @mib) == Long
    end

    test "that is full holds up no other" do
      fill(Long)
      fill(Medium)
      assert {:ok, _} = OQL.render("short")
      assert {:error, %Error{kind: :pool_timeout, message: message}} = OQL.render(document(2 * @mib), timeout: 20)
      assert message =~ "no instance was free in time"
      assert {:error, %Error{kind: :pool_timeout}} = OQL.parse_headlines(document(100 * @kib), timeout: 20)
      # The results that a short document is rendered with are long as well.
      results = %{"a" => %{"b" => document(2 * @mib)}}
      assert {:error, %Error{kind: :pool_timeout}} = OQL.render("short", results: results, timeout: 20)
    end

    test "serves who waits for it when an instance is free" do
      holders = fill(Short)
      waiting = Task.async(fn -> OQL.render("short", timeout: 20_000) end)
      TestWait.until(fn -> Pool.stats(Short).waiting == 1 end)
      for pid <- holders, do: send(pid, :release)
      assert {:ok, "<" <> _} = Task.await(waiting)
    end

    test "has one instance for each scheduler, of its own" do
      for lane <- @lanes, do: assert(%{max: max} = Pool.stats(lane)) && assert(max == System.schedulers_online())
      assert Enum.all?(@lanes, &is_map_key(Wasm.stats().pools, &1))
    end
  end

  describe "the time limit" do
    test "grows with the document where nobody says" do
      assert Lanes.allowance(0) == 5_000
      assert Lanes.allowance(10 * @mib) > 20_000
    end

    test "ends a call that is under way, and its instance, whose memory is given back" do
      settled(Long)
      before = Pool.stats(Long).terminated
      stores = Wasm.stats().stores
      long = document(20 * @mib)
      assert {:error, %Error{kind: :timeout}} = OQL.render(long, timeout: 50)
      TestWait.until(fn -> Pool.stats(Long).terminated == before + 1 end)
      TestWait.until(fn -> Wasm.stats().stores <= stores end)
      assert {:ok, html} = OQL.render(document(2 * @mib))
      assert html =~ ~s(<b>prose</b>)
    end

    test "is told from the wait for an instance" do
      fill(Long)
      begun = System.monotonic_time(:millisecond)
      assert {:error, %Error{kind: :pool_timeout}} = OQL.lint(document(2 * @mib), timeout: 50)
      assert System.monotonic_time(:millisecond) - begun >= 50
    end
  end

  test "an answer may be fifty times as long as its document" do
    text = String.duplicate("* a\n", 800_000)
    assert {:ok, answer} = Pool.call(Lanes.of(byte_size(text)), "parse-headlines", [text], timeout: 60_000)
    # More than instances are allowed unless they are granted it.
    assert byte_size(answer) > 128 * @mib
    settled(Long)
  end

  describe "an instance" do
    test "that a long document made grow is not kept" do
      settled(Long)
      before = Pool.stats(Long).terminated
      assert {:ok, _} = OQL.render(document(12 * @mib))
      TestWait.until(fn -> Pool.stats(Long).terminated == before + 1 end)
    end

    test "that stayed small is kept" do
      settled(Short)
      before = Pool.stats(Short).terminated
      for _ <- 1..20, do: assert({:ok, _} = OQL.render(document(10 * @kib)))
      settled(Short)
      assert %{terminated: ^before, available: available} = Pool.stats(Short)
      assert available > 0
    end

    test "whose caller was killed is replaced" do
      settled(Long)
      before = Pool.stats(Long).terminated
      long = document(20 * @mib)
      pid = spawn(fn -> OQL.render(long) end)
      TestWait.until(fn -> Pool.stats(Long).active == 1 and Wasm.stats().fibers > 0 end)
      Process.exit(pid, :kill)
      TestWait.until(fn -> Pool.stats(Long).terminated == before + 1 end)
      settled(Long)
      assert {:ok, _} = OQL.render(document(2 * @mib))
    end
  end

  test "each call is told of, with its lane" do
    me = self()
    event = [:workbooks, :oql, :call, :stop]
    Telemetry.attach(:oql_calls, event, fn _, times, metadata, _ -> send(me, {times, metadata}) end, nil)
    on_exit(fn -> Telemetry.detach(:oql_calls) end)

    OQL.render("Some text")
    assert_receive {%{duration: _}, %{function: "render", bytes: 11, pool: Short, result: :ok}}
    OQL.parse_headlines(document(70 * @kib))
    assert_receive {_, %{function: "parse-headlines", pool: Medium, result: :ok}}
    OQL.lint(<<255>>)
    assert_receive {_, %{function: "lint", result: :type}}
    OQL.render("x", toc: "yes")
    assert_receive {_, %{function: "render", result: :type}}
  end
end
