defmodule Workbooks.CLI.Verbs.Completion do
  @moduledoc false
  @behaviour Workbooks.CLI.Verb

  alias Workbooks.CLI.{Failure, Options}

  @shells ~w(bash zsh fish)

  @impl true
  def name, do: "completion"
  @impl true
  def summary, do: "what a shell needs to complete verbs, options and files"
  @impl true
  def usage, do: ["completion bash|zsh|fish"]

  @impl true
  def about do
    """
    Prints a script for the shell, made from the verbs that this version has. It calls nothing while you type.
    """
  end

  @impl true
  def options, do: []

  @impl true
  def examples do
    [
      {"source <(wb completion bash)", "in ~/.bashrc"},
      {"wb completion zsh > ~/.zfunc/_wb", "a file in a folder of $fpath"},
      {"wb completion fish > ~/.config/fish/completions/wb.fish", "for fish"}
    ]
  end

  @impl true
  def run([shell], %{verbs: verbs}) when shell in @shells do
    script = shell |> script(Enum.map(verbs, fn {_name, verb} -> described(verb) end)) |> IO.iodata_to_binary()
    {:ok, {script, %{shell: shell, script: script}}}
  end

  def run([], _options), do: {:error, Failure.new(:usage, "for which shell? bash, zsh or fish")}
  def run([other | _], _options), do: {:error, Failure.new(:usage, "#{other} is none of bash, zsh and fish")}

  defp described(verb) do
    subverbs =
      for line <- verb.usage(),
          [_verb, sub | _] <- [String.split(line)],
          sub =~ ~r/^[a-z|]+$/,
          word <- String.split(sub, "|"),
          uniq: true,
          do: word

    options =
      for {name, _type, placeholder, words} <- Options.all(verb),
          do: {"--" <> Options.dashed(Options.long(name)), placeholder, words}

    %{name: verb.name(), summary: verb.summary(), subverbs: subverbs, options: options}
  end

  defp script("bash", verbs) do
    names = Enum.map_join(verbs, " ", & &1.name)

    [
      "# wb for bash: source <(wb completion bash)\n_wb() {\n",
      "  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words= \n",
      "  COMPREPLY=()\n",
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W '#{names}' -- \"$word\"))\n    return\n  fi\n",
      "  case $verb in\n",
      for(verb <- verbs, do: "    #{verb.name}) words='#{Enum.map_join(verb.options, " ", &elem(&1, 0))}' ;;\n"),
      "  esac\n",
      "  case $word in\n    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); return ;;\n  esac\n",
      "  if [ \"$COMP_CWORD\" -eq 2 ]; then\n    case $verb in\n",
      for(
        verb <- verbs,
        words = second(verb, names),
        words != "",
        do: "      #{verb.name}) COMPREPLY=($(compgen -W '#{words}' -- \"$word\")); return ;;\n"
      ),
      "    esac\n  fi\n",
      "  COMPREPLY=($(compgen -f -- \"$word\"))\n}\ncomplete -o filenames -F _wb wb\n"
    ]
  end

  defp script("zsh", verbs) do
    names = Enum.map_join(verbs, " ", & &1.name)

    [
      "#compdef wb\n# wb for zsh: a file _wb in a folder of $fpath, or source <(wb completion zsh)\n_wb() {\n  local -a verbs\n  verbs=(\n",
      for(verb <- verbs, do: "    '#{verb.name}:#{quoted(verb.summary)}'\n"),
      "  )\n  if (( CURRENT == 2 )); then\n    _describe verb verbs\n    return\n  fi\n  case $words[2] in\n",
      for verb <- verbs do
        words = second(verb, names)

        [
          "    #{verb.name})\n      _arguments \\\n",
          for(
            {switch, placeholder, words} <- verb.options,
            do: "        '#{switch}[#{quoted(words)}]#{value(placeholder)}' \\\n"
          ),
          if(words == "", do: "        '*:file:_files'\n", else: "        '2:what:(#{words})' '*:file:_files'\n"),
          "      ;;\n"
        ]
      end,
      "  esac\n}\nif [ \"$funcstack[1]\" = _wb ]; then _wb \"$@\"; else compdef _wb wb; fi\n"
    ]
  end

  defp script("fish", verbs) do
    names = Enum.map_join(verbs, " ", & &1.name)

    [
      "# wb for fish: wb completion fish > ~/.config/fish/completions/wb.fish\n",
      for verb <- verbs do
        on = "__fish_seen_subcommand_from #{verb.name}"
        words = second(verb, names)

        [
          "complete -c wb -n __fish_use_subcommand -f -a #{verb.name} -d '#{quoted(verb.summary)}'\n",
          if(words == "", do: [], else: "complete -c wb -n '#{on}' -f -a '#{words}'\n"),
          for {"--" <> switch, placeholder, words} <- verb.options do
            "complete -c wb -n '#{on}' -l #{switch}#{if placeholder != "", do: " -r"} -d '#{quoted(words)}'\n"
          end
        ]
      end
    ]
  end

  defp second(%{name: "help"}, names), do: names
  defp second(verb, _names), do: Enum.join(verb.subverbs, " ")

  # Within single quotes, and within brackets for zsh.
  defp quoted(words), do: words |> String.replace("'", "") |> String.replace(["[", "]", ":"], " ")
  defp value(""), do: ""
  defp value(placeholder), do: ":#{quoted(placeholder)}:_files"
end
