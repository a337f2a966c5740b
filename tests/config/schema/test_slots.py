"""A variable stands only where any text may: decided by the schema, at every path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.config.load import Loaded, Variables
from reconciler.config.reading import positions
from reconciler.config.schema import slots
from reconciler.config.schema import validator as schema
from reconciler.config.variables import Filling, fill
from reconciler.render.yaml import block

Load = Callable[..., Loaded]
Path = tuple[str | int, ...]

LITERAL = {"domain", "ledger", "limits", "expires", "title", "write_only"}
"""What must be written out although it is text: it decides, names a place, is shown."""
NAMES = {"rooms": "a", "phone_numbers": "+12095550100"}


def every_path(node: Any = None, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each path at which the schema takes a value, list items among them."""
    node = schema.written_out(schema.schema()) if node is None else node
    if path:
        yield path, node
    for name, below in node.get("properties", {}).items():
        yield from every_path(below, (*path, name))
    if isinstance(below := node.get("additionalProperties"), dict):
        yield from every_path(below, (*path, NAMES.get(str(path[-1]), "x")))
    items = node.get("items") or node.get("then", {}).get("items")
    if items:
        yield from every_path(items, (*path, 0))


def takes_any_text(node: Any) -> bool:
    """What the schema says by itself, its choices and forms aside."""
    types = node.get("type", [])
    types = [types] if isinstance(types, str) else types
    choice = {"enum", "const", "else"} & node.keys()
    return "string" in types and not choice


def document(path: Path) -> Any:
    """The smallest document with a variable at this path."""
    value: Any = "${N}"
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


PATHS = list(every_path())


def test_the_walk_sees_the_whole_schema() -> None:
    """Numbers, switches, choices, objects, lists and their items are all visited."""
    paths = [path for path, _ in PATHS]

    assert len(paths) > 150
    assert ("rooms", "a", "properties", "permissions", "canSend", 0) in paths
    assert ("rooms", "a", "properties", "enable_recording", 0) in paths
    assert ("limits", "delete") in paths


@pytest.mark.parametrize("value", ["", "5", "true", "public"], ids=lambda v: v or "-")
def test_a_variable_is_refused_wherever_no_text_may_stand(value: str) -> None:
    """Set or not, a variable is one error unless the schema takes any text there."""
    for path, node in PATHS:
        data = document(path)
        text = "\n".join(block(data))
        parsed = positions.Document("a.yaml", text, data)
        filling = Filling({"N": value}, Variables.OPTIONAL, 0)

        fill(parsed, filling)

        literal = not takes_any_text(node) or bool(LITERAL & set(path))
        refused = [f.id for f in filling.findings if f.id == "bad-variable"]
        assert refused == (["bad-variable"] if literal else []), path


@pytest.mark.parametrize("environ", [{}, {"N": "5"}], ids=["unset", "set"])
@pytest.mark.parametrize(
    "text",
    [
        "limits: {delete: '${N}'}",
        "limits: '${N}'",
        "dialin_store: '${N}'",
        "defaults: '${N}'",
        "defaults: {rooms: {privacy: '${N}'}}",
        "rooms: '${N}'",
        "rooms: {a: {privacy: '${N}'}}",
        "rooms: {a: {privacy: public, state: '${N}'}}",
        "rooms: {a: {privacy: public, properties: {dialin: '${N}'}}}",
        "rooms: {a: {privacy: public, properties: {lang: '${N}'}}}",
        "rooms: {a: {privacy: public, properties: {enable_recording: ['${N}']}}}",
        "rooms: {a: {privacy: public, properties: {max_participants: 'x${N}'}}}",
        "rooms: {a: {privacy: public, expires: {after: '${N}', renew_before: 5d}}}",
        "rooms: {a: {privacy: public, extra_properties: {'${N}': 1}}}",
        "rooms: {a: {privacy: public, properties: "
        "{permissions: {canReceive: {byUserId: {'u${N}': false}}}}}}",
        "phone_numbers: {'+12095550100': {pin_dialin: '${N}'}}",
    ],
)
def test_it_is_the_only_complaint(
    load_text: Load, text: str, environ: dict[str, str]
) -> None:
    """Nothing crashes over such a value, and nothing else is said about it."""
    loaded = load_text(text + "\n", environ=environ)

    assert [f.id for f in loaded.findings] == ["bad-variable"]
    assert loaded.config is None


def test_an_alias_is_judged_in_both_places(load_text: Load) -> None:
    """A mapping that is free in one place and typed in another is typed."""
    loaded = load_text(
        "rooms:\n"
        "  a: {privacy: public, extra_properties: &p {max_participants: '${N}'}}\n"
        "  b: {privacy: public, properties: *p}\n"
    )

    assert "bad-variable" in [f.id for f in loaded.findings]
    assert loaded.config is None


def test_contents_that_the_schema_does_not_know_take_a_variable() -> None:
    """Of what is passed on unchecked, any text may be a variable."""
    node = slots.top()
    for step in ("rooms", "a", "extra_properties", "x", 0, "y"):
        node = slots.below(node, step)

    assert slots.takes_variable(node)
