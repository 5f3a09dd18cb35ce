defmodule Workbooks.Build.Tool do
  @moduledoc false
  # Where a native compiler is, what version it has, and how what it prints becomes a problem.

  alias Workbooks.Build.{Deadline, Problem, Process}

  @doc "A program's path: the configuration of `key`, the environment's `variable`, or `name` on PATH."
  @spec find(atom, String.t(), String.t()) :: {:ok, Path.t()} | {:error, String.t()}
  def find(key, variable, name) do
    case Application.get_env(:workbooks, key) || System.get_env(variable) do
      none when none in [nil, ""] ->
        case System.find_executable(name) do
          nil -> {:error, "no #{name} on PATH"}
          path -> {:ok, path}
        end

      path ->
        path = Path.expand(path)
        if File.regular?(path), do: {:ok, path}, else: {:error, "no #{name} at #{path}"}
    end
  end

  @doc "What a program answers to `arguments`, asked once for each file: it is another when the file is another."
  @spec ask(Path.t(), [String.t()], keyword) :: {:ok, String.t()} | {:error, Problem.t()}
  def ask(path, arguments, options \\ []) do
    key = {__MODULE__, path, arguments, stamp(path)}

    with nil <- :persistent_term.get(key, nil) do
      case Process.run(path, arguments, [deadline: Deadline.in_ms(30_000)] ++ options) do
        {:ok, %{status: 0, output: output}} ->
          answer = {:ok, String.trim(output)}
          :persistent_term.put(key, answer)
          answer

        {:ok, ended} ->
          {:error, Problem.new(:compiler, "#{path} ended with status #{ended.status}: #{excerpt(ended.output)}")}

        {:error, problem} ->
          {:error, problem}
      end
    end
  end

  defp stamp(path) do
    case File.stat(path, time: :posix) do
      {:ok, stat} -> {stat.mtime, stat.size}
      {:error, reason} -> reason
    end
  end

  @doc "The beginning of what a compiler printed, for a message."
  @spec excerpt(binary, pos_integer) :: String.t()
  def excerpt(output, most \\ 2_000) do
    output
    |> String.chunk(:valid)
    |> Enum.filter(&String.valid?/1)
    |> Enum.join()
    |> String.trim()
    |> String.slice(0, most)
  end

  @doc """
  The problem of a block that a compiler did not survive; what it prints then is about itself.

      iex> Workbooks.Build.Tool.crashed("zig", 139).message
      "zig crashed on the block (signal 11), as compilers do on what nests too deeply or grows too large"
  """
  @spec crashed(String.t(), 129..255) :: Problem.t()
  def crashed(compiler, status) do
    signal = "signal #{status - 128}"

    Problem.new(
      :compile,
      "#{compiler} crashed on the block (#{signal}), as compilers do on what nests too deeply or grows too large"
    )
  end

  @doc """
  A problem of the first of a compiler's diagnostics, the others its notes. Each is
  `{line | nil, column | nil, message}`; a line behind the block's last is the last.
  """
  @spec problem([{pos_integer | nil, pos_integer | nil, String.t()}], String.t()) :: Problem.t()
  def problem([first | notes], text) do
    lines = text |> String.split("\n") |> length()
    {line, column, message} = inside(first, lines)

    notes =
      for note <- notes,
          {line, column, message} = inside(note, lines),
          do: %{line: line, column: column, message: message}

    Problem.new(:compile, message, line: line, column: column, notes: Enum.take(notes, 20))
  end

  defp inside({line, _column, message}, lines) when is_integer(line) and line > lines, do: {lines, nil, message}
  defp inside(diagnostic, _lines), do: diagnostic
end
