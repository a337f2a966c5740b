"""Phone numbers and what each one does, for a terminal, and the YAML to manage them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.core.dialin.number_use import NumberUse, Use, sip_addresses
from reconciler.core.export.suggest import Suggestion
from reconciler.core.model import Live
from reconciler.core.text import clean, short
from reconciler.render.text.table import columns
from reconciler.render.words import count
from reconciler.render.yaml import entry_lines, key_text

NAMED: Final = 3
"""Rooms of one number that the table names; JSON has all of them."""

_TYPES: Final = {"pin_dialin": "PIN dial-in", "pinless_dialin": "pinless dial-in"}
_USES: Final = {
    Use.NOTHING: "nothing",
    Use.CALLER_ID: "caller id only",
    Use.NOT_PURCHASED: "not purchased",
}


def numbers_text(
    uses: Sequence[NumberUse], suggested: Sequence[Suggestion], live: Live
) -> str:
    """The table, what is odd about it, and what to write for the unmanaged ones."""
    if not uses:
        return "this domain has no phone numbers"
    titled = any(use.title for use in uses)
    head = ("NUMBER", *["TITLE"] * titled, "DOES", "STORE", "FILE", "NAMED BY ROOMS")
    table = "\n".join(columns([head, *(_row(use, titled) for use in uses)]))
    said = [r for use in uses for r in _remarks(use)]
    remarks = "\n".join([*said, *_addresses(live), *_counted(live)])
    parts = [table, remarks, suggestion_text(suggested)]
    return "\n\n".join(part for part in parts if part)


def _row(use: NumberUse, titled: bool) -> tuple[str, ...]:
    store = {0: "-", 1: "".join(use.stores)}.get(len(use.stores), "both")
    file = {"": "-", "absent": "to remove"}.get(use.declared, "managed")
    title = [short(use.title, 30) or "-"] * titled
    return short(use.number), *title, _does(use), store, file, _rooms(use)


def _does(use: NumberUse) -> str:
    types = " / ".join(_TYPES.get(kind, clean(kind)) for kind in use.types)
    if use.use is Use.ORPHANED:
        return f"{types}, orphaned"
    return types or _USES[use.use]


def _rooms(use: NumberUse) -> str:
    names = list(dict.fromkeys((*use.rooms, *use.live_rooms)))
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(short(name, 40) for name in names[:NAMED]) + more or "-"


def _remarks(use: NumberUse) -> Iterator[str]:
    number = short(use.number)
    if len(use.types) > 1:
        said = ", ".join(
            f"{entry.store} says {_TYPES.get(entry.type, clean(entry.type))}"
            for entry in use.entries
        )
        yield f"{number}: the two stores disagree: {said}"
    if use.use is Use.ORPHANED:
        yield f"{number}: assigned, but this domain does not own it any more"
    if use.use is Use.NOT_PURCHASED:
        where = "the file" if use.declared or use.rooms else "a room in Daily"
        yield f"{number}: named by {where}, but this domain has not purchased it"
    if use.default:
        yield f"{number}: assumed for rooms that name no number, being the first bought"


def _addresses(live: Live) -> Iterator[str]:
    """Where SIP devices call, by entry: both stores may show the same address."""
    found: dict[str, None] = {}
    for entry in live.assignments:
        for address in sip_addresses(entry.fields.get("sip_uri")):
            what = entry.number or f"SIP entry {entry.fields.get('name_prefix') or '-'}"
            found[f"{short(what)}: SIP address {short(address)}"] = None
    yield from found


def _counted(live: Live) -> list[str]:
    said = []
    sip = sum(entry.number is None for entry in live.assignments)
    if sip:
        entries = "1 entry" if sip == 1 else f"{sip:,} entries"
        said.append(f"{entries} without a number (reached by SIP only) left alone")
    if not live.complete and live.total_rooms > len(live.rooms):
        said.append(
            f"{len(live.rooms):,} of {count(live.total_rooms, 'room')} read; "
            "--all-rooms reads all of them"
        )
    return said


def suggestion_text(suggested: Sequence[Suggestion]) -> str:
    """YAML for a config file; what cannot be written yet is in comments."""
    if not suggested:
        return ""
    written = [one.entry for one in suggested if one.entry]
    lines = ["# To manage the others as well, merge this into the file:"]
    lines += ["phone_numbers:"] * bool(written)
    lines += (f"  {line}" for entry in written for line in entry_lines(entry))
    lines += (
        f"  # {key_text(one.number)}: {clean(one.why)}"
        for one in suggested
        if not one.entry
    )
    return "\n".join(lines)
