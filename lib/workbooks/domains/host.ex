defmodule Workbooks.Domains.Host do
  @moduledoc false
  # Host names in the one way of writing each that is stored, and what is wrong with what is none.
  #
  # A host is its name, lower-case ASCII; a wildcard `*.example.com` is `{:below, "example.com"}`, so
  # that no text anybody may send can be taken for one.

  alias Workbooks.{Names, Native}

  @type t :: String.t() | {:below, String.t()}
  @typedoc "In words, or a character that no name has: most of what is refused is told to nobody."
  @type wrong :: String.t() | byte

  # What DNS takes, without the last dot; and the most that may be written for one. A letter in
  # Unicode has up to four bytes, and one or more of ASCII.
  @most 253
  @written 1024
  @label 63

  @doc "A host's name, out of a `Host` header or of what a person wrote."
  @spec name(term) :: {:ok, String.t()} | {:error, wrong}
  def name(text) when is_binary(text) and byte_size(text) in 1..@written do
    with {:ok, host} <- without_port(text), do: if(ipv6?(host), do: ipv6(host), else: dotted(without_dot(host)))
  end

  def name(""), do: {:error, "it is empty"}
  def name(text) when is_binary(text), do: {:error, "it is longer than #{@written} bytes"}
  def name(_other), do: {:error, "it is no text"}

  @doc "A host's name, or a wildcard's."
  @spec pattern(term) :: {:ok, t} | {:error, wrong}
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

  def above(<<?., rest::binary>>, read), do: with(:error <- read.({:below, rest}), do: above(rest, read))
  def above(<<_char, rest::binary>>, read), do: above(rest, read)
  def above(<<>>, _read), do: :error

  # --- reading -------------------------------------------------------------------------------------

  # The part before the port is an IPv6 address in its brackets, or has no colon.
  defp without_port("[" <> _ = text) do
    case :binary.split(text, "]") do
      [address, ":" <> port] -> with :ok <- port(port, 0), do: {:ok, address <> "]"}
      [address, ""] -> {:ok, address <> "]"}
      _else -> {:error, "an IPv6 address stands in brackets, with nothing but a port behind it"}
    end
  end

  defp without_port(text) do
    case :binary.split(text, ":") do
      [host] -> {:ok, host}
      [host, port] -> with :ok <- port(port, 0), do: {:ok, host}
    end
  end

  # RFC 3986 allows one that is empty.
  defp port(<<digit, rest::binary>>, so_far) when digit in ?0..?9 and so_far * 10 + digit - ?0 <= 65_535,
    do: port(rest, so_far * 10 + digit - ?0)

  defp port(<<>>, _port), do: :ok

  defp port(_other, _so_far),
    do: {:error, "what follows a colon is a port up to 65535; an IPv6 address stands in brackets"}

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

  # --- names ---------------------------------------------------------------------------------------

  defp dotted(host) do
    with {:ok, host} <- ascii(host),
         {:ok, first} <- labels(host, 0, nil, nil),
         :ok <- sized(host),
         do: numbered(host, first)
  end

  defp sized(host) when byte_size(host) > @most, do: {:error, "it is longer than #{@most} bytes"}
  defp sized(_host), do: :ok

  # What is plain already is most of what comes.
  defp ascii(host) do
    case spelling(host, :lower) do
      :lower -> {:ok, :binary.copy(host)}
      :upper -> {:ok, String.downcase(host, :ascii)}
      :idna -> idna(host)
    end
  end

  # Letters beyond ASCII, or what says that it stands for such: whether it does is to be looked at too.
  defp spelling(<<char, _rest::binary>>, _so_far) when char >= 0x80, do: :idna
  defp spelling(<<x, n, "--", _rest::binary>>, _so_far) when x in 'xX' and n in 'nN', do: :idna
  defp spelling(<<char, rest::binary>>, _so_far) when char in ?A..?Z, do: spelling(rest, :upper)
  defp spelling(<<_char, rest::binary>>, so_far), do: spelling(rest, so_far)
  defp spelling(<<>>, so_far), do: so_far

  # Mapping makes ASCII out of characters that look like it, so what comes out is looked through as any.
  defp idna(host) do
    if String.valid?(host) do
      with :error <- Native.host_to_ascii(host), do: {:error, "it is no host name by IDNA (UTS 46)"}
    else
      {:error, "it is no UTF-8"}
    end
  end

  # Of the label that it is in: its size so far, its first character and its last. Answers the first
  # character of the last label.
  defp labels(_rest, size, _first, _last) when size > @label, do: {:error, "a label is up to #{@label} bytes"}
  defp labels(<<?., rest::binary>>, size, _first, last) when size > 0 and last != ?-, do: labels(rest, 0, nil, nil)
  defp labels(<<>>, size, first, last) when size > 0 and last != ?-, do: {:ok, first}
  defp labels(<<?-, _rest::binary>>, 0, _first, _last), do: {:error, "no label begins or ends with -"}

  defp labels(<<char, rest::binary>>, size, first, _last)
       when char in ?a..?z or char in ?0..?9 or char == ?- or char == ?_,
       do: labels(rest, size + 1, first || char, char)

  defp labels(<<?., _rest::binary>>, 0, _first, _last), do: {:error, "there is nothing before a dot"}
  defp labels(<<>>, 0, _first, _last), do: {:error, "there is nothing after its last dot"}
  defp labels(<<?., _rest::binary>>, _size, _first, ?-), do: {:error, "no label begins or ends with -"}
  defp labels(<<>>, _size, _first, ?-), do: {:error, "no label begins or ends with -"}

  defp labels(<<?*, _rest::binary>>, _size, _first, _last),
    do: {:error, "a * is nowhere but in front, as in *.example.com"}

  defp labels(<<char, _rest::binary>>, _size, _first, _last), do: {:error, char}

  # As browsers read it, what ends in a number is an address, which others may read in other bases
  # and with fewer parts: only the four decimal ones are the same to all.
  defp numbered(host, first) when first not in ?0..?9, do: {:ok, host}

  defp numbered(host, _digit) do
    cond do
      not (host =~ ~r/(\A|\.)([0-9]+|0x[0-9a-f]*)\z/) -> {:ok, host}
      ipv4?(host) -> {:ok, host}
      true -> {:error, "what ends in a number is an IPv4 address: four numbers up to 255, with no zeros before them"}
    end
  end

  defp ipv4?(host), do: host =~ ~r/\A((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(?!\z)|\z)){4}\z/

  defp address?(host), do: ipv6?(host) or ipv4?(host)

  @doc "What is wrong with a host, in words."
  @spec refusal(term, wrong) :: String.t()
  def refusal(text, char) when is_integer(char), do: refusal(text, "#{inspect(<<char>>)} is in no host name")
  def refusal(text, wrong), do: "#{Names.shown(text)} is no host: #{wrong}"
end
