defmodule Workbooks.Site.Encodings do
  @moduledoc false
  # A file under each coding that makes it smaller, once, when the site is packed.

  alias Workbooks.Site.Type

  @doc "The file as it is, then what is smaller, the smallest last."
  @spec of(binary, String.t()) :: [Workbooks.Site.variant(), ...]
  def of(content, type) do
    [variant(:identity, content) | if(Type.compressible?(type), do: smaller(content), else: [])]
  end

  defp smaller(content) do
    for {encoding, smaller} <- [gzip: gzip(content)],
        byte_size(smaller) < byte_size(content),
        do: variant(encoding, smaller)
  end

  defp variant(encoding, content) do
    %{encoding: encoding, content: content, etag: Base.encode16(:crypto.hash(:sha256, content), case: :lower)}
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
