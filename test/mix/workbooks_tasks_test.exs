Code.require_file("../../scripts/check_pages.exs", __DIR__)

defmodule Mix.Tasks.WorkbooksTasksTest do
  # Mix's shell is one for all.
  use ExUnit.Case, async: false

  alias Mix.Tasks.Workbooks.{Demo, Run}

  @hello """
  #+TITLE: Hello
  * Hello
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  ** Greet
  :PROPERTIES:
  :in: name
  :out: greeting
  :END:
  #+begin_src javascript
    export function greet(name) {
      if (name === 13) throw new Error("not today")
      return { greeting: `hello, ${JSON.stringify(name)}` }
    }
  #+end_src
  """

  @plain """
  * Plain
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  Prose.
  """

  setup do
    shell = Mix.shell()
    Mix.shell(Mix.Shell.Process)
    # After another test's projects Mix first says which one it is in: here, not among what is tested.
    Mix.shell().print_app()
    said()
    folder = Path.join(System.tmp_dir!(), "workbooks-tasks-#{System.unique_integer([:positive])}")
    File.mkdir_p!(folder)

    on_exit(fn ->
      Mix.shell(shell)
      File.rm_rf!(folder)
    end)

    file = Path.join(folder, "hello.org")
    File.write!(file, @hello)
    {:ok, folder: folder, org: file}
  end

  describe "mix workbooks.run" do
    test "prints the steps and the exports", %{org: file} do
      Run.run([file, "--input", "name=Ada"])
      assert said() =~ ~r/\Aok, in .*\n  hello\/greet  ok .* ms(?:  cached)?\n  greeting = "hello, \\"Ada\\""/
    end

    test "takes values that are JSON as such", %{org: file} do
      for {given, shown} <- [{"3", "3"}, {"[1,2]", "[1,2]"}, {"\"3\"", ~s("3")}, {"a=b", ~s("a=b")}, {"", ~s("")}] do
        Run.run([file, "--json", "-i", "name=" <> given])
        assert Workbooks.JSON.decode!(said())["exports"] == %{"greeting" => "hello, " <> shown}
      end
    end

    test "reads what its blocks name in its folder", %{folder: folder} do
      seven =
        <<0, "asm", 1::32-little, 1, 5, 1, 0x60, 0, 1, 0x7F, 3, 2, 1, 0, 7, 5, 1, 1, ?a, 0, 0, 10, 6, 1, 4, 0, 0x41, 7,
          0x0B>>

      File.write!(Path.join(folder, "seven.wasm"), seven)
      file = Path.join(folder, "seven.org")
      File.write!(file, Workbooks.TestWorkbook.book([{"Seven", [out: "n"], "wasm", "seven.wasm"}]))
      Run.run([file])
      assert said() =~ "n = 7"
    end

    test "counts fuel, up to a limit", %{org: file} do
      Run.run([file, "--json", "--fuel", "100000000", "-i", "name=Ada " <> inspect(make_ref())])
      assert [%{"fuel" => fuel}] = Workbooks.JSON.decode!(said())["steps"]
      assert fuel > 0

      assert catch_exit(Run.run([file, "--fuel", "1000", "-i", "name=Ada " <> inspect(make_ref())])) == {:shutdown, 1}
      assert said() =~ "fuel at line 11: the step takes more than the 1000 instructions that fuel: allows it"
      assert_raise Mix.Error, ~r/--fuel takes instructions from 1, got: 0/, fn -> Run.run([file, "--fuel", "0"]) end
    end

    test "writes the page, in a folder that need not be there", %{org: file, folder: folder} do
      page = Path.join(folder, "pages/hello.html")
      Run.run([file, "--input", "name=Ada", "--out", page])

      assert said() =~ "page: #{page}"
      assert File.read!(page) =~ "<title>Hello</title>"
      assert CheckPages.check(File.read!(page), folder) == []
    end

    test "prints one JSON object and nothing else", %{org: file} do
      Run.run([file, "--json", "--input", "name=Ada"])
      run = Workbooks.JSON.decode!(said())

      assert %{"status" => "ok", "exports" => %{"greeting" => _}, "steps" => [%{"component" => "hello/greet"}]} = run
      refute is_map_key(run, "html")
    end

    test "ends with status 1 when a step fails, the page written", %{org: file, folder: folder} do
      page = Path.join(folder, "failed.html")
      assert catch_exit(Run.run([file, "--input", "name=13", "--out", page])) == {:shutdown, 1}

      assert said() =~ ~r/exception at line 13: Error: not today\n +13 \|     if \(name === 13\)/
      assert File.read!(page) =~ "not today"
      assert CheckPages.check(File.read!(page), folder) == []
    end

    test "ends with status 1 when an input is missing", %{org: file, folder: folder} do
      page = Path.join(folder, "refused.html")
      assert catch_exit(Run.run([file, "--out", page])) == {:shutdown, 1}

      assert said() =~ ~r/\Ainvalid, no step ran\n  missing_input: .*\ngive it: --input NAME=VALUE/
      assert File.read!(page) =~ "missing input"
    end

    test "says what is wrong with how it was called", %{org: file, folder: folder} do
      for {arguments, message} <- [
            {[], ~r/which workbook\?\nusage:/},
            {[file, file], ~r/one workbook at a time/},
            {[file, "--input", "name"], ~r/--input takes NAME=VALUE, got: name/},
            {[file, "--input", "=x"], ~r/--input takes NAME=VALUE/},
            {[file, "--timeout", "soon"], ~r/--timeout cannot be soon/},
            {[file, "--timeout", "-5"], ~r/--timeout/},
            {[file, "--frobnicate"], ~r/--frobnicate is no option/},
            {[Path.join(folder, "none.org")], ~r/cannot read .*none.org: no such file/},
            {[file, "--input", "name=x", "--out", Path.join(file, "x.html")], ~r/cannot write/}
          ] do
        assert_raise Mix.Error, message, fn -> Run.run(arguments) end
      end
    end
  end

  describe "mix workbooks.demo" do
    test "runs this repository's examples, each as it should", %{folder: folder} do
      Demo.run(["--out", folder])

      said = said()
      assert said =~ ~r{/hello.html  ok, in .* ms\n  greeting = "Hello, Ada!"}
      assert said =~ ~r{/failure.html  failed, as it should, in }

      for org <- Path.wildcard("examples/*.org"), name = Path.basename(org, ".org") do
        page = Path.join(folder, name <> ".html")
        # Only for want of a compiler.
        left_out = said =~ ~r{#{name}.org  left out: .*(mix workbooks|pip|native_compilers|rustup)}
        assert File.exists?(page) != left_out

        if File.exists?(page) do
          assert CheckPages.check(File.read!(page), folder) == []
          drawn = name not in ["hello", "failure"]
          assert drawn == String.contains?(File.read!(page), "src=\"data:image/svg+xml;base64,")
        end
      end

      assert CheckPages.check(File.read!(Path.join(folder, "index.html")), folder) == []
    end

    test "writes a page for each workbook, and one that leads to them", %{folder: folder} do
      examples = Path.join(folder, "examples")
      out = Path.join(folder, "out")
      File.mkdir_p!(examples)
      File.write!(Path.join(examples, "hello.org"), @hello)
      File.write!(Path.join(examples, "zz & top.org"), @plain)
      File.write!(Path.join(examples, "failure.org"), String.replace(@hello, ":in: name", ":in:"))
      # failure.org is there to fail; without a name it does not.
      assert catch_exit(Demo.run(["--examples", examples, "--out", out])) == {:shutdown, 1}

      assert said() =~ "failure.org should end failed, but is ok"
      assert Enum.sort(File.ls!(out)) == ["failure.html", "hello.html", "index.html", "zz & top.html"]
      for page <- File.ls!(out), do: assert(CheckPages.check(File.read!(Path.join(out, page)), out) == [])
    end

    test "ends with status 1 when a workbook fails that should not", %{folder: folder} do
      # Nobody gives the name to a workbook that the task does not know.
      File.rename!(Path.join(folder, "hello.org"), Path.join(folder, "other.org"))
      assert catch_exit(Demo.run(["--examples", folder, "--out", Path.join(folder, "out")])) == {:shutdown, 1}
      assert said() =~ "other.org should end ok, but is invalid"
    end

    test "says what is wrong with how it was called", %{folder: folder} do
      assert_raise Mix.Error, ~r/no workbooks/, fn -> Demo.run(["--examples", Path.join(folder, "none")]) end
      assert_raise Mix.Error, ~r/takes no hello.org/, fn -> Demo.run(["hello.org"]) end
      assert_raise Mix.Error, ~r/--in is no option/, fn -> Demo.run(["--in", "x"]) end
    end
  end

  defp said(so_far \\ []) do
    receive do
      {:mix_shell, _level, lines} -> said([lines | so_far])
    after
      0 -> so_far |> Enum.reverse() |> Enum.map_join("\n", &Enum.join/1)
    end
  end
end
