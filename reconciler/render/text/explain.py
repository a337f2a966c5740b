"""Documentation of a key, and what an entry ends up with, as text for a terminal."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Final

from reconciler.core.findings import COUNTED, FIRST, IDS, URGENT
from reconciler.core.key_docs import TYPE_WORDS, Effective, Key, Value
from reconciler.core.model import Place
from reconciler.core.text import clean
from reconciler.render.words import Paint, count, cut, place_text

WIDTH: Final = 80
_KINDS: Final = {"room": "rooms", "number": "phone numbers"}


def finding_id_text(id_: str) -> str:
    """What a finding is, by its id, and what it does to a run."""
    severity, meaning = IDS[id_]
    facts = [
        ("It stands before everything else that a run has to say.", id_ in FIRST),
        ("plan and apply end with 2 under --detailed-exitcode.", id_ in COUNTED),
        ("It is printed under --quiet too.", id_ in URGENT),
        ("What to do about it: docs/findings.md", True),
    ]
    lines = [f"  {text}" for text, holds in facts if holds]
    return "\n".join((f"{id_}: {severity}, {meaning}", "", *lines))


def key_text(key: Key, paint: Paint) -> str:
    """Everything there is to say about one key."""
    head = f"{paint(key.name, 'bold')}: {key.title}" if key.name else key.title
    lines = [head.rstrip(": ") if not key.title else head]
    if key.description:
        wrapped = textwrap.fill(key.description, WIDTH - 2, break_on_hyphens=False)
        lines += ["", textwrap.indent(wrapped, "  ")]
    if key.name:
        lines += ["", *_table(list(rows(key)))]
    if key.keys:
        lines += ["", "  keys below", *_table(_below(key), "    ")]
    return "\n".join(lines)


def rows(key: Key) -> Iterator[tuple[str, str]]:
    """What is known of a key besides its description, as label and text."""
    yield "type", type_text(key)
    if key.required:
        yield "required", "yes"
    if key.default:
        yield "default", default_text(key)
    elif key.inherited:
        yield "default", "what the domain has set"
    if key.allowed:
        yield "allowed", ", ".join(_plain(value) for value in key.allowed)
    if key.range:
        yield "range", key.range
    if key.form:
        yield "form", key.form
    for mark in marks(key):
        yield "note", mark
    for example in key.examples:
        yield "example", example_text(key, example)
    if key.docs:
        yield "Daily", key.docs


def type_text(key: Key) -> str:
    """`text`, `list of whole numbers`, `text or null`."""
    said = [TYPE_WORDS[name] for name in key.types] or ["anything"]
    if "array" in key.types and key.item_types:
        items = " or ".join(_plural(name) for name in key.item_types)
        said[key.types.index("array")] = f"list of {items}"
    if key.nullable:
        said.append("null")
    return " or ".join(said)


def default_text(key: Key) -> str:
    """The default, and who may have changed it."""
    (value,) = key.default
    said = "not set" if value is None else json.dumps(value, ensure_ascii=False)
    return f"{said}, or what the domain has set" if key.inherited else said


def marks(key: Key) -> Iterator[str]:
    """What is special about a key, in a few words each."""
    if key.deprecated:
        yield "deprecated: Daily no longer documents it"
    if key.paid:
        yield "may need a paid plan, an add-on or an agreement with Daily"
    if key.secret:
        yield "secret: never shown; write ${NAME} to take it from the environment"
    if key.unordered:
        yield "the order of the list means nothing"


def example_text(key: Key, example: object) -> str:
    """An example as it may be written in a file."""
    value = json.dumps(example, ensure_ascii=False)
    return f"{key.path[-1]}: {value}" if key.path[-1] != "*" else value


def effective_text(entry: Effective, paint: Paint) -> str:
    """One entry, a line for each value, the place of each before it."""
    name = paint(clean(f"{entry.kind} {entry.key}"), "bold")
    lines = [f"{name}, {_place(entry.place)}"]
    spots = [_place(value.place) for value in entry.values]
    width = max(map(len, spots), default=0)
    for value, spot in zip(entry.values, spots, strict=True):
        lines.append(f"  {spot:<{width}}  {_value(value, paint)}")
    return "\n".join((*lines, "", _summary(entry)))


def _value(value: Value, paint: Paint) -> str:
    path = clean(".".join(value.path))
    text = f"{path}: {cut(clean(json.dumps(value.value, ensure_ascii=False)))}"
    if value.inherits:
        return f"{text}  {paint('(default)', 'dim')}"
    if value.over:
        note = f"(instead of the default at {_place(value.over)})"
        return f"{text}  {paint(note, 'dim')}"
    return text


def _summary(entry: Effective) -> str:
    if entry.absent:
        return f"apply deletes this {entry.kind} if Daily has it."
    inherited = sum(value.inherits for value in entry.values)
    said = f"{count(len(entry.values), 'value')}, {inherited} from the defaults"
    if entry.kind == "room" and not entry.takes_defaults:
        said = f"{count(len(entry.values), 'value')}, no defaults"
    elif entry.kind == "number":
        said = count(len(entry.values), "value")
    return f"{said}. What is not listed is left as it is in Daily."


def _place(place: Place) -> str:
    return clean(place_text(place))


def _below(key: Key) -> list[tuple[str, str]]:
    item = "an item of the list" if "array" in key.types else "a name of yours"
    return [(name, title or (item if name == "*" else "")) for name, title in key.keys]


def _table(lines: list[tuple[str, str]], indent: str = "  ") -> list[str]:
    width = max((len(label) for label, _ in lines), default=0)
    hang = indent + " " * (width + 2)
    return [
        textwrap.fill(
            f"{indent}{label:<{width}}  {text}",
            WIDTH,
            subsequent_indent=hang,
            break_on_hyphens=False,
        )
        # What people copy stays on one line.
        if label not in ("example", "Daily")
        else f"{indent}{label:<{width}}  {text}"
        for label, text in lines
    ]


def _plural(name: str) -> str:
    plurals = {"string": "texts", "boolean": "true or false"}
    return plurals.get(name, f"{TYPE_WORDS[name]}s")


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
