defmodule Workbooks.HTTP.Adapter do
  @moduledoc """
  What a `Workbooks.HTTP.Conn` stands on: how a request's body is read and its answer sent.

  Every function takes the adapter's state and answers it anew. They are called by the request's
  own process and may block it; none of them raises because of what a client does.
  """

  alias Workbooks.HTTP.Error

  @type state :: term
  @type headers :: [{String.t(), binary}]

  @doc "The next piece of the request's body, as the client sends it; `:done`, with its trailers, behind the last."
  @callback read(state) :: {:ok, binary, state} | {:done, headers, state} | {:error, Error.t(), state}

  @doc "Answers in one piece."
  @callback respond(state, status :: 100..599, headers, body :: iodata) :: {:ok, state} | {:error, Error.t(), state}

  @doc "Begins an answer whose body follows in chunks."
  @callback begin(state, status :: 100..599, headers) :: {:ok, state} | {:error, Error.t(), state}

  @doc "A chunk of the answer; it returns when the next may follow."
  @callback chunk(state, iodata) :: {:ok, state} | {:error, Error.t(), state}

  @doc "The end of the answer. Without it the client is told that it has a part."
  @callback finish(state) :: {:ok, state} | {:error, Error.t(), state}

  @doc """
  Has a message `{reference, :gone}` sent to the calling process when the client goes away, and lifts the limit of
  the request's time: for what goes on as long as somebody listens.
  """
  @callback watch(state) :: {:ok, reference, state}
end
