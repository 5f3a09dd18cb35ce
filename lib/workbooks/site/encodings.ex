defmodule Workbooks.Site.Encodings do
  @moduledoc false
  # A file under each coding that makes it smaller, once, when the site is packed.

  alias Workbooks.Native
  alias Workbooks.Site.Type

  # The best quality of brotli takes six seconds for a mebibyte, the next a fifth of one.
  @best 64 * 1024
  @good 8 * 1024 * 1024
  @window 22

  @doc "The file as it is, then what is smaller, the smallest last."
  @spec of(binary, String.t()) :: [Workbooks.Site.variant(), ...]
  def of(content, type) do
    [variant(:identity, content) | if(Type.compressible?(type), do: smaller(content), else: [])]
  end

  defp smaller(content) do
    made = for {encoding, made} <- [gzip: gzip(content), br: brotli(content)], do: {byte_size(made), encoding, made}
    for {size, encoding, made} <- Enum.sort(made, :desc), size < byte_size(content), do: variant(encoding, made)
  end

  defp variant(encoding, content) do
    %{encoding: encoding, content: content, etag: Base.encode16(:crypto.hash(:sha256, content), case: :lower)}
  end

  defp brotli(content) do
    quality = if byte_size(content) <= @best, do: 11, else: if(byte_size(content) <= @good, do: 9, else: 5)

    case Native.brotli_compress(content, quality, @window) do
      {:ok, made} -> made
      # There was no memory for it: nothing is gained.
      :error -> content
    end
  end

  # As `:zlib.gzip/1`, which does not go to the best level. Its head has no time in it: the same bytes each time.
  defp gzip(content) do
    z = :zlib.open()

    try do
      :ok = :zlib.deflateInit(z, :best_compression, :deflated, 16 + 15, 9, :default)
      IO.iodata_to_binary(:zlib.deflate(z, content, :finish))
    after
      :zlib.close(z)
    end
  end
end
