defmodule Workbooks.Library.Contents do
  @moduledoc false
  # Sources and artifacts in the storage, each under its workbook and its SHA-256.
  #
  # Under the workbook's own, so that its head alone says what is needed: nothing is counted that
  # could be counted wrong, and no two tenants share anything that one could find out about.

  alias Workbooks.{Error, Storage}

  @type key :: {tenant :: String.t(), workbook :: String.t()}

  @table "contents"

  @spec digest(binary) :: binary
  def digest(content), do: :crypto.hash(:sha256, content)

  @doc "What an API calls a content: its digest as text."
  @spec etag(binary) :: String.t()
  def etag(digest), do: Base.encode16(digest, case: :lower)

  @doc """
  What is to be stored and removed when a workbook needs other contents than before.

  A content that it gets is `{digest, content, again?}`: one that is there is written again only if asked to.
  """
  @spec changes(key, [binary], [binary], {binary, binary, boolean} | nil) :: [{:store, Storage.operation()}]
  def changes(key, before, now, new \\ nil) do
    written =
      for {digest, content, again?} <- List.wrap(new), again? or digest not in before do
        {:store, {:put, @table, stored_as(key, digest), content}}
      end

    gone = Enum.uniq(before) -- now
    written ++ for digest <- gone, do: {:store, {:delete, @table, stored_as(key, digest)}}
  end

  @doc "A content, if it is still what was written: `:error` where there is none, `:damaged` where there is another."
  @spec read(key, binary, GenServer.server()) :: {:ok, binary} | :error | :damaged | {:error, Error.t()}
  def read(key, digest, storage) do
    with {:ok, content} <- Storage.get(@table, stored_as(key, digest), storage: storage) do
      if digest(content) == digest, do: {:ok, content}, else: :damaged
    end
  end

  # No name has a `/`.
  defp stored_as({tenant, workbook}, digest), do: <<tenant::binary, ?/, workbook::binary, ?/, digest::binary>>
end
