defmodule Workbooks.Web.Console.Book do
  @moduledoc false
  # What is to be known of a workbook before a page of it can be made.

  alias Workbooks.{Library, OQL}

  @type t :: %{
          required(:id) => String.t(),
          required(:version) => pos_integer,
          required(:etag) => String.t(),
          required(:at) => DateTime.t(),
          required(:bytes) => non_neg_integer,
          required(:published) => pos_integer | nil,
          required(:source) => String.t(),
          required(:title) => String.t() | nil,
          optional(:plan) => map | {:error, String.t()},
          optional(:issues) => [map]
        }

  @doc """
  The newest version of a workbook, and of its plan and issues what the page needs, since a long source takes the
  kernel a while; `:error` where there is no such workbook.
  """
  @spec read(String.t(), String.t(), [:plan | :issues]) :: {:ok, t} | :error | {:error, Workbooks.Error.t()}
  def read(tenant, id, needs) do
    with {:ok, info} <- Library.get(tenant, id) do
      book = Map.merge(info, %{id: id, published: published(tenant, id), title: title(info.source)})
      {:ok, Map.merge(book, Map.new(needs, &{&1, read(&1, info.source)}))}
    end
  end

  defp read(:plan, source), do: plan(source)
  defp read(:issues, source), do: issues(source)

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
