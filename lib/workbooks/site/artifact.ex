defmodule Workbooks.Site.Artifact do
  @moduledoc false
  # A site as one binary:
  #
  #     "wbsite" version:8 | SHA-256 of the index | size of the index:32 | index | contents
  #
  # The index has, for each file in the order of paths, its path, its type and its variants: the coding,
  # the size and the SHA-256 of each. The contents stand one after the other in the order of the index. So
  # each byte is under a digest, and there is no offset that could lead elsewhere.

  alias Workbooks.Site.Paths

  @magic "wbsite"
  @version 1
  @codes %{identity: 0, gzip: 1, br: 2}
  @codings Map.new(@codes, fn {coding, code} -> {code, coding} end)

  @spec encode([Workbooks.Site.file()]) :: binary
  def encode(files) do
    index = for file <- files, into: <<length(files)::32>>, do: entry(file)
    contents = for file <- files, variant <- file.variants, do: variant.content
    head = <<@magic, @version, :crypto.hash(:sha256, index)::binary, byte_size(index)::32>>
    IO.iodata_to_binary([head, index, contents])
  end

  defp entry(%{path: path, type: type, variants: variants}) do
    variants = for one <- variants, into: <<>>, do: described(one)
    <<byte_size(path)::16, path::binary, byte_size(type), type::binary, div(byte_size(variants), 41), variants::binary>>
  end

  defp described(%{encoding: encoding, content: content, etag: etag}) do
    <<@codes[encoding], byte_size(content)::64, Base.decode16!(etag, case: :lower)::binary>>
  end

  @doc "The files, or what is wrong: `:version` of a later one."
  @spec decode(binary) :: {:ok, [Workbooks.Site.file()]} | {:error, String.t() | :version}
  def decode(<<@magic, @version, digest::binary-32, size::32, index::binary-size(size), contents::binary>>) do
    if :crypto.hash(:sha256, index) == digest,
      do: indexed(index, contents),
      else: {:error, "its index has another SHA-256"}
  end

  def decode(<<@magic, version, _rest::binary>>) when version > @version, do: {:error, :version}
  def decode(<<@magic, @version, _rest::binary>>), do: {:error, "it is too short"}
  def decode(_other), do: {:error, "it does not begin as one"}

  defp indexed(<<count::32, entries::binary>>, contents), do: files(count, entries, contents, "", [])
  defp indexed(_short, _contents), do: {:error, "its index is too short"}

  defp files(0, <<>>, <<>>, _before, files), do: {:ok, Enum.reverse(files)}

  defp files(
         count,
         <<size::16, path::binary-size(size), length, type::binary-size(length), variants, rest::binary>>,
         contents,
         before,
         files
       )
       when count > 0 and path > before do
    with :ok <- Paths.check(path),
         {:ok, variants, rest, contents} <- variants(variants, rest, contents, []) do
      files(count - 1, rest, contents, path, [%{path: path, type: type, variants: variants} | files])
    else
      {:error, wrong} -> {:error, "#{inspect(path)}: #{wrong}"}
    end
  end

  defp files(_count, _entries, _contents, _before, _files), do: {:error, "its index and its contents do not agree"}

  # The first is the file as it is, and each of the others is another coding of it.
  defp variants(0, rest, contents, [_ | _] = found), do: {:ok, Enum.reverse(found), rest, contents}

  defp variants(count, <<code, size::64, digest::binary-32, rest::binary>>, contents, found) when count > 0 do
    with {:ok, encoding} <- Map.fetch(@codings, code),
         true <- found == [] == (encoding == :identity),
         <<content::binary-size(size), contents::binary>> <- contents,
         ^digest <- :crypto.hash(:sha256, content) do
      etag = Base.encode16(digest, case: :lower)
      variants(count - 1, rest, contents, [%{encoding: encoding, content: content, etag: etag} | found])
    else
      _wrong -> {:error, "its content has another size or SHA-256"}
    end
  end

  defp variants(_count, _rest, _contents, _found), do: {:error, "it has no content"}
end
