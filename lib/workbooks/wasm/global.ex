defmodule Workbooks.Wasm.Global do
  @moduledoc """
  Globals of core instances.

      iex> wat = ~S'(module (global (export "g") (mut i32) (i32.const 1)))'
      iex> {:ok, instance} = Workbooks.Wasm.instantiate(Workbooks.Wasm.compile!(wat))
      iex> Workbooks.Wasm.Global.set(instance, "g", 5)
      :ok
      iex> Workbooks.Wasm.Global.get(instance, "g")
      {:ok, 5}

  Errors: `:not_found` without such a global, `:busy` during a call that waits for no
  host function, `:type` for a value that does not fit or a constant that is to be set.
  """

  alias Workbooks.Native
  alias Workbooks.Wasm.{Error, Instance}

  @doc "Its value. A NaN that is not the canonical one comes as `{:nan, bits}`."
  @spec get(Instance.t(), String.t()) :: {:ok, term} | {:error, Error.t()}
  def get(%Instance{ref: ref}, name) when is_binary(name), do: answer(Native.global_get(ref, name))

  @doc "Sets it."
  @spec set(Instance.t(), String.t(), term) :: :ok | {:error, Error.t()}
  def set(%Instance{ref: ref}, name, value) when is_binary(name), do: answer(Native.global_set(ref, name, value))

  defp answer({:error, error}), do: {:error, Error.from_native(error)}
  defp answer(answer), do: answer
end
