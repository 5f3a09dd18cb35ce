defmodule Workbooks.CLI.Remote.Events do
  @moduledoc false
  # A run's server-sent events, as they happen, to its end. A connection that breaks is taken up again
  # behind the last event that was read.

  alias Workbooks.CLI.{Failure, Remote}
  alias Workbooks.JSON

  # A server says something at least every so often, if it is only a comment.
  @silence_ms 120_000
  @tries 5
  @pause_ms 500

  @type event :: %{id: String.t() | nil, name: String.t(), data: term}

  @doc "Calls `function` with each event of the path until it answers `:halt`."
  @spec follow(Remote.t(), String.t(), (event -> :cont | :halt)) :: :ok | {:error, Failure.t()}
  def follow(remote, path, function) do
    Remote.start()
    follow(remote, path, function, nil, @tries)
  end

  defp follow(remote, path, function, last, tries) do
    headers = List.keystore(Remote.headers(remote), ~c"accept", 0, {~c"accept", ~c"text/event-stream"})
    headers = if last, do: [{~c"last-event-id", to_charlist(last)} | headers], else: headers
    options = [sync: false, stream: :self, body_format: :binary]

    with {:ok, request} <- :httpc.request(:get, {remote.url <> path, headers}, Remote.http(remote), options),
         {:broken, now, reason} <- read(remote, request, %{rest: "", last: last}, function) do
      # What brought something is worth as many tries again.
      tries = if now == last, do: tries - 1, else: @tries

      if tries > 0 do
        Process.sleep(@pause_ms)
        follow(remote, path, function, now, tries)
      else
        {:error, Remote.unreachable(remote, reason)}
      end
    else
      {:error, %Failure{} = failure} -> {:error, failure}
      {:error, reason} -> {:error, Remote.unreachable(remote, reason)}
      :ok -> :ok
    end
  end

  defp read(remote, request, state, function) do
    receive do
      {:http, {^request, :stream_start, _headers}} ->
        read(remote, request, state, function)

      {:http, {^request, :stream, bytes}} ->
        {events, rest} = events(state.rest <> bytes)

        case told(events, state.last, function) do
          {:cont, last} -> read(remote, request, %{rest: rest, last: last}, function)
          :halt -> :httpc.cancel_request(request)
        end

      {:http, {^request, :stream_end, _headers}} ->
        {:broken, state.last, :socket_closed_remotely}

      # Nothing comes behind the last event that was read: the run is over.
      {:http, {^request, {{_version, 204, _words}, _headers, _body}}} ->
        :ok

      {:http, {^request, {{_version, status, _words}, _headers, body}}} ->
        {:error, Remote.refused(remote, status, body)}

      {:http, {^request, {:error, reason}}} ->
        {:broken, state.last, reason}
    after
      @silence_ms ->
        :httpc.cancel_request(request)
        {:broken, state.last, :timeout}
    end
  end

  defp told([], last, _function), do: {:cont, last}

  defp told([event | rest], last, function) do
    case function.(event) do
      :cont -> told(rest, event.id || last, function)
      :halt -> :halt
    end
  end

  @doc """
  The events in a piece of a stream, and what is left of it.

      iex> Workbooks.CLI.Remote.Events.events("id: 3\\nevent: stop\\ndata: {}\\n\\n: still here\\n\\nid: 4")
      {[%{id: "3", name: "stop", data: %{}}], "id: 4"}
  """
  @spec events(binary) :: {[event], binary}
  def events(text) do
    {rest, whole} = text |> String.replace("\r\n", "\n") |> String.split("\n\n") |> List.pop_at(-1)
    {for(block <- whole, event = event(block), do: event), rest}
  end

  defp event(block) do
    fields =
      for line <- String.split(block, "\n"),
          [name, value] <- [String.split(line, ":", parts: 2)],
          name != "",
          do: {name, String.replace_prefix(value, " ", "")}

    data = for {"data", text} <- fields, do: text

    with [_ | _] <- data, {:ok, data} <- data |> Enum.join("\n") |> JSON.decode() do
      %{id: value(fields, "id", nil), name: value(fields, "event", "message"), data: data}
    else
      _comment -> nil
    end
  end

  defp value(fields, name, default), do: fields |> List.keyfind(name, 0, {name, default}) |> elem(1)
end
