"""The part of the page that lists what would be done, and the filter over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.core.compare.diff import FieldChange
from reconciler.core.plan.model import Action, Change, Dropped, Plan, Unmanaged
from reconciler.core.text import short
from reconciler.render.html.markup import Html, Node, el
from reconciler.render.outline import (
    ALSO_SENT,
    CARRIED,
    DROPPED_ABOUT,
    DROPPED_TITLE,
    REMOVED,
    RENAMED,
    Group,
    Section,
    carried_text,
    dropped_advice,
    dropped_effect,
    groups,
    is_drift,
    sections,
    sides,
    with_value,
)
from reconciler.render.unmanaged import Listing, listings, thrown_away
from reconciler.render.words import SIGNS, path_text, title_text

OPEN_UP_TO: Final = 200
"""A plan of more changes than this starts with its groups collapsed."""


def changes_html(plan: Plan) -> Iterator[Html]:
    """The filter, the sections of changes, and what is no longer managed."""
    if plan.changes or plan.dropped:
        yield _FILTER
    opened = len(plan.changes) <= OPEN_UP_TO
    parts = [_section(section, opened) for section in sections(plan)]
    if plan.dropped:
        parts.append(_dropped_section(plan.dropped))
    if not parts:
        parts = [el("p", "Nothing to do.")]
    parts += _unmanaged(plan.unmanaged)
    yield el("div", *parts, id="changes", tabindex="-1")


# Shown by the script, since without one it would do nothing.
_FILTER: Final = Html(
    '<form id="search" role="search" hidden>'
    '<label for="filter">Filter</label>'
    '<input id="filter" type="search" autocomplete="off" spellcheck="false" '
    'aria-describedby="matches" placeholder="name, field, value, risk">'
    '<button id="toggle" type="button">Open or close all</button>'
    '<output id="matches" for="filter" aria-live="polite"></output>'
    "</form>"
)


def _section(section: Section, opened: bool) -> Html:
    title = section.title or "Changes"
    about = [el("p", section.about, class_="quiet")] if section.about else []
    made = [_group(group, opened) for group in groups(section.changes)]
    return el("section", el("h2", title), *about, *made, class_="part")


def _group(group: Group, opened: bool) -> Html:
    items = [_change(change) for change in group.changes]
    state = {"open": ""} if opened else {}
    return el(
        "details",
        el("summary", el("h3", group.title)),
        el("ul", *items, class_="items"),
        class_="group",
        **state,
    )


def _change(change: Change) -> Html:
    sign = el("span", SIGNS[change.action], class_="sign", aria_hidden="true")
    what = f" {change.action} {change.kind} "
    risks = [el("li", el("b", "Risk:"), f" {risk.text}") for risk in change.risks]
    return el(
        "li",
        el("h4", sign, what, named(change.key), *_title(change)),
        el("p", change.reason),
        *([el("ul", *risks, class_="risks")] if risks else []),
        *_table(change),
        *_beside(change),
        class_=f"item {change.action}",
    )


def _title(change: Change) -> Iterator[Node]:
    if change.desired.title:
        yield from (" ", el("bdi", title_text(change.desired.title).strip()))


def _table(change: Change) -> Iterator[Html]:
    if not change.fields:
        return
    created = change.action is Action.CREATE
    titles = ("Field", "Value") if created else ("Field", "Before", "After")
    head = el("tr", *(el("th", title, scope="col") for title in titles))
    rows = [_row(change, field, created) for field in change.fields]
    yield el("table", el("thead", head), el("tbody", *rows))


def _beside(change: Change) -> Iterator[Html]:
    """What is sent beside the fields, and what goes away."""
    lines = [_line(REMOVED, with_value(f, f.before)) for f in change.removed]
    lines += [
        _line(ALSO_SENT, with_value(f, f.after) + " (drift)" * is_drift(change, f))
        for f in change.also_sent
    ]
    if change.carried:
        lines.append(_line(CARRIED, carried_text(change)))
    if lines:
        yield el("ul", *lines, class_="beside")


def _line(what: str, text: str) -> Html:
    return el("li", f"{what.capitalize()}: ", el("bdi", text))


def _row(change: Change, field: FieldChange, created: bool) -> Html:
    before, after = sides(field)
    drift = " (drift)" if is_drift(change, field) else ""
    cells = [] if created else [el("td", el("bdi", before), class_="was")]
    cells.append(el("td", el("bdi", after), class_="will"))
    return el("tr", el("th", path_text(field) + drift, scope="row"), *cells)


def _dropped_section(dropped: Sequence[Dropped]) -> Html:
    return el(
        "section",
        el("h2", DROPPED_TITLE),
        el("p", DROPPED_ABOUT, class_="quiet"),
        el("ul", *(_dropped(entry) for entry in dropped), class_="items"),
        class_="part",
    )


def _unmanaged(unmanaged: Unmanaged) -> Iterator[Html]:
    """What no file declares, each list folded where it is long."""
    parts = [_listing(listing) for listing in listings(unmanaged)]
    if left_out := thrown_away(unmanaged):
        parts.append(el("p", f"{left_out.capitalize()}.", class_="quiet"))
    if parts:
        title = el("h2", "In Daily and in no file")
        yield el("section", title, *parts, class_="part")


def _listing(listing: Listing) -> Html:
    items = [el("li", *_listed(*line), class_="item") for line in listing.lines]
    state = {"open": ""} if len(items) <= OPEN_UP_TO else {}
    title = f"{listing.title} ({len(items):,})"
    return el(
        "details",
        el("summary", el("h3", title)),
        el("ul", *items, class_="items"),
        class_="group",
        **state,
    )


def _listed(name: str, about: str) -> Iterator[Node]:
    yield named(name)
    if about:
        yield from (": ", el("bdi", short(about)))


def _dropped(dropped: Dropped) -> Html:
    path: list[Node] = [" ", el("code", ".".join(dropped.path))] if dropped.path else []
    return el(
        "li",
        el("h3", f"{dropped.kind} ", named(dropped.key), *path),
        *_dropped_parts(dropped),
        class_="item",
    )


def _dropped_parts(dropped: Dropped) -> Iterator[Html]:
    if effect := dropped_effect(dropped):
        yield el("ul", el("li", el("b", "Risk:"), f" {effect}"), class_="risks")
    if dropped.renamed_to:
        before, after = RENAMED
        name = named(dropped.renamed_to)
        yield el("p", f"{before.capitalize()} ", name, f", {after}.")
    if dropped.line:
        where = el("code", ".".join(dropped.under))
        advice = f"{dropped_advice(dropped).capitalize()} in "
        yield el("p", advice, where, ": ", el("code", dropped.line))


def named(text: str) -> Html:
    """A name from outside: whatever direction it is written in ends with it."""
    return el("bdi", el("code", short(text)))
