r"""Prints the script that completes commands in a shell; --help lists flags.

    lottery-ticket completion bash > \
        ~/.local/share/bash-completion/completions/lottery-ticket

The script is of this version: it holds commands, flags and names, and starts no
Python where it completes.
"""

import dataclasses
import re
import sys
from collections.abc import Iterable

from lottery_ticket.foundations.command_line import (
    config_files,
    flag_values,
    flags,
    help_text,
    terminal,
)
from lottery_ticket.foundations.machine import lazy
from lottery_ticket.foundations.values import names
from lottery_ticket.runners import commands, listings, sweep_names

with lazy.imports():
    from lottery_ticket.datasets import registry as datasets
    from lottery_ticket.experiments.settings import recipes
    from lottery_ticket.models import registry as models

PROGRAM = "lottery-ticket"
# Flags that take more than names, so have no choices, -> names that are known.
_KNOWN = {
    "config": config_files.shipped,
    "dataset": lambda: datasets.DATASETS,
    "datasets": lambda: datasets.DATASETS,
    "model": lambda: models.MODELS,
    "recipe": lambda: recipes.RECIPES,
}


@dataclasses.dataclass(frozen=True)
class Flag:
    """A flag as a shell completes it: its name, what it is, what it may be."""

    name: str
    text: str
    choices: tuple[str, ...]
    is_switch: bool


@dataclasses.dataclass(frozen=True)
class Command:
    """A command: what it is for, its flags, and what its words may be.

    One with verbs has them as its words; each of them is a command too, whose
    name is both words.
    """

    name: str
    text: str
    flags: tuple[Flag, ...]
    words: tuple[str, ...]

    @property
    def pattern(self) -> str:
        """Its name as a pattern of bash and zsh."""
        return self.name.replace(" ", "\\ ")


def _is_first(command):
    """Whether it stands behind the program's name: a verb does not."""
    return " " not in command.name


def _with_verbs(found):
    """Patterns of the commands that have verbs, as one."""
    several = {each.name.split(" ")[0] for each in found if not _is_first(each)}
    return "|".join(sorted(several))


def completion(shell: str) -> None:
    """Prints the script that completes commands, flags and names in a shell.

    In bash, `source <(lottery-ticket completion bash)` takes it at once, and in
    zsh the same, after compinit. For good, it goes to a file: for bash to
    ~/.local/share/bash-completion/completions/lottery-ticket, for zsh to
    _lottery-ticket in a folder of $fpath, for fish to
    ~/.config/fish/completions/lottery-ticket.fish. It is made anew after an
    update.

    Args:
        shell: bash, zsh or fish.

    Raises:
        ValueError: If it is another.
    """
    names.check("shell", shell, SHELLS)
    terminal.say(SHELLS[shell](list(_commands())), sys.stdout)


def _commands():
    """All commands; one with verbs, then each verb as a command."""
    every = commands.with_verbs()
    for name, text in commands.helps().items():
        verbs = commands.verbs(name)
        if not verbs:
            yield _command(name, text)
            continue
        yield Command(name, text, (), tuple(verbs))
        for verb in verbs:
            yield _command(f"{name} {verb}", every[f"{name} {verb}"])


def _command(name, text):
    shown = help_text.flags(commands.find(name).function)
    return Command(name, text, tuple(map(_flag, shown)), tuple(_words(name)))


def _flag(flag):
    known = _KNOWN.get(flag.name, lambda: flag.choices)
    is_switch = flag_values.kind(flag.annotation) is bool
    text = re.split(r"[.;:]\s", flag.text)[0].rstrip(".")
    return Flag(flag.shown, text, tuple(known()), is_switch)


def _words(command) -> Iterable[str]:
    """What the words of a command, which are no flags, may be."""
    if command in listings.LISTINGS:
        return listings.LISTINGS[command][1]()
    if command == "argfile_runner":
        return [*sweep_names.runners(), *sweep_names.argfiles()]
    return SHELLS if command == "completion" else ()


def _bash(found):
    flag_lists = [
        f"        {each.pattern}) words='{' '.join(_flag_words(each))}' ;;"
        for each in found
    ]
    word_lists = [
        f"        {each.pattern}) words='{' '.join(each.words)}' ;;"
        for each in found
        if each.words
    ]
    choices = [
        f"        {'|'.join(own)}) words='{' '.join(names)}' ;;"
        for names, own in _by_choices(found).items()
    ]
    return _BASH.format(
        program=PROGRAM,
        commands=" ".join(each.name for each in found if _is_first(each)),
        with_verbs=_with_verbs(found),
        flags="\n".join(flag_lists),
        words="\n".join(word_lists),
        choices="\n".join(choices),
    )


