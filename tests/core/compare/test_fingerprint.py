"""Fingerprints of values that a plan file hides."""

from __future__ import annotations

import re
from dataclasses import replace

from reconciler.core.compare.diff import ABSENT, FieldChange
from reconciler.core.compare.fingerprint import Fingerprints
from reconciler.core.secrecy import Secret


def test_a_fingerprint_tells_nothing_of_other_places() -> None:
    """It depends on the domain, the resource and the path, and shows no text."""
    field = FieldChange(("a",), ABSENT, Secret("x"))
    made = {
        Fingerprints("d", "room", "r").after(field),
        Fingerprints("e", "room", "r").after(field),
        Fingerprints("d", "room", "s").after(field),
        Fingerprints("d", "room", "r").after(replace(field, path=("b",))),
    }

    assert len(made) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", text) for text in made)
    assert Fingerprints("d", "room", "r").after(replace(field, after="shown")) == ""


def test_a_live_value_beside_a_variable_has_none() -> None:
    """The file takes the value from a variable: what Daily has may be its value."""
    named = Secret("new", "${A}", "${A}")
    made = Fingerprints("d", "room", "r")

    assert made.before(FieldChange(("a",), Secret("old"), named)) == ""
    assert made.before(FieldChange(("a",), named, ABSENT)) == ""
    assert made.before(FieldChange(("a",), Secret("old"), Secret("new"))) != ""
