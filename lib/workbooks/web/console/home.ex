defmodule Workbooks.Web.Console.Home do
  @moduledoc false

  alias Workbooks.Library
  alias Workbooks.Web.Console.{Answer, Parts, View}
  alias Workbooks.Web.Sessions

  def list(conn), do: page(conn, nil, [])

  def create(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      id = form["id"] || ""

      case Library.put(conn.assigns.tenant, id, form["source"] || "", if_match: :absent) do
        {:ok, _info} ->
          Answer.to(conn, Parts.path(["workbooks", id]), "created")

        {:error, %{kind: :conflict} = error} ->
          refused(conn, form, error, "There is a workbook of this id already: nothing was changed.")

        {:error, error} ->
          refused(conn, form, error, Answer.message(error))
      end
    else
      {:error, conn} -> conn
    end
  end

  # What was typed is not lost.
  defp refused(conn, form, error, message), do: page(conn, form, status: Answer.status(error), alert: message)

  defp page(conn, typed, options) do
    search = String.trim(Answer.query(conn)["q"] || "")

    case Library.list(conn.assigns.tenant) do
      {:error, error} ->
        Answer.error(conn, error)

      workbooks ->
        found = workbooks |> Enum.filter(fn {id, _info} -> matches?(id, search) end) |> Enum.sort()
        contents = View.Workbooks.page(found, search: search, new: typed, csrf: Sessions.csrf(conn))
        Answer.page(conn, [title: "Workbooks", place: :workbooks] ++ options, contents)
    end
  end

  defp matches?(_id, ""), do: true
  defp matches?(id, search), do: String.contains?(String.downcase(id), String.downcase(search))
end
