defmodule Workbooks.CLI.State do
  @moduledoc false
  # Where state is: on a control plane, whose key says for whom, or in the store of this machine.

  alias Workbooks.CLI.{Failure, Options, Remote, Start}

  @tenant "default"

  @doc "Calls `function` with `{:there, remote}`, or with `{:here, tenant}` and the application started."
  @spec with(map, ({:here, String.t()} | {:there, Remote.t()} -> answer)) :: answer | {:error, Failure.t()}
        when answer: term
  def with(options, function) do
    case Remote.from(options) do
      {:ok, nil} ->
        Start.application()
        function.({:here, tenant(options)})

      {:ok, remote} ->
        function.({:there, remote})

      {:error, failure} ->
        {:error, failure}
    end
  end

  @doc "The tenant that is meant on this machine."
  @spec tenant(map) :: String.t()
  def tenant(options) do
    case options[:tenant] || System.get_env("WB_TENANT") do
      none when none in [nil, ""] -> @tenant
      tenant -> tenant
    end
  end

  @doc "What to say of arguments that a family of verbs does not know."
  @spec usage([String.t()], [String.t()]) :: Failure.t()
  def usage(arguments, usage) do
    subverbs = for line <- usage, [_verb, sub | _] <- [String.split(line)], uniq: true, do: sub

    message =
      case arguments do
        [] ->
          "what is to be done? #{Enum.join(subverbs, ", ")}"

        [sub | _] ->
          if sub in subverbs,
            do:
              "usage: #{usage |> Enum.filter(&(Enum.at(String.split(&1), 1) == sub)) |> Enum.map_join(", or ", &("wb " <> &1))}",
            else: "#{sub} is none of #{Enum.join(subverbs, ", ")}#{guess(sub, subverbs)}"
      end

    Failure.new(:usage, "wb #{usage |> hd() |> String.split() |> hd()}: #{message}")
  end

  defp guess(sub, subverbs), do: if(near = Options.nearest(sub, subverbs), do: ": did you mean #{near}?", else: "")
end
