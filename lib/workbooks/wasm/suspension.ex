defmodule Workbooks.Wasm.Suspension do
  @moduledoc """
  A call that waits for the answer of a host function, in nobody's process: what
  `Workbooks.Wasm.call/4` gives with `on_host_call: :suspend`.

  `name` is the function the guest called (its interface or module and its own name),
  `arguments` what it gave. Any process may hold the suspension, send it on and resume
  it once; whoever does becomes the instance's owner. Until then the instance ends with
  no process but with the suspension: when nobody holds that any more, or when its time
  to live is over.
  """

  @enforce_keys [:ref, :id, :name, :arguments, :instance]
  defstruct [:ref, :id, :name, :arguments, :instance, :ttl, metrics: false]

  @type t :: %__MODULE__{
          ref: reference,
          id: pos_integer,
          name: [String.t()],
          arguments: list,
          instance: Workbooks.Wasm.Instance.t(),
          ttl: timeout,
          metrics: boolean
        }

  defimpl Inspect do
    def inspect(suspension, _options) do
      "#Workbooks.Wasm.Suspension<#{suspension.id}: #{Enum.join(suspension.name, "#")}/#{length(suspension.arguments)}>"
    end
  end
end
