defmodule Workbooks.Guides.WbTest do
  # What guides/wb.md shows: each command, in order, in one folder, and what it printed.
  use ExUnit.Case, async: false

  import Workbooks.TestCLI
  alias Workbooks.Web

  @guide File.read!("guides/wb.md")
  @blocks for [_, block] <- Regex.scan(~r/^```console\n(.*?)^```$/ms, @guide), do: block

  # What differs from time to time, and from machine to machine, is made the same.
  defp same(text, url) do
    text
    |> String.replace(url, "https://books.example.com")
    |> String.replace(File.cwd!(), "/home/ada")
    |> String.replace(~r/ +[\d.]+ ms(  cached)?/, " … ms")
    |> String.replace(~r/wb_[a-z0-9]+_[a-z0-9]+/, "wb_…")
    |> String.replace(~r/\d+ bytes$/m, "… bytes")
    |> String.replace(~r/"(elixir|otp|version)":"[^"]+"/, ~S("\1":"…"))
  end

  @tag :tmp_dir
  @tag :capture_log
  test "the commands print what the guide shows", %{tmp_dir: folder} do
    start_supervised!({Web.Endpoint, port: 0})
    [{_ip, port} | _] = Web.Endpoint.addresses()
    url = "http://127.0.0.1:#{port}"
    tenant = "guide-#{System.unique_integer([:positive])}"
    System.put_env("WB_TENANT", tenant)
    before = File.cwd!()

    on_exit(fn ->
      File.cd!(before)
      for name <- ~w(WB_URL WB_KEY WB_TENANT), do: System.delete_env(name)
      Workbooks.Domains.detach("tea.example.com", tenant)
    end)

    File.cd!(folder)
    File.write!("notes.txt", "* Notes\n")
    File.write!("token.txt", "k3y-t3xt\n")

    for block <- @blocks, [command | shown] <- commands(block) do
      assert {command, same(ran(command, url), url)} == {command, same(Enum.map_join(shown, &(&1 <> "\n")), url)}
    end
  end

  defp commands(block) do
    lines = String.split(block, "\n", trim: true)

    lines
    |> Enum.chunk_while(
      [],
      fn
        "$ " <> command, [] -> {:cont, [command]}
        "$ " <> command, chunk -> {:cont, Enum.reverse(chunk), [command]}
        line, chunk -> {:cont, [line | chunk]}
      end,
      fn chunk -> {:cont, Enum.reverse(chunk), []} end
    )
  end

  defp ran("export WB_URL=" <> _, url) do
    {:ok, key} = Web.Keys.create(System.get_env("WB_TENANT"))
    System.put_env(%{"WB_URL" => url, "WB_KEY" => key})
    ""
  end

  defp ran("wb " <> line, _url) do
    {arguments, input} =
      case String.split(line, " < ") do
        [line] -> {OptionParser.split(line), ""}
        [line, file] -> {OptionParser.split(line), File.read!(file)}
      end

    {_status, printed, complained} = wb(arguments, input)
    printed <> complained
  end

  test "every verb is told of" do
    for %{"verb" => verb} <- json!(["help"]),
        do: assert(@guide =~ ~r/\b#{verb}\b/, "guides/wb.md does not tell of #{verb}")
  end
end
