defmodule Workbooks.Wast.Case do
  @moduledoc """
  A test for each file of a suite.

      use Workbooks.Wast.Case, suite: "core", assertions: [folder: 62_498], sample: ~w(i32 br_table)

    * `:assertions` - how many the suite makes in all, by where it comes from
    * `:sample` - the files that every run of the tests has. With `WORKBOOKS_PROVE` set, it has all
    * `:cannot` - files that cannot pass, each with the reason, by where the suite comes from. One that passes after all fails its
      test, so that the list stays true

  How many assertions were run is printed when they have been.
  """

  import ExUnit.Assertions

  alias Workbooks.Wast
  alias Workbooks.Wast.Suite

  # More would only repeat what the first ones say.
  @shown 10

  defmacro __using__(options) do
    quote bind_quoted: [options: options] do
      use ExUnit.Case, async: true

      alias Workbooks.Wast.{Case, Suite}

      @moduletag :conformance
      @moduletag timeout: 300_000

      @name options[:suite]
      @assertions options[:assertions]

      case Suite.prepare(@name) do
        nil ->
          # The usual formatter shows no reasons.
          IO.puts("#{@name}: skipped, #{Suite.folder(@name)} is not here")
          @tag skip: "#{Suite.folder(@name)} is not here"
          test "the suite #{@name}", do: flunk("there is nothing to run")

        suite ->
          @files Case.files(suite, options[:sample])

          setup_all do
            tally = :counters.new(1, [])
            on_exit(fn -> Case.report(@name, @files, tally) end)
            %{tally: tally}
          end

          test "#{@name} makes as many assertions as it is known to" do
            suite = Suite.prepare(@name)
            assert Case.assertions(suite, Map.keys(suite.files)) == @assertions[suite.source]
          end

          for file <- @files do
            @file_name file
            @reason options[:cannot][suite.source][file]
            test "#{file}.wast", %{tally: tally} do
              Case.check(@name, @file_name, @reason, tally)
            end
          end
      end
    end
  end

  @doc false
  def files(suite, sample) do
    known = Map.keys(suite.files)

    cond do
      System.get_env("WORKBOOKS_PROVE", "") != "" -> Enum.sort(known)
      # Not all are in the state of the suite that the crate has.
      suite.source == :crate -> Enum.filter(sample, &(&1 in known))
      missing = Enum.find(sample, &(&1 not in known)) -> raise "the suite has no file #{missing}.wast"
      true -> sample
    end
  end

  @doc false
  def assertions(suite, files), do: files |> Enum.map(&suite.files[&1]) |> Enum.filter(&is_integer/1) |> Enum.sum()

  @doc false
  def check(name, file, reason, tally) do
    suite = Suite.prepare(name)
    with {:error, error} <- suite.files[file], do: flunk("it cannot be read: #{error}")

    result = Wast.run(suite, file)
    :counters.add(tally, 1, result.run)
    assert result.run == suite.files[file], "#{result.run} assertions were run of #{suite.files[file]}"
    verdict(result.failures, reason)
  end

  defp verdict([], nil), do: :ok
  defp verdict([], reason), do: flunk("it passes; take it off the list of those that cannot: #{reason}")

  defp verdict(failures, nil) do
    more = length(failures) - @shown
    lines = Enum.take(failures, @shown) ++ if(more > 0, do: ["and #{more} more"], else: [])
    flunk("#{length(failures)} commands failed:\n" <> Enum.join(lines, "\n"))
  end

  defp verdict(_failures, _reason), do: :ok

  @doc false
  def report(name, files, tally) do
    suite = Suite.prepare(name)
    of = assertions(suite, files)

    IO.puts(
      "\n#{name}: #{:counters.get(tally, 1)} of #{of} assertions run, in #{length(files)} of #{map_size(suite.files)} files"
    )
  end
end
