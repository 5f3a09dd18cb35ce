defmodule Workbooks.Site do
  @moduledoc """
  What a published site is: files by path, each with its type, its SHA-256, and smaller encodings of it.

      iex> alias Workbooks.Site
      iex> {:ok, artifact} = Site.pack(%{"index.html" => "<h1>Tea</h1>", "tea.css" => "h1 { color: green }"})
      iex> {:ok, site} = Site.open(artifact)
      iex> for file <- site.files, do: {file.path, file.type}
      [{"index.html", "text/html; charset=utf-8"}, {"tea.css", "text/css; charset=utf-8"}]
      iex> {:ok, file} = Site.file(site, "index.html")
      iex> hd(file.variants).content
      "<h1>Tea</h1>"
      iex> {:error, error} = Site.open(binary_part(artifact, 0, byte_size(artifact) - 1))
      iex> error.kind
      :damaged

  An artifact is one binary, which `Workbooks.Library.publish/4` keeps. The same files make the same
  artifact. `open/1` checks all of it, and what it answers are parts of the artifact: nothing is copied.

  ## Paths

  A path is relative, of up to 1,024 bytes: segments of UTF-8 text with a `/` between, none of them
  empty, none beginning with a dot (but `.well-known`), with no control character and no backslash.
  `health` and `health.html` are none: the public plane answers `/health` itself.

  What a path is served at, and what redirects there, is `routes/1`.
  """

  alias Workbooks.Error
  alias Workbooks.Site.{Artifact, Encodings, Paths, Type}

  defstruct files: [], bytes: 0

  @typedoc "The whole file under one coding. `etag` is the SHA-256 of this content, in hexadecimal digits."
  @type variant :: %{encoding: :identity | :gzip | :br, content: binary, etag: String.t()}
  @typedoc "`variants` begin with the file as it is; the others are smaller, the smallest last."
  @type file :: %{path: String.t(), type: String.t(), variants: [variant, ...]}
  @typedoc "`bytes` is what the artifact has."
  @type t :: %__MODULE__{files: [file], bytes: non_neg_integer}

  @most_files 10_000
  @most_bytes 67_108_864

  @doc """
  The artifact of files given as `%{path => content}`.

  Up to 10,000 files, and 64 MiB with all that is kept of them: beyond that it is `kind: :too_large`.

      iex> {:error, error} = Workbooks.Site.pack(%{"../up.html" => ""})
      iex> error.message
      ~s("../up.html" is no path of a site: no segment begins with a dot, but .well-known)
  """
  @spec pack(%{(path :: String.t()) => content :: binary}) :: {:ok, artifact :: binary} | {:error, Error.t()}
  def pack(files) when is_map(files) do
    with :ok <- counted(files),
         :ok <- all(files, &sound/1),
         :ok <- sized(files |> Map.values() |> Enum.map(&byte_size/1) |> Enum.sum()) do
      artifact = files |> Enum.sort() |> Enum.map(&file/1) |> Artifact.encode()
      with :ok <- sized(byte_size(artifact)), do: {:ok, artifact}
    end
  end

  @doc "The site that an artifact is; `kind: :damaged` for what is none, or is not whole any more."
  @spec open(binary) :: {:ok, t} | {:error, Error.t()}
  def open(artifact) when is_binary(artifact) do
    with {:ok, files} <- Artifact.decode(artifact) do
      {:ok, %__MODULE__{files: files, bytes: byte_size(artifact)}}
    else
      {:error, :version} ->
        Error.tuple(:version, "this site was packed by a newer version of this library")

      {:error, wrong} ->
        Error.tuple(:damaged, "this is no site, or not whole any more: #{wrong}. Publish it again")
    end
  end

  @doc """
  A file of a site.

      iex> Workbooks.Site.file(%Workbooks.Site{}, "index.html")
      :error
  """
  @spec file(t, path :: String.t()) :: {:ok, file} | :error
  def file(%__MODULE__{files: files}, path) do
    case Enum.find(files, &(&1.path == path)) do
      nil -> :error
      file -> {:ok, file}
    end
  end

  @doc """
  What answers which path of a URL: `{:file, file}`, or `{:redirect, path}`. Paths have no slash in front.

      iex> {:ok, artifact} = Workbooks.Site.pack(%{"index.html" => "", "about.html" => "", "docs/index.html" => ""})
      iex> {:ok, site} = Workbooks.Site.open(artifact)
      iex> routes = Workbooks.Site.routes(site)
      iex> for {path, {:file, file}} <- Enum.sort(routes), do: {path, file.path}
      [{"", "index.html"}, {"about", "about.html"}, {"docs/", "docs/index.html"}]
      iex> for {path, {:redirect, to}} <- Enum.sort(routes), do: {path, to}
      [{"about.html", "about"}, {"about/", "about"}, {"docs", "docs/"}, {"docs/index.html", "docs/"}, {"index.html", ""}]

  `404.html` answers no path of its own: it is shown where there is nothing.
  """
  @spec routes(t) :: %{String.t() => {:file, file} | {:redirect, String.t()}}
  def routes(%__MODULE__{files: files}) do
    # A file goes before what only leads to one, and its own name before a clean one.
    wanted = for file <- files, {rank, path, what} <- Paths.routes(file.path), do: {path, rank, what, file}

    for {path, _rank, what, file} <- Enum.sort_by(wanted, fn {_path, rank, _what, _file} -> -rank end), into: %{} do
      {path, if(what == :file, do: {:file, file}, else: {:redirect, what})}
    end
  end

  @doc """
  Where a page's file is served: its path in a URL, without a slash in front.

      iex> Enum.map(["index.html", "about.html", "docs/index.html", "tea.css"], &Workbooks.Site.clean/1)
      ["", "about", "docs/", "tea.css"]
  """
  @spec clean(path :: String.t()) :: String.t()
  defdelegate clean(path), to: Paths

  defp file({path, content}) do
    type = Type.of(path)
    %{path: path, type: type, variants: Encodings.of(content, type)}
  end

  defp counted(files) when map_size(files) == 0, do: Error.tuple(:bad_value, "a site has at least one file")
  defp counted(files) when map_size(files) <= @most_files, do: :ok

  defp counted(files) do
    Error.tuple(:too_large, "a site has up to #{@most_files} files, this one #{map_size(files)}", %{most: @most_files})
  end

  defp sized(bytes) when bytes <= @most_bytes, do: :ok

  defp sized(bytes),
    do: Error.tuple(:too_large, "a site has up to #{@most_bytes} bytes, this one #{bytes}", %{most: @most_bytes})

  defp sound({path, content}) when is_binary(content) do
    with {:error, wrong} <- Paths.check(path),
         do: Error.tuple(:bad_name, "#{inspect(path, printable_limit: 80)} is no path of a site: #{wrong}")
  end

  defp sound({path, _other}),
    do: Error.tuple(:bad_value, "the content of #{inspect(path, printable_limit: 80)} is no binary")

  defp all(files, check), do: Enum.find_value(files, :ok, &with(:ok <- check.(&1), do: nil))
end
