defmodule Workbooks.Guides.HTTPTest do
  # What guides/http.md shows.
  use ExUnit.Case, async: false
  import Workbooks.TestGuide

  guide("guides/http.md")

  test "the guide's tables name every option and every limit of an endpoint" do
    text = File.read!("guides/http.md")
    for limit <- Workbooks.HTTP.Server.Settings.limits(), do: assert(text =~ "`#{limit}:`")

    for option <- ~w(port ip socket socket_mode certificates h2 h2c threads drain_ms limits server),
        do: assert(text =~ "| `#{option}:`")
  end
end
