defmodule Workbooks.CLI.Verbs.Serve do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.Failure

  @impl true
  def name, do: "serve"
  @impl true
  def summary, do: "starts the control plane and the public plane"
  @impl true
  def usage, do: ["serve"]
  @impl true
  def about, do: "TODO"
  @impl true
  def options, do: []
  @impl true
  def examples, do: []
  @impl true
  def run(_arguments, _options), do: {:error, Failure.new(:unavailable, "not merged yet")}
end
