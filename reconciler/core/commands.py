"""Commands that a message tells people to run, as they can be pasted into a shell.

A message that suggests a command repeats the files and the options of the run that it
belongs to: without them it would look at another domain, or at no sandbox.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.core.text import clean

PROGRAM: Final = "daily-reconciler"
_TARGET: Final = frozenset(
    {"--sandbox", "--sandbox-state", "--api-key-file", "--timeout", "--rate"}
    | {"--clock-offset"}
)
_KEPT: Final[Mapping[str, frozenset[str]]] = {
    "validate": frozenset(),
    "plan": _TARGET | {"--only"},
    "apply": _TARGET | {"--only", "--allow", "--lock-file"},
    "dialin": _TARGET | {"--only"},
    "numbers": _TARGET,
    "import": _TARGET,
    "restore": _TARGET | {"--lock-file", "--config"},
}
"""The options of a run that another command takes over."""
_PLAIN: Final = "CONFIG"


@dataclass(frozen=True, slots=True)
class Invocation:
    """How a run was started: its command, its files, and each option with its value."""

    command: str = ""
    files: tuple[str, ...] = ()
    options: tuple[tuple[str, ...], ...] = ()

    def again(self, *more: str) -> str:
        """The same command, with more options."""
        return _line(self.command, self.files, (*self._words(), *more))

    def other(
        self, command: str, *more: str, files: tuple[str, ...] | None = None
    ) -> str:
        """Another command about the same files (or others), and the same Daily."""
        if files is None:
            files = self.files if self.command != "restore" else ()
        kept = self._words(_KEPT[command])
        return _line(command, files or (_PLAIN,), (*kept, *more))

    def suggested(self, command: str, *more: str) -> str:
        """Another command as a finding names it: `restore` comes with its file."""
        if command == "restore":
            return self.restoring(*more)
        if command == "import":
            return _line(command, (), (*self._words(_KEPT[command]), *more))
        return self.other(command, *more)

    def restoring(self, file: str) -> str:
        """The restore of a rescue file; what the files declare is left out of it."""
        mine = self.files if self.command != "restore" else ()
        configs = (w for one in mine if one != "-" for w in ("--config", one))
        return self.other("restore", *configs, files=(file,))

    def _words(self, kept: frozenset[str] | None = None) -> Iterator[str]:
        for option in self.options:
            if kept is None or option[0] in kept:
                yield from option


UNKNOWN: Final = Invocation()
"""For a run that no command line started."""


def _line(command: str, files: tuple[str, ...], options: tuple[str, ...]) -> str:
    if any(file.startswith("-") for file in files):
        words = (command, *options, "--", *files)
    else:
        words = (command, *files, *options)
    return " ".join((PROGRAM, *map(quoted, words)))


def quoted(word: str) -> str:
    """A word of a command line. What may not reach a terminal or a log is spelled."""
    if clean(word) == word:
        return shlex.quote(word)
    return f"$'{''.join(map(_spelled, _encoded(word)))}'"


def _encoded(word: str) -> bytes:
    try:
        return word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return word.encode("utf-8", "surrogatepass")


def _spelled(byte: int) -> str:
    plain = 0x20 <= byte < 0x7F and byte not in b"'\\#:`"
    return chr(byte) if plain else f"\\x{byte:02x}"
