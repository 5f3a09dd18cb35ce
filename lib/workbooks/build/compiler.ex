defmodule Workbooks.Build.Compiler do
  @moduledoc """
  What a language has to bring: how its blocks become artifacts.

  A compiler may be missing from a machine: `c:available/0` says what to do then. It is
  given a bound in time, and is ended with the process that called it.
  """

  alias Workbooks.Build.{Artifact, Deadline, Problem, Source}

  @typedoc """
  What a compilation may take: a `:deadline`; `:progress`, a function that is told in words how far it is.
  """
  @type options :: %{deadline: Deadline.t(), progress: (String.t() -> term)}

  @doc "The language tags it takes, in lower case."
  @callback languages() :: [String.t()]

  @doc "Whether it can compile on this machine, or what to do about it. Quick: nothing is started."
  @callback available() :: :ok | {:error, String.t()}

  @doc "Another one whenever the same source may compile to something else."
  @callback version() :: {:ok, String.t()} | {:error, Problem.t()}

  @doc "A block, compiled."
  @callback compile(Source.t(), options) :: {:ok, Artifact.t()} | {:error, Problem.t()}
end
