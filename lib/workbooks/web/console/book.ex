defmodule Workbooks.Web.Console.Book do
  @moduledoc false
  # What is to be known of a workbook before a page of it can be made.

  alias Workbooks.{Library, OQL}

  @type t :: %{
          id: String.t(),
          version: pos_integer,
          etag: String.t(),
          at: DateTime.t(),
          bytes: non_neg_integer,
          published: pos_integer | nil,
          source: String.t(),
          title: String.t() | nil,
          plan: map | {:error, String.t()},
          issues: [map]
        }

  @doc "The newest version of a workbook with its plan and issues; `:error` where there is none."
  @spec read(String.t(), String.t()) :: {:ok, t} | :error | {:error, Workbooks.Error.t()}
  def read(tenant, id) do
    with {:ok, info} <- Library.get(tenant, id) do
      {:ok,
       Map.merge(info, %{
         id: id,
         published: published(tenant, id),
         title: title(info.source),
         plan: plan(info.source),
         issues: issues(info.source)
       })}
    end
  end

  # Of a list that is in memory: what is published would be read from the storage, to know its number.
  defp published(tenant, id) do
    case Library.list(tenant) do
      %{^id => %{published: version}} -> version
      _gone -> nil
    end
  end

  defp title(source) do
    case OQL.metadata(source) do
      {:ok, %{"title" => title}} -> title
      _none -> nil
    end
  end

  @doc "The plan of a source, or why it has none."
  @spec plan(String.t()) :: map | {:error, String.t()}
  def plan(source) do
    case Workbooks.plan(source) do
      {:ok, plan} -> plan
      {:error, error} -> {:error, error.message}
    end
  end

  defp issues(source) do
    case OQL.lint(source) do
      {:ok, issues} -> issues
      {:error, error} -> [%{"level" => "error", "code" => "lint", "message" => error.message}]
    end
  end
end
