"""A plan as a comment on GitHub: what matters first, the rest collapsed.

A comment has a limit of characters. A plan that is beyond it is shown by its counts
and its gravest changes, and says where the whole of it is. How foreign text is kept
harmless is in the `marks` module.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.core.findings import Severity, first_of, rest_of
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import Gate
from reconciler.core.plan.model import Action, Change, Dropped, Plan, Unmanaged
from reconciler.core.text import LONGEST, clean, short
from reconciler.core.times import iso
from reconciler.render.markdown.findings import finding_lines
from reconciler.render.markdown.marks import (
    block,
    code,
    details,
    fitting,
    marker_line,
    size,
)
from reconciler.render.markdown.report import report_markdown
from reconciler.render.outline import (
    ALSO_SENT,
    CARRIED,
    DROPPED_ABOUT,
    DROPPED_TITLE,
    REMOVED,
    RENAMED,
    Section,
    callers_counted,
    carried_text,
    dropped_advice,
    dropped_effect,
    gravest_first,
    groups,
    is_drift,
    of_severity,
    risks_counted,
    sections,
    sides,
    todo,
    with_value,
)
from reconciler.render.unmanaged import listings, thrown_away
from reconciler.render.words import (
    LONGEST_VALUE,
    count,
    cut,
    duration,
    path_text,
    title_text,
)

__all__ = ["LIMIT", "plan_markdown", "report_markdown"]

LIMIT: Final = 65_000
"""Below GitHub's 65,536 characters, with room for what a workflow adds."""

_FIELDS: Final = 40
"""Fields of one change that a comment shows."""
_MESSAGE: Final = 500
"""Characters of one message that a comment shows."""
_BOUNDLESS: Final = 1 << 40


