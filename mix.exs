defmodule Workbooks.MixProject do
  use Mix.Project

  @version "0.1.0"

  def project do
    [
      app: :workbooks,
      version: @version,
      elixir: "~> 1.14",
      description: "Sandboxed WebAssembly on the BEAM, and Org files that run on it",
      # Elixir and OTP alone: nothing to conflict with in the applications that use this.
      deps: [],
      # Ours comes after Elixir's: it is compiled from lib/ itself.
      compilers: Mix.compilers() ++ [:workbooks_native],
      start_permanent: Mix.env() == :prod,
      elixirc_paths: if(Mix.env() == :test, do: ["lib", "test/support"], else: ["lib"]),
      # What `wb` asks a control plane with: started by who does, and no dependency of the library's.
      xref: [exclude: [:httpc, :public_key]],
      test_coverage: [ignore_modules: [Workbooks.Native]],
      package: package()
    ]
  end

  def application do
    [mod: {Workbooks.Application, []}, extra_applications: [:logger, :crypto]]
  end

  defp package do
    [
      licenses: ["Apache-2.0"],
      files:
        ~w(lib native/engine native/http native/nif native/store wit priv/guests priv/page priv/web priv/c priv/rust priv/zig Cargo.toml Cargo.lock mix.exs README.md CHANGELOG.md LICENSE guides)
    ]
  end
end
