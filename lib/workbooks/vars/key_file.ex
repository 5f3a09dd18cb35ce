defmodule Workbooks.Vars.KeyFile do
  @moduledoc false
  # The file of keys, which nobody but its owner may read. It is opened raw: by the process that asks,
  # and not by the file server, which would have its contents in a message.

  alias Workbooks.{Error, Vars.Keys}

  import Bitwise

  @most 65_536

  @doc "The file in this folder."
  @spec path(Path.t()) :: Path.t()
  def path(folder), do: Path.join(folder, "secret.key")

  @doc "The keys in the file; `:none` where there is no file."
  @spec read(Path.t()) :: {:ok, [binary, ...]} | :none | {:error, Error.t()}
  def read(path) do
    case :file.open(path, [:read, :raw, :binary]) do
      {:ok, file} -> with_file(file, &read(&1, path))
      {:error, :enoent} -> :none
      {:error, reason} -> failed("read", path, reason)
    end
  end

  defp read(file, path) do
    with {:ok, info} <- :file.read_file_info(file),
         :ok <- private(info, path),
         {:ok, text} <- :file.read(file, @most) do
      Keys.parse(text, "\n", path)
    else
      :eof -> Keys.parse("", "\n", path)
      {:error, %Error{} = error} -> {:error, error}
      {:error, reason} -> failed("read", path, reason)
    end
  end

  # Of what was opened, not of what has the name by now.
  defp private(info, path) do
    # The file type and `rwx` of the owner are left out.
    if band(elem(info, 7), 0o077) == 0 do
      :ok
    else
      Error.tuple(
        :secret_key,
        "#{path} holds the keys of secrets, and others than its owner may open it: it is not used until that is " <>
          "ended by chmod 600 #{path}"
      )
    end
  end

  @doc "Makes the file, and nothing where there is one already: `:exists`."
  @spec create(Path.t(), [binary]) :: :ok | :exists | {:error, Error.t()}
  def create(path, keys) do
    write(path, keys, fn new ->
      with {:error, :eexist} <- :file.make_link(new, path), do: :exists
    end)
  end

  @doc "Puts another file in its place: at any moment there is one of the two, whole."
  @spec replace(Path.t(), [binary]) :: :ok | {:error, Error.t()}
  def replace(path, keys), do: write(path, keys, &:file.rename(&1, path))

  # A folder that nobody else may enter holds the new file while it is none yet: its mode is set
  # after it was made, and whoever had opened it in between would read what comes later.
  defp write(path, keys, put) do
    folder = Path.dirname(path)
    aside = Path.join(folder, ".secret.key.new")
    new = Path.join(aside, "secret.key")

    with :ok <- own_folder(folder),
         {:ok, _left_over} <- File.rm_rf(aside),
         :ok <- File.mkdir(aside),
         :ok <- File.chmod(aside, 0o700),
         {:ok, file} <- :file.open(new, [:write, :exclusive, :raw, :binary]),
         :ok <- with_file(file, &fill(&1, new, keys)),
         done when done in [:ok, :exists] <- put.(new),
         # A key that the disk forgets takes along all that it sealed.
         :ok <- sync(folder) do
      File.rm_rf(aside)
      done
    else
      error ->
        File.rm_rf(aside)
        failed("written", path, reason(error))
    end
  end

  defp fill(file, new, keys) do
    with :ok <- :file.change_mode(new, 0o600), :ok <- :file.write(file, Keys.lines(keys)), do: :file.sync(file)
  end

  defp own_folder(folder) do
    if File.dir?(folder) do
      :ok
    else
      with :ok <- File.mkdir_p(folder), do: File.chmod(folder, 0o700)
    end
  end

  defp sync(folder) do
    with {:ok, file} <- :file.open(folder, [:read, :raw, :directory]), do: with_file(file, &:file.sync/1)
  end

  defp with_file(file, function) do
    function.(file)
  after
    :file.close(file)
  end

  defp reason({:error, reason}), do: reason
  defp reason({:error, reason, _file}), do: reason

  defp failed(done, path, reason) do
    Error.tuple(
      :secret_key,
      "the key file #{path} cannot be #{done}: #{:file.format_error(reason)}",
      %{reason: reason}
    )
  end
end
