defmodule Workbooks.CLI.Verbs.Version do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.Start

  @impl true
  def name, do: "version"
  @impl true
  def summary, do: "which version this is, and what it runs on"
  @impl true
  def usage, do: ["version"]
  @impl true
  def about, do: "The versions of Workbooks, of Elixir and of Erlang/OTP."
  @impl true
  def options, do: []
  @impl true
  def examples, do: [{"wb version --json", "for a script"}]

  @impl true
  def run(_arguments, _options) do
    Start.load()
    version = to_string(Application.spec(:workbooks, :vsn))
    otp = to_string(:erlang.system_info(:otp_release))
    data = %{version: version, elixir: System.version(), otp: otp}
    {:ok, {"wb #{version} (Elixir #{System.version()}, Erlang/OTP #{otp})\n", data}}
  end
end
