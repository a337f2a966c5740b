"""Where a variable may stand: in a value for which the schema takes any text.

A variable is text and a secret. It cannot be a number, a switch or a choice, and it
must not hide what decides about a room or is there to be shown (`x-literal` in the
schema: the domain, durations, limits, paths, titles). Contents that the schema does
not know take anything.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from reconciler.config.schema import validator as schema

Node: TypeAlias = Mapping[str, Any]

ANYTHING: Final[Node] = {}
"""The node of contents that the schema does not know."""
_CHOICES: Final = ("enum", "const", "x-literal", "if")


@functools.cache
def top() -> Node:
    """The schema of a whole file, with every reference written out."""
    node: Node = schema.written_out(schema.schema())
    return node


def below(node: Node, step: str | int) -> Node:
    """The node of a key or list item below a node."""
    known = node.get("properties", ANYTHING)
    if step in known:
        found = known[step]
    elif isinstance(step, int):
        found = node.get("items") or node.get("then", ANYTHING).get("items", ANYTHING)
    else:
        found = node.get("additionalProperties", ANYTHING)
    return found if isinstance(found, dict) else ANYTHING


def takes_variable(node: Node) -> bool:
    """Tell whether any text, and so a variable, may stand at this node."""
    types = node.get("type", "string")
    return "string" in types and not any(name in node for name in _CHOICES)
