defmodule Workbooks.HTTP.Route do
  @moduledoc """
  One row of a router's table: a method, a path, what answers, and whatever else the plane says of it.
  """

  @enforce_keys [:method, :path, :segments, :to]
  defstruct [:method, :path, :segments, :to, meta: %{}]

  @type t :: %__MODULE__{
          method: String.t(),
          path: String.t(),
          segments: [String.t() | {:param, String.t()}],
          to: term,
          meta: map
        }

  @doc """
  A route. `:name` in the path is a parameter, of one segment.

      iex> Workbooks.HTTP.Route.new(:get, "/api/runs/:id/events", :events).segments
      ["api", "runs", {:param, "id"}, "events"]
  """
  @spec new(atom, String.t(), term, map) :: t
  def new(method, "/" <> rest = path, to, meta \\ %{}) when is_atom(method) do
    %__MODULE__{
      method: method |> Atom.to_string() |> String.upcase(),
      path: path,
      segments: for(segment <- String.split(rest, "/", trim: true), do: segment(segment)),
      to: to,
      meta: meta
    }
  end

  defp segment(":" <> name), do: {:param, name}
  defp segment(segment), do: segment
end
