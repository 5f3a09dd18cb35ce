defmodule Workbooks.CLI.Files do
  @moduledoc false
  # Reading and writing what was named on the command line, with a sentence where that cannot be.

  alias Workbooks.CLI.Failure

  @doc "The text of a file, or of standard input for `-`."
  @spec read(Path.t()) :: {:ok, String.t()} | {:error, Failure.t()}
  def read("-") do
    case standard_input() do
      {:ok, text} -> text(text, "standard input")
      {:error, reason} -> {:error, Failure.new(:io, "cannot read standard input: #{:file.format_error(reason)}")}
    end
  end

  def read(path) do
    case File.read(path) do
      {:ok, text} -> text(text, path)
      {:error, reason} -> {:error, Failure.new(code(reason), unreadable(path, reason))}
    end
  end

  # The launcher has Erlang leave standard input alone: read as a file it takes a hundredth of the time.
  defp standard_input do
    if :init.get_argument(:noinput) == :error do
      case IO.binread(:stdio, :eof) do
        :eof -> {:ok, ""}
        text when is_binary(text) -> {:ok, text}
        error -> error
      end
    else
      File.read("/dev/stdin")
    end
  end

  defp text(text, name) do
    if String.valid?(text) do
      {:ok, text}
    else
      {_, valid, _} = :unicode.characters_to_binary(text)
      line = length(:binary.matches(valid, "\n")) + 1

      {:error,
       Failure.new(
         :bad_value,
         "#{name} is not UTF-8: no character begins with the byte at offset #{byte_size(valid)}, in line #{line}. " <>
           "Save it as UTF-8"
       )}
    end
  end

  defp unreadable(path, :enoent), do: "there is no file #{path}#{suggestion(path)}"
  defp unreadable(path, :eisdir), do: "#{path} is a folder: name a file in it#{inside(path)}"
  defp unreadable(path, :eacces), do: "#{path} may not be read by you: look at its permissions"
  defp unreadable(path, reason), do: "cannot read #{path}: #{:file.format_error(reason)}"

  defp code(:enoent), do: :not_found
  defp code(_other), do: :io

  # The name that was meant, where one lies beside it.
  defp suggestion(path) do
    names = path |> Path.dirname() |> org_files() |> Enum.map(&Path.basename/1)

    case Workbooks.CLI.Options.nearest(Path.basename(path), names) do
      nil -> ""
      name -> ": did you mean #{path |> Path.dirname() |> Path.join(name) |> Path.relative_to(".")}?"
    end
  end

  defp inside(folder) do
    case org_files(folder) do
      [] -> ""
      [first | _] -> ", as #{first}"
    end
  end

  defp org_files(folder) do
    case File.ls(folder) do
      {:ok, names} -> for name <- Enum.sort(names), Path.extname(name) == ".org", do: Path.join(folder, name)
      {:error, _reason} -> []
    end
  end

  @doc "Writes a file whole, or not at all, in a folder that need not be there."
  @spec write(Path.t(), iodata) :: :ok | {:error, Failure.t()}
  def write(path, content) do
    temporary = path <> ".#{System.pid()}.new"

    with :ok <- File.mkdir_p(Path.dirname(path)),
         :ok <- File.write(temporary, content),
         :ok <- File.rename(temporary, path) do
      :ok
    else
      {:error, reason} ->
        _ = File.rm(temporary)
        {:error, Failure.new(:io, "cannot write #{path}: #{:file.format_error(reason)}")}
    end
  end
end
