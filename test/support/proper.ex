defmodule Workbooks.TestProper do
  @moduledoc false
  # PropEr, for stateful properties: `commands` against a model, in parallel too.
  #
  #     @moduletag skip: Workbooks.TestProper.missing()
  #     @compile {:no_warn_undefined, [:proper, :proper_statem, :proper_types]}

  @debian "/usr/lib/erlang/lib/proper-*/ebin"

  @doc "False where PropEr is, on the code path from then on; else the reason to skip a test by."
  def missing do
    # An Erlang that is not Debian's does not look where Debian's package puts it.
    if not Code.ensure_loaded?(:proper), do: for(folder <- Path.wildcard(@debian), do: Code.append_path(folder))
    if Code.ensure_loaded?(:proper), do: false, else: "no PropEr: scripts/setup --tests"
  end
end
