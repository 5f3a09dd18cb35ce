defmodule Workbooks.PublicWeb.RouterTest do
  # The sections are those of RFC 9110, HTTP Semantics, unless another is named.
  use ExUnit.Case, async: true

  import Workbooks.TestConn, only: [header: 2]
  import Workbooks.TestPublicPlane, only: [serve: 2, serve: 3, request: 3, request: 4, get: 2, get: 3]
  import Workbooks.TestProperty

  alias Workbooks.{Domains, Library, TestPublicPlane}

  doctest Workbooks.PublicWeb.Sites
  doctest Workbooks.PublicWeb.Encoding
  doctest Workbooks.PublicWeb.Range

  @page "<!DOCTYPE html><title>Tea</title>" <> String.duplicate("<p>Green tea is green.</p>", 100)
  @picture for n <- 0..255, into: <<>>, do: <<n>>
  @files %{
    "index.html" => @page,
    "about.html" => "<!DOCTYPE html>short",
    "docs/index.html" => "<!DOCTYPE html>docs",
    "docs/deep er.html" => "<!DOCTYPE html>deep",
    "picture.png" => @picture,
    "empty.txt" => "",
    "style.css" => String.duplicate("p { color: green }\n", 100)
  }

  setup do
    plane = TestPublicPlane.start()
    serve(plane, @files)
    %{plane: plane}
  end

  defp status(plane, target, headers \\ []), do: get(plane, target, headers).status
  defp etag(content), do: ~s("#{Base.encode16(:crypto.hash(:sha256, content), case: :lower)}")

  describe "a page" do
    test "comes with its type, its etag and what keeps it safe", %{plane: plane} do
      answer = get(plane, "/")
      assert {answer.status, answer.body} == {200, @page}
      assert header(answer, "content-type") == "text/html; charset=utf-8"
      assert header(answer, "etag") == etag(@page)
      assert header(answer, "cache-control") == "public, max-age=0, must-revalidate"
      assert header(answer, "accept-ranges") == "bytes"
      assert header(answer, "vary") == "accept-encoding"
      assert header(answer, "x-content-type-options") == "nosniff"
    end

    test "allows no script, whatever is in it, and so does every other answer", %{plane: plane} do
      serve(plane, Map.put(@files, "404.html", "lost"))

      for {method, target, headers} <- [
            {"GET", "/", []},
            {"HEAD", "/", []},
            {"GET", "/picture.png", [{"range", "bytes=0-1"}]},
            {"GET", "/picture.png", [{"range", "bytes=999-"}]},
            {"GET", "/about.html", []},
            {"GET", "/nowhere", []},
            {"GET", "/%", []},
            {"GET", "/health", []},
            {"POST", "/", []}
          ] do
        answer = request(plane, method, target, headers: headers)
        policy = header(answer, "content-security-policy")
        assert policy =~ "default-src 'none'", "#{method} #{target}"
        refute policy =~ "script"
        assert header(answer, "x-content-type-options") == "nosniff"
        names = for {name, _value} <- answer.headers, do: name
        assert names == Enum.uniq(names), "#{method} #{target}"
        refute "set-cookie" in names
      end
    end

    test "is at a clean path, and redirected to from others (15.4.2)", %{plane: plane} do
      for {target, to} <- [
            {"/index.html", "/"},
            {"/about.html", "/about"},
            {"/about/", "/about"},
            {"/docs", "/docs/"},
            {"/docs/index.html", "/docs/"},
            {"/docs/deep%20er.html", "/docs/deep%20er"},
            {"/about.html?a=1&b=%20", "/about?a=1&b=%20"}
          ] do
        answer = get(plane, target)
        assert {answer.status, header(answer, "location")} == {301, to}, target
        assert status(plane, to) == 200
      end

      for target <- ["/about", "/docs/", "/docs/deep%20er", "/docs/deep%20er?x", "/style.css"] do
        assert status(plane, target) == 200
      end
    end

    test "is redirected to below what an application has taken of the path", %{plane: plane} do
      answer = request(plane, "GET", "/about.html", fields: [script: ["w b"]])
      assert header(answer, "location") == "/w%20b/about"
    end

    test "is told of by HEAD as by GET, without its content (9.3.2)", %{plane: plane} do
      for target <- ["/", "/about.html", "/nowhere", "/health", "/picture.png"] do
        whole = get(plane, target, [{"accept-encoding", "gzip"}])
        head = request(plane, "HEAD", target, headers: [{"accept-encoding", "gzip"}])
        assert {head.status, head.body} == {whole.status, ""}
        assert {"content-length", "#{byte_size(whole.body)}"} in head.headers
        assert Enum.sort(head.headers -- [{"content-length", "#{byte_size(whole.body)}"}]) == Enum.sort(whole.headers)
      end
    end
  end

  describe "what there is not" do
    test "is a plain 404, the same on a host that leads nowhere", %{plane: plane} do
      here = get(plane, "/nowhere")
      assert here.status == 404
      assert header(here, "content-type") =~ "text/plain"
      assert header(here, "cache-control") == "no-store"

      for host <- ["other.example", nil, "", "xn--", "a b", "site.example@evil", "site.example/..", <<255>>] do
        there = request(plane, "GET", "/nowhere", host: host)
        assert {there.status, there.body, there.headers} == {404, here.body, here.headers}
      end

      {:ok, _} = Library.put("acme", "dark", "* Dark", library: plane.library)
      :ok = Domains.attach("dark.example", {"acme", "dark"}, domains: plane.domains)
      unpublished = request(plane, "GET", "/", host: "dark.example")
      assert {unpublished.status, unpublished.body} == {404, here.body}
    end

    test "is the site's own page where it has one", %{plane: plane} do
      lost = String.duplicate("lost ", 100)
      serve(plane, Map.put(@files, "404.html", lost))
      answer = get(plane, "/nowhere")
      assert {answer.status, answer.body, header(answer, "etag")} == {404, lost, nil}
      zipped = get(plane, "/nowhere", [{"accept-encoding", "gzip"}])
      assert {zipped.status, :zlib.gunzip(zipped.body)} == {404, lost}
      assert status(plane, "/404") == 404
      # There is nothing that conditions or ranges are about (13.1, 14.2).
      assert status(plane, "/nowhere", [{"if-none-match", "*"}, {"range", "bytes=0-1"}]) == 404
      assert status(plane, "/nowhere", [{"accept-encoding", "identity;q=0"}]) == 404
      assert request(plane, "GET", "/nowhere", host: "other.example").body != lost
    end

    test "is no path that leads up, or that could be read in two ways", %{plane: plane} do
      for target <- [
            "/..",
            "/../etc/passwd",
            "/%2e%2e/x",
            "/a/%2E%2e",
            "/a%2fb",
            "/a%5cb",
            "/a\\b",
            "/%",
            "/%f",
            "/%ff",
            "/%00",
            "*",
            "",
            "x"
          ] do
        assert status(plane, target) == 400, target
      end

      for target <- [
            "//",
            "//about",
            "/about//",
            "/./about" |> String.replace("./", ""),
            "/docs//",
            "/About",
            "/about.HTML",
            "/..about"
          ] do
        assert status(plane, target) in [404, 200], target
      end

      assert status(plane, "//about") == 404
    end
  end

  test "other methods are not allowed, wherever they go (15.5.6)", %{plane: plane} do
    for method <- ~w(POST PUT DELETE PATCH OPTIONS TRACE CONNECT PROPFIND get),
        target <- ["/", "/nowhere", "/health", "*"] do
      answer = request(plane, method, target)
      assert {answer.status, header(answer, "allow")} == {405, "GET, HEAD"}
    end
  end

  test "health is answered on any host, and is nobody's page", %{plane: plane} do
    for host <- ["site.example", "other.example", nil] do
      answer = request(plane, "GET", "/health", host: host)
      assert {answer.status, answer.body, header(answer, "cache-control")} == {200, "ok\n", "no-store"}
    end
  end

  describe "a host (7.2)" do
    test "is the same however it is written", %{plane: plane} do
      for host <- ["site.example", "SITE.Example", "site.example.", "site.example:4001", "Site.Example.:80"] do
        assert request(plane, "GET", "/", host: host).status == 200, host
      end
    end

    test "has its own site, of names in any script and below wildcards", %{plane: plane} do
      serve(plane, %{"index.html" => "umlaut"}, id: "u", host: "bücher.example")
      serve(plane, %{"index.html" => "below"}, id: "w", host: "*.shop.example")
      assert request(plane, "GET", "/", host: "xn--bcher-kva.example").body == "umlaut"
      assert request(plane, "GET", "/", host: "BÜCHER.example:80").body == "umlaut"
      assert request(plane, "GET", "/", host: "a.b.shop.example").body == "below"
      assert request(plane, "GET", "/", host: "shop.example").status == 404
    end
  end

  describe "If-None-Match (13.1.2)" do
    test "is answered by 304 where it names what there is", %{plane: plane} do
      tag = etag(@page)

      for value <- [tag, "W/" <> tag, "*", ~s("x", #{tag}), ~s("x","y",W/#{tag})] do
        for method <- ["GET", "HEAD"] do
          answer = request(plane, method, "/", headers: [{"if-none-match", value}])
          assert {answer.status, answer.body} == {304, ""}, value
          # What a 304 has to say (15.4.5), and nothing of the content.
          assert header(answer, "etag") == tag
          assert header(answer, "vary") == "accept-encoding"
          assert header(answer, "cache-control") =~ "max-age=0"
          refute header(answer, "content-type") || header(answer, "content-length")
        end
      end

      two_lines = [{"if-none-match", ~s("x")}, {"if-none-match", tag}]
      assert status(plane, "/", two_lines) == 304

      for value <- [~s("x"), "x", "", String.trim(tag, "\"")],
          do: assert(status(plane, "/", [{"if-none-match", value}]) == 200)
    end

    test "is about the encoding that would be sent (8.8.3.3)", %{plane: plane} do
      zipped = get(plane, "/", [{"accept-encoding", "gzip"}])
      assert header(zipped, "etag") == etag(zipped.body)
      assert header(zipped, "etag") != etag(@page)
      assert status(plane, "/", [{"accept-encoding", "gzip"}, {"if-none-match", header(zipped, "etag")}]) == 304
      assert status(plane, "/", [{"if-none-match", header(zipped, "etag")}]) == 200
    end

    test "may be long", %{plane: plane} do
      tags = String.duplicate(~s("a",), 8_000)
      assert status(plane, "/", [{"if-none-match", tags <> ~s("b")}]) == 200
      assert status(plane, "/", [{"if-none-match", tags <> etag(@page)}]) == 304
    end
  end

  test "If-Match goes before all (13.1.1, 13.2.2)", %{plane: plane} do
    tag = etag(@page)
    assert status(plane, "/", [{"if-match", tag}]) == 200
    assert status(plane, "/", [{"if-match", "*"}]) == 200
    assert status(plane, "/", [{"if-match", ~s("x")}]) == 412
    # It asks for a strong one.
    assert status(plane, "/", [{"if-match", "W/" <> tag}]) == 412
    assert status(plane, "/", [{"if-match", ~s("x")}, {"if-none-match", tag}]) == 412
    assert status(plane, "/", [{"if-match", tag}, {"if-none-match", tag}]) == 304
  end

  test "dates say nothing here (13.1.3)", %{plane: plane} do
    date = "Sat, 29 Oct 2044 19:43:31 GMT"
    assert status(plane, "/", [{"if-modified-since", date}]) == 200
    assert status(plane, "/", [{"if-none-match", ~s("x")}, {"if-modified-since", date}]) == 200
  end

  describe "Accept-Encoding (12.5.3)" do
    test "chooses the variant", %{plane: plane} do
      for {accepted, encoding} <- [
            {"gzip", "gzip"},
            {"x-gzip", "gzip"},
            {"GZIP", "gzip"},
            {"deflate, gzip;q=0.5", "gzip"},
            {"*", "gzip"},
            {"gzip;q=0", nil},
            {"gzip;q=0, *", nil},
            {"", nil},
            {"identity", nil},
            {"gzip;q=0.5, identity;q=0.8", nil},
            {"gzip;q=1.000, identity;q=1", "gzip"},
            {"gzip ; q=0.2", "gzip"},
            {"gzip;q=2", nil},
            {"gzip;q=-1", nil},
            {"gzip;q=0.0000", nil},
            {"zstd", nil},
            {",,,", nil}
          ] do
        answer = get(plane, "/", [{"accept-encoding", accepted}])
        assert {answer.status, header(answer, "content-encoding")} == {200, encoding}, accepted
        assert header(answer, "vary") == "accept-encoding"
        body = if encoding == "gzip", do: :zlib.gunzip(answer.body), else: answer.body
        assert body == @page
      end
    end

    test "that excludes all there is, is 406 (15.5.7)", %{plane: plane} do
      assert status(plane, "/", [{"accept-encoding", "identity;q=0, gzip;q=0"}]) == 406
      assert status(plane, "/", [{"accept-encoding", "*;q=0"}]) == 406
      assert status(plane, "/picture.png", [{"accept-encoding", "identity;q=0"}]) == 406
      assert status(plane, "/", [{"accept-encoding", "identity;q=0, gzip"}]) == 200
    end

    test "says nothing where there is one variant", %{plane: plane} do
      answer = get(plane, "/picture.png", [{"accept-encoding", "gzip, br"}])
      assert {answer.body, header(answer, "vary"), header(answer, "content-encoding")} == {@picture, nil, nil}
    end
  end

  describe "Range (14.2)" do
    test "of one part is 206, with where it is from (15.3.7)", %{plane: plane} do
      answer = get(plane, "/picture.png", [{"range", "bytes=16-31"}])
      assert answer.status == 206
      assert answer.body == binary_part(@picture, 16, 16)
      assert header(answer, "content-range") == "bytes 16-31/256"
      assert header(answer, "etag") == etag(@picture)
      assert header(answer, "content-type") == "image/png"
    end

    test "of what it has not is 416 (15.5.17)", %{plane: plane} do
      answer = get(plane, "/picture.png", [{"range", "bytes=256-"}])
      assert {answer.status, header(answer, "content-range")} == {416, "bytes */256"}
      assert status(plane, "/empty.txt", [{"range", "bytes=0-"}]) == 416
      assert status(plane, "/empty.txt", [{"range", "bytes=-1"}]) == 416
    end

    test "of several parts, of another unit or of none is the whole", %{plane: plane} do
      for range <- [
            "bytes=0-1,4-5",
            "lines=0-1",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=9-1",
            "bytes 0-1",
            ""
          ] do
        answer = get(plane, "/picture.png", [{"range", range}])
        assert {answer.status, answer.body} == {200, @picture}, range
      end
    end

    test "is of GET alone", %{plane: plane} do
      assert request(plane, "HEAD", "/picture.png", headers: [{"range", "bytes=0-1"}]).status == 200
    end

    test "is of the encoding that is sent (14.1)", %{plane: plane} do
      zipped = get(plane, "/", [{"accept-encoding", "gzip"}])
      part = get(plane, "/", [{"accept-encoding", "gzip"}, {"range", "bytes=2-5"}])
      assert {part.status, part.body} == {206, binary_part(zipped.body, 2, 4)}
      assert header(part, "content-encoding") == "gzip"
      assert header(part, "content-range") == "bytes 2-5/#{byte_size(zipped.body)}"
    end

    test "with If-Range is a part of what there is, or the whole of it (13.1.5)", %{plane: plane} do
      range = {"range", "bytes=0-1"}
      tag = etag(@picture)
      assert status(plane, "/picture.png", [range, {"if-range", tag}]) == 206
      assert status(plane, "/picture.png", [range, {"if-range", "W/" <> tag}]) == 200
      assert status(plane, "/picture.png", [range, {"if-range", ~s("x")}]) == 200
      assert status(plane, "/picture.png", [range, {"if-range", "Sat, 29 Oct 1994 19:43:31 GMT"}]) == 200
      assert status(plane, "/picture.png", [{"if-range", tag}]) == 200
      # The range comes last (13.2.2).
      assert status(plane, "/picture.png", [range, {"if-none-match", tag}]) == 304
      assert status(plane, "/picture.png", [range, {"if-match", ~s("x")}]) == 412
    end

    test "is what a list of bytes says it is", %{plane: plane} do
      check "ranges", runs: runs(300, 10_000) do
        {first, last} = {number(), number()}
        range = note(:range, "bytes=#{first}-#{last}")
        answer = get(plane, "/picture.png", [{"range", range}])
        assert {answer.status, answer.body} == expected(integer(first), integer(last))
      end
    end

    defp number,
      do:
        any_of([
          fn -> "" end,
          fn -> "#{draw(300)}" end,
          fn -> "00#{draw(9)}" end,
          fn -> "#{Integer.pow(10, 10 + draw(30))}" end
        ])

    defp integer(""), do: nil
    defp integer(digits), do: String.to_integer(digits)

    defp expected(first, last) do
      bytes = :binary.bin_to_list(@picture)

      wanted =
        cond do
          first == nil and last == nil -> :all
          first == nil -> Enum.take(bytes, -last)
          last != nil and last < first -> :all
          true -> bytes |> Enum.drop(first) |> Enum.take((last || 256) - first + 1)
        end

      case wanted do
        :all -> {200, @picture}
        [] -> {416, "it has 256 bytes\n"}
        part -> {206, :binary.list_to_bin(part)}
      end
    end
  end

  describe "whatever is asked" do
    test "is answered by what is in the site, a redirect within it, or a refusal", %{plane: plane} do
      contents = Map.values(@files)

      check "paths", runs: runs(1_000, 100_000) do
        target = note(:target, "/" <> Enum.join(list_of(&piece/0, 6)))
        answer = get(plane, target)
        assert answer.status in [200, 301, 400, 404]
        if answer.status == 200 and target != "/health", do: assert(answer.body in contents or answer.body == "ok\n")

        if answer.status == 301 do
          location = header(answer, "location")
          assert location =~ ~r{\A/(?![/\\])}
          refute location =~ ~r/[\x00-\x20\x7f-\xff]/
          assert status(plane, location) == 200
        end
      end
    end

    defp piece do
      any_of([
        fn -> one_of(["/", ".", "..", "%2e", "%2F", "%5c", "%00", "about", "index", ".html", "docs", "?", "%"]) end,
        fn -> one_of(Map.keys(@files)) end,
        fn -> bytes(4) end,
        fn -> "%" <> Base.encode16(bytes(1)) end
      ])
    end

    test "headers of any kind break nothing", %{plane: plane} do
      names = ~w(range if-range if-match if-none-match accept-encoding)

      check "headers", runs: runs(500, 50_000) do
        headers = note(:headers, list_of(fn -> {one_of(names), value()} end, 5))
        method = one_of(["GET", "HEAD"])
        answer = request(plane, method, one_of(["/", "/picture.png", "/nowhere"]), headers: headers)
        assert answer.status in [200, 206, 304, 404, 406, 412, 416]
      end
    end

    defp value do
      pieces = fn ->
        any_of([
          fn -> one_of(["bytes=", "-", ",", ";q=", "gzip", "*", "\"", "W/", "0", "1", " ", "identity", "."]) end,
          fn -> bytes(3) end
        ])
      end

      Enum.join(list_of(pieces, 8))
    end

    test "hosts of any kind lead nowhere", %{plane: plane} do
      check "hosts", runs: runs(500, 50_000) do
        host =
          note(
            :host,
            any_of([
              fn -> bytes(30) end,
              fn ->
                Enum.join(
                  list_of(
                    fn ->
                      one_of(["site", ".", "example", ":", "80", "@", "[", "]", "%", "*", "xn--", "/", "\\", " "])
                    end,
                    8
                  )
                )
              end
            ])
          )

        answer = request(plane, "GET", "/", host: host)
        assert answer.status == 404 or (answer.status == 200 and host =~ ~r/\Asite\.example\.?(:\d*)?\z/)
      end
    end
  end

  test "what cannot be read now is 503, said once to the log, and not read again and again", %{plane: plane} do
    {:ok, _} = Library.publish("acme", "site", "no site at all", library: plane.library)

    log =
      ExUnit.CaptureLog.capture_log(fn ->
        for _ <- 1..20 do
          answer = get(plane, "/")
          assert {answer.status, header(answer, "retry-after")} == {503, "1"}
        end
      end)

    assert length(String.split(log, "cannot be served")) in 2..3
    assert request(plane, "GET", "/health").status == 200
    {:ok, _} = Library.rollback("acme", "site", library: plane.library)
    assert status(plane, "/") == 200
  end

  test "nothing is read from the storage once a site is there", %{plane: plane} do
    assert status(plane, "/") == 200
    :ok = ExUnit.Callbacks.stop_supervised(plane.storage)
    for target <- ["/", "/about", "/picture.png"], do: assert(status(plane, target) == 200)
  end
end
