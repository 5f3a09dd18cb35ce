defmodule Workbooks.Build.Clang.Package do
  @moduledoc """
  Where clang is: a folder with `llvm.core.wasm` (clang and wasm-ld in one WebAssembly module) and
  `usr/` (clang's own headers, and the WASI C library with its headers).

  `mix workbooks.install clang` puts it into `workbooks-clang/` of the user's cache folder
  (`$XDG_CACHE_HOME`, or `~/.cache`), beside that of `Workbooks.Wasm.Cache`. Another folder of that
  shape is named by the configuration, or by the environment where that says nothing:

      config :workbooks, clang: "/opt/clang-wasm"
      WORKBOOKS_CLANG=/opt/clang-wasm
  """

  @name "@yowasp/clang"
  @version "22.0.0-git20542-10"
  @integrity "sha512-V31/z9GrJECKeACTDUyvg2llbEUiFi3bxtL5HSg7H/6sydSxdI/AoVAD9F5ozrfLjotWl0B9rghR87m+DUM/zg=="

  @enforce_keys [:folder, :program, :usr]
  defstruct [:folder, :program, :usr]

  @typedoc "A folder that was looked at and has all that is needed."
  @type t :: %__MODULE__{folder: Path.t(), program: Path.t(), usr: Path.t()}

  @doc "The npm package's name, its pinned version and the digest of its file, as npm writes it."
  @spec pinned :: %{name: String.t(), version: String.t(), integrity: String.t()}
  def pinned, do: %{name: @name, version: @version, integrity: @integrity}

  @doc "The folder that clang is, or will be, in: `{:given, path}` by the person, `{:ours, path}`, or why there is none."
  @spec folder :: {:given | :ours, Path.t()} | {:error, String.t()}
  def folder do
    case Application.get_env(:workbooks, :clang) || empty_is_nil(System.get_env("WORKBOOKS_CLANG")) do
      nil -> default()
      path when is_binary(path) and path != "" -> {:given, Path.expand(path)}
      other -> raise ArgumentError, "the configuration :clang of :workbooks must be a path, got: #{inspect(other)}"
    end
  end

  @doc "The folder where it is installed unless another one is given."
  @spec default :: {:ours, Path.t()} | {:error, String.t()}
  def default do
    case cache_home() do
      nil -> {:error, "this user has no home folder: set XDG_CACHE_HOME, or WORKBOOKS_CLANG"}
      home -> {:ours, Path.join([home, "workbooks-clang", @version])}
    end
  end

  # The specification says to ignore one that is not absolute.
  defp cache_home do
    case System.get_env("XDG_CACHE_HOME") do
      "/" <> _ = home -> home
      _ -> if home = System.user_home(), do: Path.join(home, ".cache")
    end
  end

  defp empty_is_nil(""), do: nil
  defp empty_is_nil(value), do: value

  @doc "The package, or a sentence that says how to get it."
  @spec find :: {:ok, t} | {:error, String.t()}
  def find do
    case folder() do
      {:error, why} -> {:error, why}
      {origin, folder} -> find(origin, folder)
    end
  end

  defp find(origin, folder) do
    package = at(folder)

    cond do
      complete?(package) -> {:ok, package}
      origin == :ours -> {:error, "clang is not installed: run mix workbooks.install clang"}
      true -> {:error, "#{folder} is named as clang's folder, but has no llvm.core.wasm, or no usr/ beside it"}
    end
  end

  @doc "The package as it would lie in `folder`."
  @spec at(Path.t()) :: t
  def at(folder) do
    %__MODULE__{folder: folder, program: Path.join(folder, "llvm.core.wasm"), usr: Path.join(folder, "usr")}
  end

  @doc "Whether the package has the files that a C program needs at the least."
  @spec complete?(t) :: boolean
  def complete?(package) do
    File.regular?(package.program) and File.regular?(Path.join(package.usr, "lib/wasm32-wasip1/libc.a")) and
      File.regular?(Path.join(package.usr, "include/wasm32-wasip1/stdio.h"))
  end

  @doc "What tells this clang from any other."
  @spec digest(t) :: {:ok, String.t()} | {:error, String.t()}
  def digest(package) do
    with {:ok, %{size: size, mtime: mtime}} <- stat(package.program) do
      key = {__MODULE__, :digest, package.program, size, mtime}

      # Seventy megabytes are read once; that the file changes is told by its size and time.
      case :persistent_term.get(key, nil) do
        nil -> with {:ok, digest} <- hash(package.program), do: keep(key, digest)
        digest -> {:ok, digest}
      end
    end
  end

  defp stat(path) do
    with {:error, reason} <- File.stat(path, time: :posix), do: {:error, "#{path}: #{:file.format_error(reason)}"}
  end

  defp hash(path) do
    digest =
      path |> File.stream!([], 1_048_576) |> Enum.reduce(:crypto.hash_init(:sha256), &:crypto.hash_update(&2, &1))

    {:ok, digest |> :crypto.hash_final() |> Base.encode16(case: :lower)}
  rescue
    error in File.Error -> {:error, Exception.message(error)}
    error in IO.StreamError -> {:error, Exception.message(error)}
  end

  defp keep(key, digest) do
    :persistent_term.put(key, digest)
    {:ok, digest}
  end
end
