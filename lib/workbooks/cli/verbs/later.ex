defmodule Workbooks.CLI.Verbs.Later do
  @moduledoc false
  # Verbs that are named already, so that nobody takes them for anything else.

  defmacro __using__(name: name, summary: summary, about: about) do
    quote do
      @moduledoc false
      @behaviour Workbooks.CLI.Verb

      @impl true
      def name, do: unquote(name)
      @impl true
      def summary, do: unquote(summary)
      @impl true
      def usage, do: [unquote(name)]
      @impl true
      def about, do: unquote(about)
      @impl true
      def options, do: []
      @impl true
      def examples, do: []

      @impl true
      def run(_arguments, _options) do
        {:error, Workbooks.CLI.Failure.new(:unavailable, unquote("wb #{name} is not built yet: #{summary}"))}
      end
    end
  end
end

defmodule Workbooks.CLI.Verbs.Agent do
  use Workbooks.CLI.Verbs.Later,
    name: "agent",
    summary: "an agent that works in a sandbox comes with a later version",
    about: "Nothing of it works yet; it ends with status 1."
end

defmodule Workbooks.CLI.Verbs.Toolkit do
  use Workbooks.CLI.Verbs.Later,
    name: "toolkit",
    summary: "tools described by Org files come with a later version",
    about: "Nothing of it works yet; it ends with status 1."
end

defmodule Workbooks.CLI.Verbs.Deploy do
  use Workbooks.CLI.Verbs.Later,
    name: "deploy",
    summary: "images for a server come with a later version",
    about: "Nothing of it works yet; it ends with status 1."
end
