"""The legacy lists as they are written."""

from __future__ import annotations

from reconciler.core.model import LiveAssignment
from reconciler.daily.write.legacy import bystander


def test_a_bystander_of_a_type_that_is_not_known_is_sent_as_it_is() -> None:
    """No entry that Daily shows stops the write of another one."""
    entry = LiveAssignment(
        "legacy", "fax_dialin", "+12095550101", {"name_prefix": "fax", "pages": 2}
    )

    assert bystander(entry) == {
        "phone_number": "+12095550101",
        "name_prefix": "fax",
        "pages": 2,
    }
