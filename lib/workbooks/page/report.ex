defmodule Workbooks.Page.Report do
  @moduledoc false
  # "What ran": the foot of a page, made from a run.

  alias Workbooks.Page.Escape
  alias Workbooks.Run

  @spec html(Run.t()) :: iodata
  def html(%Run{} = run) do
    [
      "<section class=\"run\">\n<h2>What ran</h2>\n",
      summary(run),
      issues(run.error),
      steps(run.steps),
      Enum.map(run.steps, &problem/1),
      Enum.map(run.steps, &remarks/1),
      Enum.map(run.steps, &log/1),
      "</section>\n"
    ]
  end

  @doc """
  A duration as a reader wants it.

      iex> Enum.map([nil, 0.04, 1.84, 312.4, 4210.0], &Workbooks.Page.Report.duration/1)
      ["–", "0.04 ms", "1.8 ms", "312 ms", "4210 ms"]
  """
  @spec duration(number | nil) :: String.t()
  def duration(ms) when is_number(ms) do
    decimals =
      cond do
        ms < 0.1 -> 2
        ms < 100 -> 1
        true -> 0
      end

    :erlang.float_to_binary(ms * 1.0, decimals: decimals) <> " ms"
  end

  def duration(_unknown), do: "–"

  defp summary(run) do
    [
      "<p class=\"run-summary\">",
      status(run.status),
      [" ", steps_done(run), "."],
      "</p>\n"
    ]
  end

  @doc """
  How many steps ran and how long they took, in words.

      iex> Workbooks.Page.Report.steps_done(%Workbooks.Run{id: "r", status: :ok, ms: 3.0})
      "No step ran"
  """
  @spec steps_done(Run.t()) :: String.t()
  def steps_done(%Run{steps: []}), do: "No step ran"

  def steps_done(%Run{steps: steps, ms: ms}) do
    done = Enum.count(steps, &(&1.status == :ok))
    all = length(steps)
    of = if done == all, do: "", else: "of #{all} "
    "#{done} #{of}#{if all == 1, do: "step", else: "steps"} in #{duration(ms)}"
  end

  # Why a workbook was refused, or what its page could not be made of.
  defp issues(issues) when issues in [nil, []], do: []

  defp issues(issues) do
    [
      "<ul class=\"issues\">\n",
      for issue <- issues do
        [
          "<li class=\"error\" role=\"alert\"><strong>",
          Escape.text(words(issue["code"] || "error")),
          "</strong> ",
          Escape.text(to_string(issue["message"])),
          line(issue["line"]),
          if(hint = issue["hint"], do: [" <span class=\"hint\">", Escape.text(hint), "</span>"], else: []),
          "</li>\n"
        ]
      end,
      "</ul>\n"
    ]
  end

  defp steps([]), do: []

  defp steps(steps) do
    [
      "<table class=\"steps\">\n<thead>\n<tr>",
      for(
        {title, class} <-
          [{"Component", "org-left"}, {"Language", "org-left"}, {"Status", "org-left"}] ++
            [{"Time", "org-right"}, {"Cached", "org-left"}]
      ) do
        ["<th scope=\"col\" class=\"", class, "\">", title, "</th>"]
      end,
      "</tr>\n</thead>\n<tbody>\n",
      Enum.map(steps, &step/1),
      "</tbody>\n</table>\n"
    ]
  end

  defp step(step) do
    [
      ["<tr class=\"step-", Atom.to_string(step.status), "\">"],
      ["<th scope=\"row\" class=\"org-left\">", component(step.component), "</th>"],
      ["<td class=\"org-left\">", Escape.text(to_string(step.lang)), "</td>"],
      ["<td class=\"org-left\">", status(step.status), "</td>"],
      ["<td class=\"org-right\">", if(step.status == :skipped, do: "–", else: duration(step.ms)), "</td>"],
      ["<td class=\"org-left\">", if(step.cached, do: "yes", else: "no"), "</td></tr>\n"]
    ]
  end

  # The workbook's own id leads each: the eye wants the rest.
  defp component(id) do
    case String.split(id, "/", parts: 2) do
      [book, name] -> ["<span class=\"book\">", Escape.text(book), "/</span>", Escape.text(name)]
      [name] -> Escape.text(name)
    end
  end

  defp problem(%{error: nil}), do: []

  defp problem(%{error: error} = step) do
    skipped? = step.status == :skipped

    [
      if(skipped?, do: "<div class=\"skipped\">", else: "<div class=\"error\">"),
      ["<p><strong>", component(step.component), "</strong> "],
      if(skipped?, do: [], else: [Escape.text(words(error.kind)), ": "]),
      Escape.text(to_string(error.message)),
      if(skipped?, do: [], else: line(error.line)),
      "</p>\n",
      if(skipped?, do: [], else: [excerpt(error), notes(error)]),
      "</div>\n"
    ]
  end

  defp line(nil), do: []
  defp line(line), do: [" <span class=\"line\">(line ", to_string(line), ")</span>"]

  # The line with its number, and a caret below the column.
  defp excerpt(%{excerpt: excerpt}) when is_binary(excerpt) and excerpt != "" do
    ["<pre class=\"excerpt\">", Escape.text(excerpt), "</pre>\n"]
  end

  defp excerpt(_error), do: []

  # What else a compiler said.
  defp notes(%{notes: [_ | _] = notes}) do
    [
      "<ul class=\"notes\">\n",
      for(note <- notes, do: ["<li>", Escape.text(to_string(note.message)), line(note.line), "</li>\n"]),
      "</ul>\n"
    ]
  end

  defp notes(_error), do: []

  # What a compiler said of a block that it compiled.
  defp remarks(%{notes: [_ | _] = notes} = step) do
    count = if length(notes) == 1, do: "1 note", else: "#{length(notes)} notes"

    [
      ["<details class=\"log\">\n<summary>Compiler's notes on <strong>", component(step.component), "</strong>"],
      [" <span class=\"count\">", count, "</span></summary>\n", notes(step), "</details>\n"]
    ]
  end

  defp remarks(_step), do: []

  defp log(%{log: log}) when log in [nil, ""], do: []

  defp log(%{log: log} = step) do
    lines = log |> String.trim_trailing("\n") |> :binary.matches("\n") |> length()

    [
      ["<details class=\"log\">\n<summary>Log of <strong>", component(step.component), "</strong>"],
      [" <span class=\"count\">", if(lines == 0, do: "1 line", else: "#{lines + 1} lines"), "</span></summary>\n"],
      ["<pre>", Escape.text(log), "</pre>\n</details>\n"]
    ]
  end

  @doc "A status, with its mark."
  @spec status(Run.status() | :skipped) :: iodata
  def status(status) do
    name = Atom.to_string(status)
    ["<span class=\"status status-", name, "\">", name, "</span>"]
  end

  defp words(kind), do: kind |> to_string() |> String.replace("_", " ")
end
