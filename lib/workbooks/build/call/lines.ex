defmodule Workbooks.Build.Call.Lines do
  @moduledoc false
  # What an instance writes, piece by piece, as lines for a step's log. What has no end of line yet
  # waits in the calling process, which is where the bridge hands the pieces over.

  # A line that is longer is broken here: nobody reads on, and a guest must not fill our memory.
  @longest 64 * 1024

  @type t :: {module, reference}

  @doc """
  What `use` answers of two functions that take bytes, for standard output and standard error. Each
  gives whole lines to `log` at once; the last ones, whatever ends them, when `use` is over.
  """
  @spec collect((String.t() -> term), (out :: (binary -> term), err :: (binary -> term) -> answer)) :: answer
        when answer: term
  def collect(log, use) do
    streams = [{__MODULE__, make_ref()}, {__MODULE__, make_ref()}]
    [out, err] = for stream <- streams, do: &write(stream, log, &1)

    try do
      use.(out, err)
    after
      for stream <- streams, rest = Process.delete(stream), rest != "", do: log.(rest)
    end
  end

  defp write(stream, log, bytes) do
    [first | others] = :binary.split(bytes, "\n", [:global])
    Process.put(stream, Enum.reduce(others, broken(Process.get(stream, "") <> first, log), &next(&1, &2, log)))
    :ok
  end

  defp next(piece, line, log) do
    log.(line)
    broken(piece, log)
  end

  defp broken(<<line::binary-size(@longest), rest::binary>>, log) do
    log.(line)
    broken(rest, log)
  end

  defp broken(line, _log), do: line
end
