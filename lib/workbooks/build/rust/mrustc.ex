defmodule Workbooks.Build.Rust.Mrustc do
  @moduledoc """
  Rust in the sandbox: `mrustc`, a compiler of Rust to C, as a WASI program, and clang behind it.

  No registry carries an `mrustc.wasm`: who has built one names it.

  | configuration of `:workbooks` | environment | |
  | --- | --- | --- |
  | `:mrustc` | `WORKBOOKS_MRUSTC` | the program, a WebAssembly file |
  | `:mrustc_libs` | `WORKBOOKS_MRUSTC_LIBS` | the folder of the standard library as mrustc compiled it: `*.rlib`, and the C of each beside it (`*.rlib.c`); in it may lie a `target.toml`, mrustc's description of the target |

  The program finds the block in `/build` and the libraries in `/lib`, and is called as mrustc is:

      mrustc /build/block.rs -o /build/block --crate-name block --crate-type bin --edition 2021
             -L /lib --target /lib/target.toml -C emit-build-command=/build/block.sh

  `-C emit-build-command` makes mrustc write `/build/block.c` and leave the C compiler to others: that
  is `Workbooks.Build.Clang`, which compiles it, and the libraries' C, and links them. A block
  without `main` is a crate of the type `dylib`.
  """

  alias Workbooks.Wasm
  alias Workbooks.Wasm.WASI
  alias Workbooks.Build.{Clang, Deadline, Problem, Tool}
  alias Workbooks.Build.Clang.Scratch

  @memory 2 * 1024 * 1024 * 1024

  @doc "Whether an `mrustc.wasm` is named."
  @spec configured? :: boolean
  def configured?, do: program() != nil

  @doc "Whether what is named is there, and clang with it; else what to do."
  @spec available :: :ok | {:error, String.t()}
  def available do
    if File.regular?(program()) do
      with {:error, how} <- Clang.available(), do: {:error, "mrustc compiles to C, which clang compiles: #{how}"}
    else
      {:error, "no mrustc.wasm at #{program()}"}
    end
  end

  @doc "What tells this mrustc and clang from any other."
  @spec version :: {:ok, String.t()} | {:error, Problem.t()}
  def version do
    with {:ok, bytes} <- read(program()), {:ok, clang} <- Clang.version() do
      {:ok, "mrustc #{Base.encode16(:crypto.hash(:sha256, [bytes, stamp(libs())]))} #{clang}"}
    end
  end

  defp stamp(nil), do: ""

  defp stamp(folder) do
    for path <- folder |> Path.join("*") |> Path.wildcard() |> Enum.sort(),
        {:ok, stat} <- [File.stat(path, time: :posix)] do
      [Path.basename(path), 0, to_string(stat.size), 0, to_string(stat.mtime), 0]
    end
  end

  @doc """
  Builds a crate of `files`, of which `block.rs` is the first: a `:program` with a `main`, or a
  `:function`, exported by the name beside it. `text` is the block's own part of it.
  """
  @spec build({:program | :function, String.t()}, %{String.t() => binary}, String.t(), map) ::
          {:ok, binary} | {:error, Problem.t()}
  def build({kind, export}, files, text, options) do
    with {:ok, bytes} <- read(program()),
         {:ok, mrustc} <- Problem.from_answer(Wasm.compile(bytes, timeout: Deadline.left(options.deadline))),
         {:ok, c} <- Scratch.with_folder(&translate(mrustc, files, &1, kind, text, options)) do
      link([c, exports(export)], kind, options)
    end
  end

  defp translate(mrustc, files, folder, kind, text, options) do
    options.progress.("mrustc translates to C")
    for {name, content} <- files, do: File.write!(Path.join(folder, name), content)
    libs = libs()
    preopens = [{"/build", folder, :read_write}] ++ if libs, do: [{"/lib", libs, :read}], else: []

    settings = [
      wasi: [args: ["mrustc" | arguments(kind, libs)], preopens: preopens, deterministic: 0],
      limits: [memory: @memory, output_bytes: 1024 * 1024],
      timeout: Deadline.left(options.deadline)
    ]

    case WASI.run(mrustc, settings) do
      {:ok, %{status: 0}} ->
        with {:error, _} <- File.read(Path.join(folder, "block.c")) do
          {:error, Problem.new(:compiler, "mrustc ended without an error and without /build/block.c")}
        end

      {:ok, ended} ->
        {:error, problem(ended.stderr <> "\n" <> ended.stdout, text)}

      {:error, error} ->
        {:error, Problem.new(error.kind, "mrustc: " <> error.message)}
    end
  end

  defp arguments(kind, libs) do
    ["/build/block.rs", "-o", "/build/block", "--crate-name", "block"] ++
      ["--crate-type", if(kind == :program, do: "bin", else: "dylib"), "--edition", "2021"] ++
      if(libs, do: ["-L", "/lib"], else: []) ++
      if(libs && File.exists?(Path.join(libs, "target.toml")), do: ["--target", "/lib/target.toml"], else: []) ++
      ["-C", "emit-build-command=/build/block.sh"]
  end

  defp link(c, kind, options) do
    options.progress.("clang compiles what mrustc made")
    bounds = [deadline: options.deadline]

    objects =
      Enum.reduce_while([IO.iodata_to_binary(c) | library()], {:ok, []}, fn source, {:ok, objects} ->
        case Clang.object(source, bounds ++ [flags: ["-O2", "-std=gnu11", "-w"]]) do
          {:ok, object, _warnings} ->
            {:cont, {:ok, [object | objects]}}

          {:error, problem} ->
            {:halt, {:error, %{problem | line: nil, column: nil, message: "in mrustc's C: " <> problem.message}}}
        end
      end)

    with {:ok, objects} <- objects do
      Clang.link(Enum.reverse(objects), if(kind == :program, do: :command, else: :reactor), bounds)
    end
  end

  # mrustc's C says nothing of what a WebAssembly module exports.
  defp exports(nil), do: ""

  defp exports(name) do
    for {symbol, name} <- [{"workbooks_entry", name}, {"cabi_realloc", "cabi_realloc"}] do
      "__asm__(\".export_name #{symbol}, #{name}\");\n"
    end
  end

  defp library do
    if libs = libs() do
      for path <- libs |> Path.join("*.rlib.c") |> Path.wildcard() |> Enum.sort(), {:ok, c} <- [File.read(path)], do: c
    else
      []
    end
  end

  # "/build/block.rs:3:5: error:0:No such variable"
  defp problem(output, text) do
    found =
      for line <- String.split(output, "\n"),
          [_, line, column, message] <- [
            Regex.run(~r/^(?:.*\/)?block\.rs:(\d+)(?::(\d+))?:?\s*(?:error:?(?:\d+:)?\s*)(.+)$/, line)
          ] do
        {String.to_integer(line), if(column != "", do: String.to_integer(column)), String.trim(message)}
      end

    case found do
      [] -> Problem.new(:compile, "mrustc could not translate the block: #{Tool.excerpt(output)}")
      found -> Tool.problem(found, text)
    end
  end

  defp program, do: path(:mrustc, "WORKBOOKS_MRUSTC")
  defp libs, do: path(:mrustc_libs, "WORKBOOKS_MRUSTC_LIBS")

  defp path(key, variable) do
    case Application.get_env(:workbooks, key) || System.get_env(variable) do
      none when none in [nil, ""] -> nil
      path -> Path.expand(path)
    end
  end

  defp read(path) do
    with {:error, reason} <- File.read(path) do
      {:error, Problem.new(:language, "no mrustc.wasm at #{path}: #{:file.format_error(reason)}")}
    end
  end
end
