"""Single values on their way into a file: shortened, made lasting, without secrets."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reconciler.core.compare.diff import Step, same
from reconciler.core.compare.equality import Context, effective
from reconciler.core.kinds import Kind
from reconciler.core.model import Path
from reconciler.core.secrecy import Secret, veil
from reconciler.core.times import in_utc, iso

_LONGEST_KEY: Final = 100
_DEEPEST: Final = 30
_MOST_DIGITS: Final = 60
_EXACT: Final = 1e15
"""Below it a float without a fraction is a whole number; JSON knows one kind only."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A secret in a file: the name of a variable. The value is for the variable."""

    name: str
    secret: Secret


@dataclass(slots=True)
class Namer:
    """Gives variables their names: speaking, the same each time, each one once.

    Rooms that share a secret share its variable, which is called after the first.
    Numbers do not: one secret for two is an accident that should be easy to end.
    """

    taken: set[str] = field(default_factory=set)
    _known: dict[tuple[Path, str], str] = field(default_factory=dict)

    def without_secrets(
        self, kind: Kind, owner: str, name: str, value: object
    ) -> object:
        """The value with a reference in place of each secret."""
        return self._walk(veil(kind, (name,), value, None), owner, (name,))

    def _walk(self, value: object, owner: str, path: tuple[Step, ...]) -> object:
        if isinstance(value, Secret):
            if not isinstance(value.value, str):
                # A variable is always text.
                return value.value
            return Reference(self._name(owner, path, value.value), value)
        if isinstance(value, Mapping):
            return {k: self._walk(v, owner, (*path, k)) for k, v in value.items()}
        if isinstance(value, list):
            return [self._walk(v, owner, (*path, i)) for i, v in enumerate(value)]
        return value

    def _name(self, owner: str, path: tuple[Step, ...], secret: str) -> str:
        """DAILY_HMAC_12095550101, DAILY_RTMP_CONFIG_URL_LOBBY."""
        keys = tuple(step for step in path if isinstance(step, str))[-2:]
        known = self._known.get((keys, secret))
        if known and not owner.startswith("+"):
            return known
        words = "_".join(["DAILY", *keys, owner.removeprefix("+")])
        name = base = re.sub(r"[^A-Za-z0-9]", "_", words).upper()
        count = 1
        while name in self.taken:
            count += 1
            name = f"{base}_{count}"
        self.taken.add(name)
        self._known[keys, secret] = name
        return name


def references(value: object) -> Iterator[Reference]:
    """Every reference inside a value."""
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def property_value(
    name: str, value: object, nested: Sequence[str], ctx: Context
) -> object:
    """A field as a file would have it; None when there is nothing to say.

    `nested`: the keys of an object, in the order in which to write them.
    """
    if value is None or value == "" or not writable(value):
        return None
    if name in ctx.kind.objects and isinstance(value, Mapping):
        return _object(name, value, nested, ctx)
    if name in ctx.kind.times and isinstance(value, int | float):
        whole = int(value)
        if isinstance(value, bool) or in_utc(value) is None:
            # A large float is a number of more digits than a file may hold.
            return whole if writable(whole) else None
        return iso(whole)
    if same(effective((name,), value, ctx), effective((name,), None, ctx)):
        return None
    return _plain((name,), value, ctx)


def _object(
    name: str, value: Mapping[str, object], nested: Sequence[str], ctx: Context
) -> object:
    """An object on its settable keys.

    One that rooms inherit is written whole or not at all: a part of it would not
    make sense where a new room is created from it.
    """
    order = [*nested, *sorted(ctx.kind.objects[name])]
    keys = [k for k in dict.fromkeys(order) if k in ctx.kind.objects[name]]
    kept = {k: value[k] for k in keys if value.get(k) not in (None, "")}
    lean = {k: v for k, v in kept.items() if not _is_default((name, k), v, ctx)}
    if not lean:
        return {} if name in ctx.kind.marks else None
    if name in ctx.kind.inherited:
        lean = kept
    return {key: _plain((name, key), item, ctx) for key, item in lean.items()}


def _is_default(path: Path, value: object, ctx: Context) -> bool:
    return path in ctx.defaults and same(
        effective(path, value, ctx), effective(path, None, ctx)
    )


def _plain(path: Path, value: object, ctx: Context) -> object:
    if path in ctx.kind.sets and isinstance(value, list):
        return sorted({str(item) for item in value})
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return _without_nulls(value)


def _without_nulls(value: object) -> object:
    """Inside an object null leaves its key out; in a list it is an item."""
    if isinstance(value, Mapping):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def writable(value: object, depth: int = 0) -> bool:
    """Tell whether a file can hold the value: JSON may carry halves of characters,
    numbers that are none, and no end of nesting.
    """
    if isinstance(value, Secret):
        value = value.value
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
    if isinstance(value, Mapping):
        keys = all(len(key) <= _LONGEST_KEY and writable(key) for key in value)
        return keys and _all_writable(value.values(), depth)
    if isinstance(value, list):
        return _all_writable(value, depth)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) < 10**_MOST_DIGITS


def _all_writable(values: object, depth: int) -> bool:
    items = list(values)  # type: ignore[call-overload]
    return depth < _DEEPEST and all(writable(item, depth + 1) for item in items)
