# What does the cache save, and what does it cost itself?
#
# The floor is what it must do at least: SHA-256 of the bytes, which names what was
# compiled from them, and for the disk SHA-256 of the native code, which is checked.

Code.require_file("support/bench.exs", __DIR__)
Code.require_file("support/guests.exs", __DIR__)

defmodule Bench.Cache do
  alias Bench.Guests
  alias Workbooks.Wasm
  alias Workbooks.Wasm.Cache

  def question, do: "Compiling what was compiled before"

  def rows, do: Bench.own_cache(fn _folder -> measured() end)

  defp measured do
    bytes = Guests.large(200)
    {:ok, code} = bytes |> Wasm.compile!() |> Wasm.serialize()

    took =
      Bench.measure(
        [
          {:hash, 20, fn -> :crypto.hash(:sha256, bytes) end},
          {:hashes, 5, fn -> {:crypto.hash(:sha256, bytes), :crypto.hash(:sha256, code)} end},
          {:compile, 1, fn -> {:ok, _} = Wasm.compile(bytes, cache: false) end},
          {:memory, 20, fn -> {:ok, _} = Wasm.compile(bytes) end},
          {:disk, 5,
           fn ->
             Cache.clear(:memory)
             {:ok, _} = Wasm.compile(bytes)
           end}
        ],
        7
      )

    size = "#{div(byte_size(bytes), 1024)} KiB of bytes, #{div(byte_size(code), 1024)} KiB of code"

    [
      Bench.row("compile, #{size}", took.compile, floor: {"SHA-256 of the bytes", took.hash}),
      Bench.row("from disk", took.disk, floor: {"SHA-256 of bytes and code", took.hashes}),
      Bench.row("from memory", took.memory, floor: {"SHA-256 of the bytes", took.hash})
    ]
  end
end

Bench.run(Bench.Cache)
