defmodule Workbooks.Web.Console.View.Failure do
  @moduledoc false
  # What went wrong in a run: why it was refused, and each step that failed with the line of the source marked.

  import Workbooks.Web.Console.HTML, only: [el: 3]
  import Workbooks.Web.Console.Parts

  alias Workbooks.Web.Console.HTML
  alias Workbooks.Web.Console.View.{Issues, Source}

  @typep href :: (pos_integer -> String.t())

  # Who mends these sees the others next time.
  @most 20

  @doc "Why a run was refused, as a section, or nothing."
  @spec issues(map, href) :: HTML.t()
  def issues(%{error: issues} = run, href) when is_list(issues) and issues != [] do
    # Its hint is for who calls functions; here there is a form.
    {missing, others} = Enum.split_with(issues, &(&1["code"] == "missing_input"))
    missing_form = path(["workbooks", run.workbook]) <> "#run"

    el(:section, [], [
      el(:h2, [], "What is wrong"),
      Issues.list(Enum.map(missing, &Map.delete(&1, "hint")) ++ others, href),
      if(missing != [], do: el(:p, [], el(:a, [href: missing_form], "Fill in the form again")), else: [])
    ])
  end

  def issues(_run, _href), do: []

  @doc "The steps that failed, each with its place in the source, as far as that is known."
  @spec steps([map], String.t() | nil, href) :: HTML.t()
  def steps(steps, source, href) do
    failed = for %{status: status, error: %{}} = step <- steps, status not in [:skipped, :ok], do: step
    more = length(failed) - @most

    [
      for(step <- Enum.take(failed, @most), do: step(step, source, href)),
      if(more > 0, do: el(:p, [class: "hint"], "And #{more} more steps failed."), else: [])
    ]
  end

  defp step(%{error: error} = step, source, href) do
    el(:section, [class: "failure"], [
      el(:h2, [], [component(step.component), " ", status(step.status)]),
      el(:p, [class: "message"], [
        el(:strong, [], error.kind |> to_string() |> String.replace("_", " ")),
        ": ",
        to_string(error.message)
      ]),
      place(error, source, href),
      notes(error[:notes] || [], href)
    ])
  end

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
end
