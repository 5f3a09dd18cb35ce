defmodule Workbooks.Web.Console.Assets do
  @moduledoc false
  # The stylesheet and the script, read when this is compiled and served from memory. Their addresses have a part of
  # their contents' hash, so that browsers may keep them for good.

  alias Workbooks.HTTP.{Conn, ETag}

  @folder Path.expand("../../../../priv/web", __DIR__)

  @files (for {file, type} <- [
                {"console.css", "text/css; charset=utf-8"},
                {"console.js", "text/javascript; charset=utf-8"}
              ] do
            path = Path.join(@folder, file)
            @external_resource path
            content = File.read!(path)
            digest = :sha256 |> :crypto.hash(content) |> Base.encode16(case: :lower) |> binary_part(0, 16)
            name = Path.rootname(file) <> "-" <> digest <> Path.extname(file)
            %{file: file, name: name, type: type, content: content, digest: digest}
          end)

  @doc "The address of `console.css` or `console.js`."
  @spec href(String.t()) :: String.t()
  for %{file: file, name: name} <- @files do
    def href(unquote(file)), do: unquote("/assets/" <> name)
  end

  @doc "Answers one of them."
  @spec show(Conn.t()) :: Conn.t()
  def show(%Conn{params: %{"name" => name}} = conn) do
    case found(name) do
      nil ->
        Conn.respond(conn, 404, "no such file\n", [{"content-type", "text/plain; charset=utf-8"}])

      {type, content, digest} ->
        headers = [
          {"content-type", type},
          {"cache-control", "public, max-age=31536000, immutable"},
          {"etag", ETag.text(digest)}
        ]

        known? = ETag.none_match?(Conn.header(conn, "if-none-match") || "", digest)
        if known?, do: Conn.respond(conn, 304, "", headers), else: Conn.respond(conn, 200, content, headers)
    end
  end

  for %{name: name, type: type, content: content, digest: digest} <- @files do
    defp found(unquote(name)), do: {unquote(type), unquote(content), unquote(digest)}
  end

  defp found(_other), do: nil
end
