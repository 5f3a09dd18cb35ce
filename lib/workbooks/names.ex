defmodule Workbooks.Names do
  @moduledoc """
  What tenants, variables and workbooks may be called.

  A name is taken as it is, byte by byte: nothing is folded, trimmed or normalized, so that two
  names are the same only if they are equal. What could pass for another name, end it early or lead
  elsewhere is refused instead.

  | name | is |
  | --- | --- |
  | tenant | 1 to 64 of `A-Z a-z 0-9 _ . -`, the first no `.` or `-` |
  | workbook | 1 to 128 of the same |
  | variable | 1 to 128 bytes: letters and digits of any script, composed (NFC), and `_ . -`, the first no `.` or `-` |
  """

  alias Workbooks.Error

  @simple ~r/\A[A-Za-z0-9_][A-Za-z0-9_.-]*\z/
  # A letter may be followed by marks that no composed character has.
  @letters ~r/\A[\p{L}\p{N}_][\p{L}\p{N}\p{M}_.-]*\z/u
  @variable_bytes 128

  # Most of what is left of a name in a message.
  @shown 80

  @doc """
  Whether this can be a tenant's name.

      iex> Workbooks.Names.tenant("acme")
      :ok
      iex> {:error, error} = Workbooks.Names.tenant("../acme")
      iex> error.kind
      :bad_name
  """
  @spec tenant(term) :: :ok | {:error, Error.t()}
  def tenant(name), do: simple(name, 64, "tenant")

  @doc """
  Whether this can be a workbook's id.

      iex> Workbooks.Names.workbook("quarterly-report")
      :ok
  """
  @spec workbook(term) :: :ok | {:error, Error.t()}
  def workbook(id), do: simple(id, 128, "workbook id")

  @doc """
  Whether this can be a variable's name.

      iex> Workbooks.Names.variable("größe")
      :ok
      iex> {:error, error} = Workbooks.Names.variable("secret:token")
      iex> error.message
      "\\"secret:token\\" is no variable name: 1 to 128 bytes of letters and digits, composed (NFC), and _ . -, the first no . or -"
  """
  @spec variable(term) :: :ok | {:error, Error.t()}
  def variable(name) do
    if variable?(name) do
      :ok
    else
      bad(
        name,
        "variable name",
        "1 to #{@variable_bytes} bytes of letters and digits, composed (NFC), and _ . -, the first no . or -"
      )
    end
  end

  @doc false
  # As `variable/1`, for who does not need the words.
  def variable?(name), do: simple?(name, @variable_bytes) or composed?(name)

  defp simple(name, most, what) do
    if simple?(name, most), do: :ok, else: bad(name, what, "1 to #{most} of A-Z a-z 0-9 _ . -, the first no . or -")
  end

  # The length first: what is asked about may be of any.
  defp simple?(name, most), do: is_binary(name) and byte_size(name) <= most and name =~ @simple

  defp composed?(name) do
    is_binary(name) and byte_size(name) <= @variable_bytes and String.valid?(name) and name =~ @letters and
      :unicode.characters_to_nfc_binary(name) == name
  end

  defp bad(name, what, allowed) do
    Error.tuple(:bad_name, "#{shown(name)} is no #{what}: #{allowed}")
  end

  @doc false
  # For a message: of any length, and on one line.
  def shown(name) when is_binary(name) and byte_size(name) > @shown do
    inspect(binary_part(name, 0, @shown)) <> "… (#{byte_size(name)} bytes)"
  end

  def shown(name), do: inspect(name, limit: 5, printable_limit: @shown)
end
