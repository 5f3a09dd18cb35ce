defmodule Workbooks.CLI.Run.Display do
  @moduledoc false
  # A run as it goes: on a terminal the tree of its steps, redrawn; elsewhere a line for each step that
  # ended; with --json nothing.

  alias Workbooks.CLI.Output
  alias Workbooks.CLI.Run.Tree
  alias Workbooks.Page.Terminal

  defstruct [:kind, title: "", rows: [], width: 0, states: %{}, drawn: 0, told: %{}]

  @type t :: %__MODULE__{}
  @type event ::
          {:start, non_neg_integer}
          | {:step_start, String.t()}
          | {:step_progress, String.t(), String.t()}
          | {:step, Workbooks.Run.step(), term}
          | {:stop, atom}

  # A terminal is drawn anew so often, in milliseconds; elsewhere a compiler's words are told so often.
  @frame_ms 100
  @words_ms 5_000

  @doc "A display of a run of that plan; `nil` where it is not known."
  @spec new(String.t(), map | nil, boolean) :: t
  def new(title, plan, json?) do
    rows = if plan, do: Tree.rows(plan, unicode?()), else: []

    kind =
      cond do
        json? -> :none
        Output.terminal?() and Output.fits?(length(rows) + 1) -> :live
        true -> :plain
      end

    width = Terminal.width(for {id, drawn} <- rows, do: if(kind == :live, do: drawn <> id, else: id))
    %__MODULE__{kind: kind, title: title, rows: rows, width: width}
  end

  defp unicode? do
    locale = Enum.find_value(~w(LC_ALL LC_CTYPE LANG), "", &(System.get_env(&1, "") != "" && System.get_env(&1)))
    locale =~ ~r/utf-?8/i
  end

  @doc "Milliseconds until something is to be drawn though nothing happened."
  @spec patience(t) :: timeout
  def patience(%{kind: :live}), do: @frame_ms
  def patience(_display), do: :infinity

  @doc "Shows what happened."
  @spec event(t, event) :: t
  def event(%{kind: :none} = display, _event), do: display

  def event(display, {:step_start, id}), do: display |> known(id) |> state(id, {:running, now(), ""}) |> draw()

  def event(display, {:step_progress, id, words}) do
    display = known(display, id)
    since = with {:running, since, _} <- display.states[id], do: since, else: (_ -> now())
    display |> state(id, {:running, since, words}) |> say(id, words) |> draw()
  end

  def event(display, {:step, step, _outputs}) do
    display = display |> known(step.component) |> state(step.component, {:over, step})
    if display.kind == :plain, do: lines(Terminal.step(step, display.width))
    draw(display)
  end

  def event(display, _start_or_stop), do: draw(display)

  @doc "Draws a frame."
  @spec draw(t) :: t
  def draw(%{kind: :live} = display) do
    frame = [String.slice(display.title, 0, Output.columns() - 1) | Enum.map(display.rows, &row(&1, display))]
    # Up to where the last one began, and over it. A line is cut: one that wraps would be two.
    up = if display.drawn > 0, do: "\e[#{display.drawn}A\r", else: ""
    Output.write([up, for(line <- frame, do: [line, "\e[K\n"])])
    %{display | drawn: length(frame)}
  end

  def draw(display), do: display

  @doc "The last frame, and below it what is to be said of steps."
  @spec finish(t) :: t
  def finish(%{kind: :live} = display) do
    display = draw(display)
    for {id, _drawn} <- display.rows, {:over, step} <- [display.states[id]], lines = below(step), do: lines(lines)
    %{display | drawn: 0, states: %{}}
  end

  def finish(display), do: %{display | states: %{}}

  defp below(step) do
    case Terminal.details(step) do
      [] -> []
      _details when step.status == :skipped -> []
      details -> ["  " <> step.component | details]
    end
  end

  # A run elsewhere may have steps that nobody told of before.
  defp known(display, id) do
    if List.keymember?(display.rows, id, 0) do
      display
    else
      rows = display.rows ++ [{id, "  "}]
      %{display | rows: rows, width: max(display.width, String.length(id) + if(display.kind == :live, do: 2, else: 0))}
    end
  end

  defp state(display, id, state), do: %{display | states: Map.put(display.states, id, state)}

  # In plain words, where a compiler takes minutes.
  defp say(%{kind: :plain} = display, id, words) do
    if now() - Map.get(display.told, id, now() - @words_ms) >= @words_ms do
      lines(["  #{String.pad_trailing(id, display.width)}  #{words}"])
      %{display | told: Map.put(display.told, id, now())}
    else
      display
    end
  end

  defp say(display, _id, _words), do: display

  defp row({id, drawn}, display) do
    columns = Output.columns()
    name = (drawn <> id) |> String.pad_trailing(display.width) |> String.slice(0, columns - 14)
    {colour, words} = words(display.states[id])
    words = String.slice(words, 0, columns - String.length(name) - 3)
    [name, "  ", if(Output.colours?(), do: [colour, words, "\e[0m"], else: words)]
  end

  defp words(nil), do: {"\e[2m", "waits"}
  defp words({:running, since, words}), do: {"\e[36m", String.trim_trailing("runs     #{seconds(since)}  #{words}")}
  defp words({:over, %{status: :ok} = step}), do: {"\e[32m", Terminal.state(step)}
  defp words({:over, %{status: :skipped} = step}), do: {"\e[33m", Terminal.state(step)}
  defp words({:over, step}), do: {"\e[31m", Terminal.state(step)}

  # Nobody wants to know of less.
  defp seconds(since) do
    ms = now() - since
    if ms < 1000, do: "", else: "#{div(ms, 1000)}.#{ms |> rem(1000) |> div(100)} s"
  end

  defp lines(lines), do: Output.write(for line <- lines, do: [line, ?\n])
  defp now, do: System.monotonic_time(:millisecond)
end
