defmodule Workbooks.Workflow.Log do
  @moduledoc false
  # What a step's block prints, collected in the step's own process up to a limit.

  @max_bytes 1024 * 1024

  @doc "Begins an empty log and answers the function that appends a line to it."
  @spec start :: (String.t() -> :ok)
  def start do
    Process.put(__MODULE__, {[], 0})
    &write/1
  end

  @doc "Everything written so far."
  @spec text :: String.t()
  def text, do: join(Process.get(__MODULE__, {[], 0}))

  @doc "What another process has written so far; empty when it is gone."
  @spec text(pid) :: String.t()
  def text(pid) do
    with {:dictionary, entries} <- Process.info(pid, :dictionary),
         {_, log} <- List.keyfind(entries, __MODULE__, 0) do
      join(log)
    else
      _ -> ""
    end
  end

  defp join({lines, _bytes}), do: lines |> Enum.reverse() |> IO.iodata_to_binary()

  defp write(line) do
    {lines, bytes} = Process.get(__MODULE__, {[], 0})
    grown = bytes + byte_size(line) + 1

    cond do
      bytes > @max_bytes -> :ok
      grown > @max_bytes -> Process.put(__MODULE__, {[last(line, @max_bytes - bytes) | lines], grown})
      true -> Process.put(__MODULE__, {[[line, "\n"] | lines], grown})
    end

    :ok
  end

  # Of a line that does not fit what does, cut between characters where it is text.
  defp last(line, room) do
    kept = binary_part(line, 0, min(room, byte_size(line)))

    kept =
      case :unicode.characters_to_binary(kept) do
        {:incomplete, text, _rest} -> text
        _whole_or_no_text -> kept
      end

    [kept, "\n[the log ends here: it reached 1 MiB]\n"]
  end
end
