"""Bringing back assignments from a rescue file.

Only what is missing or has lost its `hmac` comes back, and only what the run that
wrote the file did not manage: the rest is apply's business. Nothing is removed, and
entries that are there are left as they are.

The legacy lists are written first: whether such a write erases entries of the
current store is unknown, and done in this order, what it erases is put back too.
"""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.gates import label
from reconciler.core.kinds import SETTABLE
from reconciler.core.model import LiveAssignment
from reconciler.core.normalize import reveal
from reconciler.core.report import Restored
from reconciler.daily import wire
from reconciler.daily.client import DailyClient
from reconciler.daily.live import read_stores
from reconciler.daily.rescue import Rescue, is_same_entry
from reconciler.errors import AnswerLostError, DailyError, RefusedError


def check_same_domain(rescue: Rescue, domain: str) -> None:
    """Refuse a file that was saved from another domain."""
    if rescue.domain != domain:
        raise RefusedError(
            f"the rescue file is of domain '{rescue.domain}', "
            f"but the API key belongs to '{domain}'; nothing was sent"
        )


def missing(
    rescue: Rescue, stores: Sequence[LiveAssignment]
) -> tuple[LiveAssignment, ...]:
    """The entries that are gone, or are there without the `hmac` they had."""
    return tuple(
        entry
        for entry in rescue.entries
        if entry.number not in rescue.managed and not _is_there(entry, stores)
    )


def _is_there(entry: LiveAssignment, stores: Sequence[LiveAssignment]) -> bool:
    twins = [other for other in stores if is_same_entry(entry, other)]
    return any(_same_hmac(entry, twin) for twin in twins)


def _same_hmac(entry: LiveAssignment, twin: LiveAssignment) -> bool:
    kept, now = entry.fields.get("hmac"), twin.fields.get("hmac")
    # An hmac that either side does not show cannot be compared.
    return not kept or not now or reveal(kept) == reveal(now)


def restore(client: DailyClient, rescue: Rescue) -> tuple[Restored, ...]:
    """Put back what is missing. Errors of Daily are in the result, not raised.

    Raises:
        DailyError: the stores could not be read before anything was written.
    """
    stores = read_stores(client)[1]
    made: list[Restored] = []
    legacy = [e for e in missing(rescue, stores) if e.store == "legacy"]
    if legacy:
        made += _restore_legacy(client, rescue, legacy, stores)
        stores = read_stores(client)[1]
    for entry in missing(rescue, stores):
        if entry.store == "current":
            made.append(Restored(entry, _restore_current(client, entry, stores)))
    return tuple(made)


def _restore_legacy(
    client: DailyClient,
    rescue: Rescue,
    entries: list[LiveAssignment],
    stores: Sequence[LiveAssignment],
) -> list[Restored]:
    """Write the lists with their entries back, in the order they had."""
    lists: dict[str, object] = {}
    for kind in sorted({entry.type for entry in entries}):
        back = [e for e in entries if e.type == kind]
        there = [
            e
            for e in stores
            if e.store == "legacy"
            and e.type == kind
            and not any(is_same_entry(e, entry) for entry in back)
        ]
        both = sorted([*there, *back], key=lambda entry: _rank(entry, rescue))
        lists[kind] = [_body(entry) for entry in both]
    try:
        client.send("POST", "/", {"properties": lists})
        problem = ""
    except DailyError as error:
        problem = error.message
    return [Restored(entry, problem) for entry in entries]


def _rank(entry: LiveAssignment, rescue: Rescue) -> int:
    """Where the entry stood; what came later than the file goes last."""
    for index, saved in enumerate(rescue.entries):
        if is_same_entry(saved, entry):
            return index
    return len(rescue.entries) + entry.position


def _restore_current(
    client: DailyClient, entry: LiveAssignment, stores: Sequence[LiveAssignment]
) -> str:
    """Create the entry, or give the one that is there its `hmac` back."""
    twin = next((e for e in stores if is_same_entry(entry, e)), None)
    method = "POST" if twin is None else "PUT"
    path = "/domain-dialin-config" + (f"/{twin.id}" if twin else "")
    body = _body(entry) if twin else {"type": entry.type, **_body(entry)}
    try:
        client.send(method, path, body)
    except AnswerLostError as error:
        return f"{error.message}; look with `restore` again"
    except DailyError as error:
        return error.message
    return ""


def _body(entry: LiveAssignment) -> dict[str, object]:
    fields = {k: v for k, v in entry.fields.items() if k in SETTABLE[entry.type]}
    return wire.assignment_to_json(entry.number, {"type": entry.type, **fields})


def describe(entry: LiveAssignment) -> str:
    """What people call the entry, and where it belongs."""
    return f"{label(entry)} ({entry.type}, {entry.store} store)"
