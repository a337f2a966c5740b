"""What leaves management: declared by the base, and no longer by this revision.

Nothing of it is written to Daily. What changes is that nothing keeps it as it was
declared any more, and that nothing renews the PIN of a room.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.core.kinds import KINDS
from reconciler.core.model import Config, Desired, KindName, Live, LiveRoom, Rolling
from reconciler.core.plan.model import Dropped
from reconciler.core.secrecy import reveal
from reconciler.core.times import DAY

_SECTIONS: Mapping[KindName, str] = {"room": "rooms", "number": "phone_numbers"}


def dropped_by(config: Config, base: Config, live: Live) -> Iterator[Dropped]:
    """List what Daily has, the base declared, and this config does not."""
    declared = {(r.kind, r.key): r for r in config.resources}
    names = _new_names(config, base)
    for old in base.resources:
        fields = shown(old, live)
        if old.absent or fields is None:
            continue
        new = declared.get((old.kind, old.key))
        room = live.rooms.get(old.key) if old.kind == "room" else None
        if new is None:
            yield replace(_whole(old, room), renamed_to=names.get(old.key, ""))
        elif not new.absent:
            yield from _expiry(old, new, room)
            yield from _fields(old, new, fields, room)


def shown(old: Desired, live: Live) -> Mapping[str, object] | None:
    """The live side of something declared; None when Daily does not have it."""
    if old.kind == "room":
        room = live.rooms.get(old.key)
        return room.fields if room else None
    for entry in live.assignments:
        if entry.number == old.key:
            return entry.fields
    return None


def _whole(old: Desired, room: LiveRoom | None) -> Dropped:
    line = f"{_quoted(old)}: {{state: absent}}"
    under = (_SECTIONS[old.kind],)
    return _ending(Dropped(old.kind, old.key, (), line, under), room)


def _ending(dropped: Dropped, room: LiveRoom | None) -> Dropped:
    """The same with the date on which callers no longer get in."""
    if room is None:
        return dropped
    return replace(dropped, ends=room.exp, has_pin=room.pin is not None)


def _expiry(old: Desired, new: Desired, room: LiveRoom | None) -> Iterator[Dropped]:
    """`expires` is no field of Daily's: without it the room ends at its live `exp`."""
    if old.rolling is None or new.rolling is not None:
        return
    # `expires` cannot stand beside a written exp.
    fixed = new.fields.get("exp") is not None
    line = "" if fixed else f"expires: {_rolling(old.rolling)}"
    under = (_SECTIONS[old.kind], old.key)
    made = Dropped(old.kind, old.key, ("expires",), line, under, keeps=True)
    made = _ending(made, room)
    ends_dialin = "dialin" in new.fields and new.fields["dialin"] is None
    yield replace(made, has_pin=False) if ends_dialin else made


def _rolling(rolling: Rolling) -> str:
    after, before = _span(rolling.after), _span(rolling.renew_before)
    return f"{{after: {after}, renew_before: {before}}}"


def _span(seconds: int) -> str:
    for unit, name in ((DAY, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % unit == 0:
            return f"{seconds // unit}{name}"
    return f"{seconds}s"


def _fields(
    old: Desired, new: Desired, live: Mapping[str, object], room: LiveRoom | None
) -> Iterator[Dropped]:
    if new.fields.get("type") != old.fields.get("type"):
        # A number that changes its role is replaced whole.
        return
    for name, value in old.fields.items():
        if value is None or name == "type":
            continue
        under = _place(old, new, name)
        held = live.get(name) is not None or (name,) in KINDS[old.kind].maybe_hidden
        if name in new.fields:
            yield from _keys(old, new, name, live)
        elif not held or (name == "exp" and new.rolling):
            continue
        elif name in KINDS[old.kind].generated:
            # Null asks for no change there.
            yield Dropped(old.kind, old.key, (name,), "", under)
        elif keep := _kept_line(name, value, room):
            made = Dropped(old.kind, old.key, (name,), keep, under, keeps=True)
            yield _ending(made, room) if name == "exp" else made
        else:
            made = Dropped(old.kind, old.key, (name,), f"{name}: null", under)
            yield _ending(made, room) if name == "dialin" else made


def _keys(
    old: Desired, new: Desired, name: str, live: Mapping[str, object]
) -> Iterator[Dropped]:
    before, after = old.fields[name], new.fields[name]
    if name not in KINDS[old.kind].objects:
        return
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return
    have = live.get(name)
    seen = have if isinstance(have, Mapping) else {}
    under = (*_place(old, new, name), name)
    for key, value in before.items():
        hidden = have is not None and (name, key) in KINDS[old.kind].maybe_hidden
        if value is None or key in after or (seen.get(key) is None and not hidden):
            continue
        # Null resets what Daily hides only where a default is known.
        known = seen.get(key) is not None or (name, key) in KINDS[old.kind].defaults
        line = f"{key}: null" if known else ""
        yield Dropped(old.kind, old.key, (name, key), line, under)


def _kept_line(name: str, value: object, room: LiveRoom | None) -> str:
    """The line for what null cannot reset; empty where null can.

    A room always has a `privacy`, and a room with a PIN always needs an end.
    """
    needs_end = name == "exp" and room is not None and room.pin is not None
    return f"{name}: {value}" if name == "privacy" or needs_end else ""


def _place(old: Desired, new: Desired, name: str) -> tuple[str, ...]:
    """The keys beneath which a field is written in this revision."""
    entry = (_SECTIONS[old.kind], old.key)
    if old.kind == "number":
        return (*entry, str(new.fields.get("type") or old.fields.get("type")))
    if name == "privacy":
        return entry
    extra = name in old.extra or name in new.extra
    return (*entry, "extra_properties" if extra else "properties")


def _new_names(config: Config, base: Config) -> Mapping[str, str]:
    """Rooms that were likely renamed: one left and one came with equal `dialin`."""
    left = _by_dialin(base, config)
    came = _by_dialin(config, base)
    return {
        rooms[0].key: came[dialin][0].key
        for dialin, rooms in left.items()
        if len(rooms) == 1 and len(came.get(dialin, ())) == 1
    }


def _by_dialin(config: Config, other: Config) -> Mapping[str, list[Desired]]:
    """The rooms that the other config does not have, by what they say of dial-in."""
    known = {room.key for room in other.of_kind("room") if not room.absent}
    rooms: dict[str, list[Desired]] = defaultdict(list)
    for room in config.of_kind("room"):
        dialin = reveal(room.fields.get("dialin"))
        if room.key not in known and not room.absent and isinstance(dialin, Mapping):
            rooms[json.dumps(dialin, sort_keys=True, default=str)].append(room)
    return rooms


def _quoted(resource: Desired) -> str:
    return json.dumps(resource.key) if resource.kind == "number" else resource.key
