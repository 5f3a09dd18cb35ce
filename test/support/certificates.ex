defmodule Workbooks.TestCertificates do
  @moduledoc false
  # Certificates for the tests of TLS, made by OTP when they run.

  @doc "A certificate for a host name, in files of `folder`: `{[cert: file, key: file, hosts: [host]], authority}`."
  def make!(folder, host) do
    root = :public_key.pkix_test_root_cert(~c"workbooks test", key: {:namedCurve, :secp256r1})
    name = {:Extension, {2, 5, 29, 17}, false, [dNSName: to_charlist(host)]}
    peer = [key: {:namedCurve, :secp256r1}, extensions: [name]]
    chain = %{root: root, intermediates: [], peer: peer}
    %{server_config: config} = :public_key.pkix_test_data(%{server_chain: chain, client_chain: chain})

    cert = Path.join(folder, "#{host}.cert.pem")
    key = Path.join(folder, "#{host}.key.pem")
    {kind, der} = config[:key]
    File.write!(cert, :public_key.pem_encode([{:Certificate, config[:cert], :not_encrypted}]))
    File.write!(key, :public_key.pem_encode([{kind, der, :not_encrypted}]))
    {[cert: cert, key: key, hosts: [host]], root.cert}
  end
end
