defmodule Mix.Tasks.Compile.WorkbooksNative do
  @shortdoc "Builds the NIF with cargo and compiles the guests ahead of time"
  @moduledoc """
  The last of this project's compilers: `cargo build --release` for the NIF, then
  native code for each guest in `priv/guests`. Both land in `priv/native`, which
  every Mix environment shares, so one build serves dev and test.

  Nothing runs while the sources and the guests are what they were at the last
  build, whose hash is kept beside the outputs, and the outputs are there.

  The environment variable `CARGO` names another cargo, `CARGO_TARGET_DIR` another
  target directory, as cargo itself has it.
  """
  use Mix.Task.Compiler

  # What the outputs are made of, relative to the project.
  @sources [
    "Cargo.toml",
    "Cargo.lock",
    "native/engine/**/*.{rs,toml}",
    "native/http/**/*.{rs,toml}",
    "native/nif/**/*.{rs,toml}",
    "native/store/**/*.{rs,toml}",
    "priv/guests/*.wasm"
  ]
  @stamp "priv/native/stamp"
  @library "priv/native/workbooks_nif.so"

  @impl true
  def run(_args) do
    root = File.cwd!()
    stamp = stamp()

    if File.read(Path.join(root, @stamp)) == {:ok, stamp} and Enum.all?(outputs(root), &File.exists?/1) do
      {:noop, []}
    else
      with :ok <- cargo(root), :ok <- bring(root, stamp) do
        Mix.Project.build_structure()
        {:ok, []}
      else
        {:error, message} -> {:error, [diagnostic(root, message)]}
      end
    end
  end

  @impl true
  def clean, do: File.rm_rf!("priv/native")

  defp stamp do
    files = for pattern <- @sources, file <- Path.wildcard(pattern), do: file

    # A target directory inside native/ (CARGO_TARGET_DIR) holds sources of others.
    hashes =
      for file <- Enum.sort(files), not String.contains?(file, "/target/") do
        [file, 0, :crypto.hash(:sha256, File.read!(file))]
      end

    machine = :erlang.system_info(:system_architecture)
    Base.encode16(:crypto.hash(:sha256, [to_string(machine) | hashes]), case: :lower)
  end

  # Relative, as the patterns are: the folder above may have a name that means something in one.
  defp guests, do: Path.wildcard("priv/guests/*.wasm")
  defp native(root, guest), do: Path.join([root, "priv/native", Path.basename(guest, ".wasm") <> ".cwasm"])
  defp outputs(root), do: [Path.join(root, @library) | Enum.map(guests(), &native(root, &1))]

  defp cargo(root) do
    with {:ok, cargo} <- find_cargo() do
      unless built(root), do: Mix.shell().info("Building the native library with cargo (minutes, the first time)")
      arguments = ~w(build --release --locked -p workbooks-nif)

      case System.cmd(cargo, arguments, cd: root, into: IO.stream(:stdio, :line), stderr_to_stdout: true) do
        {_, 0} -> :ok
        {_, status} -> {:error, "cargo build failed (exit status #{status}): what it printed above says why"}
      end
    end
  end

  @install "install Rust 1.95 or later (rustup.rs, or your distribution's packages), or set CARGO to where it is."

  defp find_cargo do
    case System.get_env("CARGO", "") do
      "" ->
        # Rust's own installer puts it there and leaves the PATH to the next login shell.
        home = System.get_env("CARGO_HOME") || Path.join(System.user_home() || "/", ".cargo")

        case System.find_executable("cargo") || System.find_executable(Path.join(home, "bin/cargo")) do
          nil -> {:error, "cargo was not found. Workbooks builds a Rust library: " <> @install}
          cargo -> {:ok, cargo}
        end

      named ->
        case System.find_executable(named) do
          nil -> {:error, "CARGO is #{named}, which is no program. Workbooks builds a Rust library: " <> @install}
          cargo -> {:ok, cargo}
        end
    end
  end

  defp target(root), do: Path.expand(System.get_env("CARGO_TARGET_DIR", "target"), root)

  # What cargo built, if it did.
  defp built(root) do
    paths = for name <- ~w(libworkbooks_nif.so libworkbooks_nif.dylib), do: Path.join([target(root), "release", name])
    Enum.find(paths, &File.exists?/1)
  end

  # From cargo's folder into ours.
  defp bring(root, stamp) do
    library = Path.join(root, @library)
    built = built(root)

    cond do
      is_nil(built) ->
        {:error, "cargo built no library in #{target(root)}/release"}

      in_use?(library) and not same?(library, built) ->
        # This VM keeps the library that it has loaded, and would make native code with that one.
        Mix.shell().info("The native library was built anew: start again to use it")
        :ok

      true ->
        with :ok <- replace(library, &File.cp(built, &1)),
             Mix.Project.build_structure(),
             :ok <- precompile(root),
             do: replace(Path.join(root, @stamp), &File.write(&1, stamp))
    end
  end

  # Quoted, since it is not called: only whether it is there is asked.
  defp in_use?(library), do: :erlang.module_loaded(:"Elixir.Workbooks.Native") and File.exists?(library)
  defp same?(one, other), do: File.read(one) == File.read(other)

  defp precompile(root) do
    Enum.reduce_while(guests(), :ok, fn guest, :ok ->
      case replace(native(root, guest), &Workbooks.Wasm.Precompiled.write(guest, &1)) do
        :ok -> {:cont, :ok}
        {:error, message} -> {:halt, {:error, "#{Path.basename(guest)} does not compile: #{message}"}}
      end
    end)
  end

  # Renamed into place: what another VM has mapped must not change under it. The name before that
  # is this process's own: two builds may be at it at the same time.
  defp replace(path, make) do
    temporary = "#{path}.#{System.pid()}"

    with :ok <- File.mkdir_p(Path.dirname(path)), :ok <- make.(temporary), :ok <- File.rename(temporary, path) do
      :ok
    else
      {:error, reason} ->
        File.rm(temporary)
        {:error, if(is_atom(reason), do: "#{path}: #{:file.format_error(reason)}", else: Exception.message(reason))}
    end
  end

  defp diagnostic(root, message) do
    Mix.shell().error(message)

    %Mix.Task.Compiler.Diagnostic{
      compiler_name: "workbooks_native",
      file: Path.join(root, "Cargo.toml"),
      message: message,
      position: 0,
      severity: :error
    }
  end
end
