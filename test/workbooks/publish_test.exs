Code.require_file("../../scripts/check_pages.exs", __DIR__)

defmodule Workbooks.PublishTest do
  use ExUnit.Case, async: true

  import Workbooks.TestPublicPlane, only: [get: 2]

  alias Workbooks.{Domains, Error, Library, Publish, TestPublicPlane}
  alias Workbooks.Publish.Plan

  @moduletag :tmp_dir

  @files %{
    "site.org" => """
    #+TITLE: Tea & co

    Welcome. See [[https://example.org/a.org][elsewhere]].

    * Pages :publish:
    - [[file:about.org][About us]]
    ** Deeper
    - [[file:docs/brew.org]]
    - [[file:about.org::*History][once more]]
    * Not a page
    [[file:notes.txt]]
    """,
    "about.org" => """
    #+TITLE: About
    * History
    See [[file:docs/brew.org::*Brew][brewing]], [[file:site.org][home]] and [[*History][here]].
    [[file:docs/a b.png]]
    """,
    "docs/brew.org" => """
    #+TITLE: Brewing
    * Brew
    :PROPERTIES:
    :WORKBOOK_VERSION: 1
    :END:
    ** Minutes
    :PROPERTIES:
    :in: leaf
    :out: minutes
    :END:
    #+begin_src javascript
    export const m = (leaf) => ({ minutes: leaf === "green" ? 2 : 4 })
    #+end_src
    Back to [[file:../about.org][about]], [[file:a b.png]].
    """,
    "docs/a b.png" => <<137, 80, 78, 71>>,
    "notes.txt" => "notes",
    "secret.txt" => "nobody links here",
    "404.org" => "#+TITLE: Lost\nNot here, but [[file:docs/brew.org][there]]."
  }

  @run [inputs: %{"leaf" => "green"}]

  setup %{tmp_dir: tmp_dir} do
    # The names of tests are in the folder's, and are not what is tried here.
    folder = Path.join(tmp_dir, "tea")
    write(folder, @files)
    %{folder: folder, out: Path.join(tmp_dir, "out")}
  end

  defp write(folder, files) do
    for {path, content} <- files do
      full = Path.join(folder, path)
      File.mkdir_p!(Path.dirname(full))
      File.write!(full, content)
    end
  end

  defp hrefs(html), do: for([_, href] <- Regex.scan(~r/<(?:a|img)\s[^>]*?(?:href|src)="([^"]*)"/, html), do: href)

  describe "a site" do
    test "has the pages that site.org names, in its order, with their results", %{folder: folder, out: out} do
      assert {:ok, site} = Publish.site(folder, out: out, run: @run)
      assert site.pages == ["index.html", "about.html", "docs/brew.html", "404.html"]
      assert {site.title, site.out, site.broken, site.files} == {"Tea & co", out, [], 6}
      assert site.lines == ["#{out}: 4 pages, 6 files"]
      assert File.read!(Path.join(out, "docs/brew.html")) =~ "<output>2</output>"
      assert File.read!(Path.join(out, "docs/a b.png")) == @files["docs/a b.png"]
      # What no page links to is nobody's.
      refute File.exists?(Path.join(out, "secret.txt"))
      refute Enum.any?(Path.wildcard(Path.join(out, "**/*.org")))
    end

    test "shows all pages beside each, the current one marked, and those before and behind it", %{folder: folder} do
      {:ok, site} = Publish.files(folder, run: @run)

      for {path, title} <- [{"index.html", "Tea &amp; co"}, {"about.html", "About us"}, {"docs/brew.html", "Brewing"}] do
        html = site.files[path]
        assert [_, ^title] = Regex.run(~r{<a href="[^"]*" aria-current="page">([^<]*)</a>}, html)
        assert length(String.split(html, ~s(aria-current="page"))) == 2
      end

      assert [_, "index.html", "docs/brew.html"] =
               Regex.run(~r{rel="prev" href="([^"]*)".*rel="next" href="([^"]*)"}s, site.files["about.html"])

      refute site.files["index.html"] =~ ~s(rel="prev" href)
      refute site.files["docs/brew.html"] =~ ~s(rel="next" href)
      refute site.files["404.html"] =~ ~s(rel="next" href)
      assert site.files["about.html"] =~ "<title>About – Tea &amp; co</title>"
      assert site.files["index.html"] =~ "<title>Tea &amp; co</title>"
      assert site.files["about.html"] =~ ~s(<li class="site-part">Deeper</li>)
    end

    test "is written for people, and well-formed", %{folder: folder, out: out} do
      {:ok, _} = Publish.site(folder, out: out, run: @run)

      for page <- Path.wildcard(Path.join(out, "**/*.html")), Path.basename(page) != "404.html" do
        complaints = page |> File.read!() |> CheckPages.check(Path.dirname(page))
        # Its own pictures are fetched, which a page that stands alone has none of.
        assert Enum.reject(complaints, &(&1 =~ "fetches by <img src>")) == [], page
        assert Enum.all?(complaints, &(&1 =~ "a%20b.png"))
      end
    end

    test "has links that lead to files, or to clean paths", %{folder: folder} do
      {:ok, files} = Publish.files(folder, run: @run)
      {:ok, clean} = Publish.files(folder, run: @run, clean: true)

      article = fn site, path ->
        site.files[path] |> String.split("<article>") |> List.last() |> String.split("</article>") |> hd() |> hrefs()
      end

      assert article.(files, "about.html") == ["docs/brew.html#brew", "index.html", "#history", "docs/a%20b.png"]
      assert article.(clean, "about.html") == ["docs/brew#brew", "./", "#history", "docs/a%20b.png"]
      assert article.(files, "docs/brew.html") == ["../about.html", "a%20b.png"]
      assert article.(clean, "docs/brew.html") == ["../about", "a%20b.png"]
      # It is shown at any path.
      assert article.(clean, "404.html") == ["/docs/brew"]
      assert article.(files, "index.html") |> hd() == "https://example.org/a.org"
    end

    test "may have an index.org for its first page", %{folder: folder} do
      write(folder, %{
        "site.org" => "#+TITLE: T\n- [[file:index.org][Start]]\n- [[file:about.org]]\n",
        "index.org" => "#+TITLE: First"
      })

      {:ok, site} = Publish.files(folder, title: "Mine", run: @run)
      assert hd(site.pages) == "index.html"
      assert site.files["index.html"] =~ "<title>First – Mine</title>"
      # Brewing is linked to from a page, and is no page now.
      assert %{file: "about.org", link: "docs/brew.html#brew", why: "docs/brew.org is not among the pages of site.org"} in site.broken
    end
  end

  describe "broken links" do
    @broken %{
      "about.org" => """
      [[file:nope.txt]] [[file:gone.org]] [[file:docs/brew.org::*Nothing]] [[#nothing][x]] [[file:../../../etc/passwd]]
      [[file:/etc/passwd][y]] [[file:docs]] [[file:orphan.org]] [[file:link.txt]]
      """,
      "orphan.org" => "* Orphan"
    }

    test "are told, each with its file, and are an error where that is wanted", %{folder: folder, out: out} do
      write(folder, @broken)
      File.ln_s!("/etc/hostname", Path.join(folder, "link.txt"))
      assert {:ok, %{broken: broken, lines: [_ | lines]}} = Publish.site(folder, out: out, run: @run)
      assert length(lines) == length(broken)
      why = fn link -> Enum.find_value(broken, &(&1.link == link and &1.why)) end
      assert why.("nope.txt") =~ "there is no nope.txt"
      assert why.("gone.html") == "there is neither gone.org nor gone.html"
      assert why.("docs/brew.html#nothing") == "nothing in docs/brew.org has that name"
      assert why.("../../../etc/passwd") == "it leads out of the site's folder"
      assert why.("orphan.html") == "orphan.org is not among the pages of site.org"
      assert why.("docs") =~ "is no file"
      assert why.("link.txt") =~ "lies outside"

      refute Enum.any?(
               Path.wildcard(Path.join(out, "**/*")),
               &(Path.basename(&1) in ["passwd", "link.txt", "hostname"])
             )

      assert {:error, %Error{kind: :bad_value, details: %{problems: problems}}} =
               Publish.site(folder, out: out, run: @run, strict: true)

      assert length(problems) == length(broken)
    end

    test "of site.org too", %{folder: folder} do
      write(folder, %{"site.org" => "- [[file:gone.org]]\n"})

      assert {:ok, %{pages: ["index.html", "404.html"], broken: [%{file: "site.org", link: "gone.html"} | _]}} =
               Publish.files(folder)

      write(folder, %{"site.org" => "- [[file:gone.org]]\n- [[file:index.org]]\n", "index.org" => "* I"})
      assert {:ok, %{broken: [%{file: "site.org", link: "gone.org"} | _]}} = Publish.files(folder)
    end
  end

  describe "what cannot be published" do
    test "is refused with the page and the line, and what was there stays", %{folder: folder, out: out} do
      {:ok, _} = Publish.site(folder, out: out, run: @run)
      before = File.read!(Path.join(out, "about.html"))

      assert {:error, %Error{message: "docs/brew.org: the input leaf was not given"}} = Publish.site(folder, out: out)
      write(folder, %{"docs/brew.org" => String.replace(@files["docs/brew.org"], "leaf ===", "no.leaf ===")})

      assert {:error, %Error{message: message, details: %{problems: [problem]}}} =
               Publish.site(folder, out: out, run: @run)

      assert message =~ ~r{\Adocs/brew.org:12: brew/minutes: }
      assert %{file: "docs/brew.org", line: 12} = problem
      assert File.read!(Path.join(out, "about.html")) == before
    end

    test "is no folder without site.org, nor one that is not there", %{tmp_dir: tmp_dir} do
      assert {:error, %Error{kind: :not_found, message: message}} = Publish.site(tmp_dir)
      assert message =~ "site.org"
      assert {:error, %Error{kind: :not_found}} = Publish.site(Path.join(tmp_dir, "none"))
    end

    test "is a page called health", %{folder: folder, out: out} do
      write(folder, %{"site.org" => "- [[file:health.org]]", "health.org" => "* H"})
      assert {:error, %Error{kind: :bad_name}} = Publish.site(folder, out: out)
    end

    test "is what is no text", %{folder: folder} do
      write(folder, %{"about.org" => <<"* A", 255>>})
      assert {:error, %Error{message: "about.org: " <> _}} = Publish.files(folder, run: @run)
      write(folder, %{"site.org" => <<"* A", 255>>})
      assert {:error, %Error{message: "site.org cannot be read: " <> _}} = Publish.files(folder, run: @run)
    end
  end

  describe "the folder that is written" do
    test "is replaced whole", %{folder: folder, out: out} do
      {:ok, _} = Publish.site(folder, out: out, run: @run)
      write(folder, %{"site.org" => "- [[file:about.org]]\n"})
      {:ok, _} = Publish.site(folder, out: out, run: @run)
      refute File.exists?(Path.join(out, "docs/brew.html"))
      assert Path.wildcard(out <> ".*") == []
    end

    test "is left alone where it holds anything else", %{folder: folder, out: out} do
      write(out, %{"mine.txt" => "mine"})
      assert {:error, %Error{kind: :conflict}} = Publish.site(folder, out: out, run: @run)
      assert {:error, %Error{kind: :conflict}} = Publish.site(folder, out: folder, run: @run)
      assert File.ls!(out) == ["mine.txt"]
      assert File.exists?(Path.join(folder, "site.org"))
    end

    test "that cannot be written is an error with its name", %{folder: folder, tmp_dir: tmp_dir} do
      File.write!(Path.join(tmp_dir, "file"), "")

      assert {:error, %Error{kind: :io, message: message}} =
               Publish.site(folder, out: Path.join(tmp_dir, "file/out"), run: @run)

      assert message =~ "file/out"
    end
  end

  describe "publish.org" do
    @plan """
    * Files :publish:
    :PROPERTIES:
    :PUBLISH_TARGET: local
    :OUTPUT: ../out
    :TITLE: Tea here
    :END:
    * Notes
    :PROPERTIES:
    :PUBLISH_TARGET: nonsense, but not tagged
    :END:
    * Plane :publish:
    :PROPERTIES:
    :PUBLISH_TARGET: runtime
    :PROJECT: tea
    :DOMAIN: Site.example
    :END:
    """

    test "is made, with a site.org where there is none", %{folder: folder, tmp_dir: tmp_dir} do
      assert {:ok, %{files: [plan], lines: ["wrote " <> _, "next: " <> _]}} = Publish.init(folder)
      assert {:ok, %{plans: [%Plan{target: :local, title: nil}]}} = Publish.validate(folder)
      assert {:error, %Error{kind: :conflict}} = Publish.init(folder)
      assert File.read!(Path.join(folder, "site.org")) == @files["site.org"]

      other = Path.join(tmp_dir, "o t")
      write(other, %{"b.org" => "* B", "a.org" => "* A", "404.org" => "* L"})
      assert {:ok, %{files: [_, _]}} = Publish.init(other)
      assert {:ok, %{published: [%{pages: 4}], broken: []}} = Publish.apply(other)
      assert File.exists?(Path.join(other, "_site/a.html"))
      assert plan =~ "publish.org"
      assert {:ok, %{files: [_, _]}} = Publish.init(Path.join(tmp_dir, "new"))
    end

    test "is read into plans", %{folder: folder, out: out} do
      write(folder, %{"publish.org" => @plan})
      assert {:ok, %{plans: [files, plane], lines: lines}} = Publish.validate(Path.join(folder, "publish.org"))
      assert %Plan{name: "Files", line: 1, target: :local, output: ^out, title: "Tea here"} = files
      assert %Plan{name: "Plane", line: 11, target: :runtime, project: "tea", domain: "Site.example"} = plane
      assert lines == ["Files: files in #{out}", "Plane: Site.example, as the workbook tea"]
    end

    test "is done, for files and for the public plane", %{folder: folder, out: out} do
      plane = TestPublicPlane.start()
      write(folder, %{"publish.org" => @plan})
      options = [run: @run, tenant: "acme"] ++ plane.stores
      assert {:ok, %{published: [files, runtime], broken: [], lines: [_, _]}} = Publish.apply(folder, options)
      assert files == %{target: :local, out: out, pages: 4, files: 6}
      assert %{target: :runtime, host: "Site.example", version: 1, pages: 4} = runtime
      assert File.read!(Path.join(out, "index.html")) =~ "<title>Tea here</title>"

      assert get(plane, "/").body =~ "<title>Tea &amp; co</title>"
      assert get(plane, "/docs/brew").body =~ "<output>2</output>"
      assert get(plane, "/docs/a%20b.png").status == 200
      assert get(plane, "/nowhere").body =~ "<title>Lost – Tea &amp; co</title>"
      assert {:ok, %{source: source}} = Library.get("acme", "tea", library: plane.library)
      assert source == @files["site.org"]

      # Every link of every page leads to a page, without a redirect.
      for target <- ["/", "/about", "/docs/brew", "/nowhere"],
          href <- hrefs(get(plane, target).body),
          not String.starts_with?(href, ["http", "#"]) do
        path = URI.merge("http://site.example#{target}", href).path
        assert get(plane, path).status == 200, "#{target} → #{href}"
      end
    end

    test "publishes nothing where a page of it fails, or a host is another's", %{folder: folder, out: out} do
      plane = TestPublicPlane.start()
      write(folder, %{"publish.org" => @plan})
      options = [tenant: "acme"] ++ plane.stores
      assert {:error, %Error{message: "docs/brew.org: " <> _}} = Publish.apply(folder, options)
      refute File.exists?(out)
      assert Library.list("acme", library: plane.library) == %{}
      :ok = Domains.attach("site.example", {"other", "x"}, domains: plane.domains)
      assert {:error, %Error{kind: :conflict}} = Publish.apply(folder, [run: @run] ++ options)
      assert Library.list("acme", library: plane.library) == %{}
    end

    test "that is wrong says where and what", %{folder: folder} do
      for {properties, message} <- [
            {"", "PUBLISH_TARGET is missing: local, or runtime"},
            {":PUBLISH_TARGET: cloud", "PUBLISH_TARGET is cloud, and can be local or runtime"},
            {":PUBLISH_TARGET: local\n:OUTPUT: .", "OUTPUT is ., where the sources are"},
            {":PUBLISH_TARGET: local\n:OUTPUT: ..", "OUTPUT is .., where the sources are"},
            {":PUBLISH_TARGET: local\n:DOMAIN: a.example", "DOMAIN has no meaning for the target local"},
            {":PUBLISH_TARGET: runtime\n:DOMAIN: a.example", "PROJECT is missing, which the target runtime needs"},
            {":PUBLISH_TARGET: runtime\n:PROJECT: a\n:DOMAIN: a..b",
             "DOMAIN: \"a..b\" is no host: there is nothing before a dot"},
            {":PUBLISH_TARGET: runtime\n:PROJECT: ../a\n:DOMAIN: a.example",
             "PROJECT: \"../a\" is no workbook id: 1 to 128 of A-Z a-z 0-9 _ . -, the first no . or -"}
          ] do
        write(folder, %{"publish.org" => "#+TITLE: x\n* P :publish:\n:PROPERTIES:\n#{properties}\n:END:\n"})
        assert {:error, %Error{kind: :bad_value} = error} = Publish.validate(folder)
        assert error.message == "publish.org:2: #{message}"
        assert [%{file: "publish.org", line: 2, message: ^message} | _] = error.details.problems
      end

      write(folder, %{"publish.org" => "* P"})
      assert {:error, %Error{message: "publish.org: no heading of it is tagged :publish:"}} = Publish.validate(folder)

      write(folder, %{
        "publish.org" =>
          String.replace(@plan, ":END:\n* Notes", ":END:\n" <> String.replace(@plan, "Tea here", "") <> "* Notes")
      })

      assert {:error, %Error{details: %{problems: [_, _]}}} = Publish.validate(folder)
      assert {:error, %Error{kind: :not_found}} = Publish.validate(Path.join(folder, "none.org"))
      File.rm!(Path.join(folder, "site.org"))
      write(folder, %{"publish.org" => @plan})
      assert {:error, %Error{kind: :not_found, message: "there is no site.org in " <> _}} = Publish.validate(folder)
    end
  end
end
