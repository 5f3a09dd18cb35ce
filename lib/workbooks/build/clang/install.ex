defmodule Workbooks.Build.Clang.Install do
  @moduledoc """
  Puts clang into its folder: from the npm registry that the person's npm is set up for, or from a
  file or folder that is here already.

  What npm brings is one file at one pinned version, and used only when its SHA-512 is the pinned
  one. The folder appears whole or not at all, so an interrupted installation is simply begun anew.
  """

  alias Workbooks.Build.Clang.Package

  @type say :: (String.t() -> term)

  # What npm says when something is wrong is worth reading, up to here.
  @complaint 2_000

  # Of the package this is all that is needed; C++ and other targets have the larger part of the rest.
  @wanted ["package/gen/llvm.core.wasm", "package/gen/llvm-resources.tar"]

  @doc """
  Installs clang unless it is there. `say` gets a line for each thing about to be done, and while it is done.

  Options: `:from` - the package's `.tgz`, or the folder it was unpacked to; the npm client fetches
  it otherwise. `:npm` - the npm client to use.
  """
  @spec run(say, keyword) :: {:ok, Package.t()} | {:error, String.t()}
  def run(say, options \\ []) do
    case Package.folder() do
      {:error, why} ->
        {:error, why}

      {:given, folder} ->
        say.("clang's folder is given: #{folder}")
        Package.find()

      {:ours, folder} ->
        package = Package.at(folder)

        if Package.complete?(package) do
          say.("clang is installed: #{folder}")
          {:ok, package}
        else
          install(package, say, options)
        end
    end
  end

  defp install(package, say, options) do
    parent = Path.dirname(package.folder)
    # Beside its place to come, so that a rename puts it there.
    workshop = Path.join(parent, ".install-#{System.pid()}-#{System.unique_integer([:positive])}")

    try do
      with :ok <- io(File.mkdir_p(workshop), workshop),
           :ok <- io(File.chmod(workshop, 0o700), workshop),
           {:ok, wasm, resources} <- obtain(options[:from], workshop, say, options),
           made = Package.at(Path.join(workshop, "made")),
           :ok <- io(File.mkdir_p(made.folder), made.folder),
           :ok <- lay_out(wasm, resources, made, say),
           :ok <- put(made, package) do
        say.("clang is installed: #{package.folder}")
        {:ok, package}
      end
    after
      File.rm_rf(workshop)
    end
  end

  # --- getting it --------------------------------------------------------------------------------

  defp obtain(nil, workshop, say, options) do
    %{name: name, version: version} = Package.pinned()

    with {:ok, npm} <- npm(options[:npm]) do
      say.("fetching #{name} #{version} with npm (27 MB, from the registry that npm is set up for)")

      with {:ok, file} <- pack(npm, "#{name}@#{version}", workshop, say),
           :ok <- verify(file, say),
           do: unpack(file, workshop, say)
    end
  end

  defp obtain(from, workshop, say, _options) do
    cond do
      File.dir?(from) -> in_folder(from)
      File.regular?(from) -> with :ok <- verify(from, say), do: unpack(from, workshop, say)
      true -> {:error, "there is no file and no folder #{from}"}
    end
  end

  defp npm(nil) do
    case System.find_executable("npm") do
      nil ->
        {:error,
         "npm is not on PATH: install it (it comes with Node.js), or fetch the package elsewhere " <>
           "and run mix workbooks.install clang --from FILE.tgz"}

      npm ->
        {:ok, npm}
    end
  end

  defp npm(path), do: {:ok, path}

  # npm's own configuration is what counts, down to the .npmrc of the folder this is run in.
  defp pack(npm, spec, workshop, say) do
    arguments = ["pack", spec, "--ignore-scripts", "--pack-destination", workshop]

    waiting(say, "still fetching", fn ->
      {output, status} = System.cmd(npm, arguments, stderr_to_stdout: true)

      case {status, Path.wildcard(Path.join(workshop, "*.tgz"))} do
        {0, [file]} ->
          {:ok, file}

        _ ->
          {:error,
           "npm could not fetch #{spec} (is there a network, and a registry that has it?). It says:\n" <>
             complaint(output)}
      end
    end)
  rescue
    error in ErlangError -> {:error, "#{npm} cannot be run: #{inspect(error.original)}"}
  end

  defp complaint(output) do
    lines = for line <- String.split(output, "\n"), not String.starts_with?(line, "npm notice"), do: line
    lines |> Enum.join("\n") |> String.trim() |> String.slice(-@complaint, @complaint) || output
  end

  defp verify(file, say) do
    %{integrity: "sha512-" <> pinned} = Package.pinned()
    say.("checking its digest")

    with {:ok, bytes} <- read(file) do
      case Base.encode64(:crypto.hash(:sha512, bytes)) do
        ^pinned ->
          :ok

        other ->
          {:error,
           "#{Path.basename(file)} is not what was expected, and is not used: its digest is sha512-#{other}, not sha512-#{pinned}"}
      end
    end
  end

  defp unpack(file, workshop, say) do
    say.("unpacking it")
    wanted = Enum.map(@wanted, &String.to_charlist/1)
    options = [:compressed, cwd: String.to_charlist(workshop), files: wanted]

    case :erl_tar.extract(String.to_charlist(file), options) do
      :ok -> in_folder(Path.join(workshop, "package"))
      {:error, reason} -> {:error, "#{Path.basename(file)} cannot be unpacked: #{:erl_tar.format_error(reason)}"}
    end
  end

  defp in_folder(folder) do
    wasm = Path.join(folder, "gen/llvm.core.wasm")
    resources = Path.join(folder, "gen/llvm-resources.tar")

    if File.regular?(wasm) and File.regular?(resources) do
      {:ok, wasm, resources}
    else
      {:error, "#{folder} is no folder of this package: it has no gen/llvm.core.wasm, or no gen/llvm-resources.tar"}
    end
  end

  # --- laying it out -----------------------------------------------------------------------------

  defp lay_out(wasm, resources, made, say) do
    say.("laying out its headers and libraries")

    with :ok <- io(File.cp(wasm, made.program), made.program),
         :ok <- io(File.mkdir_p(made.usr), made.usr) do
      case :erl_tar.extract(String.to_charlist(resources), cwd: String.to_charlist(made.usr)) do
        :ok -> :ok
        {:error, reason} -> {:error, "its resources cannot be unpacked: #{:erl_tar.format_error(reason)}"}
      end
    end
  end

  # What somebody else has put there meanwhile is as good.
  defp put(made, package) do
    cond do
      not Package.complete?(made) -> {:error, "the package lacks a C library, or clang itself"}
      Package.complete?(package) -> :ok
      true -> with {:ok, _} <- remove(package.folder), do: io(File.rename(made.folder, package.folder), package.folder)
    end
  end

  defp remove(folder) do
    with {:error, reason, path} <- File.rm_rf(folder), do: {:error, "#{path}: #{:file.format_error(reason)}"}
  end

  defp read(file) do
    with {:error, reason} <- File.read(file), do: {:error, "#{file}: #{:file.format_error(reason)}"}
  end

  defp io(:ok, _path), do: :ok
  defp io({:error, reason}, path), do: {:error, "#{path}: #{:file.format_error(reason)}"}

  # A sign of life for who watches; npm itself has none where its output is not a terminal.
  defp waiting(say, what, function) do
    begun = System.monotonic_time(:second)
    told = spawn_link(fn -> tell(say, what, begun) end)

    try do
      function.()
    after
      Process.unlink(told)
      Process.exit(told, :kill)
    end
  end

  defp tell(say, what, begun) do
    Process.sleep(5_000)
    say.("#{what}, for #{System.monotonic_time(:second) - begun} s now")
    tell(say, what, begun)
  end
end
