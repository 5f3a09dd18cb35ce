defmodule Workbooks.Web.Console.View.Run do
  @moduledoc false
  # One run. While it goes on the script fetches this page anew with each event and puts in what is another:
  # so what is seen in the middle and in the end is made in one place, here. Each part that may change has an id.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.JSON
  alias Workbooks.Page.Escape
  alias Workbooks.Web.Console.HTML
  alias Workbooks.Web.Console.View.{Issues, Plan, Source}

  # Of a log, and of a value as JSON, on a page of many.
  @most_text 16 * 1024
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
        part("issues", issues(run, href)),
        part("errors", for(step <- steps, do: error(step, options[:source], href))),
        part("results", results(run)),
        el(:section, [], [el(:h2, [], "Steps"), part("steps", table(steps, href)), Enum.map(steps, &log/1)]),
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

  # The workbook's own id leads each: the eye wants the rest.
  defp component(id) do
    case String.split(id, "/", parts: 2) do
      [book, name] -> [el(:span, [class: "book"], book <> "/"), name]
      [name] -> name
    end
  end

  defp log(%{log: log}) when log in [nil, ""], do: []

  defp log(step) do
    el(:details, [class: "log", id: "log-" <> step.component, "data-part": true], [
      el(:summary, [], ["Log of ", component(step.component)]),
      text(log_text(step.log), "Log of " <> step.component)
    ])
  end

  # What a block prints need not be text.
  defp log_text(log), do: if(byte_size(log) <= @most_text, do: log, else: cut(log))

  defp cut(text) do
    [Escape.text(binary_part(text, 0, @most_text)), "\n… #{byte_size(text) - @most_text} bytes more"]
    |> then(fn [escaped, more] -> [{:exact, escaped}, more] end)
  end

  defp text(contents, label) do
    el(:pre, [tabindex: "0", role: "region", "aria-label": label], contents)
  end

  # --- what went wrong -----------------------------------------------------------------------------

  defp issues(%{error: issues} = run, href) when is_list(issues) and issues != [] do
    # Its hint is for who calls functions; here there is a form.
    {missing, others} = Enum.split_with(issues, &(&1["code"] == "missing_input"))
    missing_form = path(["workbooks", run.workbook]) <> "#run"

    el(:section, [], [
      el(:h2, [], "What is wrong"),
      Issues.list(Enum.map(missing, &Map.delete(&1, "hint")) ++ others, href),
      if(missing != [], do: el(:p, [], el(:a, [href: missing_form], "Fill in the form again")), else: [])
    ])
  end

  defp issues(_run, _href), do: []

  defp error(%{status: status, error: %{} = error} = step, source, href) when status not in [:skipped, :ok] do
    el(:section, [class: "failure"], [
      el(:h2, [], [component(step.component), " ", status(status)]),
      el(:p, [class: "message"], [
        el(:strong, [], error.kind |> to_string() |> String.replace("_", " ")),
        ": ",
        to_string(error.message)
      ]),
      place(error, source, href),
      notes(error[:notes] || [], href)
    ])
  end

  defp error(_step, _source, _href), do: []

  defp place(%{line: nil}, _source, _href), do: []

  defp place(%{line: line} = error, source, href) do
    marks = [%{level: "error", text: to_string(error.message)}]

    [
      if(source, do: Source.excerpt(source, line, marks), else: []),
      el(:p, [], el(:a, [href: href.(line)], "Line #{line} of the source"))
    ]
  end

  defp notes([], _href), do: []

  defp notes(notes, href) do
    el(
      :ul,
      [class: "notes"],
      for note <- Enum.take(notes, 20) do
        el(:li, [], [to_string(note.message), note.line && [" ", el(:a, [href: href.(note.line)], "line #{note.line}")]])
      end
    )
  end

  # --- what came of it -----------------------------------------------------------------------------

  defp results(%{exports: exports}) when exports == %{}, do: []

  defp results(%{exports: exports}) do
    el(:section, [], [
      el(:h2, [], "Results"),
      el(:dl, [class: "results"], exports |> Enum.sort() |> Enum.map(&export/1))
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
      el(:iframe, [class: "preview", sandbox: "", src: href, title: "The document with results"], "")
    ])
  end

  defp export({name, value}) do
    [el(:dt, [], name), el(:dd, [], value(value, "Value of " <> name))]
  end

  defp value("<svg" <> _ = svg, _label), do: "a picture, #{bytes(byte_size(svg))} of SVG"
  defp value(value, _label) when is_binary(value) and byte_size(value) <= 200, do: value
  defp value(value, label) when is_binary(value), do: text(log_text(value), label)
  defp value(value, _label) when is_number(value) or value in [nil, true, false], do: el(:code, [], json(value))

  defp value(value, label) do
    json = json(value)
    if byte_size(json) <= 80, do: el(:code, [], json), else: text(log_text(json), label)
  end

  defp json(value) do
    case JSON.encode(value) do
      {:ok, json} -> json
      {:error, _no_json} -> inspect(value, limit: 50)
    end
  end

  defp drawing(nil, _steps, _href), do: []

  defp drawing(plan, steps, href) do
    status = Map.new(steps, &{&1.component, &1.status})
    el(:section, [], [el(:h2, [], "Plan"), Plan.drawing(plan, href: href, status: status)])
  end
end
