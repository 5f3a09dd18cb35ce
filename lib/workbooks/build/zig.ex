defmodule Workbooks.Build.Zig do
  @moduledoc """
  Zig blocks, compiled by the machine's `zig` (0.17 or newer) as a bounded process of the operating
  system, run in WebAssembly.

  `zig` is the one on PATH, or the configuration `:zig`, or the environment's `WORKBOOKS_ZIG`. It only
  compiles: nothing of a block runs outside the sandbox, at compile time either, and no file beside
  it is read (assembly, which could, is refused).

  A block that has `pub fn main` is a program: see `Workbooks.Build.Call.Command`. Any other has a
  function that is `export` or, where none is, `pub`; of several that named as its `:sig:` or
  heading. Its WIT type is told by its Zig type:

  | Zig | WIT |
  | --- | --- |
  | `bool`, `i8` … `i64`, `u8` … `u64`, `usize`, `f32`, `f64` | the same |
  | `u21` | `char` |
  | `[]const u8` | `string`; `@import("workbooks").Bytes` is `list<u8>` |
  | `[]const T` | `list<T>` |
  | `?T` | `option<T>` |
  | a struct, a tuple | a record, a tuple |
  | `E!T` | the function fails with the error's name; where the `:sig:` says `result<T, string>` it gives that |

  A first parameter `std.mem.Allocator` is given one; what is allocated goes with the call. Blocks
  are compiled with Zig's checks on (`ReleaseSafe`).
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.Build.{Call, Declared, Entry, Problem, Process, Source, Tool, Types}
  alias Workbooks.Build.Zig.Declarations
  alias Workbooks.Wasm.Cache

  @helper "zig/workbooks.zig"

  # A person writes less; what is larger was generated, and is no block.
  @most_source 256 * 1024

  @impl true
  def languages, do: ["zig"]

  @impl true
  def available do
    with {:error, why} <- path() do
      {:error,
       "#{why}: install Zig 0.17 or newer (https://ziglang.org/download, or `pip install ziglang`) and put it on PATH, " <>
         "or name it by WORKBOOKS_ZIG or `config :workbooks, zig: \"/path/to/zig\"`"}
    else
      {:ok, _path} -> :ok
    end
  end

  @impl true
  def version do
    with {:ok, zig} <- located(),
         {:ok, version} <- Tool.ask(zig, ["version"]),
         :ok <- new_enough(version) do
      {:ok, "zig #{version} #{Base.encode16(:crypto.hash(:sha256, helper()))}"}
    end
  end

  defp new_enough(version) do
    case Regex.run(~r/^(\d+)\.(\d+)/, version) do
      [_, "0", minor] ->
        if String.to_integer(minor) >= 17 do
          :ok
        else
          {:error, Problem.new(:language, "zig #{version} is too old for Zig blocks: it takes 0.17 or newer")}
        end

      _ ->
        :ok
    end
  end

  @impl true
  def compile(%Source{text: text}, _options) when byte_size(text) > @most_source do
    {:error, Problem.new(:limit, "a Zig block of #{byte_size(text)} bytes is too large: #{@most_source} are the most")}
  end

  def compile(%Source{} = source, options) do
    {functions, names, assembly} = Declarations.read(source.text)

    with :ok <- no_assembly(assembly), {:ok, zig} <- located() do
      if Enum.any?(functions, &(&1.name == "main" and &1.public?)) do
        command(zig, source, options)
      else
        function(zig, source, functions, names, options)
      end
    end
  end

  # `.incbin` of an assembler's would read any file of this machine. Zig's own @embedFile and @import
  # do not leave the folder of the block.
  defp no_assembly([]), do: :ok

  defp no_assembly([{line, column} | _]) do
    {:error,
     Problem.new(:compile, "a block has no assembly: it could read this machine's files", line: line, column: column)}
  end

  # --- a program -----------------------------------------------------------------------------------

  defp command(zig, source, options) do
    with {:ok, bytes} <- build(zig, "wasm32-wasi", [], source.text, source, options) do
      {:ok, Call.Command.artifact(source, bytes)}
    end
  end

  # --- a function ----------------------------------------------------------------------------------

  defp function(zig, source, functions, names, options) do
    with {:ok, entry} <- entry(functions, source),
         text = with_entry(source.text, functions, names, entry),
         {:ok, bytes} <- build(zig, target(source.text), ["-fno-entry", "-rdynamic"], text, source, options, entry),
         {:ok, type} <- type(bytes) do
      located(Declared.artifact(bytes, %{name: plain(entry.name), type: type}, source, options.deadline), entry)
    end
  end

  defp entry(functions, source) do
    exported = Enum.filter(functions, & &1.exported?)
    candidates = if exported == [], do: functions, else: exported

    case candidates do
      [] ->
        {:error,
         Problem.new(:entry, "the block has no function to call: write `export fn name(…) … { … }` or `pub fn main`")}

      _ ->
        with {:ok, name} <- Entry.find(Enum.map(candidates, &plain(&1.name)), source) do
          {:ok, Enum.find(candidates, &(plain(&1.name) == name))}
        end
    end
  end

  # The block as it is, so that its lines stay, and behind it what exports its entry. `export` becomes
  # `pub`, of the same length: the name is the component's, and Zig's own types may stand there.
  defp with_entry(text, functions, names, entry) do
    text =
      for %{export_at: at} when at != nil <- functions, reduce: text do
        text -> binary_part(text, 0, at) <> "pub   " <> binary_part(text, at + 6, byte_size(text) - at - 6)
      end

    text = Regex.replace(~r/\bpub(\s+)pub   (?=\s)/, text, "pub\\1      ")
    panic = if "panic" in names, do: "", else: "pub const panic = @import(\"workbooks\").panic;\n"
    name = inspect(Types.wit_name(plain(entry.name)))
    text <> "\n#{panic}comptime {\n    @import(\"workbooks\").entry(#{name}, #{entry.name});\n}\n"
  end

  # Where there is no system Zig's library does not print. With one, code is larger, and takes longer
  # to compile.
  defp target(text) do
    if text =~ ~r/\bdebug\s*\.\s*print\b|\bstd\s*\.\s*(log|Io)\b/, do: "wasm32-wasi", else: "wasm32-freestanding"
  end

  # The function's type is the name of an export of the helper's.
  defp type(bytes) do
    case Enum.find(Declared.exports(bytes), &String.starts_with?(&1, "workbooks:")) do
      "workbooks:" <> type -> {:ok, type}
      nil -> {:error, Problem.new(:internal, "the compiled block does not tell its type")}
    end
  end

  defp plain("@\"" <> name), do: String.replace_suffix(name, "\"", "")
  defp plain(name), do: name

  # --- the compiler ----------------------------------------------------------------------------------

  # Zig's runtime library takes it a quarter of a minute of processor time, once; most functions
  # need nothing of it. It is left out until one does, and is in the cache from then on.
  defp build(zig, target, flags, text, source, options, entry \\ nil) do
    cache = cache()
    built = cache && Path.join(cache, "workbooks-runtime-#{target}")
    ready? = target == "wasm32-wasi" or (built != nil and File.exists?(built))

    case attempt(zig, target, flags ++ runtime(ready?), text, cache, options) do
      {:ok, bytes} ->
        {:ok, bytes}

      {:failed, output} ->
        # Of its own functions, or of those of mathematics.
        if not ready? and output =~ "undefined symbol: " do
          options.progress.("zig compiles its runtime library, this once")
          answer = attempt(zig, target, flags, text, cache, options)
          with {:ok, _} <- answer, true <- built != nil, do: File.touch(built)
          answer(answer, source, entry)
        else
          answer({:failed, output}, source, entry)
        end

      {:error, problem} ->
        {:error, problem}
    end
  end

  defp answer({:failed, output}, source, entry), do: {:error, problem(output, source.text, entry)}
  defp answer(answer, _source, _entry), do: answer

  defp runtime(true), do: []
  defp runtime(false), do: ["-fno-compiler-rt", "-fno-ubsan-rt"]

  defp attempt(zig, target, flags, text, cache, options) do
    arguments =
      ["build-exe", "-target", target, "-OReleaseSafe", "-fstrip", "-fsingle-threaded", "--color", "off"] ++
        flags ++
        ["--cache-dir", "cache", "--global-cache-dir", cache || "cache", "-femit-bin=block.wasm"] ++
        ["--dep", "workbooks", "-Mroot=block.zig", "-Mworkbooks=workbooks.zig"]

    settings = [
      files: %{"block.zig" => text, "workbooks.zig" => helper()},
      collect: ["block.wasm"],
      deadline: options.deadline,
      progress: options.progress
    ]

    with {:ok, ended} <- Process.run(zig, arguments, settings) do
      case ended do
        %{status: 0, files: %{"block.wasm" => bytes}} -> {:ok, bytes}
        %{status: status} when status > 128 -> {:error, Tool.crashed("zig", status)}
        ended -> {:failed, ended.output}
      end
    end
  end

  # "block.zig:3:5: error: expected …", lines of source between them.
  defp problem(output, text, entry) do
    diagnostics =
      for line <- String.split(Tool.excerpt(output, 20_000), "\n"), diagnostic = diagnostic(line, entry), do: diagnostic

    case Enum.sort_by(diagnostics, fn {level, _} -> level end) do
      [{"error", _} | _] = sorted ->
        sorted |> Enum.map(&elem(&1, 1)) |> Tool.problem(text)

      _ ->
        Problem.new(:compile, "zig could not compile the block: #{Tool.excerpt(output)}")
    end
  end

  defp diagnostic(line, entry) do
    case Regex.run(~r/^(\S+\.zig):(\d+):(\d+): (error|note): (.*)$/, line) do
      [_, "block.zig", line, column, level, message] ->
        {level, {String.to_integer(line), String.to_integer(column), message}}

      # The helper refuses a type: that of the entry.
      [_, "workbooks.zig", _line, _column, "error", "workbooks: " <> message] when entry != nil ->
        {"error", {entry.line, entry.column, message}}

      _ ->
        nil
    end
  end

  defp located({:error, %Problem{line: nil, kind: kind} = problem}, entry) when kind in [:signature, :compile],
    do: {:error, %{problem | line: entry.line, column: entry.column}}

  defp located(answer, _entry), do: answer

  # --- what it stands on -----------------------------------------------------------------------------

  defp path, do: Tool.find(:zig, "WORKBOOKS_ZIG", "zig")

  defp located do
    with {:error, why} <- path(), do: {:error, Problem.new(:language, why)}
  end

  defp helper, do: :workbooks |> Application.app_dir("priv") |> Path.join(@helper) |> File.read!()

  # Zig's own cache: its runtime library and the like, safe for several at once.
  defp cache do
    case Application.get_env(:workbooks, :zig_cache) || in_our_cache() do
      nil ->
        nil

      folder ->
        case File.mkdir_p(folder) do
          :ok -> folder
          {:error, _} -> nil
        end
    end
  end

  defp in_our_cache do
    Cache.configure()
    folder = Cache.stats().folder
    folder && Path.join(folder, "zig")
  end
end
