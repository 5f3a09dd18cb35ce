defmodule Workbooks.TestWASIGuests do
  @moduledoc false
  # Components that import preview 2, made from test/support/wasi.

  alias Workbooks.{TestGuests, Wasm}

  @folder Path.join(__DIR__, "wasi")

  @doc "Asks of the system what each of its exports is called after."
  def system, do: component("system")

  @doc "Answers requests, how is what the path says: `/echo`, `/none`, `/long`, `/trap`."
  def handler, do: component("handler")

  @doc "`fetch` sends a request."
  def fetcher, do: component("fetcher")

  @doc "A component of preview 3: `random`, `sleep`."
  def preview3, do: @folder |> Path.join("preview3.wat") |> File.read!() |> Wasm.compile!()

  @doc "An instance that is given this of the system."
  def start(component, wasi, options \\ []) do
    Wasm.instantiate!(component, [wasi: wasi] ++ options)
  end

  defp component(name) do
    read = fn file -> File.read!(Path.join(@folder, file)) end
    TestGuests.component!(read.("#{name}.wat"), wit: read.("#{name}.wit") <> read.("packages.wit"))
  end
end