def plan_markdown(
    plan: Plan,
    gates: Sequence[Gate],
    estimated: Estimate,
    seconds: float,
    *,
    whole: str = "",
    limit: int = LIMIT,
    marker: str = "",
) -> str:
    """A whole plan, or as much of it as is below `limit` characters (5,000 or more).

    `whole`: where all of it is, in markdown of the caller's own, such as "artifact
    `plan.html` of this run". `marker` tells several comments about one domain apart.
    """
    head = [marker_line("plan", plan.config.domain, marker), _summary(plan)]
    tail = [_tail(plan, estimated, seconds, whole)]
    parts = [*head, *_status(plan, gates, _BOUNDLESS)]
    for section in sections(plan):
        parts += _section(section)
    made = _joined([*parts, *_ending(plan, _BOUNDLESS), *tail])
    if size(made) < limit:
        return made
    # Seven lists get a ninth each; titles, counts and changes share the rest.
    room = limit - size(_joined([*head, *tail])) - 1_500
    parts = [*head, *_status(plan, gates, room // 9)]
    ending = [*_ending(plan, room // 9), *tail]
    room = limit - size(_joined([*parts, *ending])) - 10
    return _joined([*parts, *_gravest(plan, room), *ending])


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(plan: Plan) -> str:
    domain = code(plan.live.domain.name)
    risks = (*callers_counted(plan.findings), *risks_counted(plan))
    lead = f"**{', '.join(risks)}.** " if risks else ""
    if not (plan.changes or plan.dropped or plan.blocked):
        return f"{lead}{domain} is in sync: {todo(plan)}."
    base = f" Compared with {code(plan.base)}." if plan.base else ""
    return f"{lead}Plan for {domain}: {todo(plan)}.{base}"


def _tail(plan: Plan, estimated: Estimate, seconds: float, whole: str) -> str:
    if not plan.changes:
        return ""
    asked = estimated.general + estimated.deletion
    said = (
        f"Reading took {count(plan.live.requests, 'request')}; applying takes about "
        f"{asked:,}, or {duration(seconds)}. Planned at {iso(plan.now)}; "
        "nothing was written."
    )
    return f"{said} The whole plan: {clean(whole)[:300]}." if whole else said


def _status(plan: Plan, gates: Sequence[Gate], room: int) -> Iterator[str]:
    """Callers, gates, then findings; each of the lists gets so much room."""
    if first := first_of(plan.findings):
        lines = fitting(finding_lines(first), room)
        yield "\n".join(["**Not as callers were told:**", "", *lines])
    closed = [gate for gate in gates if not gate.open]
    if closed:
        lines = [
            f"- {code(gate.name)}: {code(gate.message, _MESSAGE)}; to go on: "
            f"{code(gate.hint)}"
            for gate in closed
        ]
        title = f"**Refused by {count(len(closed), 'gate')}:**"
        yield "\n".join([title, "", *fitting(lines, room)])
    passed = [f"{code(g.name)} {g.count:,} of {g.limit:,}" for g in gates if g.open]
    if passed:
        yield f"Within the limits: {', '.join(passed)}."
    yield from _findings(plan, room)


def _findings(plan: Plan, room: int) -> Iterator[str]:
    found = of_severity(plan.findings, Severity.ERROR)
    if found:
        title = f"**{count(len(found), 'error')}: this plan cannot be applied.**"
        yield "\n".join([title, "", *fitting(finding_lines(found), room)])
    found = of_severity(rest_of(plan.findings), Severity.WARNING)
    if found:
        title = f"**{count(len(found), 'warning')}:**"
        yield "\n".join([title, "", *fitting(finding_lines(found), room)])
    found = of_severity(plan.findings, Severity.NOTE)
    if found and plan.changes:
        lines = fitting(finding_lines(found), room)
        yield details(count(len(found), "note"), "\n".join(lines))


def _section(section: Section) -> Iterator[str]:
    if section.title:
        yield f"### {section.title}"
        yield section.about
    for group in groups(section.changes):
        lines = [line for c in group.changes for line in ("", *_change(c))]
        yield details(group.title, block(lines[1:]))


def _change(change: Change, most: int = LONGEST_VALUE) -> Iterator[str]:
    """The lines of a change, with so many characters of each value."""
    what = f"{change.action} {change.kind} {short(change.key)}"
    what += title_text(change.desired.title)
    drift = "; drift" if change.origin == "drift" else ""
    yield f"@@ {what} @@ {short(change.reason)}{drift}"
    for risk in change.risks:
        yield f"! {short(risk.text, _MESSAGE)}"
    for field in change.fields[:_FIELDS]:
        before, after = sides(field, most)
        name = path_text(field)
        if change.action is not Action.CREATE:
            yield f"- {name}: {before}"
        mark = "  (drift)" if is_drift(change, field) else ""
        yield f"+ {name}: {after}{mark}"
    if len(change.fields) > _FIELDS:
        yield f"# and {len(change.fields) - _FIELDS:,} more fields"
    yield from _beside(change, most)


def _beside(change: Change, most: int) -> Iterator[str]:
    """What is sent beside the fields, and what goes away."""
    for field in change.removed:
        yield f"- {with_value(field, field.before, most)}  ({REMOVED})"
    for field in change.also_sent[:_FIELDS]:
        mark = "; drift" if is_drift(change, field) else ""
        yield f"+ {with_value(field, field.after, most)}  ({ALSO_SENT}{mark})"
    if len(change.also_sent) > _FIELDS:
        yield f"# and {len(change.also_sent) - _FIELDS:,} more that are {ALSO_SENT}"
    if change.carried:
        yield f"# {CARRIED}: {cut(carried_text(change, most), most)}"


def _ending(plan: Plan, room: int) -> Iterator[str]:
    """What the plan leaves alone; each of the lists gets so much room."""
    yield from _dropped(plan, room)
    yield from _unmanaged(plan.unmanaged, room)


def _unmanaged(unmanaged: Unmanaged, room: int) -> Iterator[str]:
    """Cut from its end: PIN rooms come first."""
    lines: list[str] = []
    for listing in listings(unmanaged):
        lines += [f"**{listing.title}** ({len(listing.lines):,}):", ""]
        for name, about in listing.lines:
            lines.append(f"- {code(name)}{f': {code(about)}' if about else ''}")
        lines.append("")
    if left_out := thrown_away(unmanaged):
        lines.append(left_out)
    if lines:
        found = fitting(lines, room)
        yield details("In Daily and in no file", "\n".join(found).rstrip())


def _dropped(plan: Plan, room: int) -> Iterator[str]:
    if not plan.dropped:
        return
    yield f"### {DROPPED_TITLE}"
    yield DROPPED_ABOUT
    # What ends for callers comes first: a long list is cut at its end.
    ranked = sorted(plan.dropped, key=lambda d: (not d.has_pin, d.ends is None))
    yield "\n".join(fitting([_dropped_line(d) for d in ranked], room))


def _dropped_line(dropped: Dropped) -> str:
    path = [".".join(dropped.path)] * bool(dropped.path)
    parts = []
    if effect := dropped_effect(dropped):
        parts.append(f"**{effect}**")
    if dropped.renamed_to:
        parts.append(f"{RENAMED[0]} {code(dropped.renamed_to)}, {RENAMED[1]}")
    if dropped.line:
        where = code(".".join(dropped.under))
        parts.append(f"{dropped_advice(dropped)} in {where}: {code(dropped.line)}")
    what = f"{dropped.kind} {code(' '.join((dropped.key, *path)))}"
    return f"- {': '.join((what, *['; '.join(parts)] * bool(parts)))}"


def _gravest(plan: Plan, room: int) -> Iterator[str]:
    """The counts of every group, and the gravest changes as far as there is room."""
    if not plan.changes:
        return
    counts = []
    for section in sections(plan):
        counts += [f"**{section.title}.** {section.about}", ""] * bool(section.title)
        counts += [f"- {group.title}" for group in groups(section.changes)] + [""]
    listed = "\n".join(counts).rstrip()
    ranked = gravest_first(plan.changes)
    room -= size(listed) + 300
    kept: list[str] = []
    shown = 0
    for change in ranked:
        lines = ["", *_change(change, LONGEST)]
        room -= sum(size(line) + 1 for line in lines)
        if room < 0:
            break
        kept += lines
        shown += 1
    yield f"Too much for a comment: {count(len(ranked), 'change')}."
    yield listed
    if shown:
        title = f"The {shown:,} of them that risk most, the gravest first"
        yield details(title, block(kept[1:]))
