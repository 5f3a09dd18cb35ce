defmodule Workbooks.Build.Source do
  @moduledoc """
  What a compiler is given: the text of a component, and what the plan says of it.

    * `id` - the component's, `"tea/look-up"`
    * `language` - the block's tag, as the plan has it
    * `text` - the code, noweb expanded
    * `sig` - the text of its `:sig:`, or `nil`
    * `inputs`, `outputs` - the names of its ports, in order
  """

  @enforce_keys [:id, :language, :text]
  defstruct [:id, :language, :text, :sig, inputs: [], outputs: []]

  @type t :: %__MODULE__{
          id: String.t(),
          language: String.t(),
          text: String.t(),
          sig: String.t() | nil,
          inputs: [String.t()],
          outputs: [String.t()]
        }

  @doc """
  The source of a world of the plan and of its component.

      iex> world = %{"lang" => "js", "src" => "export const two = () => 2"}
      iex> source = Workbooks.Build.Source.new(world, %{"id" => "sums/two", "in" => [], "out" => ["two"]})
      iex> {source.language, source.outputs}
      {"js", ["two"]}
  """
  @spec new(map, map) :: t
  def new(world, component) do
    %__MODULE__{
      id: component["id"],
      language: world["lang"],
      text: world["src"],
      sig: component["sig"],
      inputs: component["in"] || [],
      outputs: component["out"] || []
    }
  end
end
