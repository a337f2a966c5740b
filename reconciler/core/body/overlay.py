"""What is written: declared values over live ones, and how whole objects are.

Whether Daily merges an object or replaces it is unknown, so all of it is sent: the
declared keys, and the live ones that the file does not declare, at every depth. A list
is written whole too; its items are told apart by their names, where they have some.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.core.compare.canonical import by_name
from reconciler.core.compare.equality import Context, effective_default
from reconciler.core.model import Desired, LiveRoom, Path
from reconciler.core.secrecy import reveal


def update_body(
    desired: Desired,
    room: LiveRoom,
    names: Iterable[str],
    exp: int | None,
    ctx: Context,
) -> dict[str, object]:
    """The fields an update sends: the named ones whole, and `exp` beside `dialin`.

    `exp` is what `expires` wants now, if it wants something. Beside anything but
    `dialin` it is left to the renewal, which goes first; without an end there is none.
    """
    send: dict[str, object] = {}
    for name in names:
        if name in desired.fields:
            want, have = desired.fields[name], room.fields.get(name)
            send[name] = overlay((name,), want, have, ctx)
    writes_dialin = send.get("dialin") is not None
    if exp is not None and (writes_dialin or room.exp is None):
        send["exp"] = exp
    if writes_dialin and "exp" not in send:
        # Whether a write of dialin must carry exp again is not documented.
        known = desired.fields.get("exp") or room.exp
        if known is not None:
            send["exp"] = known
    return send


def overlay(path: Path, want: object, have: object, ctx: Context) -> object:
    """A declared value as it is written over the live one.

    A null inside an object leaves its key out where Daily has nothing. Where Daily
    shows a value, or may hide one, the effective default is written, since a merge
    would keep the value; without a known default it is null, which clears a field
    elsewhere in Daily's API. A list that Daily hides is emptied instead: whether null
    had an effect could not be seen.
    """
    if not isinstance(want, Mapping):
        return over_items(want, have)
    live = have if isinstance(have, Mapping) else {}
    body = {k: settled(v) for k, v in live.items() if k not in want and v is not None}
    for key, value in want.items():
        if value is not None:
            body[key] = overlay((*path, key), value, live.get(key), ctx)
        elif live.get(key) is not None:
            body[key] = _reset((*path, key), live.get(key), ctx)
        elif isinstance(have, Mapping) and (*path, key) in ctx.kind.maybe_hidden:
            is_list = (*path, key) in ctx.kind.sets
            body[key] = [] if is_list else effective_default((*path, key), ctx)
    return body


def _reset(path: Path, have: object, ctx: Context) -> object:
    if isinstance(have, Mapping):
        shown = {key: value for key, value in have.items() if value is not None}
        return {key: _reset((*path, key), value, ctx) for key, value in shown.items()}
    return effective_default(path, ctx)


def over_items(want: object, have: object) -> object:
    """A declared list over the live one: items of the same name keep their live keys.

    What has no item of its name is written as it is declared. So is an item whose
    `type` differs: the live keys belong to the other type.
    """
    wanted, named = by_name(want), by_name(have)
    if not wanted or not named:
        return settled(want)
    return [_over_item(item, named.get(name)) for name, item in wanted.items()]


def _over_item(want: object, have: object) -> object:
    """A declared part of a list's item over the live one; null leaves its key out."""
    if not isinstance(want, Mapping) or not isinstance(have, Mapping):
        return over_items(want, have)
    kinds = reveal(want.get("type")), have.get("type")
    if None not in kinds and kinds[0] != kinds[1]:
        return settled(want)
    kept = {key: settled(v) for key, v in have.items() if want.get(key, v) is not None}
    over = {k: _over_item(v, have.get(k)) for k, v in want.items() if v is not None}
    return {**kept, **over}


def settled(value: object) -> object:
    """Drop null keys inside objects: null there means "leave this key out"."""
    if isinstance(value, Mapping):
        return {key: settled(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [settled(item) for item in value]
    return value
