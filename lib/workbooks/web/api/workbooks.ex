defmodule Workbooks.Web.API.Workbooks do
  @moduledoc false
  # Sources of workbooks: stored, read, listed, removed.
  #
  # A precondition that does not hold is a `conflict`, 409: the codes of this API have no 412.

  alias Workbooks.HTTP.{Conn, ETag}
  alias Workbooks.{Error, Library}
  alias Workbooks.Web.{Errors, Operation, Reply}

  import Workbooks.Web.API.Schemas

  @path "/api/workbooks/:id"
  @org "text/org"

  def routes do
    id = %{id: workbook_id()}

    [
      Operation.route(:get, "/api/workbooks", {__MODULE__, :list},
        id: "listWorkbooks",
        summary: "The workbooks, by id",
        answers: %{200 => {"the workbooks", list(:workbooks, ref("Workbook"))}}
      ),
      Operation.route(:get, @path, {__MODULE__, :show},
        id: "getWorkbook",
        summary: "A workbook's source",
        params: id,
        query: %{version: version()},
        headers: %{"If-None-Match" => %{type: "string", description: "etags that are known already"}},
        answers: %{200 => {"the source", {:text, @org}}, 304 => {"the source is known already", nil}},
        errors: [:not_found]
      ),
      Operation.route(:put, @path, {__MODULE__, :put},
        id: "putWorkbook",
        summary: "Stores a source, as a new version where it is another",
        params: id,
        headers:
          Map.put(if_match(), "If-None-Match", %{type: "string", enum: ["*"], description: "only where there is none"}),
        takes: %{text: [@org, "text/plain", "application/octet-stream"]},
        max_body: &Library.max_source_bytes/0,
        answers: %{200 => {"stored", ref("Stored")}, 201 => {"stored, the first of this id", ref("Stored")}},
        errors: [:conflict]
      ),
      Operation.route(:delete, @path, {__MODULE__, :delete},
        id: "deleteWorkbook",
        summary: "Removes a workbook, its versions and what is published of it",
        params: id,
        headers: if_match(),
        answers: %{204 => {"removed", nil}},
        errors: [:not_found, :conflict]
      ),
      Operation.route(:get, @path <> "/versions", {__MODULE__, :versions},
        id: "listVersions",
        summary: "The versions that are kept, the newest first",
        params: id,
        answers: %{200 => {"the versions", list(:versions, ref("Version"))}},
        errors: [:not_found]
      )
    ]
  end

  defp if_match, do: %{"If-Match" => etags("those that the source may have now, or *: any")}

  def list(conn) do
    case Library.list(conn.assigns.tenant) do
      {:error, error} ->
        Errors.respond(conn, error)

      workbooks ->
        sorted = Enum.sort_by(workbooks, &elem(&1, 0))
        Reply.json(conn, 200, %{workbooks: for({id, info} <- sorted, do: Map.put(info, :id, id))})
    end
  end

  def show(%{params: %{"id" => id}} = conn) do
    with {:ok, found} <- source(conn, id) do
      tag = {"etag", ETag.text(found.etag)}

      if known?(conn, found.etag),
        do: Conn.respond(conn, 304, "", [tag]),
        else: Conn.respond(conn, 200, found.source, [{"content-type", @org <> "; charset=utf-8"}, tag])
    else
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  @doc "The source that a request is about: of a workbook's newest version, or of that which the query or the body names."
  def source(conn, id) do
    given = Map.get(conn.assigns, :query, %{})["version"] || version_of(conn.assigns[:input])

    case Library.get(conn.assigns.tenant, id, if(given, do: [version: given], else: [])) do
      :error -> missing(id, given)
      other -> other
    end
  end

  defp version_of(%{"version" => version}), do: version
  defp version_of(_none), do: nil

  defp missing(id, nil), do: Error.tuple(:not_found, "there is no workbook #{inspect(id)}")
  defp missing(id, version), do: Error.tuple(:not_found, "there is no version #{version} of a workbook #{inspect(id)}")

  def put(%{params: %{"id" => id}, assigns: %{tenant: tenant, input: source}} = conn) do
    before = newest(tenant, id)

    with {:ok, condition} <- condition(conn, before),
         {:ok, info} <- Library.put(tenant, id, source, condition) do
      headers = [{"etag", ETag.text(info.etag)}, {"location", Reply.path(conn, ["api", "workbooks", id])}]
      Reply.json(conn, if(before == :error, do: 201, else: 200), Map.put(info, :id, id), headers)
    else
      {:error, error} -> refused(conn, error)
    end
  end

  def delete(%{params: %{"id" => id}, assigns: %{tenant: tenant}} = conn) do
    with {:ok, condition} <- condition(conn, newest(tenant, id)),
         :ok <- Library.delete(tenant, id, condition) do
      Reply.nothing(conn)
    else
      {:error, error} -> refused(conn, error)
    end
  end

  def versions(%{params: %{"id" => id}} = conn) do
    case Library.versions(conn.assigns.tenant, id) do
      {:ok, versions} -> Reply.json(conn, 200, %{versions: versions})
      :error -> Errors.respond(conn, elem(missing(id, nil), 1))
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  # --- preconditions -------------------------------------------------------------------------------

  defp newest(tenant, id) do
    with {:ok, [newest | _older]} <- Library.versions(tenant, id), do: {:ok, newest.etag}
  end

  # Looked at now, and once more by the library when it writes: in between another may have been quicker.
  defp condition(conn, before) do
    case {Conn.headers(conn, "if-match"), Conn.headers(conn, "if-none-match")} do
      {[], []} -> {:ok, []}
      {tags, []} -> if_match(tags(tags), before)
      {[], tags} -> if_none_match(ETag.parse(Enum.join(tags, ", ")), conn.method)
      # What has to be there, and must not be.
      _both -> Error.tuple(:conflict, "If-Match and If-None-Match contradict each other", %{etag: nil})
    end
  end

  # A list may be empty; what is there is none of it.
  defp tags(values) do
    case Enum.join(values, ", ") do
      "" -> {:ok, []}
      text -> ETag.parse(text)
    end
  end

  defp if_match(_tags, {:error, error}), do: {:error, error}
  defp if_match(:error, _before), do: Error.tuple(:bad_value, ~s(If-Match has etags in quotes, as "…", or *))
  defp if_match(_tags, :error), do: Error.tuple(:conflict, "there is no such workbook", %{etag: nil})
  defp if_match({:ok, :any}, {:ok, etag}), do: {:ok, [if_match: etag]}

  # A weak one says nothing of bytes.
  defp if_match({:ok, tags}, {:ok, etag}) do
    if {:strong, etag} in tags,
      do: {:ok, [if_match: etag]},
      else: Error.tuple(:conflict, "the source is another by now", %{etag: etag})
  end

  defp if_none_match({:ok, :any}, "PUT"), do: {:ok, [if_match: :absent]}
  defp if_none_match(_other, "PUT"), do: Error.tuple(:bad_value, "If-None-Match of a write is *")
  defp if_none_match(_any, _method), do: Error.tuple(:bad_value, "If-None-Match is for GET and PUT")

  # With what is there, for who wants to look at it and try again.
  defp refused(conn, %Error{kind: :conflict, details: %{etag: etag}} = error) when is_binary(etag) do
    Errors.respond(conn, :conflict, error.message, %{details: %{etag: etag}}, headers: [{"etag", ETag.text(etag)}])
  end

  defp refused(conn, error), do: Errors.respond(conn, error)

  defp known?(conn, etag) do
    case Conn.headers(conn, "if-none-match") do
      [] -> false
      tags -> ETag.none_match?(Enum.join(tags, ", "), etag)
    end
  end
end
