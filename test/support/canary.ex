defmodule Workbooks.TestCanary do
  @moduledoc false
  # A secret that is looked for in everything: as it is, and as things are written down.

  @doc "One that nobody else has."
  def new, do: "canary" <> Base.encode16(:crypto.strong_rand_bytes(24))

  @doc "Whether it is anywhere in this term, or in these bytes."
  def in?(canary, bytes) when is_binary(bytes), do: :binary.match(bytes, forms(canary)) != :nomatch
  # Binaries, lists of characters and what a function holds are in this as they are.
  def in?(canary, term), do: in?(canary, :erlang.term_to_binary(term))

  defp forms(canary) do
    # In base64 what a piece looks like depends on how many bytes stand before it; the ends belong to others too.
    base64 =
      for before <- 0..2 do
        text = Base.encode64(:binary.copy("x", before) <> canary)
        binary_part(text, 4, byte_size(text) - 12)
      end

    numbers = canary |> :binary.bin_to_list() |> Enum.join(", ")
    [canary, Base.encode16(canary), Base.encode16(canary, case: :lower), numbers, String.reverse(canary) | base64]
  end
end
