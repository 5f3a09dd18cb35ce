defmodule Workbooks.PublicWeb.SitesTest do
  use ExUnit.Case, async: true

  import Workbooks.TestPublicPlane, only: [serve: 2, serve: 3, request: 4, get: 2]
  import Workbooks.TestConn, only: [header: 2]

  alias Workbooks.{Library, PublicWeb.Sites, TestPublicPlane, TestWait}

  defp version(number),
    do: %{"index.html" => "index #{number}", "about.html" => "about #{number}", "only-#{number}.html" => "#{number}"}

  defp known(plane), do: for({{_library, _tenant, id}, _digest, _number, _asked?} <- :ets.tab2list(plane.sites), do: id)

  test "while it is published again and again, each answer is of one version whole, and none goes back" do
    plane = TestPublicPlane.start()
    serve(plane, version(0))

    readers =
      for path <- ["/", "/about", "/"] do
        Task.async(fn -> read_on(plane, path, 0, 0) end)
      end

    for number <- 1..60, do: serve(plane, version(number))
    serve(plane, version("last"))
    for reader <- readers, do: assert(Task.await(reader, 60_000) > 0)
    # Of those before nothing is left.
    assert length(:ets.tab2list(plane.sites)) == 1 + map_size(version("last")) * 3 - 1
  end

  defp read_on(plane, path, before, answers) do
    answer = get(plane, path)
    assert answer.status == 200
    name = if path == "/", do: "index ", else: "about "

    case String.split(answer.body, name) do
      ["", "last"] ->
        answers

      ["", number] ->
        number = String.to_integer(number)
        assert number >= before
        read_on(plane, path, number, answers + 1)
    end
  end

  test "what was published is served with the next request, and what was taken down is not" do
    plane = TestPublicPlane.start()

    for number <- 1..20 do
      serve(plane, version(number))
      assert get(plane, "/").body == "index #{number}"
      assert get(plane, "/only-#{number}").status == 200
      assert get(plane, "/only-#{number - 1}").status == 404
    end

    {:ok, _} = Library.rollback("acme", "site", library: plane.library)
    assert get(plane, "/").body == "index 19"
    :ok = Library.unpublish("acme", "site", library: plane.library)
    assert get(plane, "/").status == 404
    {:ok, _} = Library.rollback("acme", "site", library: plane.library)
    assert get(plane, "/").body == "index 19"
  end

  test "a site is read once, however many ask for it first" do
    plane = TestPublicPlane.start()
    serve(plane, version(1))
    answers = 1..200 |> Enum.map(fn _ -> Task.async(fn -> get(plane, "/").body end) end) |> Task.await_many(60_000)
    assert Enum.uniq(answers) == ["index 1"]
    assert %{number: 1} = :sys.get_state(plane.sites)
  end

  test "beyond the bound those go that nobody asked for lately" do
    files = fn id -> %{"index.html" => id, "data.png" => :crypto.strong_rand_bytes(10_000)} end
    plane = TestPublicPlane.start(most_bytes: 45_000)
    for n <- 1..12, do: serve(plane, files.("w#{n}"), id: "w#{n}", host: "w#{n}.example")
    ask = fn n -> assert request(plane, "GET", "/", host: "w#{n}.example").body == "w#{n}" end

    for n <- 2..12 do
      ask.(1)
      ask.(n)
      assert %{bytes: bytes} = :sys.get_state(plane.sites)
      assert bytes <= 45_000
      assert length(known(plane)) <= 4
    end

    assert "w1" in known(plane) and "w12" in known(plane)
    # Its rows go with a site.
    assert length(:ets.tab2list(plane.sites)) == 4 * length(known(plane))
  end

  test "one that is larger than the bound is served all the same" do
    plane = TestPublicPlane.start(most_bytes: 10)
    serve(plane, version(1))
    serve(plane, version(2), id: "other", host: "other.example")
    assert get(plane, "/").body == "index 1"
    assert request(plane, "GET", "/", host: "other.example").body == "index 2"
    assert get(plane, "/").body == "index 1"
    assert known(plane) == ["site"]
  end

  test "killed, it comes back and reads again what is asked for" do
    plane = TestPublicPlane.start()
    serve(plane, version(1))

    readers =
      for _ <- 1..4 do
        Task.async(fn -> for _ <- 1..300, do: get(plane, "/") end)
      end

    TestWait.killed_while(plane.sites, readers, 3)

    for reader <- readers, answer <- Task.await(reader, 60_000) do
      assert answer.body == "index 1" or {answer.status, header(answer, "retry-after")} == {503, "1"}
    end

    TestWait.until(fn -> get(plane, "/").body == "index 1" end)
  end

  test "without it the plane says that it cannot answer now" do
    plane = TestPublicPlane.start()
    serve(plane, version(1))
    :ok = stop_supervised(plane.sites)
    assert get(plane, "/").status == 503
  end

  test "what is handed out is no copy" do
    plane = TestPublicPlane.start()
    serve(plane, %{"a.png" => :crypto.strong_rand_bytes(1_000_000)})
    key = {plane.library, "acme", "site"}
    assert {:ok, {:file, "image/png", [{:identity, _etag, content}]}} = Sites.find(plane.sites, key, "a.png")
    # It is a part of the artifact still, which is in memory once.
    assert :binary.referenced_byte_size(content) > 1_000_000
    {:ok, {:file, _, [{_, _, again}]}} = Sites.find(plane.sites, key, "a.png")
    {:memory, before} = Process.info(self(), :memory)
    kept = for _ <- 1..100, do: Sites.find(plane.sites, key, "a.png")
    {:memory, later} = Process.info(self(), :memory)
    assert later - before < 1_000_000
    assert length(kept) == 100 and again == content
  end
end
