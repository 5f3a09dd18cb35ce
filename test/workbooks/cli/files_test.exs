defmodule Workbooks.CLI.FilesTest do
  # The verbs that work on files, and what all verbs have in common.
  use ExUnit.Case, async: false

  import Workbooks.TestCLI
  alias Workbooks.JSON

  @moduletag :tmp_dir
  @verbs ~w(new query tangle lint render run bundle var key domain telemetry publish serve completion help version
            agent toolkit deploy)

  setup %{tmp_dir: folder} do
    file = Path.join(folder, "tea.org")
    File.write!(file, workbook())
    {:ok, org: file}
  end

  describe "help" do
    test "lists every verb" do
      overview = wb!([])
      assert overview == wb!(["help"]) and overview == wb!(["--help"])
      for verb <- @verbs, do: assert(overview =~ ~r/^  #{verb} +\w/m)
      assert Enum.map(json!(["help"]), & &1["verb"]) == @verbs
    end

    test "teaches each: usage, options, examples, exit status" do
      for verb <- @verbs do
        help = wb!(["help", verb])
        assert help == wb!([verb, "--help"])
        assert help == wb!([verb, "-h"])
        assert help =~ ~r/^usage\n  wb #{verb}/m
        assert help =~ ~r/^exit status\n/m
        assert help =~ ~r/^  --json /m
        assert verb in ~w(agent toolkit deploy) or help =~ ~r/^examples\n  # .+\n  .*wb /m
        # Fits a terminal.
        for line <- String.split(help, "\n"), do: assert(String.length(line) <= 118, line)
        assert json!([verb, "--help"])["verb"] == verb
      end
    end

    test "of a verb that is none guesses" do
      assert complaint(["help", "qurey"]) == "there is no verb qurey: did you mean query? (wb help lists them)"
      assert complaint(["xyzzy"]) == "there is no verb xyzzy (wb help lists them)"
    end
  end

  test "version says what runs" do
    assert wb!(["version"]) =~ ~r/^wb \d+\.\d+\.\d+ \(Elixir .+, Erlang\/OTP \d+\)\n$/
    assert wb!(["--version"]) == wb!(["version"])
    assert %{"version" => _, "otp" => _, "elixir" => _} = json!(["version"])
  end

  test "verbs that come later say so, and fail" do
    for verb <- ~w(agent toolkit deploy) do
      assert complaint([verb, "anything"]) =~ ~r/^wb #{verb} is not built yet: .* later version$/
    end
  end

  describe "an option that is none" do
    test "is told, with the one that was meant", %{org: file} do
      assert complaint(["run", file, "--inptu", "a=b"]) ==
               "wb run: --inptu is no option of it: did you mean --input? (wb help run)"

      assert complaint(["query", file, "--tag"]) =~ "--tag lacks its value"
      assert complaint(["run", file, "--timeout", "soon"]) =~ "--timeout cannot be soon: it takes a whole number"
      assert complaint(["run", file, "--watch=maybe"]) =~ "--watch"
      assert complaint(["lint", file, "-z"]) =~ "-z is no option of it"
    end

    test "is JSON on standard output with --json", %{org: file} do
      assert {1, printed, "wb: " <> _} = wb(["query", file, "--tgas", "x", "--json"])
      assert %{"error" => %{"code" => "usage", "message" => "wb query: --tgas" <> _}} = JSON.decode!(printed)
    end
  end

  describe "a file that cannot be read" do
    test "is told in one line that says what to do, as JSON too", %{tmp_dir: folder, org: file} do
      broken = Path.join(folder, "broken.org")
      File.write!(broken, "* Fine\n* Not \xFF fine\n")
      File.mkdir_p!(Path.join(folder, "empty"))

      for verb <- ~w(query tangle lint render run) do
        for {path, code, line} <- [
              {Path.join(folder, "tae.org"), "not_found", "there is no file #{folder}/tae.org: did you mean"},
              {Path.join(folder, "nothing/like.it"), "not_found", "there is no file #{folder}/nothing/like.it"},
              {folder, "io", "#{folder} is a folder: name a file in it, as #{folder}/broken.org"},
              {Path.join(folder, "empty"), "io", "#{folder}/empty is a folder: name a file in it"},
              {broken, "bad_value", "#{broken} is not UTF-8: no character begins with the byte at offset 13, in line 2"}
            ] do
          assert String.starts_with?(complaint([verb, path]), line)
          assert {1, printed, _} = wb([verb, path, "--json"])
          assert %{"error" => %{"code" => ^code, "message" => message}} = JSON.decode!(printed)
          assert String.starts_with?(message, line)
        end

        assert complaint([verb]) =~ ~r/^which workbook\? usage: wb #{verb} WORKBOOK/
      end

      assert complaint(["bundle", Path.join(folder, "no.org"), Path.join(folder, "x.tar.gz")]) =~ "there is no file"
      assert complaint(["query", file, file]) =~ "one workbook at a time"
    end
  end

  describe "new" do
    test "writes a workbook that is sound and runs", %{tmp_dir: folder} do
      path = Path.join(folder, "deeper/first-steps")
      assert wb!(["new", path]) == "#{path}.org\nrun it: wb run #{path}.org --input name=Ada\n"
      assert File.read!(path <> ".org") =~ "#+TITLE: First steps\n"
      assert wb!(["lint", path <> ".org"]) == ""

      assert json!(["run", path <> ".org", "-i", "name=Ada"])["exports"] == %{
               "greeting" => "Hello, Ada!",
               "letters" => 8
             }
    end

    test "leaves what is there alone, unless it may not", %{org: file} do
      assert complaint(["new", file]) =~ "is there already: name another file, or give --force"
      assert File.read!(file) == workbook()
      assert json!(["new", file, "--force", "--title", "Über Tee"]) == %{"file" => file}
      assert File.read!(file) =~ "* Über Tee\n"
    end

    test "says what is wrong with how it was called", %{tmp_dir: folder, org: file} do
      assert complaint(["new"]) =~ "what is it to be called?"
      assert complaint(["new", "a", "b"]) =~ "one file at a time"
      assert complaint(["new", Path.join(folder, "x"), "--title", "a\nb"]) == "a title is one line of text"
      assert complaint(["new", Path.join(file, "below")]) =~ "cannot write"
    end
  end

  describe "query" do
    test "prints a heading a line", %{org: file} do
      lines = wb!(["query", file]) |> String.split("\n", trim: true) |> Enum.map(&JSON.decode!/1)
      assert Enum.map(lines, & &1["title"]) == ["Tea", "Look up", "Brew"]
      assert json!(["query", file]) == lines
    end

    test "chooses by tag, property and state", %{org: file} do
      titles = fn conditions -> for heading <- json!(["query", file | conditions]), do: heading["title"] end
      assert titles.(["--tag", "leaf"]) == ["Look up"]
      assert titles.(["--property", "OUT"]) == ["Look up", "Brew"]
      assert titles.(["--property", "out=minutes"]) == ["Brew"]
      assert titles.(["--property", "in", "--todo", "TODO"]) == ["Look up"]
      assert titles.(["--tag", "nobody"]) == []
      assert wb!(["query", file, "--tag", "nobody"]) == ""
    end

    test "reads standard input", %{org: file} do
      assert json!(["query", "-"], workbook()) == json!(["query", file])
      assert json!(["query", "-"], "") == []
      assert complaint(["query", "-"], "\xFF") =~ "standard input is not UTF-8"
      assert [%{"title" => "Größe ✓"}] = json!(["query", "-"], "* Größe ✓\n")
    end
  end

  describe "tangle" do
    test "shows the plan", %{org: file} do
      assert wb!(["tangle", file]) == """
             tea/look-up  javascript  tea                 -> leaf
             tea/brew     javascript  leaf (tea/look-up)  -> minutes
             takes: tea
             exports: minutes
             """

      assert json!(["tangle", file]) == Workbooks.plan!(workbook())
      assert wb!(["tangle", "-"], "* Prose") =~ "no component"
    end

    test "writes the blocks", %{org: file, tmp_dir: folder} do
      out = Path.join(folder, "src")
      paths = for name <- ["look-up", "brew"], do: Path.join(out, "tea/#{name}.js")
      assert wb!(["tangle", file, "--out", out]) == Enum.map_join(paths, &(&1 <> "\n"))
      assert json!(["tangle", file, "-o", out]) == %{"files" => paths}
      assert File.read!(hd(paths)) =~ ~r/\Aexport function lookUp/
    end
  end

  describe "lint" do
    test "prints issues with their place, and fails for errors alone", %{org: file, tmp_dir: folder} do
      assert wb!(["lint", file]) == ""
      assert json!(["lint", file]) == []

      doubtful = Path.join(folder, "doubtful.org")
      File.write!(doubtful, String.replace(workbook(), "#+EXPORTS: minutes", "#+EXPORTS: nothing minutes"))
      assert wb!(["lint", doubtful]) =~ ~r/\A#{doubtful}:\d+:\d+: warning \w+: /

      bad = Path.join(folder, "bad.org")
      File.write!(bad, "* A\n")
      assert {1, printed, "wb: 1 error\n"} = wb(["lint", file, doubtful, bad])
      assert printed =~ ~r/^#{bad}:1:1: error missing_version: .*\n    put :WORKBOOK_VERSION: 1/m
      assert {1, printed, "wb: 1 error\n"} = wb(["lint", bad, "--json"])
      assert [%{"code" => "missing_version", "workbook" => ^bad}] = JSON.decode!(printed)
    end
  end

  describe "render" do
    test "prints or writes a page", %{org: file, tmp_dir: folder} do
      page = wb!(["render", file])
      assert page =~ ~r/\A<!DOCTYPE html>\n/
      assert page =~ "<title>Tea</title>"
      path = Path.join(folder, "pages/tea.html")
      assert wb!(["render", file, "--out", path]) == path <> "\n"
      assert File.read!(path) <> "\n" == page
      assert %{"html" => html} = json!(["render", file])
      assert html <> "\n" == page
    end

    test "prints what stands between", %{org: file} do
      fragment = wb!(["render", file, "--fragment", "--toc"])
      refute fragment =~ "<html"
      assert fragment =~ "table-of-contents"
    end
  end

  describe "bundle" do
    test "has source, plan, blocks and a manifest that is right; the same bytes each time", %{
      org: file,
      tmp_dir: folder
    } do
      path = Path.join(folder, "tea.tar.gz")
      assert %{"file" => ^path, "entries" => entries} = json!(["bundle", file, path])
      assert entries == ~w(manifest.json plan.json workbook.org artifacts/tea/look-up.block artifacts/tea/brew.block)
      first = File.read!(path)
      assert wb!(["bundle", file, path]) =~ ~r/: 2 blocks, \d+ bytes\n$/
      assert File.read!(path) == first

      {:ok, files} = :erl_tar.extract({:binary, first}, [:memory, :compressed])
      files = Map.new(files, fn {name, bytes} -> {to_string(name), bytes} end)
      manifest = JSON.decode!(files["manifest.json"])
      assert manifest["format"] == 1

      for {name, %{"sha256" => sha, "bytes" => bytes}} <- manifest["files"] do
        assert byte_size(files[name]) == bytes
        assert Base.encode16(:crypto.hash(:sha256, files[name]), case: :lower) == sha
      end

      assert files["workbook.org"] == workbook()
      assert JSON.decode!(files["plan.json"]) == Workbooks.plan!(workbook())
      %{"file" => block, "digest" => digest} = manifest["blocks"]["tea/brew"]
      assert {:ok, artifact} = Workbooks.Build.Artifact.Codec.decode(files[block])
      assert Base.encode16(artifact.digest, case: :lower) == digest
    end

    test "says why there is none", %{org: file, tmp_dir: folder} do
      assert complaint(["bundle", file, Path.join(folder, "tea.rar")]) =~ "ends in .tar.gz"
      assert complaint(["bundle", file]) =~ "usage: wb bundle WORKBOOK DEST"
      out = Path.join(folder, "no.tar.gz")
      File.write!(file, String.replace(workbook(), "export const brew =", "export const brew = ]"))
      assert complaint(["bundle", file, out]) =~ "tea/brew cannot be compiled: "
      File.write!(file, "* A\n")
      assert complaint(["bundle", file, out]) =~ "no level-1 heading"
      refute File.exists?(out)
    end
  end
end
