defmodule Mix.Tasks.Compile.WorkbooksNative do
  @shortdoc "Builds the NIF with cargo and compiles the guests ahead of time"
  @moduledoc """
  The last of this project's compilers: `cargo build --release` for the NIF, then
  native code for each guest in `priv/guests`. Both land in `priv/native`, which
  every Mix environment shares, so one build serves dev and test.

  Nothing runs while the sources, the guests and the outputs are what they were
  at the last build: their hash is kept beside the outputs.

  The environment variable `CARGO` names another cargo, `CARGO_TARGET_DIR` another
  target directory, as cargo itself has it.
  """
  use Mix.Task.Compiler

  # What the outputs are made of, relative to the project.
  @sources [
    "Cargo.toml",
    "Cargo.lock",
    "native/engine/**/*.{rs,toml}",
    "native/nif/**/*.{rs,toml}",
    "priv/guests/*.wasm"
  ]
  @stamp "priv/native/stamp"
  @library "priv/native/workbooks_nif.so"

  @impl true
  def run(_args) do
    root = File.cwd!()
    stamp = stamp(root)

    if File.read(Path.join(root, @stamp)) == {:ok, stamp} and Enum.all?(outputs(root), &File.exists?/1) do
      {:noop, []}
    else
      with :ok <- cargo(root), :ok <- install(root), :ok <- precompile(root) do
        File.write!(Path.join(root, @stamp), stamp)
        Mix.Project.build_structure()
        {:ok, []}
      else
        {:error, message} -> {:error, [diagnostic(root, message)]}
      end
    end
  end

  @impl true
  def clean, do: File.rm_rf!("priv/native")

  defp stamp(root) do
    files = for pattern <- @sources, file <- Path.wildcard(Path.join(root, pattern)), do: file

    # A target directory inside native/ (CARGO_TARGET_DIR) holds sources of others.
    hashes =
      for file <- Enum.sort(files), not String.contains?(file, "/target/") do
        [Path.relative_to(file, root), 0, :crypto.hash(:sha256, File.read!(file))]
      end

    machine = :erlang.system_info(:system_architecture)
    Base.encode16(:crypto.hash(:sha256, [to_string(machine) | hashes]), case: :lower)
  end

  defp guests(root), do: Path.wildcard(Path.join(root, "priv/guests/*.wasm"))
  defp native(root, guest), do: Path.join([root, "priv/native", Path.basename(guest, ".wasm") <> ".cwasm"])
  defp outputs(root), do: [Path.join(root, @library) | Enum.map(guests(root), &native(root, &1))]

  defp cargo(root) do
    case find_cargo() do
      nil ->
        {:error,
         "cargo was not found. Workbooks builds a Rust library: install Rust 1.95 or later " <>
           "(rustup.rs, or your distribution's packages), or set CARGO to where it is."}

      cargo ->
        unless built?(root), do: Mix.shell().info("Building the native library with cargo (minutes, the first time)")
        arguments = ~w(build --release --locked -p workbooks-nif)
        options = [cd: root, into: IO.stream(:stdio, :line), stderr_to_stdout: true]

        case System.cmd(cargo, arguments, options) do
          {_, 0} -> :ok
          {_, status} -> {:error, "cargo build failed (exit status #{status}): what it printed above says why"}
        end
    end
  end

  defp find_cargo do
    System.get_env("CARGO") || System.find_executable("cargo") ||
      Enum.find([Path.expand("~/.cargo/bin/cargo")], &File.exists?/1)
  end

  defp target(root), do: Path.expand(System.get_env("CARGO_TARGET_DIR", "target"), root)
  defp built?(root), do: Enum.any?(libraries(root), &File.exists?/1)

  defp libraries(root) do
    for name <- ~w(libworkbooks_nif.so libworkbooks_nif.dylib), do: Path.join([target(root), "release", name])
  end

  defp install(root) do
    case Enum.find(libraries(root), &File.exists?/1) do
      nil ->
        {:error, "cargo built no library in #{target(root)}/release"}

      built ->
        File.mkdir_p!(Path.join(root, "priv/native"))
        # Renamed into place: a library that another VM has mapped must not change under it.
        temporary = Path.join(root, @library <> ".tmp")
        File.cp!(built, temporary)
        File.rename!(temporary, Path.join(root, @library))
        Mix.Project.build_structure()
        :ok
    end
  end

  defp precompile(root) do
    Enum.reduce_while(guests(root), :ok, fn guest, :ok ->
      case Workbooks.Wasm.Precompiled.write(guest, native(root, guest)) do
        :ok -> {:cont, :ok}
        {:error, error} -> {:halt, {:error, "#{Path.basename(guest)} does not compile: #{Exception.message(error)}"}}
      end
    end)
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
