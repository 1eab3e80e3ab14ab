"""The scripts that teach shells to ask `answer`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

PROGRAMS = ("inv", "invoke", "fullcycle")

START = "import sys; sys.path[:0] = [{folder!r}]; import answer; answer.main(*sys.argv[1:])"
"""An import, so that Python keeps it compiled; a script it would compile at every TAB."""

BASH = """\
# Completion of fullcycle's commands for bash: eval "$(invoke completion.script bash)"
_fullcycle_complete() {{
    COMPREPLY=()
    local line
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <({answer} bash "$COMP_CWORD" "${{COMP_WORDS[@]}}" 2>/dev/null)
}}
complete -o default -F _fullcycle_complete {programs}
"""

ZSH = """\
# Completion of fullcycle's commands for zsh: eval "$(invoke completion.script zsh)"
_fullcycle_complete() {{
    local -a found
    found=("${{(@f)$({answer} zsh $((CURRENT - 1)) "${{words[@]}}" 2>/dev/null)}}")
    if (( ${{#found[1]}} )); then
        compadd -Q -- "${{found[@]}}"
    else
        _files
    fi
}}
(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit -u; }}
compdef _fullcycle_complete {programs}
"""

FISH = """\
# Completion of fullcycle's commands for fish: invoke completion.script fish | source
function __fullcycle_complete
    set -l typed (commandline --cut-at-cursor --tokenize --current-process)
    set -l word (commandline --cut-at-cursor --current-token)
    set -l found ({answer} fish (count $typed) $typed "$word" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$word"
    end
end
for program in {programs}
    complete --command $program --no-files --arguments '(__fullcycle_complete)'
end
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def script(shell: str) -> str:
    """The script for bash, zsh or fish; it asks the Python that runs now, wherever it is used."""
    return SCRIPTS[shell].format(answer=answer(), programs=" ".join(PROGRAMS))


def answer() -> str:
    """The command that answers a TAB, as a shell reads it; shell, cursor and words follow."""
    start = START.format(folder=str(Path(__file__).parent))
    return shlex.join([sys.executable, "-I", "-S", "-c", start])
