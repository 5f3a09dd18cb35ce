defmodule Workbooks.Vars.Seal do
  @moduledoc false
  # A secret's bytes, sealed: AES-256-GCM, bound to the tenant and the name it was sealed for.
  #
  #     version (1) | key id (4) | nonce (12) | tag (16) | ciphertext

  @version 1
  @nonce 12
  @tag 16
  @overhead 1 + 4 + @nonce + @tag

  @sealed_for "workbooks secret 1"
  @id_of "workbooks secret key id 1"

  @doc "A new key."
  def new_key, do: :crypto.strong_rand_bytes(32)

  @doc "What a key is called: it says nothing of the key."
  def id(key), do: binary_part(:crypto.hash(:sha256, [@id_of, key]), 0, 4)

  @doc "A key's id for people."
  def shown(id), do: Base.encode16(id, case: :lower)

  @doc "Whether these bytes can be a sealed secret."
  def blob?(<<@version, _::binary-size(unquote(@overhead - 1)), _::binary>>), do: true
  def blob?(_other), do: false

  @doc "The key that a secret was sealed with."
  def key_id(<<@version, id::binary-size(4), _::binary>>), do: id

  @doc "How many bytes were sealed."
  def size(blob), do: byte_size(blob) - @overhead

  # Whatever :crypto raises has its arguments in the stack trace: none of it goes further than here.

  @doc "Seals `value` for this tenant and name; `:error` when :crypto refuses."
  def seal(key, id, tenant, name, value) do
    nonce = :crypto.strong_rand_bytes(@nonce)
    about = about(tenant, name)
    {text, tag} = :crypto.crypto_one_time_aead(:aes_256_gcm, key, nonce, value, about, @tag, true)
    {:ok, <<@version, id::binary, nonce::binary, tag::binary, text::binary>>}
  catch
    _kind, _reason -> :error
  end

  @doc "The bytes that were sealed for this tenant and name with this key, else `:error`."
  def open(key, tenant, name, blob) do
    <<@version, _id::binary-size(4), nonce::binary-size(@nonce), tag::binary-size(@tag), text::binary>> = blob

    case :crypto.crypto_one_time_aead(:aes_256_gcm, key, nonce, text, about(tenant, name), tag, false) do
      value when is_binary(value) -> {:ok, value}
      :error -> :error
    end
  catch
    _kind, _reason -> :error
  end

  @doc "Whether two are equal, in a time that does not tell where they differ, nor whether their lengths do."
  def equal?(one, other), do: :crypto.hash_equals(:crypto.hash(:sha256, one), :crypto.hash(:sha256, other))

  # With lengths: no two pairs of names are the same bytes.
  defp about(tenant, name) do
    [@sealed_for, <<byte_size(tenant)::32>>, tenant, <<byte_size(name)::32>>, name]
  end
end
