defmodule Workbooks.Site.Type do
  @moduledoc false
  # Content types by the ends of names, and which of them get smaller by compressing.

  @text ~w(text/html text/css text/plain text/csv text/javascript text/xml text/markdown text/vtt text/calendar)
  @also ~w(image/svg+xml application/json application/xml application/atom+xml application/rss+xml
           application/manifest+json application/wasm application/pdf application/ld+json font/ttf font/otf
           image/bmp image/x-icon application/octet-stream)

  @types %{
    "html" => "text/html",
    "htm" => "text/html",
    "css" => "text/css",
    "txt" => "text/plain",
    "org" => "text/plain",
    "csv" => "text/csv",
    "md" => "text/markdown",
    "js" => "text/javascript",
    "mjs" => "text/javascript",
    "xml" => "application/xml",
    "atom" => "application/atom+xml",
    "rss" => "application/rss+xml",
    "json" => "application/json",
    "jsonld" => "application/ld+json",
    "webmanifest" => "application/manifest+json",
    "ics" => "text/calendar",
    "vtt" => "text/vtt",
    "svg" => "image/svg+xml",
    "png" => "image/png",
    "apng" => "image/apng",
    "jpg" => "image/jpeg",
    "jpeg" => "image/jpeg",
    "gif" => "image/gif",
    "webp" => "image/webp",
    "avif" => "image/avif",
    "bmp" => "image/bmp",
    "ico" => "image/x-icon",
    "mp3" => "audio/mpeg",
    "ogg" => "audio/ogg",
    "oga" => "audio/ogg",
    "opus" => "audio/ogg",
    "wav" => "audio/wav",
    "flac" => "audio/flac",
    "m4a" => "audio/mp4",
    "mp4" => "video/mp4",
    "webm" => "video/webm",
    "ogv" => "video/ogg",
    "pdf" => "application/pdf",
    "wasm" => "application/wasm",
    "zip" => "application/zip",
    "gz" => "application/gzip",
    "woff" => "font/woff",
    "woff2" => "font/woff2",
    "ttf" => "font/ttf",
    "otf" => "font/otf"
  }

  @doc """
  The type of a file, as a header has it.

      iex> Enum.map(["a/b.HTML", "tea.png", "LICENSE"], &Workbooks.Site.Type.of/1)
      ["text/html; charset=utf-8", "image/png", "application/octet-stream"]
  """
  @spec of(String.t()) :: String.t()
  def of(path) do
    end_of_name = path |> Path.extname() |> String.trim_leading(".") |> String.downcase(:ascii)
    type = Map.get(@types, end_of_name, "application/octet-stream")
    if type in @text, do: type <> "; charset=utf-8", else: type
  end

  @doc "Whether to try and make it smaller: pictures and archives are as small as they get."
  @spec compressible?(String.t()) :: boolean
  def compressible?(type), do: hd(:binary.split(type, ";")) in (@text ++ @also)
end
