defmodule Bench.Documents do
  @moduledoc false
  # Workbooks as people write them, of any length, the same bytes each time: headings, paragraphs with
  # markup, lists, tables, source blocks that are wired to one another, links and footnotes.

  @words ~w(the of and a to in is that it was for on are as with they be at one have this from or had by
            word but what some we can out other were all there when up use your how said an each she which do
            their time if will way about many then them would write like so these her long make thing see him
            two has look more day could go come did number sound no most people my over know water than call
            first who may down side been now find any new work part take get place made live where after back
            little only round man year came show every good me give our under name very through just form much
            great think say help low line before turn cause same mean differ move right boy old too does tell
            sentence set three want air well also play small end put home read hand port large spell add even
            land here must big high such follow act why ask men change went light kind off need house picture
            try us again animal point mother world near build self earth father café naïve Grüße größer — über)
         |> List.to_tuple()

  @languages {"python", "elixir", "emacs-lisp", "sh", "javascript"}

  @doc "At least so many bytes, and no more than a few hundred above."
  def mixed(bytes) do
    :rand.seed(:exsss, {1, 2, 3})
    head = "#+TITLE: A document of #{bytes} bytes\n#+AUTHOR: Nobody\n#+LANGUAGE: en\n\n"
    root = "* Root\n:PROPERTIES:\n:WORKBOOK_VERSION: 1\n:END:\n\n"
    IO.iodata_to_binary(grow([head, root], byte_size(head <> root), bytes, 1))
  end

  @doc "Paragraphs alone."
  def prose(bytes) do
    :rand.seed(:exsss, {1, 2, 3})
    stream = Stream.repeatedly(fn -> lines(6) <> "\n" end)

    Enum.reduce_while(stream, {[], 0}, fn paragraph, {all, size} ->
      if size >= bytes, do: {:halt, all}, else: {:cont, {[all, paragraph], size + byte_size(paragraph)}}
    end)
    |> IO.iodata_to_binary()
  end

  defp grow(all, size, bytes, _number) when size >= bytes, do: all

  defp grow(all, size, bytes, number) do
    part = IO.iodata_to_binary(part(rem(number, 12), number))
    grow([all, part], size + byte_size(part), bytes, number + 1)
  end

  defp part(0, n), do: ["** ", heading(n), "\n", drawer(n), "\n", paragraph()]

  defp part(3, n),
    do: ["*** TODO [#A] ", heading(n), " :tag#{rem(n, 5)}:\nSCHEDULED: <2024-03-01 Fri>\n\n", paragraph()]

  defp part(6, n), do: ["**** DONE ", heading(n), "\n\n", paragraph()]
  defp part(2, _), do: [list("- "), "\n"]
  defp part(4, n), do: [table(n), "\n"]
  defp part(7, n), do: ["*** Step #{n}\n:PROPERTIES:\n:in: v#{n - 12}\n:out: v#{n}\n:END:\n", source(n), "\n"]
  defp part(8, n), do: ["Noted[fn:#{n}] ", paragraph(), "\n[fn:#{n}] ", lines(1), "\n"]
  defp part(9, _), do: [list("1. "), "\n"]
  defp part(10, _), do: ["#+begin_quote\n", lines(2), "#+end_quote\n\n"]
  defp part(_, _), do: paragraph()

  defp heading(n), do: [words(4), " #{n}"]
  defp drawer(n), do: ":PROPERTIES:\n:CUSTOM_ID: section-#{n}\n:EFFORT: 1:30\n:END:\n"
  defp paragraph, do: [for(_ <- 1..(2 + :rand.uniform(4)), do: [marked(), "\n"]), "\n"]
  defp lines(count), do: IO.iodata_to_binary(for(_ <- 1..count, do: [words(11), ".\n"]))

  # A line with something in it that is no plain word.
  defp marked, do: [words(5), " ", object(:rand.uniform(12)), " ", words(5), "."]

  defp object(1), do: ["*", words(2), "*"]
  defp object(2), do: ["/", words(2), "/"]
  defp object(3), do: ["=", words(1), "()="]
  defp object(4), do: ["~", words(1), "~"]
  defp object(5), do: ["[[https://example.org/", word(), "/", word(), "][", words(3), "]]"]
  defp object(6), do: ["_", words(1), "_ and +", words(1), "+"]
  defp object(7), do: ["https://example.org/", word()]
  defp object(8), do: ["x_{", word(), "} or y^2"]
  defp object(9), do: "<2024-03-01 Fri 10:00>"
  defp object(10), do: "$a = b + c$ -- \\alpha"
  defp object(_), do: words(3)

  defp list(bullet) do
    for n <- 1..(3 + :rand.uniform(4)) do
      nested = if rem(n, 3) == 0, do: ["  - ", words(6), "\n  - [X] ", words(4), "\n"], else: []
      [bullet, marked(), "\n", nested]
    end
  end

  defp table(n) do
    rows = for row <- 1..(4 + :rand.uniform(6)), do: ["| ", word(), " ", word(), " | #{row * n} | ", words(3), " |\n"]
    ["#+CAPTION: Table #{n}\n#+NAME: table-#{n}\n| name | amount | remark |\n|------+--------+--------|\n", rows]
  end

  defp source(n) do
    language = elem(@languages, rem(n, tuple_size(@languages)))

    body =
      for i <- 1..(3 + :rand.uniform(8)), do: ["  ", word(), " = ", word(), "(#{i}) < #{n} && \"", words(2), "\"\n"]

    ["#+begin_src ", language, " :exports code\n", body, "#+end_src\n"]
  end

  defp words(count), do: Enum.map_intersperse(1..count, " ", fn _ -> word() end)
  defp word, do: elem(@words, :rand.uniform(tuple_size(@words)) - 1)
end
