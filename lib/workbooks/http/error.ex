defmodule Workbooks.HTTP.Error do
  @moduledoc """
  What went wrong with a listener, a request's body or an answer, as a value.

  | kind | meaning |
  | --- | --- |
  | `:config` | a setting is out of its range, or contradicts another |
  | `:bind` | the address could not be listened on |
  | `:certificate` | a certificate or its key is not usable |
  | `:runtime` | the listener's threads could not be started |
  | `:answer` | the answer is no answer: its status or a header |
  | `:length` | the answer's body is not as long as its `content-length` promised |
  | `:busy` | asked again before the last asking was answered |
  | `:gone` | the client went away |
  | `:timeout` | somebody took too long |
  | `:too_large` | the request's body is larger than allowed |
  | `:malformed` | the request's body breaks the rules of its framing |
  | `:incomplete` | the request's body ended before its end |
  """

  @kinds ~w(config bind certificate runtime answer length busy gone timeout too_large malformed incomplete)a

  @type kind ::
          :config
          | :bind
          | :certificate
          | :runtime
          | :answer
          | :length
          | :busy
          | :gone
          | :timeout
          | :too_large
          | :malformed
          | :incomplete
  @type t :: %__MODULE__{kind: kind, message: String.t()}

  defexception [:kind, :message]

  @doc """
  Every kind there is.

      iex> :gone in Workbooks.HTTP.Error.kinds()
      true
  """
  @spec kinds :: [kind]
  def kinds, do: @kinds

  @doc """
  An error of `kind`.

      iex> Workbooks.HTTP.Error.new(:gone, "the client went away").kind
      :gone
  """
  @spec new(kind, String.t()) :: t
  def new(kind, message) when kind in @kinds and is_binary(message), do: %__MODULE__{kind: kind, message: message}
end
