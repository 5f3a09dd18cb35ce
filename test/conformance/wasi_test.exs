defmodule Workbooks.Conformance.WASITest do
  @moduledoc """
  Real programs, compiled by a C compiler when the tests run: what they write, how they end and what
  they leave in their folder is what the same programs do under another host.

  The programs are those in `wasi/`. A comment at their top says what they are given: `args:` and `env:`
  (words as a shell has them), `stdin: text`, `files` (a folder of theirs as /data), `files, read only`.
  """
  use ExUnit.Case, async: true

  alias Workbooks.Wasm
  alias Workbooks.Wasm.{Error, WASI}

  @sources Path.expand("wasi", __DIR__)
  @tools Path.expand("../../_build/wasi-conformance", __DIR__)
  @ziglang Path.expand("../../native/guests/js/ziglang.txt", __DIR__)
  @given [
    {"given", "what was there\n"},
    {"binary", <<0, 255, 10, 13>>}
  ]
  @text "one\ntwo, longer than the others: #{String.duplicate("0123456789", 12)}\n\nno end: é" <> <<0xFF, 0, 0xC3>>

  # --- the tools, when this file is loaded: a test is skipped by then or never --------------------

  install = fn name, list ->
    folder = Path.join(@tools, "#{name}-#{Base.encode16(:crypto.hash(:sha256, File.read!(list)), case: :lower)}")
    part = "#{folder}.#{System.pid()}"
    pip = ~w(-m pip install --quiet --no-deps --no-compile --only-binary=:all: --require-hashes --target)

    quiet = [
      stderr_to_stdout: true,
      env: [{"PIP_DISABLE_PIP_VERSION_CHECK", "1"}, {"PIP_ROOT_USER_ACTION", "ignore"}]
    ]

    cond do
      File.dir?(folder) ->
        {:ok, folder}

      is_nil(System.find_executable("python3")) ->
        {:error, "python3 is not here"}

      true ->
        IO.puts(
          :stderr,
          "Fetching #{name} from PyPI into #{Path.relative_to_cwd(@tools)}, once: what the tests of WASI compare with"
        )

        case System.cmd("python3", pip ++ [part, "-r", list], quiet) do
          {_, 0} ->
            # Another run may have been faster.
            if File.rename(part, folder) != :ok, do: File.rm_rf!(part)
            {:ok, folder}

          {said, _} ->
            File.rm_rf!(part)
            {:error, "pip installs no #{name}: #{said |> String.split("\n", trim: true) |> List.last()}"}
        end
    end
  end

  @zig install.("ziglang", @ziglang)
  @wasmtime install.("wasmtime", Path.join(@sources, "tools.txt"))

  case for {:error, why} <- [@zig, @wasmtime], do: why do
    [] -> :ok
    missing -> @moduletag skip: Enum.join(missing, "; ")
  end

  # --- the programs --------------------------------------------------------------------------------

  test "there are programs" do
    assert length(Path.wildcard(Path.join(@sources, "*.c"))) == 12
  end

  for source <- Path.wildcard(Path.join(@sources, "*.c")) do
    @external_resource source
    @tag :tmp_dir
    @tag timeout: 300_000
    test Path.basename(source, ".c"), %{tmp_dir: folder} do
      source = unquote(source)
      program = compile(source, folder)
      given = given(source)
      reference = reference(program, given, folder(given, folder, "reference"))
      ours = ours(program, given, folder(given, folder, "ours"))
      assert ours.status == reference.status
      assert ours.stdout == reference.stdout
      assert ours.stderr == reference.stderr
      assert files(Path.join(folder, "ours")) == files(Path.join(folder, "reference"))
      # A program that says nothing compares nothing.
      assert ours.stdout != ""
    end
  end

  @tag :tmp_dir
  @tag timeout: 300_000
  test "a trap of a program with debug information names the line of its source", %{tmp_dir: folder} do
    program = @sources |> Path.join("trap.c") |> compile(folder, ~w(-g -O0))
    {:ok, module} = Workbooks.Wasm.compile(File.read!(program))
    assert {:error, error} = Workbooks.Wasm.WASI.run(module)
    assert [%{file: file, line: 7, function: "__original_main"} | _] = error.details.frames
    assert Path.basename(file) == "trap.c"
    assert error.message =~ "trap.c:7"
  end

  defp compile(source, folder, flags \\ ~w(-O1 -s)) do
    zig = elem(@zig, 1)
    program = Path.join(folder, Path.basename(source, ".c") <> ".wasm")
    cache = Path.join(@tools, "zig-cache")

    {said, status} =
      System.cmd(Path.join(zig, "ziglang/zig"), ~w(cc -target wasm32-wasi) ++ flags ++ ["-o", program, source],
        stderr_to_stdout: true,
        env: [{"ZIG_GLOBAL_CACHE_DIR", cache}, {"ZIG_LOCAL_CACHE_DIR", cache}]
      )

    assert status == 0, said
    program
  end

  defp given(source) do
    comments = for "// " <> line <- source |> File.read!() |> String.split("\n"), do: line
    value = fn key -> Enum.find_value(comments, "", &after_key(&1, key <> ": ")) |> OptionParser.split() end

    %{
      args: value.("args"),
      env: for(pair <- value.("env"), do: pair |> String.split("=", parts: 2) |> List.to_tuple()),
      stdin: if("stdin: text" in comments, do: @text, else: ""),
      files: Enum.any?(comments, &String.starts_with?(&1, "files")),
      writable: "files" in comments
    }
  end

  defp after_key(line, key) do
    if String.starts_with?(line, key), do: String.replace_prefix(line, key, "")
  end

  defp folder(%{files: false}, _folder, _name), do: nil

  defp folder(_given, folder, name) do
    data = Path.join([folder, name, "data"])
    File.mkdir_p!(data)
    for {name, bytes} <- @given, do: File.write!(Path.join(data, name), bytes)
    File.write!(Path.join([folder, name, "outside"]), "not for guests")
    data
  end

  # Every file below, with its bytes.
  defp files(folder) do
    for path <- Path.wildcard(folder <> "/**", match_dot: true), into: %{} do
      {Path.relative_to(path, folder), if(File.regular?(path), do: File.read!(path), else: :folder)}
    end
  end

  defp ours(program, given, data) do
    {:ok, module} = Wasm.compile(File.read!(program))
    preopens = if data, do: [{"/data", data, if(given.writable, do: :read_write, else: :read)}], else: []
    wasi = [args: given.args, env: given.env, stdin: given.stdin, preopens: preopens]

    case WASI.run(module, wasi: wasi, timeout: 60_000) do
      {:ok, outcome} -> outcome
      {:error, %Error{kind: :trap, details: %{output: output}}} -> Map.put(output, :status, "trap")
    end
  end

  defp reference(program, given, data) do
    wasmtime = elem(@wasmtime, 1)

    {:ok, job} =
      Workbooks.JSON.encode(%{
        "program" => program,
        "args" => given.args,
        "env" => for({key, value} <- given.env, do: [key, value]),
        "stdin" => Base.encode64(given.stdin),
        "data" => data,
        "writable" => given.writable
      })

    path = program <> ".json"
    File.write!(path, job)
    script = Path.join(@sources, "reference.py")

    {said, status} =
      System.cmd("sh", ["-c", ~s(exec python3 "$1" <"$2"), "sh", script, path],
        env: [{"PYTHONPATH", wasmtime}, {"PYTHONDONTWRITEBYTECODE", "1"}]
      )

    assert status == 0, said
    {:ok, %{"status" => status, "stdout" => stdout, "stderr" => stderr}} = Workbooks.JSON.decode(said)
    %{status: status, stdout: Base.decode64!(stdout), stderr: Base.decode64!(stderr)}
  end
end
