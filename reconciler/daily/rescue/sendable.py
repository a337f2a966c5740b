"""Which entries of a rescue file can be sent at all.

One entry that cannot must not keep the others away.
"""

from __future__ import annotations

import json
from typing import Final

from reconciler.core.kinds import SETTABLE
from reconciler.core.model import LiveAssignment
from reconciler.core.secrecy import reveal

_BY_HAND: Final = "assign it by hand in Daily's dashboard or API"


def why_not_sent(entry: LiveAssignment) -> str:
    """Why an entry cannot be brought back; empty when it can."""
    if entry.type not in SETTABLE:
        return f"this version does not know the type '{entry.type}'; {_BY_HAND}"
    bad = sorted(name for name, value in _texts(entry).items() if not _is_sent(value))
    if bad:
        return f"{', '.join(bad)}: the text cannot be written as UTF-8; {_BY_HAND}"
    return ""


def _texts(entry: LiveAssignment) -> dict[str, object]:
    """What would be sent of an entry, by name."""
    known = SETTABLE[entry.type]
    fields = {k: reveal(v) for k, v in entry.fields.items() if k in known}
    return {"phone_number": entry.number, **fields}


def _is_sent(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
    return True
