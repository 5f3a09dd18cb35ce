defmodule Workbooks.Build.Rust do
  @moduledoc """
  Rust blocks, compiled in one of two ways, run in WebAssembly.

    * In the sandbox: `Workbooks.Build.Rust.Mrustc`, where the configuration `:mrustc` names an
      `mrustc.wasm`.
    * Outside of it: the machine's `rustc`, where `config :workbooks, native_compilers: [:rust]`
      allows that, as a bounded process (`Workbooks.Build.Process`). It only compiles: a block is one
      file without crates, build scripts and procedural macros, so nothing of it runs outside the
      sandbox. `include_str!` and its like, and modules in other files, are refused.

  The first that is there is taken. `rustc` needs a target: `rustup target add wasm32-wasip1` serves
  for all blocks, `wasm32-unknown-unknown` for those without `fn main`. The configuration
  `:rustc` names another compiler than the one on PATH, `:rust_sysroot` a folder that has the target.

  A block with `fn main` is a program: see `Workbooks.Build.Call.Command`. Any other has a function
  that is `pub`; of several that named as its `:sig:` or heading. Its WIT type comes from its
  declaration:

  | Rust | WIT |
  | --- | --- |
  | `bool`, `char`, `i8` … `i64`, `u8` … `u64`, `isize`, `usize`, `f32`, `f64` | the same |
  | `String`, `&str` | `string` |
  | `Vec<T>`, `&[T]` | `list<T>` |
  | `Option<T>`, tuples | `option<T>`, `tuple<…>` |
  | a struct with named fields, of the block | a record |
  | `Result<T, E>` as the result | the function fails with the error's text; where the `:sig:` says `result<T, string>` it gives that |

  Overflow is checked, as in a debug build; a panic is a trap.
  """

  @behaviour Workbooks.Build.Compiler

  alias Workbooks.JSON
  alias Workbooks.Build.{Call, Declared, Entry, Problem, Process, Source, Tool, Types}
  alias Workbooks.Build.Rust.{Declarations, Glue, Mrustc}

  @helper "rust/workbooks.rs"
  @program "wasm32-wasip1"
  @function "wasm32-unknown-unknown"
  @edition "2021"

  # A person writes less; what is larger was generated, and is no block.
  @most_source 256 * 1024

  @impl true
  def languages, do: ["rust"]

  @impl true
  def available do
    case way() do
      {:ok, _way} -> :ok
      {:error, why} -> {:error, why}
    end
  end

  @impl true
  def version do
    own = Base.encode16(:crypto.hash(:sha256, helper()))

    case way() do
      {:ok, :mrustc} ->
        with {:ok, version} <- Mrustc.version(), do: {:ok, "#{version} #{own}"}

      {:ok, :rustc} ->
        with {:ok, rustc} <- rustc(), {:ok, version} <- Tool.ask(rustc.path, ["-vV"]) do
          {:ok, "#{version} #{rustc.sysroot} #{own}"}
        end

      {:error, why} ->
        {:error, Problem.new(:language, why)}
    end
  end

  @impl true
  def compile(%Source{text: text}, _options) when byte_size(text) > @most_source do
    {:error, Problem.new(:limit, "a Rust block of #{byte_size(text)} bytes is too large: #{@most_source} are the most")}
  end

  def compile(%Source{} = source, options) do
    declarations = Declarations.read(source.text)

    with :ok <- reads_nothing(declarations.reads), {:ok, way} <- way() do
      if Enum.any?(declarations.functions, &(&1.name == "main")),
        do: command(way, source, options),
        else: function(way, source, declarations, options)
    else
      {:error, %Problem{} = problem} -> {:error, problem}
      {:error, why} -> {:error, Problem.new(:language, why)}
    end
  end

  defp reads_nothing([]), do: :ok

  defp reads_nothing([{name, {line, column}} | _]) do
    message =
      "a block reads no file when it is compiled, as this #{name} would: it is one file, and its data come by its inputs"

    {:error, Problem.new(:compile, message, line: line, column: column)}
  end

  defp command(way, source, options) do
    with {:ok, bytes} <- build(way, {:program, nil}, source, source.text, options) do
      {:ok, Call.Command.artifact(source, bytes)}
    end
  end

  defp function(way, source, declarations, options) do
    with {:ok, entry} <- entry(declarations.functions, source),
         name = Types.wit_name(entry.name),
         {:ok, type, glue} <- Glue.make(entry, declarations, if(way == :rustc, do: name, else: "workbooks_entry")),
         {:ok, bytes} <- build(way, {:function, name}, source, source.text <> "\n" <> glue, options) do
      answer = Declared.artifact(bytes, %{name: entry.name, type: type}, source, options.deadline)

      with {:error, %Problem{line: nil, kind: :signature} = problem} <- answer do
        {:error, %{problem | line: entry.line, column: entry.column}}
      end
    end
  end

  defp entry(functions, source) do
    case Enum.filter(functions, & &1.public?) do
      [] ->
        {:error,
         Problem.new(:entry, "the block has no function to call: write `pub fn name(…) -> … { … }` or `fn main`")}

      public ->
        with {:ok, name} <- Entry.find(Enum.map(public, & &1.name), source),
             do: {:ok, Enum.find(public, &(&1.name == name))}
    end
  end

  defp build(:mrustc, kind, source, text, options) do
    Mrustc.build(kind, %{"block.rs" => text, "workbooks.rs" => helper()}, source.text, options)
  end

  defp build(:rustc, {kind, _name}, source, text, options) do
    with {:ok, rustc} <- rustc(),
         {:ok, target} <- target(rustc, kind),
         {:ok, ended} <- Process.run(rustc.path, arguments(rustc, target, kind), settings(text, options)) do
      case ended do
        %{status: 0, files: %{"block.wasm" => bytes}} -> {:ok, bytes}
        %{status: status} when status > 128 -> {:error, Tool.crashed("rustc", status)}
        ended -> {:error, problem(ended.output, source.text)}
      end
    end
  end

  defp arguments(rustc, target, kind) do
    ["--sysroot", rustc.sysroot, "--target", target, "--edition", @edition, "--crate-name", "block"] ++
      ["--crate-type", if(kind == :program, do: "bin", else: "cdylib"), "--error-format=json", "-Awarnings"] ++
      ["-Copt-level=2", "-Cpanic=abort", "-Cstrip=symbols", "-Coverflow-checks=on", "-Ccodegen-units=1"] ++
      ["-o", "block.wasm", "block.rs"]
  end

  defp settings(text, options) do
    [
      files: %{"block.rs" => text, "workbooks.rs" => helper()},
      collect: ["block.wasm"],
      deadline: options.deadline,
      progress: options.progress
    ]
  end

  # --- what rustc says -----------------------------------------------------------------------------

  # A JSON object a line, with more within it.
  defp problem(output, text) do
    diagnostics =
      for line <- String.split(output, "\n"),
          String.starts_with?(line, "{"),
          {:ok, %{"level" => "error"} = diagnostic} <- [JSON.decode(line)],
          # The last line but says that there were errors.
          found <- diagnostics(diagnostic),
          do: found

    case diagnostics do
      [] -> Problem.new(:compile, "rustc could not compile the block: #{Tool.excerpt(output)}")
      diagnostics -> Tool.problem(diagnostics, text)
    end
  end

  defp diagnostics(%{"message" => "aborting due to" <> _}), do: []

  defp diagnostics(%{"message" => message, "spans" => spans, "children" => children} = diagnostic) do
    primary = Enum.find(spans, & &1["is_primary"])
    code = with %{"code" => code} <- diagnostic["code"], do: " [#{code}]", else: (_ -> "")
    label = if primary && primary["label"] not in [nil, ""], do: ": " <> primary["label"], else: ""
    others = for span <- spans, span != primary, span["label"] not in [nil, ""], do: placed(span, span["label"])

    notes =
      for child <- children, child["message"] != "" do
        placed(List.first(child["spans"] || []), child["message"])
      end

    [placed(primary, message <> label <> code) | others ++ notes]
  end

  defp placed(%{"file_name" => "block.rs", "line_start" => line, "column_start" => column}, message),
    do: {line, column, message}

  defp placed(_elsewhere, message), do: {nil, nil, message}

  # --- which way -----------------------------------------------------------------------------------

  defp way do
    cond do
      Mrustc.configured?() -> with :ok <- Mrustc.available(), do: {:ok, :mrustc}
      allowed?() -> with {:ok, rustc} <- rustc_or_why(), :ok <- some_target(rustc), do: {:ok, :rustc}
      true -> {:error, not_allowed()}
    end
  end

  defp allowed?, do: :rust in List.wrap(Application.get_env(:workbooks, :native_compilers, []))

  defp not_allowed do
    "Rust blocks are not compiled here: the machine's rustc runs outside the sandbox and has to be allowed by " <>
      "`config :workbooks, native_compilers: [:rust]`; inside the sandbox an mrustc.wasm named by " <>
      "`config :workbooks, mrustc: …` (or WORKBOOKS_MRUSTC) and clang compile them"
  end

  defp rustc do
    with {:error, why} when is_binary(why) <- rustc_or_why(), do: {:error, Problem.new(:language, why)}
  end

  # What is on PATH may be rustup's, which starts the real one: that is asked for once.
  defp rustc_or_why do
    home =
      for name <- ~w(HOME RUSTUP_HOME CARGO_HOME RUSTUP_TOOLCHAIN),
          value = System.get_env(name),
          into: %{},
          do: {name, value}

    with {:found, {:ok, path}} <- {:found, Tool.find(:rustc, "WORKBOOKS_RUSTC", "rustc")},
         {:ok, own} <- Tool.ask(path, ["--print", "sysroot"], env: home) do
      real = Path.join(own, "bin/rustc")
      sysroot = Application.get_env(:workbooks, :rust_sysroot) || own
      {:ok, %{path: if(File.regular?(real), do: real, else: path), sysroot: Path.expand(sysroot)}}
    else
      {:found, {:error, why}} ->
        {:error, "#{why}: install Rust (https://rustup.rs) and `rustup target add #{@program}`"}

      {:error, %Problem{message: message}} ->
        {:error, "rustc does not work here: #{message}"}
    end
  end

  defp some_target(rustc) do
    if Enum.any?([@program, @function], &target?(rustc, &1)), do: :ok, else: {:error, missing([@program])}
  end

  # A function asks the system for nothing: it is smaller without it.
  defp target(rustc, kind) do
    wanted = if kind == :program, do: [@program], else: [@function, @program]

    case Enum.find(wanted, &target?(rustc, &1)) do
      nil -> {:error, Problem.new(:language, missing(wanted))}
      target -> {:ok, target}
    end
  end

  defp target?(rustc, target) do
    Path.wildcard(Path.join([rustc.sysroot, "lib/rustlib", target, "lib", "libcore-*.rlib"])) != []
  end

  defp missing(targets) do
    "rustc has no target #{Enum.join(targets, " or ")}: `rustup target add #{List.last(targets)}`, " <>
      "or name a sysroot that has it by `config :workbooks, rust_sysroot: …`"
  end

  defp helper, do: :workbooks |> Application.app_dir("priv") |> Path.join(@helper) |> File.read!()
end
