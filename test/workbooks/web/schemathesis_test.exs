defmodule Workbooks.Web.SchemathesisTest do
  # The description of the API against what it does: schemathesis (PyPI), which somebody else wrote, reads
  # GET /openapi.json and asks a running server for all that stands there, and for what does not.
  use ExUnit.Case, async: false

  import Workbooks.TestWeb, only: [tenant: 0]

  alias Workbooks.HTTP.Server
  alias Workbooks.Library
  alias Workbooks.TestProperty
  alias Workbooks.Web.Router

  @moduletag :capture_log
  @moduletag :schemathesis
  @moduletag timeout: 900_000

  @program System.get_env("SCHEMATHESIS") || System.find_executable("st") || System.find_executable("schemathesis")
  unless @program do
    @moduletag skip: "no schemathesis: pip install schemathesis, and put `st` on PATH or its path into SCHEMATHESIS"
  end

  @seconds TestProperty.runs(30, 300)
  @config Path.expand("schemathesis.toml", __DIR__)

  @tag :tmp_dir
  test "what is described is what is answered, and nothing is a fault", %{tmp_dir: folder} do
    {tenant, key} = tenant()
    {:ok, _} = Library.put(tenant, "sum", "* Sum\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n")
    # As fast as it likes, with keys that are none too.
    settings = [rate: {1_000_000, 1_000}, burst: 1_000_000, failures: {1_000_000, 1_000}]
    server = start_supervised!({Server, router: {Router, settings}, listen: [{{127, 0, 0, 1}, 0}]})
    [{_ip, port}] = Server.addresses(server)

    arguments =
      [
        "--config-file",
        @config,
        "run",
        "http://127.0.0.1:#{port}/openapi.json",
        "--header",
        "Authorization: Bearer #{key}"
      ] ++
        ~w(--max-time #{@seconds} --request-timeout 60 --continue-on-failure --warnings off --no-color) ++
        ~w(--suppress-health-check all)

    {said, status} = System.cmd(@program, arguments, cd: folder, stderr_to_stdout: true)
    assert status == 0, said
    assert %{panics: 0, in_flight: 0} = Server.stats(server)
  end
end
