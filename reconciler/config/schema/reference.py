"""The schema as documentation: what there is to say about each key of the config.

A path may be written as in a file (`rooms.lobby.properties.lang`, `[0]` for an item),
with "*" for any name, or as its last steps alone (`dialin.display_name`, `lang`) where
they mean one key. The keys of `defaults.rooms` are those of a room, so a short path
means the room's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from reconciler.config.schema import validator as schema
from reconciler.core.key_docs import Key
from reconciler.core.model import Path
from reconciler.core.text import nearest

Node: TypeAlias = Mapping[str, Any]

ANY: Final = "*"
DEFAULTS: Final = ("defaults", "rooms")
_ROOM: Final = ("rooms", ANY)
_BRACKETS: Final = re.compile(r"\[(\d+|\*)?\]")


def every_key() -> tuple[Key, ...]:
    """Every key that can be written, in the order of the schema, "*" aside."""
    return tuple(_key(p, n, r) for p, n, r in _nodes() if p[-1] != ANY)


def is_shared(path: Path) -> bool:
    """Tell whether a key of the defaults is a room's key, described there."""
    rest = path[len(DEFAULTS) :]
    return bool(rest) and path[: len(DEFAULTS)] == DEFAULTS and _ROOM + rest in _table()


def find(written: str) -> tuple[Key, ...]:
    """The keys that a path may mean: one if it is clear, none if it is unknown."""
    steps = _steps(written)
    if not steps:
        return (_key((), schema.schema(), False),)
    exact = _descend(steps)
    if exact is not None:
        return (_key(exact, *_table()[exact]),)
    return tuple(
        _key(path, node, required)
        for path, node, required in _nodes()
        if _ends_with(path, steps) and not is_shared(path)
    )


def suggestion(written: str) -> str:
    """The path that was perhaps meant by an unknown one; empty if none is near."""
    steps = _steps(written)
    for count in range(len(steps) - 1, -1, -1):
        known = _descend(steps[:count]) if count else ()
        if known is not None:
            node = _table()[known][0] if known else schema.schema()
            near = nearest(steps[count], _below(node))
            meant = (*steps[:count], near, *steps[count + 1 :])
            if near and (count or _descend(meant) is not None):
                return ".".join(meant)
    tails = {".".join(path[-len(steps) :]) for path in _table() if path[-1] != ANY}
    return nearest(".".join(steps), sorted(tails))


def _steps(written: str) -> tuple[str, ...]:
    dotted = _BRACKETS.sub(lambda found: f".{found[1] or ANY}", written)
    return tuple(step for step in dotted.split(".") if step)


def _descend(steps: tuple[str, ...]) -> Path | None:
    """The path in the schema that these steps lead to, from the top."""
    node: Node = schema.schema()
    path: Path = ()
    for step in steps:
        below = _below(node)
        name = step if step in below else ANY
        if name not in below:
            return None
        path, node = (*path, name), below[name][0]
    return path


def _ends_with(path: Path, steps: tuple[str, ...]) -> bool:
    if path[-1] == ANY:
        return False
    plain = tuple(step for step in path if step != ANY)
    if plain[-len(steps) :] == steps:
        return True
    tail = path[-len(steps) :]
    return (
        len(tail) == len(steps)
        and tail[0] == steps[0]
        and all(want in (ANY, step) for want, step in zip(tail, steps, strict=True))
    )


@functools.cache
def _table() -> Mapping[Path, tuple[Node, bool]]:
    return {path: (node, required) for path, node, required in _nodes()}


def _nodes(above: Node | None = None, path: Path = ()) -> Iterator[Any]:
    """Path, node and "is required" of everything below, references written out."""
    node = schema.schema() if above is None else above
    for name, (below, required) in _below(node).items():
        here = (*path, name)
        yield here, below, required
        yield from _nodes(below, here)


def _below(node: Node) -> dict[str, tuple[Node, bool]]:
    """What may stand below: names, and "*" for any name or any item of a list."""
    needed = node.get("required", ())
    found = {
        name: (_resolved(below), name in needed)
        for name, below in node.get("properties", {}).items()
    }
    for keyword in ("additionalProperties", "items"):
        below = node.get(keyword)
        if isinstance(below, dict):
            item = _resolved(below)
            if keyword == "additionalProperties" or _below(item):
                found[ANY] = (item, False)
    return found


def _resolved(node: Node) -> Node:
    reference = node.get("$ref")
    if reference is None:
        return node
    target = schema.schema()["$defs"][str(reference).removeprefix("#/$defs/")]
    return _resolved({**target, **{k: v for k, v in node.items() if k != "$ref"}})


def _key(path: Path, node: Node, required: bool) -> Key:
    types = _types(node)
    items = _items(node)
    return Key(
        path=path,
        title=str(node.get("title", "")),
        description=str(node.get("description", "")),
        types=tuple(name for name in types if name != "null"),
        item_types=tuple(name for name in _types(items) if name != "null"),
        nullable="null" in types,
        required=required,
        default=(node["default"],) if "default" in node else (),
        allowed=_allowed(node) or _allowed(items),
        range=_range(node),
        form=str(
            node.get("patternErrorMessage") or items.get("patternErrorMessage", "")
        ),
        inherited=bool(node.get("x-domain-inherited")),
        secret=bool(node.get("x-secret")),
        unordered=bool(node.get("x-set")),
        paid=bool(node.get("x-paid")),
        deprecated=bool(node.get("deprecated")),
        examples=tuple(node.get("examples", ())),
        docs=str(node.get("x-daily-docs", "")),
        keys=tuple(
            (name, str(below.get("title", "")))
            for name, (below, _) in _below(node).items()
        ),
    )


def _types(node: Node) -> tuple[str, ...]:
    written = node.get("type", ())
    return (written,) if isinstance(written, str) else tuple(written)


def _items(node: Node) -> Node:
    """What a list holds; a choice between one word and a list says it under `then`."""
    items = node.get("items") or node.get("then", {}).get("items", {})
    return _resolved(items) if isinstance(items, dict) else {}


def _allowed(node: Node) -> tuple[object, ...]:
    if "const" in node:
        return (node["const"],)
    return tuple(value for value in node.get("enum", ()) if value is not None)


def _range(node: Node) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"at least {low}"
    if high is not None:
        return f"at most {high}"
    if "maxLength" in node:
        return f"at most {node['maxLength']} characters"
    return ""
