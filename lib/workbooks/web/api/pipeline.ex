defmodule Workbooks.Web.API.Pipeline do
  @moduledoc false
  # What is done with a stored source: checked, planned, rendered, run, published.

  alias Workbooks.{Error, Library, OQL, Run, Runs}
  alias Workbooks.Web.API
  alias Workbooks.Web.{Errors, Operation, Reply}

  import Workbooks.Web.API.Schemas

  @path "/api/workbooks/:id"
  @depth %{type: ["boolean", "integer"], minimum: 1, maximum: 1000}

  def routes do
    [
      pipeline("/plan", :plan, "planWorkbook", "What would run: worlds, components, edges, imports and exports", [],
        reads: true,
        answers: %{200 => {"the plan", ref("Plan")}},
        errors: [:not_found, :unprocessable]
      ),
      pipeline("/lint", :lint, "lintWorkbook", "What is wrong or doubtful in the source", [],
        reads: true,
        answers: %{200 => {"the issues, none where all is well", list(:issues, ref("Issue"))}},
        errors: [:not_found, :unprocessable]
      ),
      pipeline("/render", :render, "renderWorkbook", "The document as HTML, without running it", render_options(),
        reads: true,
        answers: %{200 => {"the page's body", object(html: %{type: "string"})}},
        errors: [:not_found, :unprocessable]
      ),
      pipeline("/run", :run, "runWorkbook", "Begins a run", [inputs: inputs(), timeout: timeout()],
        answers: %{202 => {"begun: its state is at Location", object(id: id("run"), events: %{type: "string"})}},
        errors: [:not_found]
      ),
      pipeline(
        "/publish",
        :publish,
        "publishWorkbook",
        "Runs, renders and serves the page at a host",
        publish_options(),
        answers: %{200 => {"published", ref("Published")}},
        errors: [:not_found, :conflict, :unprocessable]
      ),
      Operation.route(:delete, @path <> "/publish", {__MODULE__, :unpublish},
        id: "unpublishWorkbook",
        summary: "Serves the page no more; it can be rolled back to",
        params: %{id: workbook_id()},
        answers: %{204 => {"not published any more", nil}},
        errors: [:not_found]
      ),
      Operation.route(:post, @path <> "/rollback", {__MODULE__, :rollback},
        id: "rollbackWorkbook",
        summary: "Publishes again what was published before",
        params: %{id: workbook_id()},
        answers: %{200 => {"what is published now", ref("Version")}},
        errors: [:not_found, :conflict]
      )
    ]
  end

  defp pipeline(path, function, id, summary, properties, rest) do
    json = object([version: version()] ++ properties, required: [])
    own = [id: id, summary: summary, params: %{id: workbook_id()}, takes: %{json: json, required: false}]
    Operation.route(:post, @path <> path, {__MODULE__, function}, own ++ rest)
  end

  defp inputs, do: %{type: "object", additionalProperties: true, description: "values for the plan's imports, by name"}

  defp timeout do
    %{
      type: "integer",
      minimum: 1,
      maximum: 86_400_000,
      description: "milliseconds for the whole run, as far as the settings allow"
    }
  end

  defp render_options do
    [
      toc: Map.put(@depth, :description, "a table of contents, or how deep"),
      num: Map.put(@depth, :description, "section numbers, or how deep"),
      title: %{type: "boolean", description: "the document's title as a heading"},
      headline_levels: %{type: "integer", minimum: 1, maximum: 1000, description: "deeper headings become lists"},
      math: %{type: "string", enum: ["mathjax", "plain"]}
    ]
  end

  defp publish_options do
    [
      host: %{
        type: ["string", "null"],
        minLength: 1,
        maxLength: 1024,
        description: "none: those that lead to it already"
      },
      inputs: inputs(),
      timeout: timeout()
    ]
  end

  def plan(conn), do: of_source(conn, fn source -> Workbooks.plan(source) end, & &1)

  def lint(conn), do: of_source(conn, fn source -> OQL.lint(source) end, &%{issues: &1})

  @layout %{"toc" => :toc, "num" => :num, "title" => :title, "headline_levels" => :headline_levels}
  @math %{"mathjax" => :mathjax, "plain" => :plain}

  def render(%{assigns: %{input: input}} = conn) do
    layout = for {name, value} <- input, key = @layout[name], do: {key, value}
    options = if math = @math[input["math"]], do: [math: math] ++ layout, else: layout
    of_source(conn, fn source -> Workbooks.render(source, options) end, &%{html: &1})
  end

  defp of_source(%{params: %{"id" => id}} = conn, do_it, shown) do
    with {:ok, %{source: source}} <- API.Workbooks.source(conn, id), {:ok, value} <- do_it.(source) do
      Reply.json(conn, 200, shown.(value))
    else
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  def run(%{params: %{"id" => id}, assigns: %{tenant: tenant, input: input}} = conn) do
    case Runs.start(tenant, id, Map.get(input, "inputs", %{}), options(input)) do
      {:ok, run} ->
        path = Reply.path(conn, ["api", "runs", run])
        Reply.json(conn, 202, %{id: run, events: path <> "/events"}, [{"location", path}])

      {:error, error} ->
        Errors.respond(conn, error)
    end
  end

  def publish(%{params: %{"id" => id}, assigns: %{tenant: tenant, input: input}} = conn) do
    options = [inputs: Map.get(input, "inputs", %{})] ++ options(input)

    case Workbooks.publish(tenant, id, input["host"], options) do
      {:ok, published} -> Reply.json(conn, 200, Map.take(published, [:host, :version, :etag, :pages]))
      {:error, %Run{} = run} -> Errors.respond(conn, :unprocessable, failed(run), %{details: why(run)})
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  defp options(input),
    do: for({name, key} <- [{"version", :version}, {"timeout", :timeout}], value = input[name], do: {key, value})

  defp failed(run), do: "the workbook's run ended #{run.status}, and nothing was published"

  # Where to look, in the source.
  defp why(run) do
    steps =
      for %{error: %{} = error} = step <- run.steps,
          do: Reply.plain(%{component: step.component, kind: error.kind, message: error.message, line: error.line})

    Reply.plain(%{status: run.status, issues: run.error || [], steps: steps})
  end

  def unpublish(%{params: %{"id" => id}, assigns: %{tenant: tenant}} = conn) do
    case Library.unpublish(tenant, id) do
      :ok -> Reply.nothing(conn)
      {:error, error} -> Errors.respond(conn, error)
    end
  end

  def rollback(%{params: %{"id" => id}, assigns: %{tenant: tenant}} = conn) do
    case Library.rollback(tenant, id) do
      {:ok, info} -> Reply.json(conn, 200, info)
      {:error, %Error{} = error} -> Errors.respond(conn, error)
    end
  end
end
