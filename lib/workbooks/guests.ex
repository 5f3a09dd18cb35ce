defmodule Workbooks.Guests do
  @moduledoc false
  # The components that come with this library, loaded when first needed and then
  # kept for all. Their bytes are priv/guests/*.wasm, their native code, made at
  # build, priv/native/*.cwasm.

  alias Workbooks.Wasm
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

  # The same, counting fuel: compiled when that is first wanted, and kept by the cache of compiled
  # programs for the next virtual machine.
  @spec metered(name, timeout) :: {:ok, Workbooks.Wasm.Component.t()} | {:error, Workbooks.Wasm.Error.t()}
  def metered(name, timeout) when name in [:oql, :js] do
    key = {__MODULE__, :metered, name}

    case :persistent_term.get(key, nil) do
      nil ->
        with {:ok, component} <- Wasm.compile_file(bytes(name), fuel: true, timeout: timeout), do: keep(key, component)

      component ->
        {:ok, component}
    end
  end

  # SHA-256 of the guest's bytes: what another version of it made may be of no use to it.
  @spec digest(name) :: {:ok, <<_::256>>} | {:error, File.posix()}
  def digest(name) when name in [:oql, :js] do
    key = {__MODULE__, :digest, name}

    case :persistent_term.get(key, nil) do
      nil -> with {:ok, bytes} <- File.read(bytes(name)), do: keep(key, :crypto.hash(:sha256, bytes))
      digest -> {:ok, digest}
    end
  end

  defp load(name) do
    Precompiled.load(bytes(name), Path.join(priv(), "native/#{name}.cwasm"))
  end

  defp bytes(name), do: Path.join(priv(), "guests/#{name}.wasm")
  defp priv, do: Application.app_dir(:workbooks, "priv")

  defp keep(key, value) do
    :persistent_term.put(key, value)
    {:ok, value}
  end
end
