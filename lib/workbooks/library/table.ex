defmodule Workbooks.Library.Table do
  @moduledoc false
  # The heads of the workbooks as rows of a table: `{{tenant, workbook}, head}`.

  @behaviour Workbooks.Storage.Mirror

  alias Workbooks.Error
  alias Workbooks.Library.{Contents, Head}

  @impl true
  def decode(key, value) do
    case {:binary.split(key, "/"), Head.decode(value)} do
      {[tenant, workbook], {:ok, head}} -> {:ok, {:binary.copy(tenant), :binary.copy(workbook)}, head}
      {[_none], _head} -> {:error, "it is under no tenant and workbook"}
      {_key, {:error, wrong}} -> {:error, wrong}
    end
  end

  @impl true
  def encode_key({tenant, workbook}), do: tenant <> "/" <> workbook

  @impl true
  def encode(head), do: Head.encode(head)

  # In the order of tenants, for those who list their own.
  @impl true
  def index(key, head), do: {key, head}

  # The context is how many versions are kept. What was put is an entry and its content, as
  # `Contents.changes/4` takes it; the answer is the entry that counts now.
  @impl true
  def decide({:put, key, new, content, if_match}, read, keep) do
    head = head(key, read) || Head.new()
    latest = Head.latest(head)

    with :ok <- matches(latest, if_match) do
      if latest && latest.digest == new.digest do
        {:ok, become(key, head, head, content), {:ok, latest}}
      else
        new = %{new | version: if(latest, do: latest.version + 1, else: 1)}
        {:ok, become(key, head, Head.add(head, new, keep), content), {:ok, new}}
      end
    end
  end

  def decide({:delete, key, if_match}, read, _keep) do
    with {:ok, head} <- present(key, read),
         :ok <- matches(Head.latest(head), if_match) do
      {:ok, [{:delete, key} | Contents.changes(key, Head.digests(head), [])], :ok}
    end
  end

  def decide({:publish, key, new, content}, read, keep) do
    with {:ok, head} <- present(key, read),
         {:ok, version} <- made_of(key, head, new.version) do
      new = %{new | version: version}
      {:ok, become(key, head, Head.publish(head, new, keep), content), {:ok, new}}
    end
  end

  def decide({:unpublish, key}, read, _keep) do
    with {:ok, head} <- present(key, read) do
      if Head.published(head),
        do: {:ok, become(key, head, Head.unpublish(head)), :ok},
        else: Error.tuple(:not_found, "nothing of the workbook #{name(key)} is published")
    end
  end

  def decide({:roll_back, key}, read, _keep) do
    with {:ok, head} <- present(key, read) do
      case Head.roll_back(head) do
        nil -> Error.tuple(:not_found, "nothing of the workbook #{name(key)} is kept that was published before")
        before -> {:ok, become(key, head, before), {:ok, Head.published(before)}}
      end
    end
  end

  # Answered when what is under way is done.
  def decide(:settle, _read, _keep), do: {:ok, [], :ok}

  @impl true
  def changed(_changes, _keep), do: :ok

  defp head(key, read) do
    case read.(key) do
      {:ok, head} -> head
      :error -> nil
    end
  end

  defp present(key, read) do
    case head(key, read) do
      nil -> Error.tuple(:not_found, "there is no workbook #{name(key)}")
      head -> {:ok, head}
    end
  end

  defp become(key, before, now, content \\ nil) do
    row = if now == before, do: [], else: [{:put, key, now}]
    row ++ Contents.changes(key, Head.digests(before), Head.digests(now), content)
  end

  defp made_of(key, head, version) do
    entry = if version == :latest, do: Head.latest(head), else: Head.version(head, version)

    if entry,
      do: {:ok, entry.version},
      else: Error.tuple(:not_found, "the workbook #{name(key)} has no version #{version}, or does not keep it any more")
  end

  defp matches(_latest, :any), do: :ok
  defp matches(nil, :absent), do: :ok
  defp matches(nil, _etag), do: Error.tuple(:conflict, "there is no such workbook any more", %{etag: nil})

  defp matches(latest, if_match) do
    case Contents.etag(latest.digest) do
      ^if_match -> :ok
      etag when if_match == :absent -> Error.tuple(:conflict, "there is such a workbook already", %{etag: etag})
      etag -> Error.tuple(:conflict, "the workbook was changed meanwhile", %{etag: etag})
    end
  end

  defp name({_tenant, workbook}), do: inspect(workbook)
end
