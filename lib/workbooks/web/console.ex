defmodule Workbooks.Web.Console do
  @moduledoc """
  The control plane's pages for people: `GET /` and what is below it.

  Everything is made on the server, of forms and links; all of it works without the script, which shows the steps of a
  run as they happen and reads a file into a form. Nothing is asked of another host, and the pages' content
  security policy allows no script, style or frame but their own.

  What somebody wrote, the rendered document of a workbook, is shown in a frame of its own, which has no script,
  no forms, no cookies and no origin.
  """

  alias Workbooks.HTTP.Route
  alias Workbooks.Web.Console.{Answer, Assets, Domains, Home, Keys, Publish, Runs, SignIn, Variables, Workbook}

  @doc """
  The routes of the console, for the table of `Workbooks.Web.Router`.

      iex> open = for route <- Workbooks.Web.Console.routes(), route.meta.auth == :open, do: {route.method, route.path}
      iex> Enum.sort(open)
      [{"GET", "/assets/:name"}, {"GET", "/sign-in"}, {"POST", "/sign-in"}]
  """
  @spec routes :: [Route.t()]
  def routes do
    [
      Route.new(:get, "/assets/:name", {Assets, :show}, %{auth: :open, kind: :asset}),
      Route.new(:get, "/sign-in", {SignIn, :show}, %{auth: :open, kind: :page}),
      Route.new(:post, "/sign-in", {SignIn, :sign_in}, %{auth: :open, kind: :page}),
      post("/sign-out", {SignIn, :sign_out}),
      get("/", {Home, :list}),
      post("/workbooks", {Home, :create}),
      get("/workbooks/:id", {Workbook, :overview}),
      get("/workbooks/:id/source", {Workbook, :source}),
      post("/workbooks/:id/source", {Workbook, :save}),
      get("/workbooks/:id/edit", {Workbook, :edit}),
      get("/workbooks/:id/page", {Workbook, :page}),
      get("/workbooks/:id/preview", {Workbook, :preview}),
      get("/workbooks/:id/versions", {Workbook, :versions}),
      post("/workbooks/:id/delete", {Workbook, :delete}),
      post("/workbooks/:id/run", {Runs, :start}),
      get("/workbooks/:id/publish", {Publish, :show}),
      post("/workbooks/:id/publish", {Publish, :publish}),
      post("/workbooks/:id/rollback", {Publish, :roll_back}),
      post("/workbooks/:id/unpublish", {Publish, :unpublish}),
      get("/runs", {Runs, :list}),
      get("/runs/:id", {Runs, :show}),
      get("/runs/:id/page", {Runs, :page}),
      post("/runs/:id/cancel", {Runs, :cancel}),
      get("/variables", {Variables, :list}),
      post("/variables", {Variables, :set}),
      post("/variables/delete", {Variables, :delete}),
      get("/domains", {Domains, :list}),
      post("/domains", {Domains, :attach}),
      post("/domains/detach", {Domains, :detach}),
      get("/keys", {Keys, :list}),
      post("/keys", {Keys, :create}),
      post("/keys/revoke", {Keys, :revoke})
    ]
  end

  defp get(path, to), do: Route.new(:get, path, to, %{auth: :tenant, kind: :page})

  # All that these take are forms, of which sources and variables are the largest.
  defp post(path, to), do: Route.new(:post, path, to, %{auth: :tenant, kind: :page, max_body: Answer.max_form()})
end
