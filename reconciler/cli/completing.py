"""What the shell may offer while a command line is typed, read offline.

Nothing here may print, fail or be slow: a broken config, or none, offers nothing.
Files are read as YAML only, never checked. The script of each shell is click's; for
bash ours reads the line itself, because bash takes `room:lobby` for three words.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

Items = list[CompletionItem[str]]
_KINDS: Final = {"room": "rooms", "number": "phone_numbers"}
_LARGEST: Final = 20_000_000
"""Bytes of one file that is still read: a larger one would make the shell wait."""


def key_paths(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """Paths for `explain`: the names below what is typed, or keys by their name."""
    return _quietly(lambda: _key_paths(incomplete))


def config_then_name(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> Items:
    """CONFIG and then ROOM: files at first, and names once there is a file."""
    files = [CompletionItem(incomplete, type="file")]
    names = _quietly(lambda: _starting(_names(_files(ctx)), incomplete))
    return [*files, *names]


def only(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """`room:NAME` and `number:NUMBER` for --only."""

    def found() -> Items:
        if ":" not in incomplete:
            return _starting([("room:", ""), ("number:", "")], incomplete)
        kind = incomplete.partition(":")[0]
        names = _names(_files(ctx), kind)
        return _starting([(f"{kind}:{name}", text) for name, text in names], incomplete)

    return _quietly(found)


def told(ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """`room:NAME` for --told."""

    def found() -> Items:
        names = _names(_files(ctx), "room")
        return _starting([(f"room:{name}", text) for name, text in names], incomplete)

    return _quietly(found)


def gates(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> Items:
    """`delete=` and the like for --allow."""

    def found() -> Items:
        from reconciler.core.plan.gates import NAMES

        return _starting([(f"{name}=", "") for name in NAMES], incomplete)

    return _quietly(found)


def _quietly(find: Callable[[], Items]) -> Items:
    try:
        return find()
    except Exception:  # whatever it is, the shell's line must stay clean
        return []


def _starting(found: Iterable[tuple[str, str]], typed: str) -> Items:
    return [
        CompletionItem(name, help=text or None)
        for name, text in found
        if name.startswith(typed)
    ]


def _key_paths(typed: str) -> Items:
    from reconciler.config.schema import reference as explain

    above, dot, _ = typed.rpartition(".")
    if not dot:
        keys = [key for key in explain.every_key() if not explain.is_shared(key.path)]
        names = {key.path[-1]: key.title for key in keys}
        return _starting(names.items(), typed)
    below = {name: text for key in explain.find(above) for name, text in key.keys}
    return _starting(((f"{above}.{name}", text) for name, text in below.items()), typed)


def _files(ctx: click.Context) -> list[Path]:
    """What was typed as CONFIG.

    Click takes a file that stands alone for ROOM, and leaves all words in `args`
    when the last of them is an option that still waits for its value.
    """
    given = [*(ctx.params.get("config") or ()), ctx.params.get("room"), *ctx.args]
    return [Path(str(item)).expanduser() for item in given if item]


def _names(paths: list[Path], kind: str = "") -> Iterator[tuple[str, str]]:
    """Names of rooms and numbers in files that can be read as YAML."""
    from reconciler.config.reading.files import listed
    from reconciler.config.reading.parse import parse
    from reconciler.paths import is_regular, read_text

    for file in listed(paths)[0]:
        if not is_regular(file):
            continue
        document = parse(read_text(file, _LARGEST), str(file)).document
        for name, section in _KINDS.items():
            entries = document.data.get(section) if document else None
            if isinstance(entries, dict) and kind in ("", name):
                yield from ((key, name) for key in entries)


class Bash(BashComplete):
    """Bash, given the line as it is typed: its own words end at ":" and "="."""

    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' line="${COMP_LINE:0:COMP_POINT}" type value response

    response=$(env COMP_LINE="$line" %(complete_var)s=bash_complete "$1" 2>/dev/null)

    while IFS=',' read -r type value; do
        if [[ $type == 'file' ]]; then
            compopt -o default
        elif [[ $type == 'plain' ]]; then
            COMPREPLY+=("$value")
            [[ $value == *[:=.] ]] && compopt -o nospace
        fi
    done <<< "$response"

    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    @staticmethod
    def _check_version() -> None:
        """No check: what the script uses is as old as bash 4.4 itself."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the cursor, and the one it stands in."""
        words = _words(os.environ.get("COMP_LINE", ""))
        return words[1:-1], words[-1] if len(words) > 1 else ""

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Leave out what bash has already: it replaces only its own last word."""
        typed = _words(os.environ.get("COMP_LINE", ""))[-1]
        cut = max(typed.rfind(":"), typed.rfind("=")) + 1
        return f"{item.type},{item.value[cut:]}"


def _words(line: str) -> list[str]:
    """The words of a line; the last one is empty when the cursor is after a space."""
    try:
        words = shlex.split(line)
    except ValueError:  # a quote is still open
        words = line.split()
    if not words or line[-1:].isspace():
        words.append("")
    return words


add_completion_class(Bash)
