defmodule Workbooks.Vars.Settings do
  @moduledoc false
  # What the functions of a store need to know before they ask one of its processes.

  alias Workbooks.Error

  @doc "Those of the store of this name."
  @spec put(atom, map) :: :ok
  def put(store, settings), do: :persistent_term.put({__MODULE__, store}, settings)

  @doc "The settings of a store that was started."
  @spec get(atom) :: {:ok, map} | {:error, Error.t()}
  def get(store) do
    case :persistent_term.get({__MODULE__, store}, nil) do
      nil -> Error.not_running(store)
      settings -> {:ok, settings}
    end
  end
end
