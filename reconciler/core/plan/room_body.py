"""What is written for a room, and how whole its objects are."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.core.kinds import ROOM
from reconciler.core.model import Desired, LiveRoom, Path


def update_body(
    desired: Desired, room: LiveRoom, names: Mapping[str, None], exp: int | None
) -> dict[str, object]:
    """The fields an update sends: the named ones whole, and `exp` beside `dialin`.

    `exp` is what `expires` wants now, if it wants something.
    """
    send: dict[str, object] = {}
    for name in names:
        if name in desired.fields:
            send[name] = whole(name, desired.fields[name], room.config.get(name))
    if exp is not None:
        send["exp"] = exp
    if send.get("dialin") is not None and "exp" not in send:
        # Whether a write of dialin must carry exp again is not documented.
        known = desired.fields.get("exp") or room.exp
        if known is not None:
            send["exp"] = known
    return send


def whole(name: str, want: object, have: object) -> object:
    """An object as it is written: declared keys over the live settable ones.

    That holds for the objects inside it as well.

    Whether Daily merges a nested object or replaces it is unknown, so all of it
    is sent. A declared null leaves its key out; where Daily shows another value than
    the default, the default is written instead, since a merge would keep the value.
    """
    return _whole((name,), want, have)


def _whole(path: Path, want: object, have: object) -> object:
    keys = ROOM.objects.get(path[0]) if len(path) == 1 else ROOM.nested.get(path)
    if keys is None or not isinstance(want, Mapping):
        return settled(want)
    live = have if isinstance(have, Mapping) else {}
    kept = {
        key: value
        for key, value in live.items()
        if key in keys and value is not None and key not in want
    }
    reset = {
        key: ROOM.defaults[*path, key]
        for key, value in want.items()
        if value is None and live.get(key) is not None and (*path, key) in ROOM.defaults
    }
    written = {
        key: _whole((*path, key), value, live.get(key))
        for key, value in want.items()
        if value is not None
    }
    return {**kept, **reset, **written}


def settled(value: object) -> object:
    """Drop null keys inside objects: null there means "leave this key out"."""
    if isinstance(value, Mapping):
        return {key: settled(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [settled(item) for item in value]
    return value
