defmodule Workbooks.Web.Console.View.Publish do
  @moduledoc false
  # Publishing a workbook, and taking that back.

  import Workbooks.Web.Console.HTML, only: [el: 2, el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.HTML
  alias Workbooks.Web.Console.View.{Issues, RunForm, Source}

  @doc "`published:` is what is, or nil; `hosts:` those that lead here; `typed:` what was in the form when it was refused."
  @spec page(map, keyword) :: HTML.t()
  def page(book, options) do
    [
      el(:section, [], [el(:h2, [], "Published"), published(book, options)]),
      problems(options[:issues] || [], book),
      el(:section, [class: "panel"], [el(:h2, [], "Publish version #{book.version}"), publish(book, options)]),
      back(book, options)
    ]
  end

  defp published(book, options) do
    [
      case options[:published] do
        nil -> nothing("Nothing of this workbook is published.")
        info -> el(:p, [], ["Version #{info.version}, ", bytes(info.bytes), ", since ", time(info.at), " UTC."])
      end,
      case {options[:published], options[:hosts] || []} do
        {nil, _hosts} ->
          []

        {_info, []} ->
          el(:p, [class: "note"], ["No host leads to it: attach one under ", el(:a, [href: "/domains"], "Domains"), "."])

        {_info, hosts} ->
          [el(:p, [], "On the public plane, under:"), el(:ul, [class: "hosts"], Enum.map(hosts, &el(:li, [], &1)))]
      end,
      if(options[:published] && options[:published].version != book.version,
        do: el(:p, [class: "note"], "The newest version is #{book.version}."),
        else: []
      )
    ]
  end

  defp problems([], _book), do: []

  defp problems(issues, book) do
    el(:section, [], [el(:h2, [], "Why it was not published"), Issues.list(issues, &Source.href(book.id, &1))])
  end

  defp publish(%{plan: {:error, _message}}, _options), do: nothing("There is no plan, and so nothing to publish.")

  defp publish(book, options) do
    typed = options[:typed] || %{}
    host = typed["host"] || List.first(options[:hosts] || []) || ""

    form(path(["workbooks", book.id, "publish"]), options[:csrf], [class: "run-form"], [
      field(
        "host",
        "Host name",
        el(:input,
          id: "host",
          name: "host",
          value: host,
          required: true,
          placeholder: "books.example.com",
          autocomplete: "off",
          autocapitalize: "none",
          spellcheck: "false",
          "aria-describedby": "host-hint"
        ),
        "Where the public plane will serve it. The workbook is run, and the page with its results takes the place of what was there."
      ),
      RunForm.fields(book.plan["imports"], typed),
      button("Publish")
    ])
  end

  defp back(book, options) do
    rollback =
      confirmed(
        "Publish again what was before…",
        "What is published now is kept no longer.",
        form(path(["workbooks", book.id, "rollback"]), options[:csrf], [], button("Roll back"))
      )

    unpublish =
      confirmed(
        "Take it down…",
        "The hosts will answer 404. What is published now is kept, and can be published again.",
        form(path(["workbooks", book.id, "unpublish"]), options[:csrf], [], button("Unpublish", class: "danger"))
      )

    [rollback, if(options[:published], do: unpublish, else: [])]
  end
end
