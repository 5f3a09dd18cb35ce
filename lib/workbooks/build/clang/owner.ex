defmodule Workbooks.Build.Clang.Owner do
  @moduledoc false
  # Native code is run as it is, so it matters who could have written it.

  import Bitwise

  @doc "Whether a file or folder is this user's, or root's, and nobody else may write it."
  @spec trusted?(Path.t()) :: boolean
  def trusted?(path) do
    case File.lstat(path) do
      {:ok, %{type: type, uid: uid, mode: mode}} when type in [:regular, :directory] ->
        uid in [0, user()] and (mode &&& 0o022) == 0

      _ ->
        false
    end
  end

  # Erlang does not tell it.
  defp user do
    key = {__MODULE__, :user}

    with nil <- :persistent_term.get(key, nil) do
      user = ask()
      :persistent_term.put(key, user)
      user
    end
  end

  defp ask do
    with {text, 0} <- System.cmd("id", ["-u"]), {user, _} <- Integer.parse(text), do: user, else: (_ -> nil)
  rescue
    ErlangError -> nil
  end
end
