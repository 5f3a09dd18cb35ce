defmodule Workbooks.Test.Toolchain do
  @moduledoc false
  # Native compilers for tests: what the machine has, or what the guests are built with.

  @guests "native/guests"

  @doc "Makes Zig known to the application where one is; else the reason to skip a test by."
  def zig do
    wanted = Path.wildcard(Path.join(@guests, ".toolchain/zig-*/ziglang/zig"))

    case {Application.get_env(:workbooks, :zig) || System.find_executable("zig"), wanted} do
      {nil, []} ->
        "no zig: put one on PATH, or build the guests (native/guests/build fetches PyPI's ziglang)"

      {nil, [zig | _]} ->
        Application.put_env(:workbooks, :zig, Path.expand(zig))
        # Its runtime library is compiled once for all test runs.
        Application.put_env(:workbooks, :zig_cache, Path.expand(Path.join(@guests, ".toolchain/zig-blocks")))
        false

      _ ->
        false
    end
  end

  # What std is made of, as `-Zbuild-std` names it.
  @std ~w(addr2line adler2 alloc cfg_if compiler_builtins core dlmalloc gimli hashbrown libc memchr miniz_oxide
          object panic_abort panic_unwind rustc_demangle rustc_literal_escaper rustc_std_workspace_alloc
          rustc_std_workspace_core std std_detect unwind)
  @target "wasm32-unknown-unknown"

  @doc "Allows rustc, where it has a target or the guests' standard library lends it one; else why not."
  # Test files are loaded at the same time: one of them makes the sysroot, the others find it.
  def rust, do: :global.trans({__MODULE__, self()}, &find_rust/0)

  defp find_rust do
    with rustc when rustc != nil <- System.find_executable("rustc"),
         {sysroot, 0} <- System.cmd(rustc, ["--print", "sysroot"]),
         sysroot when sysroot != nil <- with_target(String.trim(sysroot)) do
      Application.put_env(:workbooks, :native_compilers, [:rust])
      Application.put_env(:workbooks, :rust_sysroot, sysroot)
      false
    else
      _ ->
        "no rustc with a wasm target: rustup target add wasm32-unknown-unknown, or build the guests (native/guests/build)"
    end
  end

  @doc "The same for blocks that are programs."
  def rust_program do
    case rust() do
      false ->
        sysroot = Application.get_env(:workbooks, :rust_sysroot)

        if target?(sysroot, "wasm32-wasip1"),
          do: false,
          else: "no rustc target wasm32-wasip1: rustup target add wasm32-wasip1"

      why ->
        why
    end
  end

  defp with_target(installed) do
    if target?(installed, @target) or target?(installed, "wasm32-wasip1"), do: installed, else: lent(installed)
  end

  defp target?(sysroot, target) do
    Path.wildcard(Path.join([sysroot, "lib/rustlib", target, "lib/libcore-*.rlib"])) != []
  end

  # The guests' build compiles std for itself; a folder of links to that is a sysroot.
  defp lent(installed) do
    built = Path.join([@guests, "target", @target, "release/deps"])
    sysroot = Path.expand(Path.join(@guests, ".toolchain/rust-blocks"))
    library = Path.join([sysroot, "lib/rustlib", @target, "lib"])
    rlibs = for crate <- @std, rlib <- rlibs(built, crate), do: Path.expand(rlib)

    cond do
      length(rlibs) < length(@std) -> nil
      Path.wildcard(Path.join(library, "*")) |> Enum.map(&link_target/1) |> Enum.sort() == Enum.sort(rlibs) -> sysroot
      true -> link(sysroot, library, rlibs, installed)
    end
  end

  # rustc asks for these by name alone, for the others by the digest that std has of them: of several
  # builds, by several compilers, the newest is taken.
  defp rlibs(built, crate) when crate in ["std", "panic_abort", "panic_unwind"] do
    built |> found(crate) |> Enum.sort_by(&File.stat!(&1, time: :posix).mtime, :desc) |> Enum.take(1)
  end

  defp rlibs(built, crate), do: found(built, crate)

  defp found(built, crate), do: Path.wildcard(Path.join(built, "lib#{crate}-*.rlib"))

  defp link_target(path) do
    case File.read_link(path) do
      {:ok, target} -> target
      {:error, _} -> path
    end
  end

  defp link(sysroot, library, rlibs, installed) do
    File.rm_rf!(sysroot)
    File.mkdir_p!(library)
    for rlib <- rlibs, do: File.ln_s!(rlib, Path.join(library, Path.basename(rlib)))

    for host <- File.ls!(Path.join(installed, "lib/rustlib")),
        host =~ "-",
        not String.starts_with?(host, ["manifest", "wasm"]) do
      File.ln_s!(Path.join([installed, "lib/rustlib", host]), Path.join([sysroot, "lib/rustlib", host]))
    end

    sysroot
  end
end
