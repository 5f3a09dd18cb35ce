defmodule Workbooks.Storage.HostNameTest do
  use ExUnit.Case, async: true

  alias Workbooks.Native

  test "names of any script become those that are looked up" do
    for {name, ascii} <- [
          {"example.com", "example.com"},
          {"EXAMPLE.com", "example.com"},
          {"Bücher.example", "xn--bcher-kva.example"},
          {"BÜCHER.example", "xn--bcher-kva.example"},
          {"bu\u0308cher.example", "xn--bcher-kva.example"},
          {"faß.de", "xn--fa-hia.de"},
          {"例え.テスト", "xn--r8jz45g.xn--zckzah"},
          {"xn--bcher-kva.example", "xn--bcher-kva.example"},
          {"example。com", "example.com"},
          {"a_b.example", "a_b.example"}
        ] do
      assert Native.host_to_ascii(name) == {:ok, ascii}
    end
  end

  test "what is no host name is none" do
    for name <- [
          "a b.example",
          "a/b",
          "a?b",
          "a%41",
          "xn--\u0000",
          "xn--a",
          "ex\u200dample.com",
          "\u0301a.example",
          <<255>>,
          "a\0b",
          String.duplicate("ü", 2_000)
        ] do
      assert Native.host_to_ascii(name) == :error, inspect(name)
    end
  end
end
