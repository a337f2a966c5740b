"""What an answer shows of a room: the five styles of `config`.

`recorded` follows answers whose requests are known, of 2021 and 2026: a value
that equals a fixed default is left out, a value of a property that the domain
has too is shown, even where it equals the domain's. `sparse` is what the
documentation says: only settings that differ from the default in force.
`explicit` and `full` follow recorded answers that show more. `lossy`
follows the example answer of the PIN guide, which shows less than its request.
Lists whose order means nothing come back in another order than sent.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sandbox.rules.properties import Property
from reconciler.sandbox.state.roomindex import Room, iso

# Keys of the full style that nobody can set, as recorded in 2021.
_INTERNAL: Mapping[str, object] = {"enable_dialin": None}
_UNORDERED = frozenset({"canSend", "canAdmin", "enable_recording", "room_numbers"})


def show_room(
    room: Room,
    style: str,
    domain: str,
    table: Mapping[str, Property],
    defaults: Mapping[str, object],
    *,
    created: bool = False,
) -> dict[str, object]:
    """Build the answer for one room.

    `defaults` holds the effective default of each property, that is the
    domain's current value where the domain has the property. `created` says that
    this is the answer to the creation: the only one whose time has milliseconds.
    """
    return {
        "id": room.id,
        "name": room.name,
        "api_created": room.api_created,
        "privacy": room.privacy,
        "url": f"https://{domain}.daily.co/{room.name}",
        "created_at": iso(room.created_at if created else int(room.created_at)),
        "config": _config(room, style, table, defaults),
    }


def _config(
    room: Room,
    style: str,
    table: Mapping[str, Property],
    defaults: Mapping[str, object],
) -> dict[str, object]:
    shown = {
        name: _reorder(name, value)
        for name, value in room.properties.items()
        if _shows(style, table.get(name), value, defaults.get(name))
    }
    if style == "full":
        shown = {**_unset(table, defaults), **_filled(shown, table)}
    if style == "lossy" and isinstance(shown.get("dialin"), dict):
        shown["dialin"] = _only_display_name(room)
    for made in ("dialin_code", "dialin_number", "sip_uri"):
        if getattr(room, made) is not None:
            shown[made] = getattr(room, made)
    return shown


def _shows(style: str, row: Property | None, value: object, in_force: object) -> bool:
    """Tell whether a style shows a value that was set; `in_force` is the default."""
    if style in ("explicit", "full"):
        return True
    if style == "recorded" and row is not None:
        return row.domain or value != row.default
    return value != in_force


def _unset(
    table: Mapping[str, Property], defaults: Mapping[str, object]
) -> dict[str, object]:
    """Show every property as a room that set nothing: null, or the default.

    Inherited ones are null, but for sfu_switchover, which the recorded answer
    shows with the value in force.
    """
    shown = {name: None if row.domain else row.default for name, row in table.items()}
    return {**shown, **_INTERNAL, "sfu_switchover": defaults["sfu_switchover"]}


def _filled(
    shown: Mapping[str, object], table: Mapping[str, Property]
) -> dict[str, object]:
    """Add the unset keys of objects as null."""
    filled = dict(shown)
    for name, value in shown.items():
        fields = table[name].shape.fields if name in table else None
        if isinstance(value, dict) and fields:
            filled[name] = {**dict.fromkeys(fields), **value}
    return filled


def _only_display_name(room: Room) -> dict[str, object]:
    dialin = room.properties["dialin"]
    if not isinstance(dialin, dict):
        return {}
    return {key: dialin[key] for key in ("display_name",) if key in dialin}


def _reorder(name: str, value: object) -> object:
    if name in _UNORDERED and isinstance(value, list):
        return sorted(value, key=str, reverse=True)
    if isinstance(value, dict):
        return {key: _reorder(key, item) for key, item in value.items()}
    return value
