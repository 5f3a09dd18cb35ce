defmodule Workbooks.Workflow.Records do
  @moduledoc false
  # Lines of a step log, added up.

  alias Workbooks.JSON

  @recent 20

  @type t :: %{
          runs: %{String.t() => true},
          steps: non_neg_integer,
          errors: non_neg_integer,
          total_ms: float,
          broken: non_neg_integer,
          components: %{String.t() => {pos_integer, non_neg_integer, float, non_neg_integer}},
          recent: [map]
        }

  @none %{runs: %{}, steps: 0, errors: 0, total_ms: 0.0, broken: 0, components: %{}, recent: []}

  @doc "Of no line."
  @spec none :: t
  def none, do: @none

  @doc """
  Of whole lines.

      iex> lines = ~s({"run":"r","component":"a","status":"failed","ms":2}\\nwhat?\\n{"run":"r","component":"a","status":"ok","ms":1}\\n)
      iex> records = Workbooks.Workflow.Records.of(lines)
      iex> {records.steps, records.errors, records.broken, records.components}
      {2, 1, 1, %{"a" => {2, 1, 3.0, 0}}}
  """
  @spec of(binary) :: t
  def of(lines) do
    records = lines |> :binary.split("\n", [:global, :trim_all]) |> Enum.reduce(@none, &add/2)
    %{records | recent: for(line <- Enum.take(records.recent, @recent), do: JSON.decode!(line))}
  end

  defp add(line, records) do
    case skim(line) || read(line) do
      nil -> %{records | broken: records.broken + 1}
      {run, component, error, ms, cached} -> count(records, line, run, component, error, ms, cached)
    end
  end

  defp count(records, line, run, component, error, ms, cached) do
    components =
      case records.components do
        %{^component => {s, e, m, c}} = all -> %{all | component => {s + 1, e + error, m + ms, c + cached}}
        all -> Map.put(all, component, {1, error, ms, cached})
      end

    %{
      records
      | runs: if(is_map_key(records.runs, run), do: records.runs, else: Map.put(records.runs, run, true)),
        steps: records.steps + 1,
        errors: records.errors + error,
        total_ms: records.total_ms + ms,
        components: components,
        recent: [line | trimmed(records)]
    }
  end

  # Now and then: a list is cut in the time that it is long.
  defp trimmed(%{steps: steps, recent: recent}) when rem(steps, @recent) == 0, do: Enum.take(recent, @recent)
  defp trimmed(%{recent: recent}), do: recent

  # --- any record ------------------------------------------------------------------------------------

  defp read(line) do
    case JSON.decode(line) do
      {:ok, %{"run" => run} = record} when is_binary(run) ->
        {run, name(record), if(error?(record), do: 1, else: 0), ms(record["ms"]),
         if(record["cached"] == true, do: 1, else: 0)}

      _none ->
        nil
    end
  end

  defp ms(ms) when is_number(ms), do: ms / 1
  defp ms(_none), do: 0.0

  defp error?(%{"status" => status}), do: status in ["failed", "timeout"]
  defp error?(record), do: record["error"] != nil

  # Agents' records name a tool.
  defp name(record) do
    case record do
      %{"component" => name} when is_binary(name) -> name
      %{"tool" => name} when is_binary(name) -> name
      _ -> ""
    end
  end

  # --- those that are nearly all -----------------------------------------------------------------------

  # A step that ended well, as Workbooks.Workflow.StepLog writes it, is read without making terms of
  # it: some five times as fast. The keys stand in a fixed order; `nil` for what looks another way.
  @ending ~s(,"error":null})

  defp skim(<<"{\"run\":\"", rest::binary>> = line) do
    with true <- ends?(line),
         {run, <<",\"kind\":\"component\",\"step\":", rest::binary>>} <- text(rest, rest, 0),
         {_step, <<"\"ts\":\"", rest::binary>>} <- number(rest, rest, 0),
         {_ts, <<",\"component\":\"", rest::binary>>} <- text(rest, rest, 0),
         {component, <<",\"lang\":\"", rest::binary>>} <- text(rest, rest, 0),
         {_lang, <<",\"status\":\"ok\",\"ms\":", rest::binary>>} <- text(rest, rest, 0),
         {ms, <<"\"fuel\":", rest::binary>>} <- number(rest, rest, 0),
         {_fuel, <<"\"memory_peak\":", rest::binary>>} <- number(rest, rest, 0),
         {_peak, <<"\"cached\":", rest::binary>>} <- number(rest, rest, 0),
         ms when is_float(ms) <- float(ms) do
      {run, component, 0, ms, if(match?(<<"true", _::binary>>, rest), do: 1, else: 0)}
    else
      _other -> nil
    end
  end

  defp skim(_line), do: nil

  # Fifty times as fast as Float.parse/1.
  defp float(text) do
    :erlang.binary_to_float(text)
  rescue
    ArgumentError -> nil
  end

  defp ends?(line) do
    size = byte_size(line) - byte_size(@ending)
    match?(<<_::binary-size(size), @ending>>, line)
  end

  # Up to the quotation mark; one with something to unescape is read the other way.
  defp text(<<?", rest::binary>>, all, count), do: {binary_part(all, 0, count), rest}
  defp text(<<c, rest::binary>>, all, count) when c != ?\\, do: text(rest, all, count + 1)
  defp text(_end, _all, _count), do: nil

  # Up to the comma: of numbers, `true`, `null`.
  defp number(<<?,, rest::binary>>, all, count), do: {binary_part(all, 0, count), rest}
  defp number(<<c, rest::binary>>, all, count) when c != ?", do: number(rest, all, count + 1)
  defp number(_end, _all, _count), do: nil

  # --- together ----------------------------------------------------------------------------------------

  @doc "Of what stands before and what stands after it."
  @spec join(t, t) :: t
  def join(before, behind) do
    sum = fn _name, {s, e, m, c}, {s2, e2, m2, c2} -> {s + s2, e + e2, m + m2, c + c2} end

    %{
      runs: Map.merge(before.runs, behind.runs),
      steps: before.steps + behind.steps,
      errors: before.errors + behind.errors,
      total_ms: before.total_ms + behind.total_ms,
      broken: before.broken + behind.broken,
      components: Map.merge(before.components, behind.components, sum),
      recent: recent(behind.recent, before.recent)
    }
  end

  @doc "The newest of newer and older ones."
  @spec recent([map], [map]) :: [map]
  def recent(newer, older), do: Enum.take(newer ++ older, @recent)
end
