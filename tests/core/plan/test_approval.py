"""Reading an approved plan."""

from __future__ import annotations

import pytest

from reconciler.core.plan.approval import read_approved
from reconciler.errors import ReconcilerError


def document(made_at: str) -> dict[str, object]:
    """A plan document of nothing, made at this time."""
    domain = {"id": "d", "name": "acme"}
    return {"domain": domain, "gates": [], "changes": [], "made_at": made_at}


@pytest.mark.parametrize("text", ["2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00"])
def test_the_time_of_a_plan_is_a_moment(text: str) -> None:
    """It has an offset, so that its age is the same on every machine."""
    assert read_approved(document(text)).made_at == 1_700_000_000


@pytest.mark.parametrize("text", ["2023-11-14T22:13:20", "yesterday", ""])
def test_a_time_without_an_offset_is_refused(text: str) -> None:
    """Its age would depend on the time zone of the machine."""
    with pytest.raises(ReconcilerError, match="made_at is not a time"):
        read_approved(document(text))
