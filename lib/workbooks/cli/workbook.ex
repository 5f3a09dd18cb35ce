defmodule Workbooks.CLI.Workbook do
  @moduledoc false
  # What WORKBOOK on a command line stands for: a file here, or what a control plane keeps.

  alias Workbooks.CLI.{Failure, Files, Remote}

  @enforce_keys [:kind, :name]
  defstruct [:kind, :name, :org, :folder, :remote]

  @type t :: %__MODULE__{
          kind: :file | :stored,
          name: String.t(),
          org: String.t() | nil,
          folder: Path.t() | nil,
          remote: Remote.t() | nil
        }

  @doc """
  A file is read. With a control plane, a name without a `/` and without `.org` at its end is the id of
  a workbook that is kept there.
  """
  @spec find(String.t(), map) :: {:ok, t} | {:error, Failure.t()}
  def find(name, options) do
    with {:ok, remote} <- Remote.from(options) do
      if remote && id?(name),
        do: {:ok, %__MODULE__{kind: :stored, name: name, remote: remote}},
        else: file(name, remote)
    end
  end

  @doc "The only one that is named."
  @spec only([String.t()], map, String.t()) :: {:ok, t} | {:error, Failure.t()}
  def only([name], options, _usage), do: find(name, options)
  def only([], _options, usage), do: {:error, Failure.new(:usage, "which workbook? usage: wb #{usage}")}

  def only([_, other | _], _options, usage),
    do: {:error, Failure.new(:usage, "one workbook at a time, not #{other} too. usage: wb #{usage}")}

  defp id?(name), do: name != "-" and not String.contains?(name, "/") and Path.extname(name) != ".org"

  defp file(name, remote) do
    with {:ok, org} <- Files.read(name) do
      folder = if name == "-", do: nil, else: Path.dirname(name)
      {:ok, %__MODULE__{kind: :file, name: name, org: org, folder: folder, remote: remote}}
    end
  end

  @doc "With its source, wherever it is."
  @spec with_source(t) :: {:ok, t} | {:error, Failure.t()}
  def with_source(%__MODULE__{kind: :file} = workbook), do: {:ok, workbook}

  def with_source(%__MODULE__{kind: :stored, remote: remote} = workbook) do
    with {:ok, answer} <- Remote.request(remote, :get, path(workbook)), do: {:ok, %{workbook | org: answer.body}}
  end

  @doc "A file put where it can be run or published there, under its own name; a stored workbook as it is."
  @spec store(t) :: {:ok, t} | {:error, Failure.t()}
  def store(%__MODULE__{kind: :stored} = workbook), do: {:ok, workbook}

  def store(%__MODULE__{kind: :file} = file) do
    workbook = %{file | kind: :stored, name: id(file.name)}

    with {:ok, _answer} <- Remote.request(file.remote, :put, path(workbook), {"text/org", file.org}),
         do: {:ok, workbook}
  end

  @doc "The path of a stored workbook, or of what there is to do with it."
  @spec path(t, [String.t()]) :: String.t()
  def path(%__MODULE__{name: id}, rest \\ []), do: Remote.path(["api", "workbooks", id | rest])

  @doc """
  What a file is kept as: its name without `.org`, of the characters an id may have.

      iex> Workbooks.CLI.Workbook.id("reports/Q3 2025.org")
      "Q3-2025"
  """
  @spec id(Path.t()) :: String.t()
  def id(path) do
    id =
      path
      |> Path.basename()
      |> Path.rootname(".org")
      |> String.replace(~r/[^A-Za-z0-9_.-]+/u, "-")
      |> String.trim_leading("-")
      |> String.trim_leading(".")
      |> String.slice(0, 128)

    if id == "", do: "workbook", else: id
  end

  @doc "The name that it is spoken of by."
  @spec shown(t) :: String.t()
  def shown(%__MODULE__{name: "-"}), do: "standard input"
  def shown(%__MODULE__{name: name}), do: name
end
