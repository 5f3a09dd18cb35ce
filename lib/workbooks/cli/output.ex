defmodule Workbooks.CLI.Output do
  @moduledoc false
  # Standard output and standard error: UTF-8 whatever the locale, JSON or text, for a terminal or not.

  alias Workbooks.JSON

  @doc """
  Has the virtual machine pass bytes on as they are: ours are UTF-8 whatever the locale says. What it answers
  is for `lost/1`.
  """
  @spec prepare :: reference
  def prepare do
    device = Process.monitor(:user)
    :io.setopts(:standard_io, binary: true, encoding: :latin1)
    :io.setopts(:standard_error, encoding: :latin1)
    device
  end

  @doc """
  Why what was written last did not arrive, or `nil`. The device takes it before the system does, and ends
  when the system refuses.
  """
  @spec lost(reference) :: File.posix() | nil
  def lost(device) do
    with user when is_pid(user) <- Process.whereis(:user), {:links, links} <- Process.info(user, :links) do
      for port <- links, is_port(port), do: settle(port)
    end

    _ = :io.getopts(:standard_io)

    receive do
      {:DOWN, ^device, :process, _user, reason} when is_atom(reason) -> reason
      {:DOWN, ^device, :process, _user, _reason} -> :eio
    after
      0 -> nil
    end
  end

  # Until the system has all of it, or has refused; a reader may take its time.
  defp settle(port) do
    case Port.info(port, :queue_size) do
      {:queue_size, bytes} when bytes > 0 ->
        Process.sleep(1)
        settle(port)

      _empty_or_gone ->
        :ok
    end
  end

  @doc "What a verb answered, as text or JSON."
  @spec show(Workbooks.CLI.Verb.output(), boolean) :: :ok
  def show({_text, data}, true), do: json(data)
  # What takes a while to write is written only where somebody wants it.
  def show({text, _data}, false) when is_function(text), do: write(text.())
  def show({text, _data}, false), do: write(text)

  @doc "One JSON text on a line of its own."
  @spec json(term) :: :ok
  def json(data) do
    case JSON.encode(plain(data)) do
      {:ok, json} -> write([json, ?\n])
      {:error, message} -> raise ArgumentError, "this has no JSON form: #{message}"
    end
  end

  defp plain(%{__struct__: _} = struct), do: Map.from_struct(struct)
  defp plain(%{error: %{__struct__: _} = error}), do: %{error: Map.from_struct(error)}
  defp plain(data), do: data

  @doc "Writes to standard output; throws `:closed` when nobody reads on."
  @spec write(iodata) :: :ok
  def write(text) do
    case :file.write(Process.group_leader(), text) do
      :ok -> :ok
      {:error, _reason} -> throw(:closed)
    end
  end

  @doc "Says one line on standard error."
  @spec complain(String.t()) :: :ok
  def complain(message) do
    _ = :file.write(:standard_error, ["wb: ", message, ?\n])
    :ok
  end

  @doc "Whether standard output is a terminal, as the launcher found out."
  @spec terminal? :: boolean
  def terminal?, do: System.get_env("WB_TERMINAL") == "1" and System.get_env("TERM", "dumb") != "dumb"

  @doc "Whether text may be coloured: on a terminal, unless NO_COLOR says otherwise."
  @spec colours? :: boolean
  def colours?, do: terminal?() and System.get_env("NO_COLOR", "") == ""

  @doc "Whether so many lines can be drawn over themselves: none of them scrolled away."
  @spec fits?(non_neg_integer) :: boolean
  def fits?(lines) do
    case :io.rows() do
      {:ok, rows} -> lines < rows
      _unknown -> lines < 24
    end
  end

  @doc "How many columns there are."
  @spec columns :: pos_integer
  def columns do
    case :io.columns() do
      {:ok, columns} when columns > 20 -> columns
      _unknown -> 80
    end
  end

  @doc """
  Rows of cells as a table: columns two blanks apart, nothing behind the last.

      iex> [["a", "bb"], ["ccc", "d"]] |> Workbooks.CLI.Output.table() |> IO.iodata_to_binary()
      "a    bb\\nccc  d\\n"
  """
  @spec table([[String.t()]]) :: iodata
  def table([]), do: []

  def table(rows) do
    widths = rows |> Enum.zip_with(fn column -> column |> Enum.map(&String.length/1) |> Enum.max() end)
    for row <- rows, do: [line(row, widths), ?\n]
  end

  defp line(row, widths) do
    row
    |> Enum.zip(widths)
    |> Enum.map_join("  ", fn {cell, width} -> String.pad_trailing(cell, width) end)
    |> String.trim_trailing()
  end
end
