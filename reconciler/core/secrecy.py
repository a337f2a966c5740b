"""Which values are secret, and how they are shown instead.

This module alone decides both. A value is secret where the kinds table names it so,
where its key sounds so, and where it came from a variable; of an address, wherever it
stands, only its user info and its query are hidden.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from reconciler.core.compare.diff import ABSENT, FieldChange, Step, at, same
from reconciler.core.kinds import KINDS, Kind, matches
from reconciler.core.model import Desired, KindName, Path
from reconciler.core.text import nearest

_PLAIN: Final = frozenset({str, bool, int, float, type(None)})
"""Types with nothing inside. Asked for before `Mapping`, which is slow to ask for."""
_SCHEME: Final = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+")
_USER: Final = re.compile(r"//[^/@\s]*@")
_QUERY: Final = re.compile(r"(?<=\S)\?[^\s\"'#]+")
SECRET_NAMES: Final = frozenset(p[-1] for k in KINDS.values() for p in k.secret)
"""Keys whose values are secret, whatever stands in them."""
SECRET_WORDS: Final = ("hmac", "url", "password", "secret", "token", "credentials")
"""Words in the name of a key that make its value likely to be a secret."""
_TELLING: Final = ("key", "hmac", "password", "secret", "token", "credential")
"""Those that make it one wherever they stand in the name."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text, number or boolean that is compared and sent, but never shown.

    Two secrets are equal when their values are, whatever they are called.
    `label` is what people see: the reference it came from, or a mask. `written`: the
    text of the file that it came from, if that has references.
    """

    value: str | float
    label: str = field(default="(secret)", compare=False)
    written: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """The value where it is a text, as keys and variables are."""
        return str(self.value)

    def __repr__(self) -> str:
        return self.label

    __str__ = __repr__


# Which values are secret.


def is_secret(kind: KindName, path: Path) -> bool:
    """Tell whether a value at this path must never be shown.

    A key that the table does not know is secret when its name, or that of an object
    around it, sounds so.
    """
    return _is_hidden(KINDS[kind], path)


def is_secret_key(path: Path) -> bool:
    """Tell by the names alone whether a value of a file is secret.

    The first two steps are a section and the name of a room or number, which says
    nothing.
    """
    return not SECRET_NAMES.isdisjoint(path) or any(map(_sounds_secret, path[2:]))


def sounds_secret(path: Path) -> bool:
    """Tell whether an unknown key may be a secret one, misspelt."""
    return _sounds_secret(path[-1])


@functools.lru_cache(maxsize=4096)
def _sounds_secret(key: str) -> bool:
    key = key.lower()
    return any(word in key for word in _TELLING) or bool(
        nearest(key, SECRET_WORDS, 0.6)
    )


def _is_hidden(kind: Kind, path: Path) -> bool:
    return any(matches(path, p) for p in kind.secret) or any(map(_sounds_secret, path))


# What is shown.


def reveal(value: object) -> object:
    """The value with every secret opened: for comparing and sending only."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Secret):
        return value.value
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [reveal(item) for item in value]
    return value


