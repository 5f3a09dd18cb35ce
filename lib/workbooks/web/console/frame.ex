defmodule Workbooks.Web.Console.Frame do
  @moduledoc false
  # What stands around every page: the head, the navigation, what was just done.

  import Workbooks.Web.Console.HTML, only: [el: 2, el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.{Assets, HTML}

  @places [
    {:workbooks, "Workbooks", "/"},
    {:runs, "Runs", "/runs"},
    {:variables, "Variables", "/variables"},
    {:domains, "Domains", "/domains"},
    {:keys, "Keys", "/keys"}
  ]

  # A page is told by name what was done, in the address it is sent on to: so nobody can have it say anything else.
  @done %{
    "saved" => "Saved.",
    "same" => "Nothing was changed.",
    "created" => "Created.",
    "deleted" => "Deleted.",
    "published" => "Published.",
    "rolled-back" => "What was published before is published again.",
    "unpublished" => "Nothing of this workbook is published any more.",
    "set" => "Set.",
    "attached" => "Attached.",
    "detached" => "Detached.",
    "revoked" => "Revoked.",
    "cancelled" => "Asked to end.",
    "signed-out" => "Signed out."
  }

  @type options :: %{
          required(:title) => String.t(),
          optional(:tenant) => String.t(),
          optional(:csrf) => String.t(),
          optional(:place) => atom,
          optional(:done) => String.t() | nil,
          optional(:alert) => HTML.t(),
          optional(:refresh) => boolean,
          optional(:base) => String.t()
        }

  @doc "The whole page around its contents."
  @spec page(options, HTML.t()) :: iodata
  def page(options, contents) do
    [
      "<!DOCTYPE html>\n",
      HTML.render(
        el(:html, [lang: "en"], [head(options), el(:body, [], body(options, contents))]),
        options[:base] || ""
      ),
      "\n"
    ]
  end

  defp head(options) do
    el(:head, [], [
      el(:meta, charset: "utf-8"),
      el(:meta, name: "viewport", content: "width=device-width, initial-scale=1"),
      el(:meta, name: "color-scheme", content: "light dark"),
      el(:title, [], "#{options.title} · Workbooks"),
      el(:link, rel: "stylesheet", href: Assets.href("console.css")),
      el(:link, rel: "icon", href: "data:,"),
      el(:script, src: Assets.href("console.js"), defer: true),
      # What the script does as things happen, the browser does every other second without it.
      options[:refresh] && el(:noscript, [], el(:meta, "http-equiv": "refresh", content: "2"))
    ])
  end

  defp body(options, contents) do
    [
      el(:a, [class: "skip", href: "#main"], "To the content"),
      el(:header, [class: "top"], [
        el(:a, [class: "brand", href: "/"], "Workbooks"),
        if(options[:tenant], do: navigation(options), else: [])
      ]),
      el(:main, [id: "main", tabindex: "-1"], [
        if(text = @done[options[:done]], do: el(:p, [class: "done", role: "status"], text), else: []),
        if(text = options[:alert], do: alert(text), else: []),
        contents
      ])
    ]
  end

  defp navigation(options) do
    [
      el(:nav, ["aria-label": "Console"], [
        el(:ul, [], for({place, label, href} <- @places, do: el(:li, [], link(place, label, href, options[:place]))))
      ]),
      el(:div, [class: "who"], [
        el(:span, [class: "tenant", title: "Signed in for this tenant"], options.tenant),
        form("/sign-out", options.csrf, [], button("Sign out", class: "quiet"))
      ])
    ]
  end

  defp link(place, label, href, place), do: el(:a, [href: href, "aria-current": "page"], label)
  defp link(_place, label, href, _other), do: el(:a, [href: href], label)
end
