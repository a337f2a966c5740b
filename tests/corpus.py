"""Hostile texts, from files: names and messages that try to be more than text.

Each file under render/hostile is a JSON list. An item is a text, or a text with how
often it is repeated. To try another one, add it to a file.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "render" / "hostile"


def _text(item: str | dict[str, object]) -> str:
    if isinstance(item, str):
        return item
    return str(item["repeat"]) * int(str(item["times"]))


def _read() -> list[tuple[str, str]]:
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        items = json.loads(path.read_text(encoding="utf-8"))
        found += [(f"{path.stem}-{n}", _text(item)) for n, item in enumerate(items)]
    return found


TEXTS = _read()
HOSTILE = [pytest.param(text, id=name) for name, text in TEXTS]
"""For parametrize: every text, under its file and position."""
EVERYTHING = "\n".join(text for name, text in TEXTS if not name.startswith("long"))
"""All of them but the long ones, as one text."""
