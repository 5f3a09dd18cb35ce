defmodule Workbooks.Build.Problem do
  @moduledoc """
  Why a block did not compile or run: a kind, a message and, where known, the line
  and column in the block's own source, counted from 1.

  Kinds are those of `Workbooks.Wasm.Error` and `:exception` (a block threw),
  `:entry` (no function to call), `:output` (the result lacks an output),
  `:language` (nothing compiles this language), `:signature` (its `:sig:` cannot
  be used).
  """

  alias Workbooks.Text

  # Some of it may be a block's own words, which need be neither short nor text.
  @most_message 8 * 1024

  @enforce_keys [:kind, :message]
  defstruct [:kind, :message, :line, :column, notes: []]

  @type t :: %__MODULE__{
          kind: atom,
          message: String.t(),
          line: pos_integer | nil,
          column: pos_integer | nil,
          notes: [note]
        }

  @typedoc "A further diagnostic of the compiler's."
  @type note :: %{line: pos_integer | nil, column: pos_integer | nil, message: String.t()}

  @doc """
  A problem of `kind`, with `:line`, `:column` and `:notes` where known.

      iex> Workbooks.Build.Problem.new(:exception, "oh no", line: 3).line
      3
  """
  @spec new(atom, String.t(), keyword) :: t
  def new(kind, message, place \\ []) do
    %__MODULE__{
      kind: kind,
      message: Text.cut(message, @most_message),
      line: place[:line],
      column: place[:column],
      notes: place[:notes] || []
    }
  end

  @doc "What the bridge reports, as a problem of the block."
  @spec from_wasm(Workbooks.Wasm.Error.t()) :: t
  def from_wasm(%Workbooks.Wasm.Error{kind: kind, message: message, details: details}),
    do: new(kind, message, place(details))

  # A trap in code with debug information knows where: the innermost frame in the block's own file,
  # which compilers are given as block.c or the like.
  defp place(%{frames: frames}) when is_list(frames) do
    case Enum.find(frames, &(is_binary(&1.file) and Path.rootname(Path.basename(&1.file)) == "block")) do
      nil -> []
      frame -> [line: frame.line, column: frame.column]
    end
  end

  defp place(_details), do: []
end
