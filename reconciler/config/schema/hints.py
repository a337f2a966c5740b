"""The next step after a schema error: what people mean when they write this.

Most of it is about YAML: quotes that are missing or too many, words for true and
false, a brace that began a mapping, and keys one level too high or too low.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from reconciler.config.schema import validator as schema
from reconciler.config.variables import Filled
from reconciler.core.kinds import DOMAIN_ONLY, ROOM
from reconciler.core.model import Path
from reconciler.core.text import brief, nearest

_NUMERIC: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_LEADING: Final = re.compile(r"\+|[-+]?0[0-9]")
_SWITCHES: Final = frozenset({"yes", "no", "on", "off", "y", "n", "0", "1"})
_PIN: Final = (
    "write 'dialin: {display_name: NAME}' under 'properties'; Daily makes the PIN"
)
_IN_ROOM: Final = dict.fromkeys(
    (
        *("enable_dialin", "enable_pin_dialin", "pin_dialin", "dial_in"),
        *("dialin_info", "dialin_pin", "pin", "pin_code"),
    ),
    _PIN,
) | dict.fromkeys(
    ("phone_number", "phone_numbers", "dialin_numbers", "number"),
    "write 'room_numbers: [\"+12095550100\"]' under 'dialin'",
)
_IN_NUMBER: Final = dict.fromkeys(
    ("room_name", "room", "rooms", "room_names"),
    "a number does not name rooms: a room names it, in 'room_numbers' of its 'dialin'",
)
_OFF: Final = frozenset({"off", "no", "none", "false", "disabled", "never", "0"})
_DEFAULT: Final = frozenset({"auto", "automatic", "default", "any", "nearest"})


def for_type(wanted: list[str], found: object, name: str) -> str:
    """What to do about a value of the wrong type."""
    if found is None:
        return "give it a value, or remove the key; {} is an empty mapping"
    if isinstance(found, Filled):
        return "a variable is always text: write the value here"
    if isinstance(found, str):
        if name == "expires":
            return "write '{after: 180d, renew_before: 60d}'"
        return _for_text(wanted, found)
    if "boolean" in wanted and found in (0, 1):
        return "use true or false"
    if name in ("update", "delete", "replace") and isinstance(found, float):
        return (
            f"write a whole number, or {found:.0%} in percent" if 0 < found < 1 else ""
        )
    if "integer" in wanted and isinstance(found, float):
        return f"write a whole number: {int(found)}"
    if "string" in wanted and isinstance(found, int | float):
        if "room_numbers" in name or "phone_number" in name:
            return f'write it with a plus and in quotes: "+{found}"'
        if name in ("after", "renew_before"):
            return f"write it with its unit, in days: {found}d"
        if isinstance(found, bool) and "integer" in wanted:
            return "write a time, as in 2030-01-31T12:00:00Z"
        return f'put it in quotes if it is text: "{str(found).lower()}"'
    if "string" in wanted and isinstance(found, dict) and len(found) == 1:
        ((key, value),) = found.items()
        if value is None:
            return f'put it in quotes: "{{{brief(key)}}}"'
    return ""


def _for_text(wanted: list[str], found: str) -> str:
    if {"integer", "number"} & set(wanted) and _NUMERIC.fullmatch(found):
        if _LEADING.match(found):
            return "write it without the leading zero or plus, and without quotes"
        return "remove the quotes"
    if "boolean" in wanted:
        if found.lower() in ("true", "false"):
            return "remove the quotes"
        if found.lower() in _SWITCHES:
            return "use true or false"
    if "array" in wanted:
        return f"write a list: [{brief(found)}]"
    return ""


def for_choice(allowed: Iterable[object], found: object, *, extra: bool) -> str:
    """What to do about a value that is none of a choice.

    `extra` says that a room may pass on a newer value under `extra_properties`.
    """
    allowed = list(allowed)
    texts = {value.lower(): value for value in allowed if isinstance(value, str)}
    if isinstance(found, bool) and texts:
        return "name what is meant" if found else "write null for Daily's default"
    if not isinstance(found, str) or isinstance(found, Filled):
        return ""
    word = found.lower()
    if False in allowed and word in _OFF:
        return "write false"
    if word in _DEFAULT | _OFF and None in allowed:
        return "write null for Daily's default"
    if len(words := word.split()) > 1 and all(item in texts for item in words):
        return f"put a ',' between them: {', '.join(texts[item] for item in words)}"
    if near := texts.get(nearest(word, texts)):
        return f"did you mean '{near}'?"
    return "a newer value goes under 'extra_properties'" if extra else ""


def for_unknown(key: str, known: Iterable[str], path: Path, root: Path) -> str:
    """What to do about a key that is not known at `path`, inside the part at `root`."""
    in_room = root[:1] == ("rooms",) or path[:2] == ("defaults", "rooms")
    if meant := (_IN_ROOM if in_room else _IN_NUMBER).get(key):
        return meant
    if in_room and key in (*ROOM.server_made, "id", "url", "created_at", "api_created"):
        return "Daily makes this itself: remove it"
    if in_room and key == "name":
        return "the name of a room is its key under 'rooms'"
    if in_room and key in DOMAIN_ONLY:
        return "a setting of the Daily domain, not of a room: remove it"
    if near := nearest(key, known):
        return f"did you mean '{near}'?"
    at_properties = path[-1:] == ("properties",)
    if in_room and not at_properties and key in schema.room_properties():
        return "put it under 'properties'"
    if in_room and at_properties:
        if key in (
            *("title", "privacy", "expires", "ends", "state", "write_only"),
            "extra_properties",
        ):
            return "put it beside 'properties', not inside"
        if owners := _owners(key):
            return f"put it under {owners}"
        return "if Daily knows it, put it under 'extra_properties'"
    if key == "title" and path[:2] == ("defaults", "rooms"):
        return "a title belongs to one room: write it there"
    if key == "title" and path[:1] in (("pin_dialin",), ("pinless_dialin",)):
        return f"put it beside '{path[0]}', not inside"
    if root[:1] == ("phone_numbers",) and not path:
        return "put it under 'pin_dialin' or 'pinless_dialin'"
    if not root and not path and key in schema.room_properties():
        return "put it under 'properties' of a room"
    listed = f"known here: {', '.join(sorted(known))}" if known else ""
    if in_room and "properties" in path:
        listed += "; a newer one goes under 'extra_properties'"
    return listed.removeprefix("; ")


def _owners(key: str) -> str:
    """The objects among the room properties that have a key."""
    objects = schema.room_properties().items()
    found = [name for name, node in objects if key in node.get("properties", ())]
    return " or ".join(f"'{name}'" for name in found)
