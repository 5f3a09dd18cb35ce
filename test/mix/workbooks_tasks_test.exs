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

  # The environment of the task is that of the test: `wb` tells the rest (test/workbooks/cli/run_test.exs).
  describe "mix workbooks.run" do
    defp mix(arguments) do
      Mix.Task.reenable("wb")
      ExUnit.CaptureIO.capture_io([encoding: :latin1], fn -> Run.run(arguments) end)
    end

    test "is wb run", %{org: file, folder: folder} do
      assert mix([file, "--input", "name=Ada"]) =~
               ~r/\A  hello\/greet  ok .* ms(?:  cached)?\nok, in .*\n  greeting = "hello, \\"Ada\\""\n\z/

      page = Path.join(folder, "pages/hello.html")
      assert mix([file, "-i", "name=Ada", "--out", page]) =~ "page: #{page}"
      assert File.read!(page) =~ "<title>Hello</title>"
      assert CheckPages.check(File.read!(page), folder) == []
    end

    test "takes values that are JSON as such", %{org: file} do
      for {given, shown} <- [{"3", "3"}, {"[1,2]", "[1,2]"}, {"\"3\"", ~s("3")}, {"a=b", ~s("a=b")}, {"", ~s("")}] do
        run = Workbooks.JSON.decode!(mix([file, "--json", "-i", "name=" <> given]))
        assert run["exports"] == %{"greeting" => "hello, " <> shown}
        refute is_map_key(run, "html")
      end
    end

    test "reads what its blocks name in its folder", %{folder: folder} do
      seven =
        <<0, "asm", 1::32-little, 1, 5, 1, 0x60, 0, 1, 0x7F, 3, 2, 1, 0, 7, 5, 1, 1, ?a, 0, 0, 10, 6, 1, 4, 0, 0x41, 7,
          0x0B>>

      File.write!(Path.join(folder, "seven.wasm"), seven)
      file = Path.join(folder, "seven.org")
      File.write!(file, Workbooks.TestWorkbook.book([{"Seven", [out: "n"], "wasm", "seven.wasm"}]))
      assert mix([file]) =~ "n = 7"
    end

    test "counts fuel, up to a limit", %{org: file} do
      printed = mix([file, "--json", "--fuel", "100000000", "-i", "name=Ada " <> inspect(make_ref())])
      assert [%{"fuel" => fuel}] = Workbooks.JSON.decode!(printed)["steps"]
      assert fuel > 0
    end

    test "ends with status 1 when it fails, the page written", %{org: file, folder: folder} do
      page = Path.join(folder, "failed.html")

      assert ExUnit.CaptureIO.capture_io(:stderr, fn ->
               mix_fails = fn ->
                 assert catch_exit(Run.run([file, "--input", "name=13", "--out", page])) == {:shutdown, 1}
               end

               Mix.Task.reenable("wb")

               assert ExUnit.CaptureIO.capture_io([encoding: :latin1], mix_fails) =~
                        ~r/exception at line 13: Error: not today\n +13 \|/
             end) =~ "failed: hello/greet at line 13: Error: not today"

      assert File.read!(page) =~ "not today"
      assert CheckPages.check(File.read!(page), folder) == []
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
