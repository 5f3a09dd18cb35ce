defmodule Workbooks.Build.Artifact do
  @moduledoc """
  What a compiler makes of a block, and how that is called.

    * `language` - the block's tag
    * `bytes` - what is kept of it: a component, a core module, an engine's code
    * `convention` - the module that calls it, a `Workbooks.Build.Call`
    * `data` - what the convention has to know beside the bytes: plain terms, which can be kept on disk
    * `params`, `result` - the WIT types of what it takes and gives, `:any` where it does not say
    * `digest` - SHA-256 of all of that: the same for what does the same
    * `program` - what the convention made of the bytes in this virtual machine; `nil` until then
  """

  @enforce_keys [:language, :bytes, :convention, :data, :params, :result, :digest]
  defstruct [:language, :bytes, :convention, :data, :params, :result, :digest, :program]

  @type type :: Workbooks.Wasm.Component.wit_type() | :any
  @type t :: %__MODULE__{
          language: String.t(),
          bytes: binary,
          convention: module,
          data: term,
          params: [{String.t(), type}],
          result: type | nil,
          digest: <<_::256>>,
          program: term
        }

  @doc """
  An artifact of these parts, with its digest.

  Options: `:language`, `:bytes`, `:convention`, `:data` (`nil`), `:params` (`[]`), `:result` (`nil`).

      iex> one = Workbooks.Build.Artifact.new(language: "wat", bytes: "a", convention: Workbooks.Build.Call.Typed)
      iex> two = Workbooks.Build.Artifact.new(language: "wat", bytes: "b", convention: Workbooks.Build.Call.Typed)
      iex> one.digest == two.digest
      false
  """
  @spec new(keyword) :: t
  def new(parts) do
    parts = Map.merge(%{data: nil, params: [], result: nil}, Map.new(parts))
    digest = :crypto.hash(:sha256, :erlang.term_to_binary({1, Enum.sort(Map.to_list(parts))}, minor_version: 2))
    struct!(__MODULE__, Map.put(parts, :digest, digest))
  end
end
