defmodule Workbooks.Web.Console.View.Run do
  @moduledoc false
  # One run. While it goes on the script fetches this page anew with each event and puts in what is another:
  # so what is seen in the middle and in the end is made in one place, here. Each part that may change has an id.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.HTML
  alias Workbooks.Web.Console.View.{Failure, Plan, Source, Value}

  # Of steps, logs and results: nobody reads more, and a run has as many as it likes.
  @most_steps 500

  @doc """
  The page. `run` is a view of `Workbooks.Runs`, `source` what it ran, or nil where that is not kept any more,
  `plan` its plan or nil, `begun` the components that have begun.
  """
  @spec page(map, keyword) :: HTML.t()
  def page(run, options) do
    running? = run.status == :running
    events = if running?, do: path(["api", "runs", run.id, "events"])
    steps = steps(run, options[:plan], options[:begun] || [])
    href = &Source.href(run.workbook, &1, version: run.version)

    [
      el(:div, [class: "head"], [
        el(:h1, [], ["Run of ", el(:a, [href: path(["workbooks", run.workbook])], run.workbook)]),
        el(:p, [class: "about"], ["version #{run.version} · began ", time(run.started), " UTC · ", run.id])
      ]),
      el(:div, [id: "live", "data-events": events], [
        part("progress", [
          el(:p, [class: "progress", role: "status", "aria-live": "polite"], [
            status(run.status),
            " ",
            progress(run, steps)
          ])
        ]),
        part("cancel", if(running?, do: cancel(run, options[:csrf]), else: [])),
        part("issues", Failure.issues(run, href)),
        part("errors", Failure.steps(steps, options[:source], href)),
        part("results", results(run)),
        el(:section, [], [
          el(:h2, [], "Steps"),
          part("steps", table(steps, href)),
          steps |> Enum.take(@most_steps) |> Enum.map(&log/1)
        ]),
        part("plan", drawing(options[:plan], steps, href)),
        part("page", shown_page(run))
      ])
    ]
  end

  defp part(id, contents), do: el(:div, [id: "part-" <> id, "data-part": true], contents)

  # --- steps ---------------------------------------------------------------------------------------

  # Those that are over, and while it runs those to come as the plan has them.
  defp steps(%{status: :running, steps: over}, %{"components" => components} = plan, begun) do
    over = Map.new(over, &{&1.component, &1})
    worlds = Map.new(plan["worlds"], &{&1["id"], &1})
    begun = MapSet.new(begun)

    for %{"id" => id} = component <- components do
      status = if id in begun, do: :running, else: :waiting
      lang = worlds[component["world"]]["lang"]
      over[id] || %{component: id, lang: lang, status: status, ms: nil, cached: false, log: "", notes: [], error: nil}
    end
  end

  defp steps(run, _no_plan, _begun), do: run.steps

  defp progress(%{status: :running}, steps) do
    over = Enum.count(steps, &(&1.status not in [:running, :waiting]))
    "#{over} of #{length(steps)} steps are over."
  end

  defp progress(run, []), do: "No step ran. It took #{duration(run.ms)}."

  defp progress(run, steps) do
    done = Enum.count(steps, &(&1.status == :ok))
    all = length(steps)
    of = if done == all, do: "", else: "of #{all} "
    "#{done} #{of}#{if all == 1, do: "step", else: "steps"} in #{duration(run.ms)}."
  end

  defp cancel(run, csrf) do
    form(path(["runs", run.id, "cancel"]), csrf, [class: "inline"], [
      button("Cancel the run", class: "danger"),
      " ",
      el(:noscript, [], el(:a, [href: path(["runs", run.id])], "Look again"))
    ])
  end

  defp table([], _href), do: nothing("No step ran.")

  defp table(steps, href) do
    rows =
      for step <- Enum.take(steps, @most_steps) do
        line = step.error && step.error.line

        {[class: "step-#{step.status}"],
         [
           component(step.component),
           step.lang,
           status(step.status),
           if(step.status in [:skipped, :waiting, :running], do: "–", else: duration(step.ms)),
           if(step.cached, do: "kept from before", else: []),
           if(line && step.status != :skipped, do: el(:a, [href: href.(line)], "line #{line}"), else: [])
         ]}
      end

    more = length(steps) - @most_steps

    [
      table("Steps", ["Component", "Language", "Status", "Time", "", ""], rows),
      if(more > 0, do: el(:p, [class: "hint"], "And #{more} more."), else: [])
    ]
  end

  defp log(%{log: log}) when log in [nil, ""], do: []

  defp log(step) do
    el(:details, [class: "log", id: "log-" <> step.component, "data-part": true], [
      el(:summary, [], ["Log of ", component(step.component)]),
      Value.text(step.log, "Log of " <> step.component)
    ])
  end

  # --- what came of it -----------------------------------------------------------------------------

  defp results(%{exports: exports}) when exports == %{}, do: []

  defp results(%{exports: exports}) do
    el(:section, [], [
      el(:h2, [], "Results"),
      el(:dl, [class: "results"], exports |> Enum.sort() |> Enum.take(@most_steps) |> Enum.map(&export/1))
    ])
  end

  defp shown_page(%{html: nil}), do: []

  defp shown_page(run) do
    href = path(["runs", run.id, "page"])

    el(:section, [], [
      el(:h2, [], "Page"),
      el(:p, [class: "hint"], [
        "The document with these results. ",
        el(:a, [href: href, target: "_blank", rel: "noopener"], "Open it alone")
      ]),
      el(:iframe, [class: "preview", sandbox: "", src: href, loading: "lazy", title: "The document with results"], "")
    ])
  end

  defp export({name, value}) do
    [el(:dt, [], name), el(:dd, [], Value.html(value, "Value of " <> name))]
  end

  defp drawing(nil, _steps, _href), do: []

  defp drawing(plan, steps, href) do
    status = Map.new(steps, &{&1.component, &1.status})
    el(:section, [], [el(:h2, [], "Plan"), Plan.drawing(plan, href: href, status: status)])
  end
end
