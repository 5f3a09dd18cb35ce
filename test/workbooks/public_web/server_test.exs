defmodule Workbooks.PublicWeb.ServerTest do
  # The public plane over a real socket, by clients that others wrote.
  use ExUnit.Case, async: true

  import Workbooks.TestPublicPlane, only: [serve: 2]

  alias Workbooks.{HTTP, Site, TestPublicPlane}

  @curl if System.find_executable("curl"), do: false, else: "no curl: apt-get install curl"
  @no_brotli @curl ||
               if(elem(System.cmd("curl", ["--version"]), 0) =~ "brotli", do: false, else: "a curl without brotli")
  @redbot System.get_env("WORKBOOKS_REDBOT") || System.find_executable("redbot")
  @no_redbot if @redbot, do: false, else: "no redbot: pip install redbot, and have it on PATH or in WORKBOOKS_REDBOT"

  @moduletag :tmp_dir

  @text String.duplicate("<p>Green tea is green.</p>\n", 2_000)
  # 64 by 64 dots of noise: redbot asks for 97 bytes of it, which should be a part.
  @picture (
             chunk = fn kind, data ->
               <<byte_size(data)::32, kind::binary, data::binary, :erlang.crc32([kind, data])::32>>
             end

             dots = for row <- 1..64, into: <<>>, do: <<0, :crypto.hash(:sha512, <<row>>)::binary>>

             <<137, "PNG\r\n", 26, "\n">> <>
               chunk.("IHDR", <<64::32, 64::32, 8, 0, 0, 0, 0>>) <>
               chunk.("IDAT", :zlib.compress(dots)) <> chunk.("IEND", "")
           )

  setup do
    plane = TestPublicPlane.start()

    serve(plane, %{
      "index.html" => page("Tea", @text),
      "about.html" => page("About", "<p>short</p>"),
      "404.html" => page("Lost", "<p>nothing</p>"),
      "picture.png" => @picture,
      "large.bin" => :binary.copy(<<0, 1, 2, 3>>, 1_000_000)
    })

    server = start_supervised!({HTTP.Server, router: plane.router, listen: [{{127, 0, 0, 1}, 0}], h2c: true})
    [{_ip, port}] = HTTP.Server.addresses(server)
    # As curl and redbot have it, for whom an address resolves to itself, and as our own client.
    for host <- ["127.0.0.1", "test.example"] do
      :ok = Workbooks.Domains.attach(host, {"acme", "site"}, domains: plane.domains)
    end

    %{plane: plane, base: "http://127.0.0.1:#{port}"}
  end

  defp page(title, body) do
    "<!DOCTYPE html>\n<html lang=\"en\"><head><title>#{title}</title><style>p { color: green }</style></head>#{body}</html>\n"
  end

  # {status, headers, body} of one request.
  defp curl(arguments, %{tmp_dir: folder}) do
    [head, body] = for name <- ["head", "body"], do: Path.join(folder, name)
    for path <- [head, body], do: File.rm(path)
    fixed = ~w(--silent --show-error --noproxy * --max-time 60 --dump-header #{head} --output #{body})
    assert {_, 0} = System.cmd("curl", fixed ++ arguments, stderr_to_stdout: true)
    # Of several answers, as where it was sent on, the last.
    last = head |> File.read!() |> String.split("\r\n\r\n", trim: true) |> List.last()
    [status | lines] = String.split(last, "\r\n")
    headers = for line <- lines, [name, value] <- [String.split(line, ": ", parts: 2)], into: %{}, do: {name, value}
    [_version, status | _reason] = String.split(status, " ", trim: true)
    {String.to_integer(status), headers, with({:error, :enoent} <- File.read(body), do: {:ok, ""}) |> elem(1)}
  end

  for {version, flag} <- [{"HTTP/1.1", "--http1.1"}, {"HTTP/2", "--http2-prior-knowledge"}] do
    @tag skip: @curl
    test "curl gets pages, parts and encodings by #{version}", %{base: base} = context do
      ask = fn path, arguments -> curl([unquote(flag), base <> path | arguments], context) end

      assert {200, headers, whole} = ask.("/", [])
      assert whole == page("Tea", @text)
      assert headers["content-length"] == "#{byte_size(whole)}"
      assert {304, %{"etag" => etag}, ""} = ask.("/", ["-H", "if-none-match: #{headers["etag"]}"])
      assert etag == headers["etag"]

      assert {200, %{"content-encoding" => "gzip"} = zipped, body} = ask.("/", ["-H", "accept-encoding: gzip"])
      assert :zlib.gunzip(body) == whole
      assert zipped["etag"] != etag
      assert {200, _, ^whole} = ask.("/", ["--compressed"])
      assert {200, %{"content-encoding" => "br"}, body} = ask.("/", ["-H", "accept-encoding: br"])
      assert byte_size(body) < byte_size(whole)

      assert {206, %{"content-range" => "bytes 10-19/4000000"}, body} = ask.("/large.bin", ["-r", "10-19"])
      assert body == binary_part(:binary.copy(<<0, 1, 2, 3>>, 5), 2, 10)
      assert {200, _, large} = ask.("/large.bin", [])
      assert byte_size(large) == 4_000_000
      assert {416, _, _} = ask.("/large.bin", ["-r", "4000000-"])

      # Of HEAD curl writes the head again.
      assert {200, %{"content-length" => "4000000"}, "HTTP/" <> _} = ask.("/large.bin", ["--head"])
      assert {301, %{"location" => "/about"}, _} = ask.("/about.html", [])
      assert {200, _, about} = ask.("/about", [])
      assert about == page("About", "<p>short</p>")
      assert {404, _, lost} = ask.("/nowhere", [])
      assert lost =~ "<title>Lost"
      assert {404, headers, "there is nothing here\n"} = ask.("/", ["-H", "host: other.example"])
      refute headers["etag"]
      assert {405, %{"allow" => "GET, HEAD"}, _} = ask.("/", ["-X", "DELETE"])
      assert {200, _, "ok\n"} = ask.("/health", [])
      assert {400, _, _} = ask.("/..%2f..%2fetc/passwd", ["--path-as-is"])
      assert {400, _, _} = ask.("/../../etc/passwd", ["--path-as-is"])
    end
  end

  @tag skip: @no_brotli
  test "brotli that curl asks for it can read", %{base: base} = context do
    arguments = ["--compressed", "-H", "accept-encoding: br", base <> "/"]
    assert {200, %{"content-encoding" => "br"}, body} = curl(arguments, context)
    assert body == page("Tea", @text)
  end

  @tag skip: @curl
  test "curl is sent on to where a page is", %{base: base} = context do
    assert {200, _, about} = curl(["--location", base <> "/about.html"], context)
    assert about == page("About", "<p>short</p>")
  end

  @tag skip: @curl
  test "a file is fetched whole in parts, as a download that was broken off is", %{base: base, tmp_dir: folder} do
    part = Path.join(folder, "part")
    File.write!(part, binary_part(:binary.copy(<<0, 1, 2, 3>>, 1_000_000), 0, 1_234_567))

    assert {_, 0} =
             System.cmd(
               "curl",
               ~w(--silent --show-error --noproxy * --continue-at - --output #{part} #{base}/large.bin)
             )

    assert File.read!(part) == :binary.copy(<<0, 1, 2, 3>>, 1_000_000)
  end

  # What redbot has to say of a sound answer; anything else is for a person to look at.
  @sound [
    ~r/^The server's clock is correct/,
    ~r/^The Content-Length header is correct/,
    ~r/^The resource could not be found/,
    ~r/^The Location header contains a relative URI/,
    ~r/^This response (sets a Content Security Policy|instructs browsers|prevents browsers|isolates)/,
    ~r/^This response's Referrer-Policy .* restricts/,
    ~r/^Content negotiation for gzip compression is supported/,
    ~r/^This response (allows all caches to store it|can't be stored by caches)/,
    ~r/^This response cannot be served from cache without validation/,
    ~r/^If-None-Match conditional requests are supported/,
    ~r/^A ranged request returned the correct partial content/
  ]

  @tag skip: @no_redbot
  @tag timeout: 300_000
  test "redbot has nothing to find fault with", %{base: base} do
    for path <- ["/", "/about", "/about.html", "/picture.png", "/nowhere", "/health"] do
      {said, 0} = System.cmd(@redbot, ["-o", "text", base <> path], stderr_to_stdout: true)
      assert "HTTP/1.1 " <> _ = said
      notes = for [_, note] <- Regex.scan(~r/^ +\* (.*)$/m, said), do: note
      assert length(notes) > 3
      assert {path, []} == {path, Enum.reject(notes, fn note -> Enum.any?(@sound, &(note =~ &1)) end)}
    end
  end

  test "each answer is of one version whole while it is published again and again", %{plane: plane, base: base} do
    versions = for n <- 1..40, do: %{"index.html" => String.duplicate("#{n};", 30_000)}
    for files <- versions, do: assert({:ok, _} = Site.pack(files))
    serve(plane, hd(versions))
    [_, port] = Regex.run(~r/:(\d+)$/, base)
    address = {{127, 0, 0, 1}, String.to_integer(port)}
    readers = for _ <- 1..3, do: Task.async(fn -> read_on(address, 0) end)
    for files <- tl(versions), do: serve(plane, files)
    for reader <- readers, do: assert(Task.await(reader, 120_000) == 40)
  end

  defp read_on(address, before) do
    answer = Workbooks.TestHTTP.request(address, "GET", "/")
    assert answer.status == 200
    assert [number] = answer.body |> String.split(";", trim: true) |> Enum.uniq()
    number = String.to_integer(number)
    assert number >= before
    if number == 40, do: number, else: read_on(address, number)
  end
end
