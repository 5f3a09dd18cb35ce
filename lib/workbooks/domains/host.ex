defmodule Workbooks.Domains.Host do
  @moduledoc false
  # Host names in the one way of writing each that is stored, and what is wrong with what is none.
  #
  # A host is its name, lower-case ASCII; a wildcard `*.example.com` is `{:below, "example.com"}`, so
  # that no text anybody may send can be taken for one.

  alias Workbooks.{Names, Native}

  @type t :: String.t() | {:below, String.t()}

  # What DNS takes, without the last dot; and the most that may be written for one. A letter in
  # Unicode has up to four bytes, and one or more of ASCII.
  @most 253
  @written 1024
  @label 63

  @lower '-.0123456789_abcdefghijklmnopqrstuvwxyz'
  @upper 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

  @doc "A host's name, out of a `Host` header or of what a person wrote."
  @spec name(term) :: {:ok, String.t()} | {:error, String.t()}
  def name(text) when is_binary(text) and byte_size(text) in 1..@written do
    with {:ok, host} <- without_port(text), do: if(ipv6?(host), do: ipv6(host), else: dotted(without_dot(host)))
  end

  def name(""), do: {:error, "it is empty"}
  def name(text) when is_binary(text), do: {:error, "it is longer than #{@written} bytes"}
  def name(_other), do: {:error, "it is no text"}

  @doc "A host's name, or a wildcard's."
  @spec pattern(term) :: {:ok, t} | {:error, String.t()}
  def pattern("*." <> text) do
    with {:ok, host} <- name(text) do
      cond do
        address?(host) -> {:error, "nothing is below an address"}
        host =~ "." == false -> {:error, "a wildcard needs two labels behind it: *.example.com, not *.com"}
        byte_size(host) + 2 > @most -> {:error, "it is longer than #{@most} bytes"}
        true -> {:ok, {:below, host}}
      end
    end
  end

  def pattern(text), do: name(text)

  @doc "As a person reads it and as it is stored."
  @spec text(t) :: String.t()
  def text({:below, host}), do: "*." <> host
  def text(host), do: host

  @doc "What `text/1` made, back."
  @spec from_text(String.t()) :: t
  def from_text("*." <> host), do: {:below, :binary.copy(host)}
  def from_text(host), do: host

  @doc """
  The most specific that `read` finds: the host itself, then the nearest wildcard above it.

  `read.(t)` answers `:error` where there is nothing, and anything else is the answer.
  """
  @spec find(t, (t -> :error | found)) :: :error | found when found: term
  def find(host, read) do
    with :error <- read.(host), do: above(host, read)
  end

  @doc "As `find/2`, of the wildcards above it alone."
  @spec above(t, (t -> :error | found)) :: :error | found when found: term
  def above({:below, host}, read), do: above(host, read)

  def above(host, read) do
    case :binary.split(host, ".") do
      [_label, rest] -> with :error <- read.({:below, rest}), do: above(rest, read)
      [_last] -> :error
    end
  end

  # --- reading -------------------------------------------------------------------------------------

  # The part before the port is an IPv6 address in its brackets, or has no colon.
  defp without_port("[" <> _ = text) do
    case :binary.split(text, "]") do
      [address, ":" <> port] -> with :ok <- port(port), do: {:ok, address <> "]"}
      [address, ""] -> {:ok, address <> "]"}
      _else -> {:error, "an IPv6 address stands in brackets, with nothing but a port behind it"}
    end
  end

  defp without_port(text) do
    case :binary.split(text, ":") do
      [host, port] -> with :ok <- port(port), do: {:ok, host}
      [host] -> {:ok, host}
    end
  end

  # RFC 3986 allows one that is empty.
  defp port(text) do
    if text =~ ~r/\A[0-9]{0,5}\z/ and (text == "" or String.to_integer(text) <= 65_535),
      do: :ok,
      else: {:error, "what follows a colon is a port up to 65535; an IPv6 address stands in brackets"}
  end

  defp without_dot(host) do
    size = byte_size(host) - 1
    if size > 0 and :binary.at(host, size) == ?., do: binary_part(host, 0, size), else: host
  end

  defp ipv6?(host), do: match?("[" <> _, host)

  # The longest is 45 characters with its brackets aside; `%` would begin a zone, which is one machine's.
  defp ipv6(host) do
    text = binary_part(host, 1, byte_size(host) - 2)

    with true <- text =~ ~r/\A[0-9A-Fa-f:.]{2,45}\z/,
         {:ok, address} <- :inet.parse_ipv6strict_address(String.to_charlist(text)) do
      {:ok, "[#{:inet.ntoa(address)}]"}
    else
      _none -> {:error, "what stands in brackets is no IPv6 address"}
    end
  end

  defp dotted(host) do
    with {:ok, host} <- ascii(host), :ok <- sized(host), :ok <- labels(host, host), do: numbered(host)
  end

  defp sized(host) when byte_size(host) > @most, do: {:error, "it is longer than #{@most} bytes"}
  defp sized(_host), do: :ok

  # --- letters -------------------------------------------------------------------------------------

  # What is plain already is most of what comes.
  defp ascii(host) do
    case spelling(host, :lower) do
      :lower -> if punycode?(host), do: idna(host), else: {:ok, :binary.copy(host)}
      :upper -> host |> String.downcase(:ascii) |> lower()
      :unicode -> idna(host)
      {:wrong, byte} -> wrong(byte)
    end
  end

  defp lower(host), do: if(punycode?(host), do: idna(host), else: {:ok, host})

  # A label that begins with `xn--` stands for letters, if it is any label at all.
  defp punycode?(host), do: :binary.match(host, "xn--") != :nomatch

  # Mapping can make any character out of one that looks like it.
  defp idna(host) do
    with true <- String.valid?(host),
         {:ok, ascii} <- Native.host_to_ascii(host) do
      case spelling(ascii, :lower) do
        :lower -> {:ok, ascii}
        {:wrong, byte} -> wrong(byte)
        _else -> {:error, "it is no host name by IDNA (UTS 46)"}
      end
    else
      false -> {:error, "it is no UTF-8"}
      :error -> {:error, "it is no host name by IDNA (UTS 46)"}
    end
  end

  defp spelling(<<char, rest::binary>>, so_far) when char in @lower, do: spelling(rest, so_far)
  defp spelling(<<char, rest::binary>>, :lower) when char in @upper, do: spelling(rest, :upper)
  defp spelling(<<char, rest::binary>>, so_far) when char in @upper, do: spelling(rest, so_far)
  defp spelling(<<char, rest::binary>>, _so_far) when char >= 0x80, do: spelling(rest, :unicode)
  defp spelling(<<char, _rest::binary>>, _so_far), do: {:wrong, char}
  defp spelling(<<>>, so_far), do: so_far

  defp wrong(?*), do: {:error, "a wildcard is *. in front of a host name, and nowhere else"}
  defp wrong(byte), do: {:error, "#{inspect(<<byte>>)} is in no host name"}

  # --- labels --------------------------------------------------------------------------------------

  defp labels(rest, host) do
    {size, ends} =
      case :binary.match(rest, ".") do
        {at, 1} -> {at, false}
        :nomatch -> {byte_size(rest), true}
      end

    cond do
      size == 0 -> {:error, "there is nothing between two dots, or before the first"}
      size > @label -> {:error, "what stands between dots is up to #{@label} bytes"}
      :binary.first(rest) == ?- or :binary.at(rest, size - 1) == ?- -> {:error, "no label begins or ends with -"}
      ends -> :ok
      true -> labels(binary_part(rest, size + 1, byte_size(rest) - size - 1), host)
    end
  end

  # As browsers read it, what ends in a number is an address, which others may read in other bases
  # and with fewer parts: only the four decimal ones are the same to all.
  defp numbered(host) do
    last = host |> :binary.split(".", [:global]) |> List.last()

    cond do
      not (last =~ ~r/\A([0-9]+|0x[0-9a-f]*)\z/) -> {:ok, host}
      ipv4?(host) -> {:ok, host}
      true -> {:error, "what ends in a number is an IPv4 address: four numbers up to 255, with no zeros before them"}
    end
  end

  defp ipv4?(host), do: host =~ ~r/\A((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(?!\z)|\z)){4}\z/

  defp address?(host), do: ipv6?(host) or ipv4?(host)

  @doc "What is wrong with a host, in words."
  @spec refusal(term, String.t()) :: String.t()
  def refusal(text, wrong), do: "#{Names.shown(text)} is no host: #{wrong}"
end
