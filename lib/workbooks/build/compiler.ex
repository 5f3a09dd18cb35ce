defmodule Workbooks.Build.Compiler do
  @moduledoc """
  What a language has to bring: how its blocks become artifacts.

  A compiler may be missing from a machine: `c:available/0` says what to do then. It is
  given a bound in time, and is ended with the process that called it.
  """

  alias Workbooks.Build.{Artifact, Deadline, Problem, Source}

  @typedoc """
  What a compilation may take: a `:deadline`; `:progress`, a function that is told in words how far it is;
  `:folder`, the workbook's, where its caller allows files to be read.
  """
  @type options :: %{
          required(:deadline) => Deadline.t(),
          required(:progress) => (String.t() -> term),
          optional(:folder) => Path.t() | nil
        }

  @doc "The language tags it takes, in lower case."
  @callback languages() :: [String.t()]

  @doc "Whether it can compile on this machine, or what to do about it. Quick: nothing is started."
  @callback available() :: :ok | {:error, String.t()}

  @doc "Another one whenever the same source may compile to something else."
  @callback version() :: {:ok, String.t()} | {:error, Problem.t()}

  @doc "A block, compiled."
  @callback compile(Source.t(), options) :: {:ok, Artifact.t()} | {:error, Problem.t()}

  @doc "The source with what it names in its place, where blocks of the language may name files."
  @callback resolve(Source.t(), options) :: {:ok, Source.t()} | {:error, Problem.t()}

  @optional_callbacks resolve: 2
end