def _flag_words(command):
    for each in command.flags:
        yield f"--{each.name}" if each.is_switch else f"--{each.name}="
    yield "--help"


def _by_choices(found):
    """Dict, names -> patterns of "command flag" that may be one of them."""
    several = {}
    for command in found:
        for each in command.flags:
            if each.choices:
                own = several.setdefault(each.choices, [])
                own.append(f"{command.pattern}\\ --{each.name}")
    return several


_BASH = """\
_lottery_ticket() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" flag='' whole='' words=''
    local before="${{COMP_WORDS[COMP_CWORD-1]}}"
    local command="${{COMP_WORDS[1]//-/_}}"
    case $command in
        {with_verbs})
            [[ $COMP_CWORD -gt 2 ]] && command+=" ${{COMP_WORDS[2]}}" ;;
    esac
    if [[ $COMP_CWORD -eq 1 ]]; then
        words='{commands} help'
    elif [[ $word == = ]]; then  # In bash, = is a word.
        flag=$before word=''
    elif [[ $before == = ]]; then
        flag=${{COMP_WORDS[COMP_CWORD-2]}}
    elif [[ $word == --*=* ]]; then
        flag=${{word%%=*}} whole="${{word%%=*}}=" word=${{word#*=}}
    elif [[ $word == -* || $before == --help ]]; then
        case $command in
{flags}
        esac
        [[ $before == --help ]] && words=${{words//[=-]/}}
    elif [[ $before == --* && $before != *=* ]]; then
        flag=$before
    else
        case $command in
{words}
        esac
    fi
    [[ -n $flag ]] && case "$command $flag" in
{choices}
    esac
    COMPREPLY=($(compgen -P "$whole" -W "$words" -- "$word"))
    [[ ${{COMPREPLY[*]}} == *= ]] && compopt -o nospace 2> /dev/null
    return 0
}}
complete -o bashdefault -o default -F _lottery_ticket {program}"""


def _zsh(found):
    rows = "\n".join(
        f"        {_quoted(f'{each.name}:{each.text}')}"
        for each in filter(_is_first, found)
    )
    cases = "\n".join(
        f"        {each.pattern}) _arguments {' '.join(_zsh_flags(each))} ;;"
        for each in found
    )
    return _ZSH.format(
        program=PROGRAM,
        commands=rows,
        with_verbs=_with_verbs(found),
        cases=cases,
    )


def _zsh_flags(command):
    for each in command.flags:
        text = re.sub(r"([][:\\])", r"\\\1", each.text)
        values = f"({' '.join(each.choices)})" if each.choices else "_files"
        value = "" if each.is_switch else f":{each.name}:{values}"
        sign = "" if each.is_switch else "="
        yield _quoted(f"--{each.name}{sign}[{text}]{value}")
    yield "'--help[says what flags are]'"
    if command.words:
        yield _quoted(f"*:name:({' '.join(command.words)})")
    else:
        yield "'*:file:_files'"


_ZSH = """\
#compdef {program}
_lottery_ticket() {{
    local -a commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=${{words[2]//-/_}}
    shift words
    (( CURRENT-- ))
    case $command in
        {with_verbs}) if (( CURRENT > 2 )); then
            command+=" ${{words[2]}}"
            shift words
            (( CURRENT-- ))
        fi ;;
    esac
    case $command in
{cases}
    esac
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _lottery_ticket "$@"
else
    compdef _lottery_ticket {program}
fi"""


def _fish(found):
    start = f"complete -c {PROGRAM}"
    lines = [f"{start} -f"]
    for command in found:
        first, *verb = command.name.split(" ")
        seen = " && ".join(
            f"__fish_seen_subcommand_from {word}" for word in (first, *verb)
        )
        if not verb:
            lines.append(
                f"{start} -n __fish_use_subcommand -a {command.name} -d "
                f"{_fish_quoted(command.text)}"
            )
        here = f"{start} -n '{seen}'"
        for each in command.flags:
            lines.append(f"{here} -l {each.name} {_fish_value(each)}")
        if command.words:
            lines.append(f"{here} -a '{' '.join(command.words)}'")
    return "\n".join(lines)


def _fish_value(flag):
    text = f"-d {_fish_quoted(flag.text)}"
    if flag.is_switch:
        return text
    return (
        f"-x -a '{' '.join(flag.choices)}' {text}"
        if flag.choices
        else f"-r -F {text}"
    )


def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# Shell -> function (commands) -> its script.
SHELLS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
RUN = completion

if __name__ == "__main__":
    flags.main(RUN)
