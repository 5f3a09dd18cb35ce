defmodule Workbooks.Web.Settings do
  @moduledoc false
  # `config :workbooks, Workbooks.Web, …`, checked once, when the router is made.

  alias Workbooks.Options

  @schema [
    rate: {:any, {100, 1_000}},
    burst: {:positive, 200},
    failures: {:any, {20, 60_000}},
    origins: {:any, []},
    session_hours: {:positive, 12},
    max_body: {:positive, 1_048_576},
    heartbeat_ms: {:positive, 15_000},
    streams: {:positive, 64}
  ]

  @type t :: %{
          rate: {pos_integer, pos_integer},
          burst: pos_integer,
          failures: {pos_integer, pos_integer},
          origins: [String.t()],
          session_hours: pos_integer,
          max_body: pos_integer,
          heartbeat_ms: pos_integer,
          streams: pos_integer
        }

  @doc "Those of the configuration, and these before them."
  @spec read(keyword) :: t
  def read(options \\ []) do
    given = Keyword.merge(Application.get_env(:workbooks, Workbooks.Web, []), options)
    settings = Options.validate!(given, @schema, "Workbooks.Web")
    for key <- [:rate, :failures], do: rate!(key, settings[key])

    unless is_list(settings.origins) and Enum.all?(settings.origins, &is_binary/1) do
      wrong!(:origins, settings.origins, ~s(a list of origins, as ["https://books.example"]))
    end

    settings
  end

  defp rate!(_key, {n, per_ms}) when is_integer(n) and n > 0 and is_integer(per_ms) and per_ms > 0, do: :ok
  defp rate!(key, other), do: wrong!(key, other, "{how many, in how many milliseconds}, as {100, 1_000}")

  defp wrong!(key, value, allowed) do
    raise ArgumentError, "option #{inspect(key)} of Workbooks.Web must be #{allowed}, got: #{inspect(value)}"
  end
end
