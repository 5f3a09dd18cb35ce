defmodule Workbooks.Build.Clang do
  @moduledoc """
  clang and wasm-ld, themselves WebAssembly, run in the sandbox that runs blocks.

  Each run is an instance of its own that sees clang's folder, the headers it is given, and nothing
  that it could write to: source comes in by standard input, objects and programs go out by standard
  output. It is bounded in time, memory and output, and ends with the process that called.

  `mix workbooks.install clang` gets it; `Workbooks.Build.Clang.Package` tells where it is, and
  `Workbooks.Build.Clang.Program` how it becomes native code.
  """

  alias Workbooks.Build.{Deadline, Problem}
  alias Workbooks.Build.Clang.{Diagnostics, Package, Program, Scratch}
  alias Workbooks.Wasm.{Error, WASI}

  @typedoc """
  What a run may take: `:deadline`; `:progress`, a function that is told in words that clang is not ready yet; `:memory` in bytes (1 GiB); `:output`, the bytes it may write (32 MiB).
  """
  @type bounds :: keyword

  @memory 1024 * 1024 * 1024
  @output 32 * 1024 * 1024

  # The source's name in messages, and of what is put behind it.
  @file_name "block.c"
  @more_name "glue.c"

  @target "wasm32-unknown-wasip1"
  @libraries "/usr/lib/wasm32-wasip1"
  @builtins "/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a"

  # What the driver would say for this target, in few words. C99's signals and processor time are
  # emulated by libraries of their own; setjmp stands on WebAssembly's exceptions.
  @compiling [
    ~w(-cc1 -triple #{@target} -emit-obj -disable-free -clear-ast-before-backend -main-file-name #{@file_name}),
    ~w(-mrelocation-model static -mframe-pointer=none -ffp-contract=off -mconstructor-aliases -target-cpu generic),
    ~w(-fvisibility=hidden -resource-dir /usr -internal-isystem /usr/include -internal-isystem /usr/include/wasm32-wasip1),
    ~w(-fgnuc-version=4.2.1 -ferror-limit 20 -fno-caret-diagnostics -fmessage-length=0 -fdebug-compilation-dir=/),
    ~w(-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_GETPID),
    ~w(-x c -o -)
  ]

  @linking [
    ~w(-m wasm32 -L#{@libraries} -z stack-size=1048576 --stack-first -o -)
  ]

  @last_words ~w(-lc -lm -lwasi-emulated-signal -lwasi-emulated-process-clocks -lwasi-emulated-mman -lwasi-emulated-getpid)

  @doc "Whether clang is here, or what to do about it."
  @spec available :: :ok | {:error, String.t()}
  def available do
    with {:ok, _package} <- Package.find(), do: :ok
  end

  @doc "What tells this clang from any other, and with it what it makes."
  @spec version :: {:ok, String.t()} | {:error, Problem.t()}
  def version do
    with {:ok, package} <- package(),
         {:error, why} <- Package.digest(package) do
      {:error, Problem.new(:io, why)}
    end
  end

  @doc """
  Compiles C to an object file. Answers it with clang's warnings, but for those of `:more`.

  Options beside the bounds: `:include` - a folder of headers on this machine; `:flags` - further
  flags of `clang -cc1`; `:more` - code to put behind the source, whose lines are not counted as its own.
  """
  @spec object(String.t(), keyword) :: {:ok, binary, [Problem.note()]} | {:error, Problem.t()}
  def object(source, options \\ []) do
    {include, preopens} =
      case options[:include] do
        nil -> {[], []}
        folder -> {["-internal-isystem", "/include"], [{"/include", folder, :read}]}
      end

    more = if options[:more], do: ["\n# 1 \"#{@more_name}\"\n", options[:more]], else: []
    input = IO.iodata_to_binary(["# 1 \"#{@file_name}\"\n", source, "\n" | more])
    arguments = List.flatten(["clang", @compiling, include, options[:flags] || [], "-"])

    with {:ok, ran} <- run(arguments, input, preopens, options) do
      case {ran.status, Diagnostics.parse(ran.stderr)} do
        {0, said} -> {:ok, ran.stdout, Diagnostics.notes(said, @file_name, [@more_name])}
        {status, said} -> {:error, Diagnostics.problem(said, @file_name, "clang ended with status #{status}")}
      end
    end
  end

  @doc """
  Links object files and the C library to a module: a `:command`, which has a `main` and is run by its
  `_start`, or a `:reactor`, of which functions with an export name are called.

  Options beside the bounds: `:libraries` - names of further ones, before the C library.
  """
  @spec link([binary], :command | :reactor, keyword) :: {:ok, binary} | {:error, Problem.t()}
  def link(objects, kind, options \\ []) do
    Scratch.with_folder(fn folder ->
      with {:ok, files} <- write(objects, folder) do
        start = if kind == :command, do: ["#{@libraries}/crt1-command.o"], else: ["--no-entry"]
        libraries = for name <- options[:libraries] || [], do: "-l" <> name
        arguments = List.flatten(["wasm-ld", @linking, start, files, libraries, @last_words, @builtins])

        with {:ok, ran} <- run(arguments, "", [{"/block", folder, :read}], options) do
          case {ran.status, Diagnostics.parse(ran.stderr)} do
            {0, _said} -> {:ok, ran.stdout}
            {status, said} -> {:error, Diagnostics.problem(said, @file_name, "wasm-ld ended with status #{status}")}
          end
        end
      end
    end)
  end

  defp write(objects, folder) do
    objects
    |> Enum.with_index()
    |> Enum.reduce_while({:ok, []}, fn {object, n}, {:ok, files} ->
      case File.write(Path.join(folder, "#{n}.o"), object) do
        :ok -> {:cont, {:ok, files ++ ["/block/#{n}.o"]}}
        {:error, reason} -> {:halt, {:error, Problem.new(:io, "#{folder}: #{:file.format_error(reason)}")}}
      end
    end)
  end

  # --- one run -----------------------------------------------------------------------------------

  defp run([tool | _] = arguments, stdin, preopens, options) do
    deadline = options[:deadline] || Deadline.in_ms(60_000)
    memory = options[:memory] || @memory

    with {:ok, package} <- package(),
         {:ok, program} <- Program.get(package, deadline, options[:progress]) do
      answer =
        WASI.run(program,
          wasi: [args: arguments, stdin: stdin, deterministic: 0, preopens: [{"/usr", package.usr, :read} | preopens]],
          limits: [memory: memory, output_bytes: options[:output] || @output],
          timeout: Deadline.left(deadline)
        )

      with {:error, error} <- answer, do: {:error, failed(tool, error, memory)}
    end
  end

  defp failed(tool, %Error{kind: kind} = error, memory) do
    said = get_in(error.details, [:output, :stderr]) || ""

    cond do
      kind == :memory_limit or said =~ "out of memory" ->
        Problem.new(:memory_limit, "#{tool} needs more than its #{div(memory, 1024 * 1024)} MiB of memory for this")

      kind == :timeout ->
        Problem.new(:timeout, "#{tool} did not come to an end in time")

      kind == :limit ->
        Problem.new(:limit, "what #{tool} makes of this is too large: #{error.message}")

      true ->
        Diagnostics.problem(Diagnostics.parse(said), @file_name, "#{tool} itself failed: #{error.message}")
    end
  end

  defp package do
    with {:error, how} <- Package.find(), do: {:error, Problem.new(:language, how)}
  end
end
