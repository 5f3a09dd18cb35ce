defmodule Workbooks.Library.Head do
  @moduledoc false
  # What is known of a workbook without its contents: its versions and what was published, newest first.
  #
  # Each list is one binary of records of one size, so that a reader takes a reference out of the
  # table and looks at the record it wants, however many there are.
  #
  # What begins the list of publications is what is published now; version 0 says that nothing is.

  @type t :: {versions :: binary, publications :: binary}
  @typedoc "Of a version's source, or of an artifact and the version that it was made of."
  @type entry :: %{version: non_neg_integer, at: integer, bytes: non_neg_integer, digest: <<_::256>>}

  @record 56
  @nothing %{version: 0, at: 0, bytes: 0, digest: <<0::256>>}

  # Times are microseconds of Unix time, up to the last that a DateTime has.
  @last 253_402_300_799_999_999

  @spec new :: t
  def new, do: {<<>>, <<>>}

  @doc "The newest version; nil of a new head."
  @spec latest(t) :: entry | nil
  def latest({versions, _publications}), do: first(versions)

  @spec version(t, pos_integer) :: entry | nil
  def version({versions, _publications}, number), do: versions |> entries() |> Enum.find(&(&1.version == number))

  @spec versions(t) :: [entry]
  def versions({versions, _publications}), do: entries(versions)

  @doc "What is published now; nil when nothing is."
  @spec published(t) :: entry | nil
  def published({_versions, publications}) do
    with %{version: 0} <- first(publications), do: nil
  end

  @doc "The digest of what is published now; `:error` when nothing is."
  @spec published_digest(t) :: {:ok, <<_::256>>} | :error
  def published_digest({_versions, <<version::64, _::128, digest::binary-32, _older::binary>>}) when version > 0,
    do: {:ok, digest}

  def published_digest(_nothing), do: :error

  @doc "What was published, with what is."
  @spec publications(t) :: [entry]
  def publications({_versions, publications}),
    do: for(%{version: version} = one when version > 0 <- entries(publications), do: one)

  @doc "The head with one version more. It keeps the newest `keep`, and the one that is published."
  @spec add(t, entry, pos_integer) :: t
  def add({versions, publications} = head, entry, keep) do
    published = published(head)

    # They are in their order, so what is kept beyond `keep` stays the last.
    {newest, older} = [entry | entries(versions)] |> Enum.split(keep)
    {records(newest ++ Enum.filter(older, &(published != nil and &1.version == published.version))), publications}
  end

  @doc "The head with something else published."
  @spec publish(t, entry, pos_integer) :: t
  def publish({versions, _publications} = head, entry, keep) do
    {versions, records(Enum.take([entry | publications(head)], keep))}
  end

  @doc "The head with nothing published any more."
  @spec unpublish(t) :: t
  def unpublish({versions, publications}), do: {versions, record(@nothing) <> publications}

  @doc "The head with what was published before what is published now; nil where there was nothing before."
  @spec roll_back(t) :: t | nil
  def roll_back({_versions, publications}) when byte_size(publications) <= @record, do: nil
  def roll_back({versions, <<_now::binary-size(@record), before::binary>>}), do: {versions, :binary.copy(before)}

  @doc "Which contents it needs."
  @spec digests(t) :: [binary]
  def digests({versions, publications}) do
    for <<version::64, _::128, digest::binary-32 <- versions <> publications>>, version > 0, do: digest
  end

  # --- as it is stored -----------------------------------------------------------------------------

  @spec encode(t) :: binary
  def encode({versions, publications}), do: <<byte_size(versions)::32, versions::binary, publications::binary>>

  @doc "What `encode/1` made, or what is wrong with it."
  @spec decode(binary) :: {:ok, t} | {:error, String.t()}
  def decode(<<size::32, versions::binary-size(size), publications::binary>>) do
    if size > 0 and descending?(versions, :none) and records?(publications),
      do: {:ok, {:binary.copy(versions), :binary.copy(publications)}},
      else: {:error, "its versions or publications are out of order"}
  end

  def decode(other), do: {:error, "#{byte_size(other)} bytes are no list of versions"}

  defp descending?(<<version::64, at::64, _::320, rest::binary>>, above) do
    version > 0 and version < above and at <= @last and descending?(rest, version)
  end

  defp descending?(rest, _above), do: rest == <<>>

  defp records?(<<_version::64, at::64, _::320, rest::binary>>), do: at <= @last and records?(rest)
  defp records?(rest), do: rest == <<>>

  defp first(<<version::64, at::64, bytes::64, digest::binary-32, _older::binary>>) do
    %{version: version, at: at, bytes: bytes, digest: digest}
  end

  defp first(<<>>), do: nil

  defp entries(records) do
    for <<version::64, at::64, bytes::64, digest::binary-32 <- records>>,
      do: %{version: version, at: at, bytes: bytes, digest: digest}
  end

  defp records(entries), do: for(entry <- entries, into: <<>>, do: record(entry))

  defp record(entry), do: <<entry.version::64, entry.at::64, entry.bytes::64, entry.digest::binary-32>>
end
