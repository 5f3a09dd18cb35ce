defmodule Workbooks.Run do
  @moduledoc """
  What a run of a workbook came to.

    * `id` - the run's own, as its step log names it
    * `status` - `:ok`; `:failed` when a step failed; `:timeout` when the whole run's
      time was over; `:cancelled` when somebody ended it; `:invalid` when the workbook or
      its inputs were refused before any step
    * `error` - for `:invalid`, the issues: maps with `"code"`, `"message"` and, where known, `"line"`
    * `exports` - the workbook's outputs, by name
    * `results` - every component's outputs, by component id
    * `steps` - a map for each component, in document order: `component`, `lang`,
      `status` (`:ok`, `:failed`, `:timeout`, `:cancelled`, `:skipped`), `ms`, `cached` (its
      result was kept from before), `log`, `notes` (what the compiler said although the block
      compiled: `%{line, column, message}` each) and `error`: `nil` or `%{kind, message, line,
      column, excerpt, notes}`, with the line of the Org file; further `inputs_sha` and
      `outputs_sha` (SHA-256, in hex), `memory_peak` (bytes) and `fuel`, each `nil` where
      it is not known
    * `html` - the rendered document, results under their blocks
    * `ms` - how long it took
  """

  @enforce_keys [:id, :status]
  defstruct [:id, :status, error: nil, exports: %{}, results: %{}, steps: [], html: nil, ms: 0.0]

  @type status :: :ok | :failed | :timeout | :cancelled | :invalid
  @type step :: %{
          component: String.t(),
          lang: String.t(),
          status: :ok | :failed | :timeout | :cancelled | :skipped,
          ms: float,
          cached: boolean,
          log: String.t(),
          notes: [note],
          error: nil | step_error,
          inputs_sha: String.t() | nil,
          outputs_sha: String.t() | nil,
          memory_peak: non_neg_integer | nil,
          fuel: non_neg_integer | nil
        }
  @type step_error :: %{
          kind: atom,
          message: String.t(),
          line: pos_integer | nil,
          column: pos_integer | nil,
          excerpt: String.t() | nil,
          notes: [note]
        }
  @type note :: %{line: pos_integer | nil, column: pos_integer | nil, message: String.t()}
  @type t :: %__MODULE__{
          id: String.t(),
          status: status,
          error: nil | [map],
          exports: map,
          results: map,
          steps: [step],
          html: String.t() | nil,
          ms: float
        }

  @doc """
  An id for a run: later ones sort behind, and no two are the same on any machines.

      iex> Workbooks.Run.new_id() =~ ~r/\\A[0-9a-v]{23}\\z/
      true
  """
  @spec new_id :: String.t()
  def new_id do
    # Several may begin within a millisecond.
    time = System.os_time(:microsecond)
    # Of the two alphabets of base 32 the one that keeps the order.
    Base.hex_encode32(<<time::56, :crypto.strong_rand_bytes(7)::binary>>, case: :lower, padding: false)
  end
end
