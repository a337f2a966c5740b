"""HTML elements as values: text that is put into one is escaped, always.

There is no other way into a page, so no caller can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from reconciler.core.text import clean


@dataclass(frozen=True, slots=True)
class Html:
    """Markup that is safe as it stands."""

    text: str


Node: TypeAlias = Html | str


def el(name: str, *children: Node, **attributes: str) -> Html:
    """An element. `class_` and `for_` lose their underscore, `aria_label` gets a dash.

    An attribute whose value is empty stands without one, as `hidden` does.
    """
    head = name
    for key, value in attributes.items():
        head += f" {key.rstrip('_').replace('_', '-')}"
        head += f'="{_escaped(value)}"' if value else ""
    return Html(f"<{head}>{joined(children).text}</{name}>")


def joined(children: Iterable[Node]) -> Html:
    """Nodes one after the other."""
    return Html(
        "".join(c.text if isinstance(c, Html) else _escaped(c) for c in children)
    )


def _escaped(text: str) -> str:
    return escape(clean(text), quote=True)
