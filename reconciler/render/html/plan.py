"""A plan as one page that asks nothing of anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.core.findings import Finding, Severity, first_of, rest_of
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import Gate
from reconciler.core.plan.model import Plan
from reconciler.core.text import short
from reconciler.core.times import iso
from reconciler.render.html.changes import changes_html, named
from reconciler.render.html.markup import Html, Node, el, joined
from reconciler.render.html.page import page
from reconciler.render.outline import callers_counted, of_severity, risks_counted, todo
from reconciler.render.words import count, duration, place_text


def plan_html(
    plan: Plan,
    gates: Sequence[Gate],
    estimated: Estimate,
    seconds: float,
    *,
    tool: str,
) -> str:
    """A whole plan as a page. `tool` is the version that made it."""
    body = joined(
        [
            el("a", "Skip to the changes", class_="skip", href="#changes"),
            _header(plan),
            el("main", *_status(plan, gates), *changes_html(plan)),
            _footer(plan, estimated, seconds, tool),
        ]
    )
    title = f"Plan for {short(plan.live.domain.name)}"
    return page(title, body, style="page.css", script="page.js")


def _header(plan: Plan) -> Html:
    counted = (*callers_counted(plan.findings), *risks_counted(plan))
    risks = [el("li", risk) for risk in counted]
    lead = (
        [el("ul", *risks, class_="lead", aria_label="What it risks")] if risks else []
    )
    base = [el("p", "Compared with ", named(plan.base), ".")] if plan.base else []
    title = el("h1", "Plan for ", named(plan.live.domain.name))
    return el("header", title, *lead, el("p", f"{todo(plan)}."), *base)


def _footer(plan: Plan, estimated: Estimate, seconds: float, tool: str) -> Html:
    asked = estimated.general + estimated.deletion
    cost = f"Reading took {count(plan.live.requests, 'request')}"
    if plan.changes:
        cost += f"; applying takes about {asked:,}, or {duration(seconds)}"
    made = f"Planned at {iso(plan.now)} by daily-reconciler {tool}"
    store = f"assignments are written to the {plan.store} store"
    return el("footer", el("p", f"{cost}. {made}; {store}. Nothing was written."))


def _status(plan: Plan, gates: Sequence[Gate]) -> Iterator[Html]:
    if first := first_of(plan.findings):
        lines = [_finding(finding) for finding in first]
        yield _panel("callers", "Not as callers were told", "closed", lines)
    closed = [
        el(
            "li",
            el("code", gate.name),
            f": {gate.message}. To go on: ",
            el("code", gate.hint),
        )
        for gate in gates
        if not gate.open
    ]
    if closed:
        title = f"Refused by {count(len(closed), 'gate')}"
        yield _panel("gates", title, "closed", closed)
    passed = [
        el("li", el("code", gate.name), f" {gate.count:,} of {gate.limit:,}")
        for gate in gates
        if gate.open
    ]
    errors = of_severity(plan.findings, Severity.ERROR)
    if errors:
        title = f"{count(len(errors), 'error')}: this plan cannot be applied"
        yield _panel("errors", title, "closed", [_finding(f) for f in errors])
    for severity in (Severity.WARNING, Severity.NOTE):
        found = of_severity(rest_of(plan.findings), severity)
        if found:
            title = count(len(found), str(severity))
            lines = [_finding(f) for f in found]
            yield _panel(f"{severity}s", title, str(severity), lines)
    if passed:
        yield _panel("limits", "Within the limits", "passed", passed)


def _panel(ident: str, title: str, look: str, lines: Sequence[Html]) -> Html:
    heading = el("h2", title, id=ident)
    return el(
        "section",
        heading,
        el("ul", *lines),
        class_=f"panel {look}",
        aria_labelledby=ident,
    )


def _finding(finding: Finding) -> Html:
    where: list[Node] = []
    if finding.place is not None:
        where = [el("code", place_text(finding.place)), ": "]
    hint: list[Node] = ["; ", el("bdi", finding.hint)] if finding.hint else []
    said = el("bdi", finding.message)
    return el("li", *where, said, " ", el("code", f"[{finding.id}]"), *hint)
