defmodule Workbooks.Web.Input do
  @moduledoc false
  # What a request brings, read and checked by what its route says: the same that the description says.

  alias Workbooks.HTTP.Conn
  alias Workbooks.{Error, JSON, Names}
  alias Workbooks.Web.Schema

  @doc "The conn with `query` and `input` among its assigns, as far as its route takes any; or what is wrong with it."
  @spec read(Conn.t(), map) ::
          {:ok, Conn.t()} | {:error, Exception.t(), Conn.t()} | {:error, :bad_request, String.t(), map, Conn.t()}
  def read(conn, meta) do
    with {:ok, conn} <- params(conn, Map.get(meta, :params, %{})),
         {:ok, conn} <- query(conn, meta[:query]),
         do: body(conn, meta[:takes])
  end

  defp params(conn, schemas) do
    Enum.find_value(schemas, {:ok, conn}, fn {name, schema} ->
      with :ok <- Schema.check(conn.params[to_string(name)], schema),
           do: nil,
           else: (wrong -> bad(conn, wrong, "", to_string(name)))
    end)
  end

  # What a route does not know is a mistake of whoever wrote it, as in a body.
  defp query(conn, nil), do: {:ok, conn}

  defp query(conn, schemas) do
    schema = %{type: "object", properties: schemas, additionalProperties: false}

    with {:ok, query} <- Conn.query(conn),
         query = Map.new(query, fn {name, value} -> {name, number(value, schemas[known(name, schemas)])} end),
         :ok <- Schema.check(query, schema) do
      {:ok, Conn.assign(conn, :query, query)}
    else
      :error -> {:error, :bad_request, "the query is no UTF-8 text", %{}, conn}
      wrong -> bad(conn, wrong, "the query", nil)
    end
  end

  defp known(name, schemas), do: Enum.find(Map.keys(schemas), &(to_string(&1) == name))

  defp number(value, %{type: "integer"}) do
    case Integer.parse(value) do
      {number, ""} -> number
      _no_number -> value
    end
  end

  defp number(value, _schema), do: value

  defp body(conn, nil), do: {:ok, conn}

  defp body(conn, %{text: types}) do
    with :ok <- typed(conn, types, :anything),
         {:ok, text, conn} <- whole(conn),
         do: {:ok, Conn.assign(conn, :input, text)}
  end

  defp body(conn, %{json: schema} = takes) do
    with {:ok, text, conn} <- whole(conn),
         :ok <- if(text == "", do: :ok, else: typed(conn, ["application/json"], :needed)),
         {:ok, input} <- decoded(conn, text, takes) do
      input = Schema.integers(input, schema)

      case Schema.check(input, schema) do
        :ok -> {:ok, Conn.assign(conn, :input, input)}
        wrong -> bad(conn, wrong, "the body", nil)
      end
    end
  end

  defp whole(conn) do
    most = conn.assigns.max_body

    # Told before any of it is sent, where the client says how much that is.
    case Integer.parse(Conn.header(conn, "content-length") || "") do
      {bytes, ""} when bytes > most ->
        {:error, Error.new(:too_large, "the body is up to #{most} bytes, this one has #{bytes}"), conn}

      _unknown ->
        Conn.read_body(conn, most)
    end
  end

  defp decoded(_conn, "", %{required: false}), do: {:ok, %{}}
  defp decoded(conn, "", _takes), do: {:error, :bad_request, "a JSON body is needed", %{}, conn}

  defp decoded(conn, text, _takes) do
    with {:error, message} <- JSON.decode(text),
         do: {:error, :bad_request, "the body is no JSON: #{message}", %{}, conn}
  end

  # Another site's page may send a form or a plain text without asking, and no JSON.
  defp typed(conn, types, if_none) do
    given = Conn.header(conn, "content-type")
    type = (given || "") |> String.split(";") |> hd() |> String.trim() |> String.downcase()

    if type in types or (given == nil and if_none == :anything) do
      :ok
    else
      shown = if given, do: Names.shown(given), else: "none"

      {:error, :bad_request, "the content-type must be #{Enum.join(types, " or ")}, got #{shown}",
       %{field: "content-type"}, conn}
    end
  end

  defp bad(conn, {:error, {at, message}}, whole, name) do
    field = if at == "", do: name || "", else: at
    message = if field == "", do: "#{whole} #{message}", else: "#{inspect(field)} #{message}"
    {:error, :bad_request, message, %{field: field}, conn}
  end
end
