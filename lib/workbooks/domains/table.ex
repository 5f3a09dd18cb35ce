defmodule Workbooks.Domains.Table do
  @moduledoc false
  # Who holds which host, as rows of a table: `{host, {tenant, workbook}}`.

  @behaviour Workbooks.Storage.Mirror

  alias Workbooks.Domains.Host
  alias Workbooks.Error

  @impl true
  def decode(host, <<size, tenant::binary-size(size), workbook::binary>>) when size > 0 and workbook != "" do
    {:ok, Host.from_text(host), {:binary.copy(tenant), :binary.copy(workbook)}}
  end

  def decode(_host, value), do: {:error, "#{byte_size(value)} bytes are no tenant and workbook"}

  @impl true
  def encode_key(host), do: Host.text(host)

  @impl true
  def encode({tenant, workbook}), do: <<byte_size(tenant), tenant::binary, workbook::binary>>

  # By tenant, for those who list their own.
  @impl true
  def index(host, {tenant, workbook}), do: {{tenant, host}, workbook}

  # A host is held by whom it leads to: who has `*.example.com` has `www.example.com` too, unless
  # somebody else had that before.
  @impl true
  def decide({:attach, host, {tenant, _workbook} = row, written}, read, _context) do
    with {:ok, _before} <- free(host, tenant, read, written) do
      {:ok, if(read.(host) == {:ok, row}, do: [], else: [{:put, host, row}]), :ok}
    end
  end

  # Another's is as if it were not there.
  def decide({:detach, host, whose, written}, read, _context) do
    case read.(host) do
      {:ok, {tenant, _}} when whose in [:any, tenant] -> {:ok, [{:delete, host}], :ok}
      _else -> Error.tuple(:not_found, "#{written} is not attached")
    end
  end

  @doc "Whether nobody but the tenant holds a host, and where it leads now."
  @spec free(Host.t(), String.t(), (Host.t() -> {:ok, {String.t(), String.t()}} | :error), String.t()) ::
          {:ok, String.t() | nil} | {:error, Error.t()}
  def free(host, tenant, read, written) do
    case Host.find(host, read) do
      {:ok, {^tenant, workbook}} -> {:ok, workbook}
      {:ok, _another} -> Error.tuple(:conflict, "#{written} is held by another tenant")
      :error -> {:ok, nil}
    end
  end

  @impl true
  def changed(_changes, _context), do: :ok
end
