defmodule Workbooks.Web.Console.View.Workbook do
  @moduledoc false
  # The pages of one workbook, below one head with tabs.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.HTML
  alias Workbooks.Web.Console.View.{Issues, Plan, RunForm, Runs, Source}

  @tabs [
    {:overview, "Overview", []},
    {:source, "Source", ["source"]},
    {:edit, "Edit", ["edit"]},
    {:preview, "Preview", ["page"]},
    {:versions, "Versions", ["versions"]},
    {:publish, "Publish", ["publish"]}
  ]

  @doc "The head with its tabs, and what stands below."
  @spec tabbed(map, atom, HTML.t()) :: HTML.t()
  def tabbed(book, tab, contents) do
    [
      el(:div, [class: "head"], [
        el(:h1, [], book.id),
        el(:p, [class: "about"], [
          if(book.title, do: [el(:span, [], book.title), " · "], else: []),
          "version #{book.version} of ",
          time(book.at),
          " · ",
          bytes(book.bytes)
        ])
      ]),
      el(:nav, [class: "tabs", "aria-label": "Of this workbook"], [
        el(
          :ul,
          [],
          for {name, label, rest} <- @tabs do
            current = if name == tab, do: "page"
            el(:li, [], el(:a, [href: path(["workbooks", book.id | rest]), "aria-current": current], label))
          end
        )
      ]),
      contents
    ]
  end

  @doc "What there is to know at a glance, and the form that runs it."
  @spec overview(map, keyword) :: HTML.t()
  def overview(book, options) do
    href = &Source.href(book.id, &1)

    [
      el(:section, [], [el(:h2, [], "Plan"), plan(book, href)]),
      problems(book.issues, href),
      el(:section, [id: "run", class: "panel"], [el(:h2, [], "Run"), RunForm.form(book, options)]),
      el(:section, [], [el(:h2, [], "Runs of this workbook"), Runs.table(options[:runs] || [], short: true)])
    ]
  end

  defp plan(%{plan: {:error, message}}, _href), do: alert(["There is no plan: ", message])
  defp plan(%{plan: plan}, href), do: [Plan.drawing(plan, href: href), Plan.components(plan, href)]

  defp problems([], _href), do: []

  defp problems(issues, href) do
    el(:section, [], [el(:h2, [], "What is wrong or doubtful"), Issues.list(issues, href)])
  end

  @doc "The source with its line numbers; `from:` the first line shown, `version:` unless it is the newest."
  @spec source(map, String.t(), keyword) :: HTML.t()
  def source(book, source, options) do
    query = [version: options[:version]]
    here = &path(["workbooks", book.id, "source"], query ++ [from: if(&1 > 1, do: &1)])

    [
      if(v = options[:version], do: older(book, v), else: []),
      Source.page(source, options[:from] || 1, options[:marks] || Issues.marks(book.issues), here)
    ]
  end

  defp older(book, version) do
    el(:p, [class: "note"], [
      "This is version #{version}. ",
      el(:a, [href: path(["workbooks", book.id, "source"])], "The newest is #{book.version}."),
      " ",
      el(:a, [href: path(["workbooks", book.id, "edit"], version: version)], "Edit from here."),
      " "
    ])
  end

  @doc """
  The form with the source. `etag:` is the version that it was made from; `conflict:` what is there by now, where
  somebody else was first.
  """
  @spec edit(map, String.t(), keyword) :: HTML.t()
  def edit(book, source, options) do
    case HTML.exact(source) do
      {:ok, text} ->
        [
          if(options[:conflict], do: conflict(book), else: []),
          el(:section, [], [
            el(:h2, [class: "sr"], "Edit the source"),
            form(path(["workbooks", book.id, "source"]), options[:csrf], [hidden: [{"etag", options[:etag]}]], [
              field(
                "source",
                "Source, in Org",
                el(:textarea, [id: "source", name: "source", rows: 28, spellcheck: "false", class: "tall"], text)
              ),
              el(:p, [class: "actions"], [
                button(if(options[:conflict], do: "Save over it", else: "Save")),
                " ",
                el(:a, [href: path(["workbooks", book.id])], "Leave it")
              ])
            ])
          ]),
          delete(book, options[:csrf])
        ]

      :error ->
        [
          nothing(
            "This source has line ends or characters that a browser's form would change. Change it with wb, or by the API."
          ),
          delete(book, options[:csrf])
        ]
    end
  end

  @doc "Too long to be edited in a form."
  @spec too_long(map, keyword) :: HTML.t()
  def too_long(book, options) do
    [
      nothing("This source has #{bytes(book.bytes)}, too much for a form. Change it with wb, or by the API."),
      delete(book, options[:csrf])
    ]
  end

  defp conflict(book) do
    el(:div, [class: "alert", role: "alert"], [
      el(:p, [], [
        el(:strong, [], "Somebody else saved version #{book.version} meanwhile. "),
        "Nothing was overwritten, and nothing of yours is lost: it stands below. Look at ",
        el(:a, [href: path(["workbooks", book.id, "source"])], "what is there now"),
        ", and take over what is missing before you save."
      ])
    ])
  end

  defp delete(book, csrf) do
    confirmed(
      "Delete this workbook…",
      "This removes the source, all of its versions and what is published of them.",
      form(
        path(["workbooks", book.id, "delete"]),
        csrf,
        [hidden: [{"etag", book.etag}]],
        button("Delete it", class: "danger")
      )
    )
  end

  @doc "The page that a publication would have, without results, in a frame that can do nothing."
  @spec preview(map) :: HTML.t()
  def preview(book) do
    href = path(["workbooks", book.id, "preview"])

    [
      el(:p, [class: "hint"], [
        "The document as a page, before any run. ",
        el(:a, [href: href, target: "_blank", rel: "noopener"], "Open it alone")
      ]),
      el(:iframe, [class: "preview", sandbox: "", src: href, title: "The rendered document of #{book.id}"], "")
    ]
  end

  @doc "All versions that are kept."
  @spec versions(map, [map]) :: HTML.t()
  def versions(book, versions) do
    rows =
      for version <- versions do
        v = version.version
        newest? = v == book.version
        shown = if newest?, do: nil, else: v

        [
          el(:a, [href: path(["workbooks", book.id, "source"], version: shown)], "Version #{v}"),
          Enum.join(for({true, what} <- [{newest?, "newest"}, {v == book.published, "published"}], do: what), ", "),
          bytes(version.bytes),
          time(version.at)
        ]
      end

    table("Versions", ["Version", "", "Size", "Saved (UTC)"], rows)
  end
end
