defmodule Workbooks.Guests do
  @moduledoc false
  # The components that come with this library, loaded when first needed and then
  # kept for all. Their bytes are priv/guests/*.wasm, their native code, made at
  # build, priv/native/*.cwasm.

  alias Workbooks.Wasm.Precompiled

  @type name :: :oql | :js

  @spec component(name) :: {:ok, Workbooks.Wasm.Component.t()} | {:error, Workbooks.Wasm.Error.t()}
  def component(name) when name in [:oql, :js] do
    key = {__MODULE__, name}

    # Two processes may load it at the same time at first: it is the same component.
    case :persistent_term.get(key, nil) do
      nil -> with {:ok, component} <- load(name), do: keep(key, component)
      component -> {:ok, component}
    end
  end

  defp load(name) do
    priv = Application.app_dir(:workbooks, "priv")
    Precompiled.load(Path.join(priv, "guests/#{name}.wasm"), Path.join(priv, "native/#{name}.cwasm"))
  end

  defp keep(key, component) do
    :persistent_term.put(key, component)
    {:ok, component}
  end
end
