defmodule Workbooks.Build.Artifact do
  @moduledoc """
  What a compiler makes of a block, and how that is called.

    * `language` - the block's tag
    * `bytes` - what is kept of it: a component, a core module, an engine's code
    * `convention` - the module that calls it, a `Workbooks.Build.Call`
    * `data` - what the convention has to know beside the bytes: plain terms, which can be kept on disk
    * `params`, `result` - the WIT types of what it takes and gives, `:any` where it does not say
    * `notes` - what its compiler said although it compiled: `t:Workbooks.Build.Problem.note/0`
    * `digest` - SHA-256 of all of that but the notes: the same for what does the same
    * `program` - what the convention made of the bytes in this virtual machine; `nil` until then
  """

  alias Workbooks.Build.{Problem, Sealed}

  @enforce_keys [:language, :bytes, :convention, :data, :params, :result, :digest]
  defstruct [:language, :bytes, :convention, :data, :params, :result, :digest, :program, notes: []]

  @type type :: Workbooks.Wasm.Component.wit_type() | :any
  @type t :: %__MODULE__{
          language: String.t(),
          bytes: binary,
          convention: module,
          data: term,
          params: [{String.t(), type}],
          result: type | nil,
          notes: [Problem.note()],
          digest: <<_::256>>,
          program: term
        }

  @doc """
  An artifact of these parts, with its digest.

  Options: `:language`, `:bytes`, `:convention`, `:data` (`nil`), `:params` (`[]`), `:result` (`nil`),
  `:notes` (`[]`).

      iex> one = Workbooks.Build.Artifact.new(language: "wat", bytes: "a", convention: Workbooks.Build.Call.Typed)
      iex> two = Workbooks.Build.Artifact.new(language: "wat", bytes: "b", convention: Workbooks.Build.Call.Typed)
      iex> one.digest == two.digest
      false
  """
  @spec new(keyword) :: t
  def new(parts) do
    {notes, parts} = Map.pop(Map.merge(%{data: nil, params: [], result: nil}, Map.new(parts)), :notes, [])
    digest = :crypto.hash(:sha256, Sealed.encode({1, Enum.sort(Map.to_list(parts))}))
    struct!(__MODULE__, Map.merge(parts, %{digest: digest, notes: notes}))
  end
end
