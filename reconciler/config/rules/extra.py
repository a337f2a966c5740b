"""`extra_properties`: what the schema does not know, or does not allow yet.

They reach into objects, nested or dotted (`sip.new_key`). A known key with a value
that the schema allows belongs in `properties`, where it is checked; so do the keys
that decide about callers, whatever their value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from reconciler.config.rules.written import Written
from reconciler.config.schema import slots
from reconciler.config.schema import validator as schema
from reconciler.core.findings import Finding
from reconciler.core.kinds import ROOM
from reconciler.core.model import Path
from reconciler.core.text import nearest, quote

_ALWAYS_CHECKED: Final = frozenset({"exp", "nbf", "dialin"})


def check(written: Written) -> Iterator[Finding]:
    """Judge what one room, or the defaults, pass on."""
    for name, value in written.of("extra_properties").items():
        steps = tuple(name.split("."))
        yield from _one(written, steps, ("extra_properties", name), value)


def _one(written: Written, steps: Path, path: Path, value: Any) -> Iterator[Finding]:
    """Judge the value for one property; `path` is where it is written."""
    node, above = _nodes(steps)
    said = quote(".".join(steps))
    if steps[0] == "privacy" or steps[0] in ROOM.server_made:
        message = f"{said} is known, and does not belong in extra_properties"
        hint = "move it up"
        if steps[0] != "privacy":
            message, hint = f"{said} is made by Daily and cannot be set", "remove it"
        yield written.at_key("extra-property-known", message, path, hint)
    elif isinstance(value, dict) and value and "object" in node.get("type", ()):
        for key, below in value.items():
            yield from _one(written, (*steps, key), (*path, key), below)
    elif node is slots.ANYTHING:
        message = f"{said} is not in the schema and is passed on unchecked"
        near = nearest(steps[-1], above.get("properties", ()))
        hint = f"if you mean '{near}', move it to 'properties'" if near else ""
        yield written.at_key("extra-property", message, path, hint)
    elif _is_written(written.of("properties"), steps):
        message = f"{said} is written in 'properties' too"
        yield written.at_key("extra-property-known", message, path, "keep one of them")
    elif steps[0] in _ALWAYS_CHECKED or schema.is_valid(node, value):
        message = f"{said} is known, and does not belong in extra_properties"
        hint = "move it to 'properties'"
        yield written.at_key("extra-property-known", message, path, hint)
    else:
        message = f"the schema does not allow this value of {said}; it is passed on"
        yield written.at_key("extra-property", message, path)


def _nodes(steps: Path) -> tuple[slots.Node, slots.Node]:
    """The schema of a property, and of the object around it."""
    above = node = slots.below(slots.below(slots.top(), "rooms"), "")
    for step in ("properties", *steps):
        above, node = node, slots.below(node, step)
    return node, above


def _is_written(properties: Any, steps: Path) -> bool:
    for step in steps:
        if not isinstance(properties, dict) or step not in properties:
            return False
        properties = properties[step]
    return True
