"""Rooms on their way into a file: which ones, and what each would say there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.core.compare.equality import Context, context
from reconciler.core.export.model import Entry, Keys, Wish
from reconciler.core.export.values import Namer, property_value, writable
from reconciler.core.kinds import MAX_PIN_AHEAD, ROOM
from reconciler.core.model import Live, LiveRoom
from reconciler.core.pin_life import has_dialin, is_brief
from reconciler.core.times import DAY

_ROLLING: Final = {"after": "180d", "renew_before": "60d"}
"""What keeps a PIN. A shorter notice is one that a daily run may miss."""
_DUE: Final = 60 * DAY
_AT_ONCE: Final = "ends within 60 days, so the first apply renews it"
_NEVER_AHEAD: Final = 100_000_000_000
"""Seconds. A time beyond it is in milliseconds, and no time that a file may hold."""
_MILLISECONDS: Final = "exp is left out, which Daily has in milliseconds"
_ENDLESS: Final = "dialin is left out, because it needs an exp and Daily shows none"
_TOO_FAR: Final = "expires instead of exp, which is later than a PIN room may say"


def rooms(
    live: Live, now: float, wish: Wish, namer: Namer, notes: list[str]
) -> Iterator[Entry]:
    """Each room that the wish asks for, by name; `notes` takes what stays out."""
    ctx = context(ROOM, live.domain.config, (r.config for r in live.rooms.values()))
    out: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for room in sorted(live.rooms.values(), key=lambda room: room.name):
        if ("room", room.name) in wish.declared:
            continue
        if why := _outside(room, now, wish):
            out[why] += 1
            continue
        strange = _unknown(room, wish.known)
        unknown.update(strange)
        entry = _room(room, now, wish, ctx, namer, strange)
        notes.extend(_ends_otherwise(room, entry))
        yield entry
    for why, times in sorted(out.items()):
        notes.append(f"left out: {_said(times)} {why}")
    for name, times in sorted(unknown.items()):
        notes.append(f"left out: '{name}', unknown here, of {_said(times)}")
    notes.extend(_hidden(live, ctx))


def _outside(room: LiveRoom, now: float, wish: Wish) -> str:
    """Why a room stays out, to follow on "3 rooms"; empty when it does not."""
    if not wish.rooms(room.name):
        return "that no --rooms names"
    if room.expired(now):
        return "that expired already"
    if not writable(room.name):
        return "whose name no file can hold"
    if has_dialin(room) and is_brief(room):
        return "with PIN dial-in that were made for 24 hours at most"
    passing = room.config.get("exp") is not None and not has_dialin(room)
    if passing and not wish.include_expiring:
        return "with an exp and no PIN dial-in (--include-expiring takes them)"
    return ""


def _said(number: int) -> str:
    return "1 room" if number == 1 else f"{number:,} rooms"


def _unknown(room: LiveRoom, known: Keys) -> list[str]:
    """What Daily shows and the format has no place for: names only."""
    found = []
    for name, value in room.config.items():
        if value is None or name in ROOM.server_made:
            continue
        if name not in known or not writable(value):
            found.append(name)
        elif name in ROOM.objects and isinstance(value, Mapping):
            settable = ROOM.objects[name]
            more = [k for k, v in value.items() if k not in settable and v is not None]
            found += [f"{name}.{key}" for key in more]
    return sorted(found)


def _room(
    room: LiveRoom,
    now: float,
    wish: Wish,
    ctx: Context,
    namer: Namer,
    strange: list[str],
) -> Entry:
    properties: dict[str, object] = {}
    remarks = [f"left out, unknown here: {', '.join(strange)}"] if strange else []
    for name, nested in wish.known.items():
        value = room.config.get(name)
        if value is not None:
            value = property_value(name, value, nested, ctx)
        if value is not None:
            properties[name] = namer.without_secrets(ROOM, room.name, name, value)
    expires = _expiry(room, now, wish.rolling, properties, remarks)
    body: dict[str, object] = {}
    if room.privacy is not None and writable(room.privacy):
        body["privacy"] = room.privacy
    if expires:
        body["expires"] = expires
    if properties:
        body["properties"] = properties
    return Entry("room", room.name, body, tuple(remarks))


def _expiry(
    room: LiveRoom,
    now: float,
    rolling: bool,
    properties: dict[str, object],
    remarks: list[str],
) -> dict[str, str] | None:
    """What the file says about the end of a room; takes `exp` out where it must."""
    exp = room.config.get("exp")
    if not isinstance(exp, int | float) or isinstance(exp, bool) or not writable(exp):
        if properties.pop("dialin", None) is not None:
            remarks.append(_ENDLESS)
        return None
    if not has_dialin(room):
        if exp > _NEVER_AHEAD:
            properties.pop("exp", None)
            remarks.append(_MILLISECONDS)
        return None
    if exp - now > MAX_PIN_AHEAD:
        remarks.append(_TOO_FAR)
    elif not rolling:
        text = ", ".join(f"{key}: {value}" for key, value in _ROLLING.items())
        remarks.append(f"to keep the room and its PIN: expires: {{{text}}}, not exp")
        return None
    elif exp - now < _DUE:
        remarks.append(_AT_ONCE)
    properties.pop("exp", None)
    return dict(_ROLLING)


def _ends_otherwise(room: LiveRoom, entry: Entry) -> Iterator[str]:
    for remark in (_MILLISECONDS, _TOO_FAR, _ENDLESS, _AT_ONCE):
        if remark in entry.remarks:
            yield f"room {room.name}: {remark}"


def _hidden(live: Live, ctx: Context) -> Iterator[str]:
    """Settings that Daily may keep to itself, and did not show for any room."""
    if not any(
        isinstance(r.config.get("dialin"), Mapping) for r in live.rooms.values()
    ):
        return
    for path in sorted(ctx.kind.maybe_hidden - ctx.witnessed):
        yield (
            f"Daily shows {'.'.join(path)} of no room, and may keep it to itself: "
            "if you use it, add it by hand"
        )
