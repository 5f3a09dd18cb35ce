defmodule Workbooks.Build.Source do
  @moduledoc """
  What a compiler is given: the text of a component, and what the plan says of it.

    * `id` - the component's, `"tea/look-up"`
    * `language` - the block's tag, as the plan has it
    * `text` - the code, noweb expanded
    * `sig` - the text of its `:sig:`, or `nil`
    * `inputs`, `outputs` - the names of its ports, in order
    * `folder` - the workbook's, below which the files are that it may name; `nil` where none may be read.
      What it names is a part of it, where it lies is none
  """

  @enforce_keys [:id, :language, :text]
  defstruct [:id, :language, :text, :sig, :folder, inputs: [], outputs: []]

  @type t :: %__MODULE__{
          id: String.t(),
          language: String.t(),
          text: String.t(),
          sig: String.t() | nil,
          folder: Path.t() | nil,
          inputs: [String.t()],
          outputs: [String.t()]
        }

  @doc """
  The source of a world of the plan and of its component, in a workbook of that folder.

      iex> world = %{"lang" => "js", "src" => "export const two = () => 2"}
      iex> source = Workbooks.Build.Source.new(world, %{"id" => "sums/two", "in" => [], "out" => ["two"]})
      iex> {source.language, source.outputs}
      {"js", ["two"]}
  """
  @spec new(map, map, Path.t() | nil) :: t
  def new(world, component, folder \\ nil) do
    %__MODULE__{
      id: component["id"],
      language: world["lang"],
      text: world["src"],
      sig: component["sig"],
      folder: folder,
      inputs: component["in"] || [],
      outputs: component["out"] || []
    }
  end
end
