"""What every page has in common: one file that asks nothing of anybody.

Style and script are inside. The page's policy lets run only the style and the script
whose digests it names, and forbids every request, so that even markup that got in
could do nothing.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from reconciler.render.html.markup import Html, el


def page(title: str, body: Html, *, style: str, script: str = "") -> str:
    """A whole document. `style` and `script` name files beside this module."""
    css = _asset(style)
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(css)}'"
    )
    end = ""
    if script:
        js = _asset(script)
        policy += f"; script-src '{_digest(js)}'"
        end = f"<script>{js}</script>\n"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="robots" content="noindex">\n'
        '<meta name="format-detection" content="telephone=no">\n'
        f'<link rel="icon" href="data:,">\n{el("title", title).text}\n'
        f"<style>{css}</style>\n</head>\n<body>\n{body.text}\n{end}</body>\n</html>\n"
    )


@cache
def _asset(name: str) -> str:
    return files("reconciler.render.html").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    made = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"sha256-{made}"
