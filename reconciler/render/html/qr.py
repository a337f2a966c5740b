"""QR codes as drawings, where the `report` extra is installed.

The sole importer of segno. A code is always dark on white with its quiet zone, also
on a dark page: many scanners read no other.
"""

from __future__ import annotations

import importlib.util

from reconciler.render.html.markup import Html

QUIET_ZONE = 4
"""Modules of white around a code, as the standard asks for."""


def available() -> bool:
    """Tell whether codes can be made at all."""
    return importlib.util.find_spec("segno") is not None


def qr_svg(text: str) -> Html:
    """A code with this text; empty where codes cannot be made."""
    if not available():
        return Html("")
    import segno

    code = segno.make(text, error="m", micro=False)
    drawing = code.svg_inline(
        border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True, lineclass=None
    )
    return Html(drawing)
