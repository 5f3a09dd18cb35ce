defmodule Workbooks.CLI.Verbs.Help do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Help, Options}

  @impl true
  def name, do: "help"
  @impl true
  def summary, do: "what there is, or how a verb is used"
  @impl true
  def usage, do: ["help [VERB]"]
  @impl true
  def about, do: "The same as wb VERB --help. With --json, what there is to a verb as data."
  @impl true
  def options, do: []
  @impl true
  def examples, do: [{"wb help run", "how a workbook is run"}]

  @impl true
  def run([], %{verbs: verbs}) do
    {:ok, {Help.overview(verbs), for({name, verb} <- verbs, do: %{verb: name, summary: verb.summary()})}}
  end

  def run([name | _more], %{verbs: verbs}) do
    case List.keyfind(verbs, name, 0) do
      {_name, verb} ->
        {:ok, {Help.verb(verb), Help.data(verb)}}

      nil ->
        guess = if near = Options.nearest(name, Enum.map(verbs, &elem(&1, 0))), do: ": did you mean #{near}?", else: ""
        {:error, Failure.new(:usage, "there is no verb #{name}#{guess} (wb help lists them)")}
    end
  end
end
