defmodule Workbooks.Web.Console.Domains do
  @moduledoc false

  import Workbooks.Web.Console.HTML, only: [el: 2, el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.{Domains, Library}
  alias Workbooks.Web.Console.{Answer, HTML}
  alias Workbooks.Web.Sessions

  # Of the list, and of the ids to choose from.
  @most 500

  def list(conn), do: page(conn, %{}, [])

  def attach(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      case Domains.attach(form["host"] || "", {conn.assigns.tenant, form["workbook"] || ""}) do
        :ok -> Answer.to(conn, "/domains", "attached")
        {:error, error} -> page(conn, form, Answer.refusal(error))
      end
    else
      {:error, conn} -> conn
    end
  end

  def detach(conn) do
    with {:ok, form, conn} <- Answer.form(conn) do
      case Domains.detach(form["host"] || "", conn.assigns.tenant) do
        :ok -> Answer.to(conn, "/domains", "detached")
        {:error, error} -> page(conn, %{}, Answer.refusal(error))
      end
    else
      {:error, conn} -> conn
    end
  end

  defp page(conn, typed, options) do
    with hosts when not is_tuple(hosts) <- Domains.list(conn.assigns.tenant),
         workbooks when not is_tuple(workbooks) <- Library.list(conn.assigns.tenant) do
      contents = view(Enum.sort(hosts), workbooks |> Map.keys() |> Enum.sort(), typed, Sessions.csrf(conn))
      Answer.page(conn, [title: "Domains", place: :domains] ++ options, contents)
    else
      {:error, error} -> Answer.error(conn, error)
    end
  end

  @doc "The page of `{host, workbook}`, with the workbooks there are."
  @spec view([{String.t(), String.t()}], [String.t()], map, String.t()) :: HTML.t()
  def view(hosts, workbooks, typed, csrf) do
    more = length(hosts) - @most

    [
      el(:div, [class: "head"], [
        el(:h1, [], "Domains"),
        el(:p, [class: "about"], "Host names, and the workbooks that the public plane serves under them.")
      ]),
      if(hosts == [],
        do: nothing("No host yet."),
        else: table("Domains", ["Host", "Workbook", ""], hosts |> Enum.take(@most) |> Enum.map(&row(&1, csrf)))
      ),
      if(more > 0, do: el(:p, [class: "hint"], "And #{more} more."), else: []),
      el(:section, [class: "panel"], [el(:h2, [], "Attach a host"), attach_form(workbooks, typed, csrf)])
    ]
  end

  defp row({host, workbook}, csrf) do
    detach = form("/domains/detach", csrf, [hidden: [{"host", host}]], button("Detach it", class: "danger"))
    question = [el(:code, [], host), " will lead nowhere."]

    [
      el(:code, [], host),
      el(:a, [href: path(["workbooks", workbook])], workbook),
      confirmed("Detach…", question, detach)
    ]
  end

  defp attach_form(workbooks, typed, csrf) do
    form("/domains", csrf, [], [
      field(
        "host",
        "Host name",
        el(:input,
          id: "host",
          name: "host",
          value: typed["host"],
          required: true,
          placeholder: "books.example.com",
          autocomplete: "off",
          autocapitalize: "none",
          spellcheck: "false",
          "aria-describedby": "host-hint"
        ),
        ["Or a wildcard, as ", el(:code, [], "*.example.com"), "."]
      ),
      field("workbook", "Workbook", [
        el(:input,
          id: "workbook",
          name: "workbook",
          value: typed["workbook"],
          required: true,
          list: "workbooks",
          autocomplete: "off",
          autocapitalize: "none",
          spellcheck: "false"
        ),
        el(:datalist, [id: "workbooks"], for(id <- Enum.take(workbooks, @most), do: el(:option, [value: id], [])))
      ]),
      button("Attach")
    ])
  end
end
