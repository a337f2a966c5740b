"""Plans as text for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.core.findings import first_of, rest_of
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import Gate
from reconciler.core.plan.model import Action, Change, Plan, Unmanaged
from reconciler.core.text import clean, short
from reconciler.render.outline import (
    ALSO_SENT,
    CARRIED,
    DROPPED_ABOUT,
    DROPPED_TITLE,
    REMOVED,
    RENAMED,
    Section,
    carried_text,
    dropped_advice,
    dropped_effect,
    is_drift,
    sections,
    sides,
    todo,
    with_value,
)
from reconciler.render.text.findings import findings_text
from reconciler.render.unmanaged import listings, thrown_away
from reconciler.render.words import SIGNS, Paint, count, duration, path_text, title_text

_ACTION_COLOUR = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.RENEW: "cyan",
    Action.REPLACE: "red",
    Action.DELETE: "red",
}


def plan_text(
    plan: Plan,
    gates: Sequence[Gate],
    estimated: Estimate,
    seconds: float,
    paint: Paint,
) -> str:
    """A whole plan. `seconds` is how long applying it takes at the chosen rate."""
    lines = [
        f"domain {paint(short(plan.live.domain.name), 'bold')}, "
        f"dial-in store {plan.store}",
    ]
    if plan.base:
        lines += [f"compared with {paint(short(plan.base), 'bold')}"]
    lines += [""]
    if first := first_of(plan.findings):
        lines += [findings_text(first, paint), ""]
    for section in sections(plan):
        lines += _section(section, paint)
    lines += _dropped(plan, paint)
    lines += _unmanaged(plan.unmanaged)
    if rest := rest_of(plan.findings):
        lines += [findings_text(rest, paint), ""]
    for gate in gates:
        lines += _gate(gate, paint)
    lines += [summary_text(plan, paint)]
    if plan.changes:
        asked = estimated.general + estimated.deletion
        lines += [
            f"Reading took {count(plan.live.requests, 'request')}; "
            f"applying takes about {asked:,}, or {duration(seconds)}."
        ]
    return "\n".join(lines)


def _unmanaged(unmanaged: Unmanaged) -> Iterator[str]:
    for listing in listings(unmanaged):
        yield f"{listing.title}:"
        for name, about in listing.lines:
            yield f"    {short(name)}{f': {short(about)}' if about else ''}"
        yield ""
    if left_out := thrown_away(unmanaged):
        yield from (left_out, "")


def _section(section: Section, paint: Paint) -> Iterator[str]:
    if section.title:
        yield f"{paint(section.title, 'bold')}: {section.about}"
        yield ""
    for change in section.changes:
        yield from _change(change, paint)
        yield ""


def _change(change: Change, paint: Paint) -> Iterator[str]:
    colour = _ACTION_COLOUR[change.action]
    sign = paint(SIGNS[change.action], colour, "bold")
    head = f"{change.action} {change.kind} {short(change.key)}"
    head += title_text(change.desired.title)
    reason = paint(f"({short(change.reason)})", "dim")
    yield f"{sign} {paint(head, colour)}  {reason}"
    for field in change.fields:
        before, after = sides(field)
        moved = after if change.action is Action.CREATE else f"{before} -> {after}"
        drift = paint(" (drift)", "dim") if is_drift(change, field) else ""
        yield f"    {path_text(field)}: {moved}{drift}"
    yield from _beside(change, paint)
    for risk in change.risks:
        yield f"    {paint('!', 'yellow', 'bold')} {paint(clean(risk.text), 'yellow')}"


def _beside(change: Change, paint: Paint) -> Iterator[str]:
    """What is sent beside the fields, and what goes away."""
    for field in change.also_sent:
        drift = paint(" (drift)", "dim") if is_drift(change, field) else ""
        value = with_value(field, field.after)
        yield f"    {paint(f'{ALSO_SENT}:', 'dim')} {value}{drift}"
    for field in change.removed:
        yield f"    {paint(f'{REMOVED}:', 'red')} {with_value(field, field.before)}"
    if change.carried:
        yield f"    {paint(f'{CARRIED}:', 'dim')} {carried_text(change)}"


def _dropped(plan: Plan, paint: Paint) -> Iterator[str]:
    if not plan.dropped:
        return
    yield f"{paint(DROPPED_TITLE, 'bold')}: {DROPPED_ABOUT}"
    yield ""
    for dropped in plan.dropped:
        what = " ".join((dropped.kind, short(dropped.key), ".".join(dropped.path)))
        yield f"    {clean(what.rstrip())}"
        if effect := dropped_effect(dropped):
            yield f"        {paint('!', 'yellow', 'bold')} {paint(effect, 'yellow')}"
        if dropped.renamed_to:
            yield f"        {RENAMED[0]} {short(dropped.renamed_to)}, {RENAMED[1]}"
        if dropped.line:
            where = short(".".join(dropped.under))
            yield f"        {dropped_advice(dropped)} in {where}: {short(dropped.line)}"
    yield ""


def _gate(gate: Gate, paint: Paint) -> Iterator[str]:
    if gate.open:
        return
    yield f"{paint('closed:', 'red', 'bold')} {gate.name}: {clean(gate.message)}"
    yield f"    apply refuses this plan; to go on: {gate.hint}"
    yield ""


def summary_text(plan: Plan, paint: Paint) -> str:
    """`Plan: 2 to create, 1 to update; 4 in sync, 12 rooms and 1 assignment ...`."""
    return f"{paint('Plan:', 'bold')} {todo(plan)}."