def labelled(value: object) -> object:
    """The value as JSON for people: secrets are their labels, absent is null."""
    if isinstance(value, Secret):
        return value.label
    if isinstance(value, Mapping):
        return {str(key): labelled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [labelled(item) for item in value]
    return None if value is ABSENT else value


def veil(kind: Kind, path: tuple[Step, ...], value: object, twin: object) -> object:
    """The value as it may be shown: secrets become `Secret`s.

    `twin` is the value on the other side: whatever is a secret on one side is one
    on both. In a plain list with a secret no item has a sure twin: all are secret.
    """
    if isinstance(twin, list) and any(map(_is_hidden_whole, twin)):
        return sealed(value)
    if isinstance(value, Mapping):
        return {k: veil(kind, (*path, k), v, _of(twin, k)) for k, v in value.items()}
    if isinstance(value, list):
        return [veil(kind, (*path, i), v, _of(twin, i)) for i, v in enumerate(value)]
    if not isinstance(value, str | float | int) or value == "":
        return value
    steps = tuple(str(step) for step in path)
    if isinstance(twin, Secret) and same(twin.value, value):
        return twin
    if isinstance(twin, Secret) or _is_hidden(kind, steps):
        return Secret(value)
    if not isinstance(value, str):
        return value
    is_address = any(matches(steps, p) for p in kind.address)
    shown = mask_url(value) if is_address else mask_addresses(value)
    return value if shown == value else Secret(value, shown)


def sealed(value: object) -> object:
    """The value with every text, number and boolean in it hidden."""
    if isinstance(value, Mapping):
        return {key: sealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [sealed(item) for item in value]
    if isinstance(value, str | float | int) and value != "":
        return Secret(value)
    return value


def sealed_like(
    shown: Iterable[FieldChange],
) -> Callable[[tuple[Step, ...], object], object]:
    """Seals what stands at, above or below a path where these hold a secret."""
    hidden = {f.path for f in shown if holds_secret(f.before) or holds_secret(f.after)}

    def seal(path: tuple[Step, ...], value: object) -> object:
        near = any(path[: len(h)] == h[: len(path)] for h in hidden)
        return sealed(value) if near else value

    return seal


def _is_hidden_whole(value: object) -> bool:
    """A secret of which not even a part is shown."""
    if not isinstance(value, Secret):
        return False
    return not isinstance(value.value, str) or value.label not in (
        mask_url(value.value),
        mask_addresses(value.value),
    )


def showing(
    kind: Kind, desired: Desired, live: Mapping[str, object]
) -> Callable[[FieldChange], FieldChange]:
    """How the changes of one resource are shown: see `veil`.

    A text that the file takes from a variable is hidden wherever it stands, since
    lists may hold it at another position on the live side.
    """
    declared = dict(desired.fields)
    known = secrets_in(declared)

    def show(change: FieldChange) -> FieldChange:
        written = at(declared, change.path)
        after = written if isinstance(written, Secret) else change.after
        after = veil(kind, change.path, after, written)
        return FieldChange(
            change.path,
            _covered(veil(kind, change.path, change.before, written), known),
            _covered(veil(kind, change.path, after, at(live, change.path)), known),
        )

    return show


def conceal(
    kind: Kind,
    path: tuple[Step, ...],
    live: object,
    declared: Mapping[str, object],
    known: Mapping[str, Secret],
) -> object:
    """A live value beside what some revision declares: its secrets are `Secret`s.

    `known`: texts that are secrets wherever they stand, by their value.
    """
    opened = veil(kind, path, reveal(live), at(dict(declared), path))
    return _both_hidden(live, _covered(opened, known))


def secrets_in(value: object) -> Mapping[str, Secret]:
    """Every secret in a value, by its text."""
    found = secrets_of(value)
    return {s.value: s for s in found if isinstance(s.value, str)}


def _both_hidden(one: object, other: object) -> object:
    """Equal values with the secrets of both; those of the second one's label."""
    if isinstance(other, Secret):
        return other
    if isinstance(one, Secret):
        return one
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {key: _both_hidden(item, other[key]) for key, item in one.items()}
    if isinstance(one, list) and isinstance(other, list):
        return [_both_hidden(*pair) for pair in zip(one, other, strict=True)]
    return other


def mask_url(url: str) -> str:
    """An address without its user info and query, which often hold keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(secret)"
    if "@" not in parts.netloc and not (parts.query or parts.fragment):
        return url
    host = parts.netloc.rpartition("@")[2]
    netloc = f"***@{host}" if "@" in parts.netloc else parts.netloc
    query = "***" if parts.query else ""
    fragment = "***" if parts.fragment else ""
    return urlunsplit((parts.scheme, netloc, parts.path, query, fragment))


def mask_addresses(text: str) -> str:
    """A text with each address in it as `mask_url` shows it.

    A text that begins with an address is taken for one, blanks and all.
    """
    if "://" not in text:
        return text
    if _SCHEME.match(text):
        return mask_url(text)
    return _ADDRESS.sub(lambda found: mask_url(found[0]), text)


def mask_address(text: str) -> str:
    """Hide the user info and the query of every address in a text."""
    return _QUERY.sub("?***", _USER.sub("//***@", text))


def holds_secret(value: object) -> bool:
    """Tell whether there is a secret anywhere in a value."""
    return any(True for _ in secrets_of(value))


def secrets_of(value: object) -> Iterator[Secret]:
    """Every secret anywhere in a value."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from secrets_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_of(item)


def _covered(value: object, known: Mapping[str, Secret]) -> object:
    if isinstance(value, Mapping):
        return {key: _covered(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_covered(item, known) for item in value]
    return known.get(value, value) if isinstance(value, str) and value else value


def _of(twin: object, step: Step) -> object:
    if isinstance(twin, Mapping):
        return twin.get(step)
    if isinstance(twin, list | tuple) and isinstance(step, int) and step < len(twin):
        return twin[step]
    # A secret that stands where the other side has an object hides all of it.
    return twin if isinstance(twin, Secret) else None
