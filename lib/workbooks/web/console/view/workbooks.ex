defmodule Workbooks.Web.Console.View.Workbooks do
  @moduledoc false
  # The list of workbooks, and the form for another.

  import Workbooks.Web.Console.HTML, only: [el: 2, el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.HTML

  # Of the list: beyond, one has to say what is looked for.
  @most 200

  # What the form begins with.
  @first """
  #+TITLE: A first workbook

  * Hello
  :PROPERTIES:
  :WORKBOOK_VERSION: 1
  :END:
  ** Greet
  :PROPERTIES:
  :in: name
  :out: greeting
  :END:
  #+begin_src javascript
  export function greet(name) {
    return { greeting: `Hello, ${name}!` }
  }
  #+end_src
  """

  @doc """
  The page. `workbooks` are `{id, info}`, those that match `search`; `new:` what was typed into the form that was
  refused.
  """
  @spec page([{String.t(), map}], keyword) :: HTML.t()
  def page(workbooks, options) do
    [
      el(:div, [class: "head"], [
        el(:h1, [], "Workbooks"),
        el(:p, [], el(:a, [class: "button", href: "#new"], "New workbook"))
      ]),
      search(options[:search] || ""),
      list(workbooks, options[:search]),
      new(options[:new], options[:csrf])
    ]
  end

  defp search(text) do
    el(:form, [class: "search", method: "get", action: "/", role: "search"], [
      el(:label, [for: "q"], "Search by id"),
      el(:input, id: "q", type: "search", name: "q", value: text, autocapitalize: "none", spellcheck: "false"),
      button("Search", class: "quiet")
    ])
  end

  defp list([], search) when search in [nil, ""], do: nothing("No workbook yet. The form below has one to begin with.")
  defp list([], search), do: nothing(["No workbook has ", el(:b, [], search), " in its id."])

  defp list(workbooks, _search) do
    more = length(workbooks) - @most

    rows =
      for {id, info} <- Enum.take(workbooks, @most) do
        published = if info.published, do: "version #{info.published}", else: "–"
        [el(:a, [href: path(["workbooks", id])], id), info.version, published, bytes(info.bytes), time(info.at)]
      end

    [
      table("Workbooks", ["Workbook", "Version", "Published", "Size", "Changed (UTC)"], rows),
      if(more > 0, do: el(:p, [class: "hint"], "And #{more} more: search for them."), else: [])
    ]
  end

  defp new(typed, csrf) do
    typed = typed || %{}

    el(:section, [id: "new", class: "panel"], [
      el(:h2, [], "New workbook"),
      form("/workbooks", csrf, [], [
        field(
          "id",
          "Id",
          el(:input,
            id: "id",
            name: "id",
            value: typed["id"],
            required: true,
            maxlength: 128,
            autocomplete: "off",
            autocapitalize: "none",
            spellcheck: "false",
            "aria-describedby": "id-hint"
          ),
          "Letters, digits, dots, dashes and underscores."
        ),
        # Without the script a file cannot be read into the form, and this is not shown.
        el(
          :div,
          [class: "field", "data-upload": "source", hidden: true],
          [
            el(:label, [for: "file"], "From a file"),
            el(:input, id: "file", type: "file", accept: ".org,text/org,text/plain")
          ]
        ),
        field(
          "source",
          "Source, in Org",
          el(
            :textarea,
            [id: "source", name: "source", rows: 16, spellcheck: "false"],
            HTML.typed(typed["source"] || @first)
          )
        ),
        button("Create")
      ])
    ])
  end
end
