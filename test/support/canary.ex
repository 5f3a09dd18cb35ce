defmodule Workbooks.TestCanary do
  @moduledoc false
  # A secret that is looked for in everything: as it is, and as things are written down.

  @doc "One that nobody else has."
  def new, do: "canary" <> Base.encode16(:crypto.strong_rand_bytes(24))

  @doc "Whether it is anywhere in this term, or in these bytes."
  def in?(canary, thing), do: found?(thing, :binary.compile_pattern(forms(canary)))

  @doc "Those of the things that have it."
  def where(canary, things) do
    pattern = :binary.compile_pattern(forms(canary))

    for some <- Enum.chunk_every(things, 1_000), found?(some, pattern), thing <- some, found?(thing, pattern), do: thing
  end

  defp found?(bytes, pattern) when is_binary(bytes), do: :binary.match(bytes, pattern) != :nomatch
  # Binaries, lists of characters and what a function holds are in this as they are.
  defp found?(term, pattern), do: found?(:erlang.term_to_binary(term), pattern)

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
