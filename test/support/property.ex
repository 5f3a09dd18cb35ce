defmodule Workbooks.TestProperty do
  @moduledoc false
  # Properties: what holds for whatever is drawn.
  #
  #     check "a list reversed twice is the list" do
  #       list = list_of(fn -> draw(10) end, 5)
  #       assert Enum.reverse(Enum.reverse(list)) == list
  #     end
  #
  # Everything is drawn through draw/1, which is written down. A run that fails is played
  # again with fewer and smaller draws until none of those fails any more, so generators
  # need no shrinkers: what is drawn first and small should be what is simple.
  #
  # What failed says its seed; WORKBOOKS_SEED=… begins with that one. WORKBOOKS_PROVE=1
  # runs many more.

  @key __MODULE__
  # Attempts at something simpler, and the time for them.
  @attempts 2_000
  @shrink_ms 20_000

  @doc "How often a property is tried: `few`, or with WORKBOOKS_PROVE=1 `many`."
  def runs(few, many), do: if(System.get_env("WORKBOOKS_PROVE") in [nil, "", "0"], do: few, else: many)

  @doc "Tries the property `runs:` times; raises with the simplest failure found."
  defmacro check(name, options \\ [], do: block) do
    quote do: unquote(__MODULE__).run(unquote(name), unquote(options), fn -> unquote(block) end)
  end

  @doc "As `check/3`, for a function. `seed:` begins with that one."
  def run(name, options, property) do
    seed = options[:seed] || seed()
    runs = options[:runs] || runs(30, 1_000)

    for seed <- seed..(seed + runs - 1) do
      with {:failed, draws, _} <- play(property, {:seed, seed}) do
        fail(name, seed, shrink(property, draws, now() + @shrink_ms), property)
      end
    end

    :ok
  end

  defp seed do
    case System.get_env("WORKBOOKS_SEED", "") do
      "" -> :rand.uniform(1_000_000_000)
      seed -> String.to_integer(seed)
    end
  end

  # --- drawing -------------------------------------------------------------------------------

  @doc "An integer from 0 to `n` - 1."
  def draw(n) when is_integer(n) and n > 0 do
    case Process.get(@key) do
      {{:random, state}, draws, notes} ->
        {drawn, state} = :rand.uniform_s(n, state)
        Process.put(@key, {{:random, state}, [drawn - 1 | draws], notes})
        drawn - 1

      {{:given, given}, draws, notes} ->
        {next, given} = if given == [], do: {0, []}, else: {hd(given), tl(given)}
        drawn = min(next, n - 1)
        Process.put(@key, {{:given, given}, [drawn | draws], notes})
        drawn
    end
  end

  @doc "An integer of a range; the first is the simplest."
  def int(first..last//_), do: first + draw(last - first + 1)

  @doc "One of several; the first is the simplest."
  def one_of(choices), do: Enum.at(choices, draw(length(choices)))

  @doc "What one of several functions gives."
  def any_of(functions), do: one_of(functions).()

  @doc "True once in `n` times; false is simpler."
  def rarely(n), do: draw(n) == n - 1

  @doc "Up to `most` of what `generator` gives."
  def list_of(generator, most), do: more(generator, most, [])

  # Drawn one by one, so that taking out the draws of one takes out that one.
  defp more(_generator, 0, list), do: Enum.reverse(list)

  defp more(generator, left, list) do
    if draw(4) == 0, do: Enum.reverse(list), else: more(generator, left - 1, [generator.() | list])
  end

  @doc "Some of them, in any order, at least `least`."
  def some_of(choices, least \\ 0) do
    count = int(least..max(least, length(choices)))
    pick(choices, count)
  end

  defp pick(_choices, 0), do: []

  defp pick(choices, count) do
    {picked, rest} = List.pop_at(choices, draw(length(choices)))
    [picked | pick(rest, count - 1)]
  end

  @doc "Any bytes, up to `most`."
  def bytes(most) do
    length = draw(most + 1)
    # In eights: a byte a draw is more than a person wants to wait for when it shrinks.
    words = for _ <- 1..div(length + 7, 8)//1, into: <<>>, do: <<draw(0x1_0000_0000_0000_0000)::64>>
    binary_part(words, 0, length)
  end

  @doc "Shown beside the failure, if this run fails."
  def note(label, value) do
    {source, draws, notes} = Process.get(@key)
    Process.put(@key, {source, draws, [{label, value} | notes]})
    value
  end

  # --- playing and shrinking -----------------------------------------------------------------

  @doc "One run: `:ok`, or `{:failed, draws, {kind, reason, stacktrace, notes}}`."
  def play(property, how) do
    source =
      case how do
        {:seed, seed} -> {:random, :rand.seed_s(:exsss, seed)}
        {:draws, draws} -> {:given, draws}
      end

    Process.put(@key, {source, [], []})

    try do
      property.()
      :ok
    catch
      kind, reason ->
        {_, draws, notes} = Process.get(@key)
        {:failed, Enum.reverse(draws), {kind, reason, __STACKTRACE__, Enum.reverse(notes)}}
    after
      Process.delete(@key)
    end
  end

  @doc "Draws that fail too, and of which no simpler ones were found that do."
  def shrink(property, draws, deadline) do
    {simplest, _left} = passes(property, draws, @attempts, deadline)
    simplest
  end

  defp passes(property, draws, left, deadline) do
    candidates = Stream.concat([shorter(draws), smaller(draws)])

    simpler =
      candidates
      |> Stream.take(left)
      |> Stream.with_index(1)
      |> Stream.take_while(fn _ -> now() < deadline end)
      |> Enum.find_value(fn {candidate, tries} ->
        with {:failed, played, _} <- play(property, {:draws, candidate}),
             true <- simpler?(played, draws) do
          {played, tries}
        else
          _ -> nil
        end
      end)

    case simpler do
      {played, tries} when left > tries -> passes(property, played, left - tries, deadline)
      {played, _} -> {played, 0}
      nil -> {draws, left}
    end
  end

  # Fewer draws are simpler, then lesser ones.
  defp simpler?(one, other), do: {length(one), one} < {length(other), other}

  defp shorter(draws) do
    length = length(draws)
    sizes = length |> Stream.iterate(&div(&1, 2)) |> Enum.take_while(&(&1 > 0))

    for size <- sizes,
        start <- Enum.reverse(0..(length - size)),
        do: Enum.take(draws, start) ++ Enum.drop(draws, start + size)
  end

  defp smaller(draws) do
    indexed = Enum.with_index(draws)

    for {draw, i} <- indexed,
        draw > 0,
        less <- Enum.uniq([0, div(draw, 2), draw - 1]),
        do: List.replace_at(draws, i, less)
  end

  defp fail(name, seed, draws, property) do
    {kind, reason, stacktrace, notes} =
      case play(property, {:draws, draws}) do
        {:failed, _, failure} -> failure
        # It failed a moment ago: not the same each time.
        :ok -> {:error, RuntimeError.exception("failed before, and not with the same draws again"), [], []}
      end

    shown =
      for {label, value} <- notes,
          do: "  #{label}: #{inspect(value, limit: 200, printable_limit: 2_000, charlists: :as_lists, pretty: true)}\n"

    message = """
    the property "#{name}" does not hold. The simplest case found:
    #{shown}
    To run the case it came from first: WORKBOOKS_SEED=#{seed} mix test …

    #{Exception.format_banner(kind, reason, stacktrace)}
    """

    reraise ExUnit.AssertionError, [message: message], stacktrace
  end

  defp now, do: System.monotonic_time(:millisecond)
end
