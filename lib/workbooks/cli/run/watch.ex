defmodule Workbooks.CLI.Run.Watch do
  @moduledoc false
  # A file, looked at several times a second: no operating system's own way is needed, and a change is
  # one of its bytes, not of its time alone.

  @look_ms 200

  @doc "Calls `function` with `:first`, then with `:changed` after each change of the file, for ever."
  @spec each(Path.t(), (:first | :changed -> term)) :: no_return
  def each(path, function) do
    # Taken before the run: what is saved meanwhile is seen afterwards.
    seen = look(path)
    function.(:first)
    again(path, function, seen)
  end

  defp again(path, function, seen) do
    Process.sleep(@look_ms)

    case look(path) do
      # Gone: an editor is about to put another in its place.
      nil ->
        again(path, function, seen)

      {same, _digest} when seen != nil and same == elem(seen, 0) ->
        again(path, function, seen)

      {_stat, digest} = now ->
        if seen == nil or digest != elem(seen, 1), do: function.(:changed)
        again(path, function, now)
    end
  end

  defp look(path) do
    with {:ok, %{mtime: mtime, size: size, inode: inode}} <- File.stat(path, time: :posix),
         {:ok, text} <- File.read(path) do
      {{mtime, size, inode, :erlang.phash2(text)}, :erlang.md5(text)}
    else
      _gone -> nil
    end
  end
end
