"""Plans and reports made by hand, for what shows them.

`every_slot(text)` puts one text wherever something from a file or from Daily can
stand. Two plans made by it differ in nothing else, so what is shown of them must have
the same structure.
"""

from __future__ import annotations

from typing import Any

from reconciler.core.compare.diff import ABSENT, FieldChange
from reconciler.core.dialin.sheet import Number
from reconciler.core.dialin.unmanaged import UnmanagedRoom
from reconciler.core.findings import Finding
from reconciler.core.model import (
    Config,
    Desired,
    KindName,
    Live,
    LiveAssignment,
    LiveDomain,
    Place,
)
from reconciler.core.plan.gates import Gate
from reconciler.core.plan.model import (
    Action,
    Change,
    Dropped,
    Origin,
    Plan,
    Risk,
    Unapproved,
    Unmanaged,
)
from reconciler.core.report import Kept, Outcome, PinFate, PinNews, Report, Result
from reconciler.core.secrecy import Secret

NOW = 1_800_000_000
NEW_PIN = Risk("new-pin", "gets a new PIN")
PUBLIC = Risk("public", "is public: anyone with the link can join")
PIN_LOST = Risk("pin-lost", "callers lose the PIN for good")


def change(
    action: Action,
    key: str,
    *fields: FieldChange,
    kind: KindName = "room",
    reason: str = "differs from the file",
    **more: Any,
) -> Change:
    """A change of one resource."""
    return Change(action, kind, key, reason, Desired(kind, key), fields, **more)


def field(name: str, before: object, after: object) -> FieldChange:
    """A field by its dotted name."""
    return FieldChange(tuple(name.split(".")), before, after)


def plan(*changes: Change, domain: str = "acme", **more: Any) -> Plan:
    """A plan of these changes."""
    live = Live(LiveDomain(domain, "id-of-domain", {}), requests=3)
    more.setdefault("in_sync", 4)
    more.setdefault("unmanaged", Unmanaged(room_count=12, assignments=()))
    return Plan(Config(domain), live, NOW, changes, **more)


def story(base: str = "") -> Plan:
    """A plan of each action, with and without risks; against a base where one is."""
    marks = (Origin.CHANGE, Origin.DRIFT) if base else (Origin.UNKNOWN,) * 2
    ours, drift = marks
    changes = (
        change(
            Action.REPLACE,
            "+12095550101",
            field("type", "pin_dialin", "pinless_dialin"),
            field("hmac", ABSENT, Secret("hush", "${SUPPORT_HMAC}")),
            kind="number",
            risks=(Risk("interrupts-calls", "calls to this number fail"),),
            origin=ours,
        ),
        change(
            Action.RENEW,
            "weekly-standup",
            field("exp", NOW + 86_400, NOW + 180 * 86_400),
            reason="renewal",
            origin=drift,
        ),
        change(
            Action.CREATE,
            "standup",
            field("privacy", ABSENT, "private"),
            field("dialin.display_name", ABSENT, "Phone Caller"),
            field("dialin.wait_for_meeting_start", ABSENT, True),
            reason="not in Daily",
            risks=(NEW_PIN,),
            origin=ours,
        ),
        change(
            Action.UPDATE,
            "lobby",
            field("privacy", "private", "public"),
            field("max_participants", 10, 25),
            field("enable_chat", False, True),
            risks=(PUBLIC,),
            origin=ours,
            drifted=frozenset({("max_participants",)} if base else ()),
        ),
        change(
            Action.UPDATE,
            "studio",
            field("permissions.canSend", ["audio"], ["audio", "video"]),
            origin=drift,
        ),
        change(Action.DELETE, "old", reason="state: absent", risks=(PIN_LOST,)),
    )
    return plan(*changes, base=base, base_count=8 if base else 0, dropped=gone(base))


def gone(base: str) -> tuple[Dropped, ...]:
    """What a revision against this base no longer manages."""
    room = Dropped(
        *("room", "attic", (), "attic: {state: absent}", ("rooms",)),
        ends=NOW + 86_400,
        has_pin=True,
        renamed_to="loft",
    )
    under = ("rooms", "lobby", "properties")
    key = Dropped("room", "lobby", ("lang",), "lang: null", under)
    return (room, key) if base else ()


def of_rooms(number: int, *, base: str = "") -> Plan:
    """A plan that updates so many rooms; every hundredth of them becomes public."""
    return plan(
        *(
            change(
                Action.UPDATE,
                f"room-{index:05d}",
                field("privacy", "private", "public" if index % 100 == 7 else None),
                field("max_participants", index % 50, 200),
                field("dialin.display_name", f"Caller {index}", "Phone Caller"),
                risks=(PUBLIC,) if index % 100 == 7 else (),
                origin=Origin.CHANGE if base else Origin.UNKNOWN,
            )
            for index in range(number)
        ),
        base=base,
    )


def every_slot(text: str, times: int = 1) -> tuple[Plan, tuple[Gate, ...]]:
    """A plan, and its gates, with this text wherever foreign text can be."""
    risk = Risk("drops-keys", text)
    fields = (
        FieldChange((text, 0, text), text, text),
        FieldChange((text,), ABSENT, [{text: text}]),
        FieldChange(("exp",), NOW, text),
        FieldChange(("hmac",), Secret("hush", text), Secret("hush2", text)),
    )
    changes = [
        change(
            action,
            text,
            *fields,
            kind=kind,
            reason=text,
            risks=(risk,),
            origin=origin,
            drifted=frozenset({("exp",)}),
        )
        for action in Action
        for kind in ("room", "number")
        for origin in (Origin.CHANGE, Origin.DRIFT)
    ]
    entry = LiveAssignment("current", text, None, {"sip_uri": text})
    others = (
        UnmanagedRoom(text, True, NOW, (Number(text),)),
        UnmanagedRoom(text, True, None, None),
        UnmanagedRoom(text, False),
        UnmanagedRoom(text, True, NOW, lasting=False),
    )
    made = plan(
        *changes * times,
        domain=text,
        base=text,
        base_count=9,
        findings=found_of(text) * times,
        dropped=(
            Dropped("room", text, (text, text), text, (text,), renamed_to=text),
            Dropped("number", text, (), text, (text,), ends=NOW, has_pin=True),
        )
        * times,
        unmanaged=Unmanaged(5, others, (entry,), listed=True),
    )
    gates = (Gate("delete", 12, 5, text), Gate("update", 3, 10, text))
    return made, gates


def found_of(text: str) -> tuple[Finding, ...]:
    """Findings with this text wherever foreign text can be."""
    return tuple(
        Finding(ident, text, Place(text, 3, 4, 5), text, (text,), text)
        for ident in ("not-purchased", "case-folded", "unverified")
    )


def report_of(text: str, times: int = 1) -> Report:
    """A report with this text wherever foreign text can be."""
    made = change(Action.UPDATE, text, FieldChange((text,), text, text))
    return Report(
        findings=found_of(text) * times,
        results=tuple(Result(made, outcome, text) for outcome in Outcome) * times,
        kept=(
            Kept(made, FieldChange((text,), text, text)),
            Kept(made, FieldChange((), text, text)),
        )
        * times,
        pins=tuple(PinNews(text, fate) for fate in PinFate) * times,
        lost=(text,) * times,
        rescue_file=text,
        stopped=text,
        verified=False,
        unverified_reason=text,
        requests=7,
        throttled=1,
        left_out=(Unapproved(made, text),) * times,
    )
