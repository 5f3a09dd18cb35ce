defmodule Workbooks.Site.Paths do
  @moduledoc false
  # Which paths files of a site may have, and at which of a URL they are served.

  @most 1024
  # The public plane's own.
  @taken ["health", "health.html", "health/index.html"]

  @doc "`:ok`, or what is wrong with a path."
  @spec check(term) :: :ok | {:error, String.t()}
  def check(path) when is_binary(path) and byte_size(path) in 1..@most do
    cond do
      not String.valid?(path) -> {:error, "it is no UTF-8 text"}
      path =~ ~r/[\x00-\x1f\x7f\\]/ -> {:error, "it has a control character or a backslash"}
      path in @taken -> {:error, "the public plane answers /health itself"}
      true -> path |> :binary.split("/", [:global]) |> Enum.find_value(:ok, &wrong/1)
    end
  end

  def check(""), do: {:error, "it is empty"}
  def check(path) when is_binary(path), do: {:error, "it is longer than #{@most} bytes"}
  def check(_other), do: {:error, "it is no text"}

  defp wrong(""), do: {:error, "a segment of it is empty"}
  defp wrong(".well-known"), do: nil
  defp wrong("." <> _rest), do: {:error, "no segment begins with a dot, but .well-known"}
  defp wrong(_segment), do: nil

  @doc "`{rank, path of a URL, :file | path to redirect to}` of a file; the lesser rank wins a path."
  @spec routes(String.t()) :: [{0..3, String.t(), :file | String.t()}]
  def routes("404.html"), do: []

  def routes(path) do
    case clean(path) do
      ^path -> [{0, path, :file}]
      "" -> [{1, "", :file}, {2, path, ""}]
      clean -> [{1, clean, :file}, {2, path, clean}, {3, other_slash(clean), clean}]
    end
  end

  defp other_slash(clean) do
    if String.ends_with?(clean, "/"), do: binary_part(clean, 0, byte_size(clean) - 1), else: clean <> "/"
  end

  @doc "Where a file is served: `about` for `about.html`, `docs/` for `docs/index.html`."
  @spec clean(String.t()) :: String.t()
  def clean("index.html"), do: ""

  def clean(path) do
    cond do
      String.ends_with?(path, "/index.html") -> binary_part(path, 0, byte_size(path) - byte_size("index.html"))
      # No name is left of `.html` alone, nor is there such a file.
      String.ends_with?(path, ".html") -> binary_part(path, 0, byte_size(path) - byte_size(".html"))
      true -> path
    end
  end

  @doc """
  A path as a URL has it.

      iex> Workbooks.Site.Paths.escaped("docs/a b?.html")
      "docs/a%20b%3F.html"
  """
  @spec escaped(String.t()) :: String.t()
  def escaped(path), do: URI.encode(path, &(URI.char_unreserved?(&1) or &1 in '/:@!$&\'()*+,;='))
end
