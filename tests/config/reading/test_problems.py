"""The table of what can be wrong with the text of a file."""

from __future__ import annotations

import pytest

from reconciler.config.reading import problems
from reconciler.config.reading.parse import parse
from reconciler.core.findings import IDS
from reconciler.core.model import Place

_TABLE = {k: v for k, v in vars(problems).items() if isinstance(v, problems.Problem)}
_PLACE = Place("a.yaml", 2, 3)


@pytest.mark.parametrize("name", _TABLE)
def test_every_row_becomes_a_finding(name: str) -> None:
    """A row has a known id, and every name in its texts is filled in."""
    parts = {"tag": "!x", "limit": 1_000, "name": "a", "key": "k", "first": _PLACE}

    found = _TABLE[name].at(_PLACE, **parts)

    assert found.id in IDS
    assert found.place == _PLACE
    assert found.message
    assert "{" not in found.message


@pytest.mark.parametrize("key", ["{key}", "{0}", "{", "{first.file}", "%s"])
def test_text_of_the_file_is_never_filled_in(key: str) -> None:
    """A key with braces is quoted as it stands."""
    (found,) = parse(f"'{key}': 1\n'{key}': 2\n", "a.yaml").findings

    assert found.message == f"'{key}' stands twice in one mapping, first at a.yaml:1:1"


def test_the_hint_for_a_tag_depends_on_whose_it_is() -> None:
    """A tag of YAML's own asks for quotes, any other for a variable."""
    (yamls,) = parse("a: !!str 1\n", "a.yaml").findings
    (other,) = parse("a: !secret x\n", "a.yaml").findings

    assert (yamls.message, yamls.hint) == (
        "the tag '!!str' is not read",
        "remove it; a value in quotes is text",
    )
    assert (other.message, other.hint) == (
        "the tag '!secret' is not read",
        "remove it; ${NAME} takes a value from the environment",
    )
