defmodule Workbooks.CLI.LauncherTest do
  # The file that `make wb` makes: in folders of its own, from elsewhere, by nobody's shell.
  use ExUnit.Case, async: false

  alias Workbooks.{JSON, TestCLI, TestProject, TestWait}

  @moduletag timeout: 600_000

  missing = for tool <- ~w(bash tar gzip sha256sum), System.find_executable(tool) == nil, do: tool
  @moduletag skip: if(missing == [], do: false, else: "making wb needs #{Enum.join(missing, ", ")}")

  # It is made once, and again where something changed: the build is that of MIX_ENV=prod.
  setup_all do
    root = TestProject.root()
    {output, status} = TestProject.cmd("scripts/wb", [], cd: root)
    assert {status, output} == {0, output}
    {:ok, wb: Path.join(root, "_wb/wb")}
  end

  setup %{wb: made} do
    folder = TestProject.folder!()
    bin = Path.join(folder, "my bin")
    File.mkdir_p!(bin)
    # Elsewhere than where it was made.
    wb = Path.join(bin, "wb")
    File.cp!(made, wb)
    org = TestProject.write!(folder, "tea.org", TestCLI.workbook())
    {:ok, folder: folder, wb: wb, org: org}
  end

  # Through a shell, with nothing around it but what it needs.
  defp sh(context, script, env \\ []) do
    path = Enum.join([Path.dirname(context.wb), Path.dirname(System.find_executable("erl")), "/usr/bin", "/bin"], ":")
    cache = Path.join(context.folder, "a cache")

    own = [
      {"PATH", path},
      {"HOME", context.folder},
      {"XDG_CACHE_HOME", cache},
      {"WORKBOOKS_DATA_DIR", Path.join(context.folder, "data")}
    ]

    gone = for name <- ~w(WORKBOOKS_CACHE_DIR WB_URL WB_KEY ERL_LIBS ERL_FLAGS), do: {name, nil}
    System.cmd("sh", ["-c", script], env: gone ++ own ++ env, cd: context.folder, stderr_to_stdout: true)
  end

  test "runs from the PATH, in any locale, with standard input and output", context do
    assert {"wb " <> _, 0} = sh(context, "wb version")

    for locale <- ["C", "C.UTF-8"] do
      assert {json, 0} = sh(context, "printf '* Größe ✓\\n' | wb query - | cat", [{"LC_ALL", locale}])
      assert [%{"title" => "Größe ✓"}] = for(line <- String.split(json, "\n", trim: true), do: JSON.decode!(line))
    end

    assert {"wb: there is no file größe.org: " <> _, 1} =
             sh(context, "cp tea.org größer.org; wb lint größe.org", [{"LC_ALL", "C"}])

    assert {printed, 0} = sh(context, "wb run tea.org -i tea=green </dev/null")
    assert printed =~ ~r/ok, in .*\n  minutes = 2\n\z/
    # Nobody reads on.
    assert {"{" <> _, 0} = sh(context, "wb query tea.org | head -1")
    # Nobody can.
    if File.exists?("/dev/full") do
      assert sh(context, "wb query tea.org >/dev/full") ==
               {"wb: cannot write to standard output: no space left on device\n", 1}
    end

    # Many lines, all of them.
    assert {count, 0} = sh(context, "yes '* a heading' 2>/dev/null | head -50000 | wb query - | wc -l")
    assert String.trim(count) == "50000"
  end

  test "unpacks itself once, whoever is first", context do
    script = "for n in 1 2 3 4; do wb version >out$n & done; wait; cat out1 out2 out3 out4; ls 'a cache/workbooks/wb'"
    assert {output, 0} = sh(context, script)
    assert ["wb" <> _, "wb" <> _, "wb" <> _, "wb" <> _, _hash] = String.split(output, "\n", trim: true)
    [home] = Path.wildcard(Path.join(context.folder, "a cache/workbooks/wb/*"))
    assert Enum.sort(File.ls!(home)) == ~w(consolidated elixir logger workbooks)
    assert Bitwise.band(File.stat!(home).mode, 0o077) == 0
  end

  test "says what is missing", context do
    assert {"wb: there is no nothing: install Erlang/OTP 25 or later" <> _, 1} =
             sh(context, "wb version", [{"WB_ERL", "nothing"}])

    File.write!(Path.join(context.folder, "file"), "")

    assert {"wb: cannot make a folder in " <> _, 1} =
             sh(context, "wb version", [{"XDG_CACHE_HOME", Path.join(context.folder, "file")}])

    # Cut short, as by a download that broke off.
    {:ok, whole} = File.read(context.wb)
    File.write!(context.wb, binary_part(whole, 0, div(byte_size(whole), 2)))
    assert {output, 1} = sh(context, "wb version", [{"XDG_CACHE_HOME", Path.join(context.folder, "other")}])
    assert output =~ "wb: cannot unpack itself to "
    assert Path.wildcard(Path.join(context.folder, "other/workbooks/wb/*")) == []
  end

  test "opens no port and no store for what is in files", context do
    for command <- ["query tea.org", "lint tea.org", "render tea.org", "run tea.org -i tea=green", "tangle tea.org"] do
      assert {_output, 0} = sh(context, "wb " <> command, [{"WORKBOOKS_SERVER", "true"}, {"WORKBOOKS_PORT", "1"}])
    end

    refute File.exists?(Path.join(context.folder, "data"))
  end

  test "serves until it is told to stop, and leaves the store to the next", context do
    {pid, url, key} = serve(context)
    env = [{"WB_URL", url}, {"WB_KEY", key}]
    assert {"city is set\n", 0} = sh(context, "wb var set city Lisbon", env)
    assert {printed, 0} = sh(context, "wb run tea.org -i tea=green", env)
    assert printed =~ "minutes = 2"
    # Each write is told of, where the program's own words are.
    TestWait.until(fn ->
      File.read!(Path.join(context.folder, "err")) =~ ~r/audit: tenant=default .* PUT \/api\/vars/
    end)

    # The store is the server's.
    assert {"wb: " <> locked, 1} = sh(context, "wb var list")
    assert locked =~ "set WB_URL and WB_KEY"
    assert {_, 0} = sh(context, "kill -TERM #{pid}")
    TestWait.until(fn -> not File.exists?("/proc/#{pid}") end, fn -> File.read(Path.join(context.folder, "err")) end)
    assert {"Lisbon\n", 0} = sh(context, "wb var get city")
    assert {"wb: no control plane answers" <> _, 1} = sh(context, "wb var list", env)

    # A key is there: no other is made. And Ctrl-C ends it as well.
    {pid, _url, nil} = serve(context)
    assert {_, 0} = sh(context, "kill -INT #{pid}")
    TestWait.until(fn -> not File.exists?("/proc/#{pid}") end)
    assert {"Lisbon\n", 0} = sh(context, "wb var get city")
  end

  test "serves nowhere in one line that says why", context do
    {:ok, socket} = :gen_tcp.listen(0, ip: {127, 0, 0, 1})
    {:ok, port} = :inet.port(socket)
    assert {"wb: it cannot start: 127.0.0.1:" <> rest, 1} = sh(context, "wb serve --public-port 0 --port #{port}")
    assert rest == "#{port} is in use: another program listens there\n"
    assert {"wb: it cannot start: " <> wrong, 1} = sh(context, "wb serve --bind nowhere")
    assert wrong =~ ~r/^[^\n]* is "nowhere", and must be an IP address[^\n]*\n\z/
    assert {"wb: it cannot start: WORKBOOKS_PORT" <> _, 1} = sh(context, "wb serve", [{"WORKBOOKS_PORT", "many"}])
  end

  test "makes and publishes a site", context do
    script = "wb new page.org && wb publish init && wb publish apply -i name=Ada -i tea=green"
    assert {printed, 0} = sh(context, script)
    assert printed =~ ~r/_site: 3 pages, \d files\n\z/
    assert File.exists?(Path.join(context.folder, "_site/page.html"))

    assert {"tea is published: version 1, at tea.example\n", 0} =
             sh(context, "wb publish page tea.org tea.example -i tea=green")
  end

  # In the background, as a shell does it; a trap would be ignored where INT was ignored before.
  defp serve(context) do
    File.rm(Path.join(context.folder, "out"))
    script = "set -m; wb serve --port 0 --public-port 0 --json >out 2>err </dev/null & echo $!"
    {pid, 0} = sh(context, "bash -c '#{script}'")
    out = Path.join(context.folder, "out")

    TestWait.until(fn -> match?({:ok, "{" <> _}, File.read(out)) and File.read!(out) =~ "\n" end, fn ->
      File.read(Path.join(context.folder, "err"))
    end)

    %{"url" => url, "key" => key} = out |> File.read!() |> JSON.decode!()
    on_exit(fn -> System.cmd("kill", ["-KILL", String.trim(pid)], stderr_to_stdout: true) end)
    {String.trim(pid), url, key}
  end
end
