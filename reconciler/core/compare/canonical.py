"""The one form in which a value is compared, whatever Daily or a file wrote.

Lists whose order means nothing are sorted, times are whole seconds, phone numbers are
E.164, texts are in Unicode NFC, and hosts of addresses are in lower case. "Recording is
off" has one form though Daily shows three.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from reconciler.core.kinds import Kind
from reconciler.core.model import Path
from reconciler.core.phone import shown_number
from reconciler.core.secrecy import reveal

_PORTS: Final = {"http": 80, "https": 443}


def canonical(kind: Kind, path: Path, value: object) -> object:
    """One value in its one form. Secrets must have been opened before."""
    value = _composed(value)
    if path in kind.off and value in ("0", []):
        return False
    if path in kind.numbers and isinstance(value, list):
        value = [shown_number(item) for item in value]
    if path in kind.address and isinstance(value, str):
        value = _address(value)
    if path in kind.sets:
        return _as_set(value)
    if path[0] in kind.times and isinstance(value, int | float):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def in_order_of(want: object, have: object) -> object:
    """The live items of a list in the order of the declared ones of the same name.

    Only where every item on both sides has a name of its own: then the order means
    nothing. Items that are not declared come last.
    """
    wanted, named = by_name(want), by_name(have)
    if not wanted or not named:
        return have
    first = [named[name] for name in wanted if name in named]
    return [*first, *(item for name, item in named.items() if name not in wanted)]


def by_name(items: object) -> dict[str, object]:
    """The items of a list by their names; nothing unless each has one of its own."""
    listed = items if isinstance(items, list | tuple) else ()
    named = (item.get("name") if isinstance(item, Mapping) else None for item in listed)
    names = [reveal(name) for name in named]
    if not all(isinstance(name, str | int) for name in names):
        return {}
    found = dict(zip(names, listed, strict=True))
    unique = len(found) == len(listed)
    return {str(name): item for name, item in found.items()} if unique else {}


def _composed(value: object) -> object:
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, Mapping):
        return {key: _composed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_composed(item) for item in value]
    return value


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    user, at, host = parts.netloc.rpartition("@")
    host = host.lower()
    if port is not None and port == _PORTS.get(parts.scheme):
        host = host.rpartition(":")[0]
    path = parts.path or "/"
    return urlunsplit((parts.scheme, f"{user}{at}{host}", path, *parts[3:]))


def _as_set(value: object) -> object:
    if not isinstance(value, list):
        return value
    unique = sorted({_as_text(item) for item in value})
    # A list of one and the bare value mean the same to Daily's documentation.
    return unique[0] if len(unique) == 1 else unique


def _as_text(item: object) -> str:
    # Daily shows texts here; anything else still has to compare, whatever its order.
    return item if isinstance(item, str) else json.dumps(item, sort_keys=True)
