defmodule Workbooks.Page.Terminal do
  @moduledoc false
  # A run in a terminal: a line for each step, its error, and the exports.

  alias Workbooks.Page.Report
  alias Workbooks.Run

  # An export is shown as far as it fits beside its name.
  @width 68

  @doc "The whole run, as lines."
  @spec run(Run.t()) :: String.t()
  def run(%Run{} = run) do
    width = width(for step <- run.steps, do: step.component)
    lines = outcome(run) ++ Enum.flat_map(run.steps, &step(&1, width)) ++ exports(run)
    Enum.join(lines, "\n")
  end

  @doc "What it came to, and why it was refused where it was."
  @spec outcome(Run.t()) :: [String.t()]
  def outcome(%Run{} = run) do
    took = if run.steps == [], do: "no step ran", else: "in " <> Report.duration(run.ms)
    ["#{run.status}, #{took}" | issues(run.error)]
  end

  @doc "How wide a column of these names is."
  @spec width([String.t()]) :: non_neg_integer
  def width(names), do: names |> Enum.map(&String.length/1) |> Enum.max(fn -> 0 end)

  @doc "The exports, a line each."
  @spec exports(Run.t()) :: [String.t()]
  def exports(%Run{exports: exports}) do
    for {name, value} <- Enum.sort(exports), do: "  #{name} = #{value(value)}"
  end

  @doc """
  A value on one line.

      iex> Workbooks.Page.Terminal.value(%{"b" => [1, nil], "a" => "x"})
      ~s({"a":"x","b":[1,null]})
      iex> Workbooks.Page.Terminal.value("<svg xmlns='…'/>")
      "a picture, 18 bytes of SVG"
  """
  @spec value(term) :: String.t()
  def value("<svg" <> _ = svg), do: "a picture, #{byte_size(svg)} bytes of SVG"

  def value(value) do
    text =
      case Workbooks.JSON.encode(value) do
        {:ok, json} -> json
        {:error, _} -> inspect(value)
      end

    if String.length(text) > @width, do: String.slice(text, 0, @width) <> "…", else: text
  end

  defp issues(issues) do
    for issue <- issues || [] do
      "  #{issue["code"]}#{if line = issue["line"], do: " at line #{line}"}: #{issue["message"]}"
    end
  end

  @doc "A step that is over: a line, what its compiler noted, its error."
  @spec step(Run.step(), non_neg_integer) :: [String.t()]
  def step(step, width) do
    ["  #{String.pad_trailing(step.component, width)}  #{state(step)}" | details(step)]
  end

  @doc "A step's status and time."
  @spec state(Run.step()) :: String.t()
  def state(step) do
    time = if step.status == :skipped, do: "", else: Report.duration(step.ms)
    kept = if step.cached, do: "  cached", else: ""
    String.trim_trailing("#{String.pad_trailing(to_string(step.status), 7)}  #{time}#{kept}")
  end

  @doc "What there is to say of a step below its line."
  @spec details(Run.step()) :: [String.t()]
  def details(step), do: notes(step) ++ error(step)

  defp error(%{error: nil}), do: []
  defp error(%{status: :skipped, error: error}), do: ["    #{error.message}"]

  defp error(%{error: error}) do
    excerpt = if error.excerpt, do: for(line <- String.split(error.excerpt, "\n"), do: "  " <> line), else: []
    ["    #{error.kind}#{at(error.line)}: #{error.message}" | excerpt ++ notes(error)]
  end

  defp notes(said), do: for(note <- said[:notes] || [], do: "    #{where(note)}#{note.message}")

  defp at(nil), do: ""
  defp at(line), do: " at line #{line}"

  defp where(%{line: nil}), do: ""
  defp where(%{line: line}), do: "line #{line}: "
end
