defmodule Workbooks.SiteTest do
  use ExUnit.Case, async: true

  import Workbooks.TestProperty
  alias Workbooks.{Error, Site}

  doctest Workbooks.Site
  doctest Workbooks.Site.Paths
  doctest Workbooks.Site.Type

  defp site!(files) do
    {:ok, artifact} = Site.pack(files)
    {:ok, site} = Site.open(artifact)
    site
  end

  defp sha256(content), do: Base.encode16(:crypto.hash(:sha256, content), case: :lower)

  describe "what is packed" do
    test "is the same for the same files, and another for others" do
      files = %{"index.html" => String.duplicate("tea ", 100), "a/b.css" => "x"}
      assert Site.pack(files) == Site.pack(Map.new(Enum.reverse(Map.to_list(files))))
      refute Site.pack(files) == Site.pack(Map.put(files, "a/b.css", "y"))
    end

    test "has each file with the SHA-256 of each of its variants" do
      text = String.duplicate("green tea ", 200)
      {:ok, file} = site!(%{"tea.txt" => text}) |> Site.file("tea.txt")
      assert [%{encoding: :identity, content: ^text} | smaller] = file.variants
      for variant <- file.variants, do: assert(variant.etag == sha256(variant.content))
      assert %{content: gzip} = Enum.find(smaller, &(&1.encoding == :gzip))
      assert :zlib.gunzip(gzip) == text
      assert byte_size(gzip) < byte_size(text)
    end

    test "leaves out what gains nothing" do
      random = :crypto.strong_rand_bytes(1000)
      site = site!(%{"short.html" => "tea", "noise.txt" => random, "picture.png" => String.duplicate("x", 1000)})
      for file <- site.files, do: assert([%{encoding: :identity}] = file.variants, file.path)
    end

    test "is no more than a site may have" do
      assert {:error, %Error{kind: :bad_value}} = Site.pack(%{})
      assert {:error, %Error{kind: :too_large}} = Site.pack(for n <- 1..10_001, into: %{}, do: {"#{n}", ""})
      assert {:error, %Error{kind: :too_large}} = Site.pack(%{"a" => :binary.copy("x", 67_108_865)})
      # With what is kept beside it, it is larger than it came.
      assert {:error, %Error{kind: :too_large}} = Site.pack(%{"a.png" => :binary.copy("x", 67_108_800)})
      assert {:error, %Error{kind: :bad_value}} = Site.pack(%{"a" => 1})
    end

    test "has no path that leads elsewhere, or that could be read in two ways" do
      bad = ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", ".git", "a/.env", "a\\b", "a\0", "a\n"]
      bad = bad ++ [<<255>>, String.duplicate("a", 1025), "health", "health.html", "health/index.html", :a]
      for path <- bad, do: assert({:error, %Error{kind: :bad_name}} = Site.pack(%{path => ""}), inspect(path))
      good = ["a", ".well-known/x", "ä/ö.html", "a b", "a..b", "%2e%2e"]
      for path <- good, do: assert({:ok, _} = Site.pack(%{path => ""}), path)
    end
  end

  describe "routes" do
    defp routes(paths) do
      for {path, what} <- Site.routes(site!(Map.new(paths, &{&1, &1}))), into: %{} do
        {path, with({:file, file} <- what, do: file.path)}
      end
    end

    test "lead to pages without .html, and from it to there" do
      assert routes(["index.html", "a.html", "b/index.html", "b/c.html", "d.css", "e.htm"]) == %{
               "" => "index.html",
               "index.html" => {:redirect, ""},
               "a" => "a.html",
               "a/" => {:redirect, "a"},
               "a.html" => {:redirect, "a"},
               "b/" => "b/index.html",
               "b" => {:redirect, "b/"},
               "b/index.html" => {:redirect, "b/"},
               "b/c" => "b/c.html",
               "b/c/" => {:redirect, "b/c"},
               "b/c.html" => {:redirect, "b/c"},
               "d.css" => "d.css",
               "e.htm" => "e.htm"
             }
    end

    test "give a path to the file of that name, before any page of that name" do
      assert %{"a" => "a", "a.html" => {:redirect, "a"}} = routes(["a", "a.html"])
      assert %{"a" => "a.html", "a/" => "a/index.html"} = routes(["a.html", "a/index.html"])
      assert %{"a.html" => "a.html.html"} = routes(["a.html.html"])
      assert %{"a.html" => "a.html.html", "a" => "a.html"} = routes(["a.html", "a.html.html"])
    end

    test "have none for what is shown where there is nothing" do
      assert routes(["404.html"]) == %{}
    end

    test "never lead in a circle" do
      check "each redirect leads to a file" do
        names =
          list_of(
            fn ->
              Enum.join(
                list_of(fn -> one_of(["a", "index", "b.html", "index.html", "404.html"]) end, 3) ++
                  [one_of(["a", "a.html", "index.html"])],
                "/"
              )
            end,
            6
          )

        # A file and a folder may have one name here, as they may not on a disk.
        routes = Site.routes(site!(Map.new(["x" | names], &{&1, &1})))
        for {path, {:redirect, to}} <- routes, do: assert({:file, _} = routes[to], "#{path} → #{to}")
      end
    end
  end

  describe "an artifact" do
    defp files do
      for {path, n} <-
            Enum.with_index(["index.html"] ++ list_of(fn -> one_of(["a", "b/c", "ä.svg", "d.txt", "e.css"]) end, 5)),
          into: %{},
          do: {path, if(n == 0, do: String.duplicate("tea", draw(50)), else: bytes(200))}
    end

    test "is opened to what was packed" do
      check "round trip" do
        files = note(:files, files())
        {:ok, artifact} = Site.pack(files)
        {:ok, site} = Site.open(artifact)
        assert site.bytes == byte_size(artifact)
        assert files == for(file <- site.files, into: %{}, do: {file.path, hd(file.variants).content})
      end
    end

    test "that was cut off anywhere is refused" do
      check "every cut", runs: runs(5, 100) do
        {:ok, artifact} = Site.pack(files())

        for size <- 0..(byte_size(artifact) - 1),
            do: assert({:error, %Error{}} = Site.open(binary_part(artifact, 0, size)))

        assert {:error, %Error{kind: :damaged}} = Site.open(artifact <> "x")
      end
    end

    test "with any bit another is refused" do
      check "every bit", runs: runs(3, 50) do
        {:ok, artifact} = Site.pack(files())

        for bit <- 0..(bit_size(artifact) - 1) do
          <<before::bitstring-size(bit), one::1, rest::bitstring>> = artifact
          assert {:error, %Error{kind: kind}} = Site.open(<<before::bitstring, 1 - one::1, rest::bitstring>>)
          # The bits of the version say that it is another.
          assert kind == :damaged or (kind == :version and bit in 48..55)
        end
      end
    end

    test "that anybody made up is refused, and takes no memory that it does not have" do
      check "anything", runs: runs(200, 10_000) do
        made_up = any_of([fn -> bytes(300) end, fn -> "wbsite" <> <<1>> <> bytes(300) end, &forged/0])
        assert {:error, %Error{}} = Site.open(made_up)
      end
    end

    # A right digest over an index that is none.
    defp forged do
      index = any_of([fn -> bytes(100) end, fn -> <<draw(3)::32, 1::16, "a", 1, "t", draw(3), bytes(60)::binary>> end])
      <<"wbsite", 1, :crypto.hash(:sha256, index)::binary, byte_size(index)::32, index::binary, bytes(20)::binary>>
    end

    test "of a later version says so" do
      assert {:error, %Error{kind: :version}} = Site.open("wbsite" <> <<2>> <> "whatever")
    end
  end
end
