defmodule Workbooks.Wast.Suite do
  @moduledoc """
  A suite of `.wast` files, made readable by the tool in `native/suite`.

  The suites lie beside the project, in `../shared/suites`. Where they do not, the tool has the core
  suite in itself, an older and smaller state of it, and the other is not to be had.
  """

  defstruct [:folder, :source, :files]

  @typedoc """
  `files` has the count of assertions of each by its name, or what is wrong with it; `source` is
  where they come from: `:folder` or `:crate`.
  """
  @type t :: %__MODULE__{
          folder: Path.t(),
          source: :folder | :crate,
          files: %{String.t() => non_neg_integer | {:error, String.t()}}
        }

  @root Path.expand("../../..", __DIR__)

  @doc """
  A suite, in a temporary folder that is removed when the tests have run; nil where it is not to be
  had. Made when it is asked for first, which takes a second, and more when the tool is not built.
  """
  @spec prepare(String.t()) :: t | nil
  def prepare(name) do
    with :none <- :persistent_term.get({__MODULE__, name}, :none) do
      suite =
        cond do
          File.dir?(folder(name)) -> convert(name, folder(name), :folder)
          name == "core" -> convert(name, "crate", :crate)
          true -> nil
        end

      :persistent_term.put({__MODULE__, name}, suite)
      suite
    end
  end

  @doc "Where a suite is looked for."
  @spec folder(String.t()) :: Path.t()
  def folder(name), do: Path.expand("../shared/suites/#{name}", @root)

  @doc "The suite in the folder `from`; `\"crate\"` is the one that the tool has in itself."
  @spec convert(String.t(), Path.t(), :folder | :crate) :: t
  def convert(name, from, source) do
    folder = Path.join(System.tmp_dir!(), "workbooks-suite-#{name}-#{System.pid()}")
    File.mkdir_p!(folder)
    ExUnit.after_suite(fn _ -> File.rm_rf!(folder) end)

    arguments = ~w(run --quiet --locked --manifest-path native/suite/Cargo.toml --) ++ [from, folder]
    # Beside the library's own, which other features of the same crates would have built anew.
    environment = [{"CARGO_TARGET_DIR", Path.join(@root, "native/suite/target")}]

    case System.cmd(cargo(), arguments, cd: @root, env: environment) do
      {report, 0} -> %__MODULE__{folder: folder, source: source, files: report |> lines() |> Map.new(&file/1)}
      {_, status} -> raise "the suites' tool ended with status #{status}: what it printed above says why"
    end
  end

  @doc "The commands of a file, one at a time."
  @spec commands(t, String.t()) :: Enumerable.t()
  def commands(suite, name) do
    suite.folder |> Path.join(name <> ".jsonl") |> File.stream!() |> Stream.map(&Workbooks.JSON.decode!/1)
  end

  defp file(%{"name" => name, "assertions" => count}), do: {name, count}
  defp file(%{"name" => name, "error" => error}), do: {name, {:error, error}}

  defp lines(report), do: report |> String.split("\n", trim: true) |> Enum.map(&Workbooks.JSON.decode!/1)

  # Rust's own installer leaves the PATH to the next login shell.
  defp cargo do
    case System.get_env("CARGO", "") do
      "" -> System.find_executable("cargo") || Path.expand("~/.cargo/bin/cargo")
      named -> named
    end
  end
end
