defmodule Workbooks.TestSoakClient do
  @moduledoc false
  # One of the clients of `Workbooks.TestSoak`: it writes to a workbook and variables of its own, and remembers what
  # was acknowledged, and what may or may not have been written.

  @hosts "soak.test"

  @doc "Goes on until the deadline; answers what it did and what it was promised."
  def run(name, places, deadline) do
    client = %{name: name, places: places, number: 0, acknowledged: 0, source: {0, []}, value: {0, []}, done: %{}}
    client = client |> put() |> publish()
    go(client, deadline)
  end

  defp go(client, deadline) do
    if System.monotonic_time(:millisecond) >= deadline do
      client
    else
      operation = Enum.random(~w(put put value value get get render page page page page run vanish listen publish)a)
      client = apply_operation(operation, client)
      go(%{client | done: Map.update(client.done, operation, 1, &(&1 + 1))}, deadline)
    end
  end

  defp apply_operation(:put, client), do: put(client)
  defp apply_operation(:value, client), do: value(client)
  defp apply_operation(:get, client), do: get(client)
  defp apply_operation(:render, client), do: render(client)
  defp apply_operation(:page, client), do: page(client)
  defp apply_operation(:run, client), do: run(client)
  defp apply_operation(:vanish, client), do: vanish(client)
  defp apply_operation(:listen, client), do: listen(client)
  defp apply_operation(:publish, client), do: publish(client)

  # --- what is written -----------------------------------------------------------------------------

  defp put(client) do
    number = client.number + 1
    client = %{client | number: number}

    case ask(client, :put, "/api/workbooks/#{client.name}", source(number), "text/org") do
      {status, _body} when status in [200, 201, 204] -> promised(client, :source, number)
      _unknown -> perhaps(client, :source, number)
    end
  end

  defp value(client) do
    number = client.number + 1
    client = %{client | number: number}

    case ask(client, :put, "/api/vars/#{client.name}", ~s({"value": "#{number}"}), "application/json") do
      {status, _body} when status in [200, 201, 204] -> promised(client, :value, number)
      _unknown -> perhaps(client, :value, number)
    end
  end

  defp promised(client, what, number) do
    %{client | acknowledged: client.acknowledged + 1} |> Map.put(what, {number, []})
  end

  # Written or not: either is right.
  defp perhaps(client, what, number), do: Map.update!(client, what, fn {sure, maybe} -> {sure, [number | maybe]} end)

  defp source(number) do
    """
    * Soak
    :PROPERTIES:
    :WORKBOOK_VERSION: 1
    :END:
    The number is number-#{number}-.
    ** Double
    :PROPERTIES:
    :out: double
    :END:
    #+begin_src javascript
    export function double() { return #{number} * 2 }
    #+end_src
    """
  end

  # --- what is read --------------------------------------------------------------------------------

  defp get(client) do
    case ask(client, :get, "/api/workbooks/#{client.name}") do
      {200, body} -> known!(client, :source, number(body), "the source")
      {404, _body} -> missing!(client)
      _ended -> :ok
    end

    client
  end

  defp render(client) do
    case ask(client, :post, "/api/workbooks/#{client.name}/render", "{}", "application/json") do
      {200, body} -> known!(client, :source, number(body), "the page")
      {404, _body} -> missing!(client)
      _ended -> :ok
    end

    client
  end

  defp run(client) do
    with {202, body} <- ask(client, :post, "/api/workbooks/#{client.name}/run", "{}", "application/json"),
         {:ok, %{"id" => id}} <- Workbooks.JSON.decode(body) do
      %{client | done: Map.update(client.done, :begun, 1, &(&1 + 1))} |> Map.put(:last_run, id)
    else
      _ended -> client
    end
  end

  defp publish(client) do
    ask(
      client,
      :post,
      "/api/workbooks/#{client.name}/publish",
      ~s({"host": "#{client.name}.#{@hosts}"}),
      "application/json"
    )

    client
  end

  # Whatever is published is whole.
  defp page(client) do
    headers = [{~c"host", to_charlist("#{client.name}.#{@hosts}")}]

    case request(:get, {url(client.places.public, "/"), headers}) do
      {200, body} -> unless body =~ ~r/number-\d+-.*<\/html>/s, do: raise("a page is not whole: #{inspect(body)}")
      {404, _body} -> :ok
      _ended -> :ok
    end

    client
  end

  # --- who does not behave -------------------------------------------------------------------------

  defp vanish(client) do
    say(
      client,
      "PUT /api/workbooks/#{client.name}-x HTTP/1.1\r\nhost: x\r\nauthorization: Bearer #{client.places.key}\r\n" <>
        "content-type: text/org\r\ncontent-length: 100000\r\n\r\nhalf"
    )
  end

  defp listen(client) do
    id = client[:last_run] || "none"
    say(client, "GET /api/runs/#{id}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer #{client.places.key}\r\n\r\n")
  end

  defp say(client, bytes) do
    with {:ok, socket} <- :gen_tcp.connect({127, 0, 0, 1}, client.places.control, [:binary, active: false], 5_000) do
      :gen_tcp.send(socket, bytes)
      Process.sleep(:rand.uniform(10))
      :gen_tcp.close(socket)
    end

    client
  end

  # --- what was promised ---------------------------------------------------------------------------

  @doc "What was acknowledged to the client and is not there."
  def lost(client, places) do
    client = %{client | places: places}

    source =
      case again(fn -> ask(client, :get, "/api/workbooks/#{client.name}") end) do
        {200, body} -> wrong(client.source, number(body), "#{client.name}'s source")
        other -> if client.source == {0, []}, do: [], else: ["#{client.name}'s source: #{inspect(other)}"]
      end

    value =
      case again(fn -> ask(client, :get, "/api/vars/#{client.name}") end) do
        {200, body} ->
          {:ok, %{"value" => value}} = Workbooks.JSON.decode(body)
          wrong(client.value, String.to_integer(value), "#{client.name}'s variable")

        other ->
          if elem(client.value, 0) == 0, do: [], else: ["#{client.name}'s variable: #{inspect(other)}"]
      end

    source ++ value
  end

  # An endpoint may be on its way back.
  defp again(ask, times \\ 50) do
    case ask.() do
      {status, _body} = answer when is_integer(status) and (status < 500 or times == 0) -> answer
      _ended when times > 0 -> Process.sleep(100) && again(ask, times - 1)
      ended -> ended
    end
  end

  defp wrong({sure, maybe}, number, what) do
    if number == sure or number in maybe, do: [], else: ["#{what} is #{number}, and was #{inspect([sure | maybe])}"]
  end

  defp known!(client, what, number, name) do
    with [wrong] <- wrong(Map.fetch!(client, what), number, name), do: raise(wrong)
  end

  defp missing!(%{source: {0, _maybe}}), do: :ok
  defp missing!(client), do: raise("#{client.name}'s workbook is gone")

  defp number(body) do
    [_all, number] = Regex.run(~r/number-(\d+)-/, body)
    String.to_integer(number)
  end

  # --- HTTP ----------------------------------------------------------------------------------------

  defp ask(client, method, path, body \\ nil, type \\ nil) do
    headers = [{~c"authorization", to_charlist("Bearer #{client.places.key}")}]
    url = url(client.places.control, path)
    request(method, if(body, do: {url, headers, to_charlist(type), body}, else: {url, headers}))
  end

  defp url(port, path), do: to_charlist("http://127.0.0.1:#{port}#{path}")

  defp request(method, request) do
    case :httpc.request(method, request, [timeout: 30_000, autoredirect: false], body_format: :binary) do
      {:ok, {{_version, status, _words}, _headers, body}} -> {status, body}
      {:error, reason} -> {:error, reason}
    end
  end
end
