"""Bringing back assignments from a rescue file.

Only what is missing or has lost its `hmac` comes back, and only what the run that
wrote the file did not manage: the rest is apply's business. Nothing is removed, and
entries that are there are left as they are.

The legacy lists are written first: whether such a write erases entries of the
current store is unknown, and done in this order, what it erases is put back too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.core.kinds import SETTABLE
from reconciler.core.model import LiveAssignment, LiveDomain
from reconciler.core.plan.gates import is_bare, list_gates
from reconciler.core.report import Restoration, Restored
from reconciler.core.secrecy import reveal
from reconciler.daily import wire
from reconciler.daily.http.client import DailyClient
from reconciler.daily.read import read_domain, read_stores
from reconciler.daily.rescue.file import Rescue, is_same_entry
from reconciler.daily.write.legacy import bystander
from reconciler.errors import AnswerLostError, DailyError, RefusedError


def check_same_domain(rescue: Rescue, domain: str) -> None:
    """Refuse a file that was saved from another domain."""
    if rescue.domain != domain:
        raise RefusedError(
            f"the rescue file is of domain '{rescue.domain}', "
            f"but the API key belongs to '{domain}'; nothing was sent"
        )


def check_gates(
    lost: Sequence[LiveAssignment],
    domain: LiveDomain,
    stores: Sequence[LiveAssignment],
    allow: Mapping[str, int],
) -> None:
    """Refuse to rewrite a legacy list where that may cost somebody else something.

    The same gates as those of an apply: entries that would be sent without their
    `hmac`, and lists that Daily does not show.
    """
    lists = {entry.type for entry in lost if entry.store == "legacy"}
    bare = [e.label for e in stores if e.type in lists and is_bare(e)]
    for gate in list_gates(bare, lists - domain.shown_lists, allow):
        if not gate.open:
            raise RefusedError(
                "restoring rewrites a legacy list and is blocked by gate "
                f"{gate.name}: {gate.message}; nothing was changed",
                tip=f"docs/gates.md explains the risk; to allow it: {gate.hint}",
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


def restore(client: DailyClient, rescue: Rescue) -> Restoration:
    """Put back what is missing, and look. Once something was sent, nothing is raised.

    Raises:
        DailyError: the stores could not be read before anything was written.
    """
    stores = read_stores(client)[1]
    lost = missing(rescue, stores)
    legacy = [e for e in lost if e.store == "legacy"]
    made = _restore_legacy(client, rescue, legacy) if legacy else []
    problem = ""
    try:
        if legacy:
            stores = read_stores(client)[1]
        for entry in missing(rescue, stores):
            if entry.store == "current":
                made.append(_restore_current(client, entry, stores))
        left = missing(rescue, read_stores(client)[1]) if made else ()
    except DailyError as error:
        if not made:
            raise
        problem = error.message
        back = [done.entry for done in made if not done.problem]
        left = tuple(entry for entry in lost if entry not in back)
    # What is there has come back, whatever the answer was.
    settled = (d if problem or d.entry in left else Restored(d.entry) for d in made)
    return Restoration(tuple(settled), left, problem)


def _restore_legacy(
    client: DailyClient, rescue: Rescue, entries: list[LiveAssignment]
) -> list[Restored]:
    """Write the lists with their entries back, in the order they had.

    They are read once more, right before: what others write in between is lost.
    """
    lists: dict[str, object] = {}
    now = read_domain(client)[1]
    for kind in sorted({entry.type for entry in entries}):
        back = [e for e in entries if e.type == kind]
        there = [
            e
            for e in now
            if e.type == kind and not any(is_same_entry(e, entry) for entry in back)
        ]
        both = sorted([*there, *back], key=lambda entry: _rank(entry, rescue))
        lists[kind] = [_body(e) if e in back else bystander(e) for e in both]
    done = _sent(client, "POST", "/", {"properties": lists})
    return [Restored(entry, *done) for entry in entries]


def _rank(entry: LiveAssignment, rescue: Rescue) -> int:
    """Where the entry stood; what came later than the file goes last."""
    for index, saved in enumerate(rescue.entries):
        if is_same_entry(saved, entry):
            return index
    return len(rescue.entries) + entry.position


def _restore_current(
    client: DailyClient, entry: LiveAssignment, stores: Sequence[LiveAssignment]
) -> Restored:
    """Create the entry, or give the one that is there its `hmac` back."""
    twin = next((e for e in stores if is_same_entry(entry, e)), None)
    method = "POST" if twin is None else "PUT"
    path = "/domain-dialin-config" + (f"/{twin.id}" if twin else "")
    body = _body(entry) if twin else {"type": entry.type, **_body(entry)}
    return Restored(entry, *_sent(client, method, path, body))


def _sent(
    client: DailyClient, method: str, path: str, body: object
) -> tuple[str, bool]:
    """Write; returns what went wrong, and whether it may have been done anyway."""
    try:
        client.send(method, path, body)
    except AnswerLostError as error:
        return error.message, True
    except DailyError as error:
        return error.message, False
    return "", False


def _body(entry: LiveAssignment) -> dict[str, object]:
    fields = {k: v for k, v in entry.fields.items() if k in SETTABLE[entry.type]}
    return wire.assignment_to_json(entry.number, {"type": entry.type, **fields})
