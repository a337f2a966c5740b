"""`${NAME}` in the text of a value, and nothing else that looks like it.

What came from a variable is a secret: it stays a text with a label, and the label
is all that messages show. The type stays text, so a variable cannot be a number.
A variable that is set to nothing counts as not set: that is what a CI system makes
of a secret that nobody has entered.
"""

from __future__ import annotations

import base64
import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.config.reading.positions import Document
from reconciler.core.findings import Finding
from reconciler.core.model import Path
from reconciler.core.secrecy import is_secret_key, mask_address

_REFERENCE: Final = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<body>[^}]*)(?P<end>\}?))")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URLS: Final = frozenset({"room_creation_api", "hold_music_url", "meeting_join_hook"})


class Variables(enum.Enum):
    """What becomes of a variable that is not set."""

    REQUIRED = "an error"
    OPTIONAL = "a note, and an empty secret"
    DUMMY = "filled with something the sandbox takes"


class Filled(str):
    """A text into which variables were filled. Printing it shows its label.

    `unset` says that some variable had no value, so its content means nothing.
    """

    label: str
    unset: bool

    def __new__(cls, value: str, label: str, *, unset: bool = False) -> Filled:
        """Keep the label beside the text."""
        made = super().__new__(cls, value)
        made.label, made.unset = label, unset
        return made

    def reveal(self) -> str:
        """The text itself, for sending and comparing."""
        return str.__str__(self)

    def __str__(self) -> str:
        return self.label

    def __repr__(self) -> str:
        return self.label

    def __format__(self, spec: str) -> str:
        return format(self.label, spec)


@dataclass(slots=True)
class Filling:
    """One pass over the files: what was referred to, and what is wrong with it."""

    environ: Mapping[str, str]
    mode: Variables
    names: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def fill(document: Document, filling: Filling) -> None:
    """Replace every reference in the values of a document, in place."""
    if "$" in document.text:
        _walk(document.data, (), document, filling, set())


def is_unset(value: object) -> bool:
    """Tell whether a value stands for a variable without a value."""
    return isinstance(value, Filled) and value.unset


def _walk(
    container: Any, path: Path, document: Document, filling: Filling, seen: set[int]
) -> None:
    # Aliases share containers: each is filled once, or "$$" would shrink twice.
    if id(container) in seen:
        return
    seen.add(id(container))
    is_mapping = isinstance(container, dict)
    for step, value in list(container.items() if is_mapping else enumerate(container)):
        at = (*path, str(step))
        if isinstance(value, dict | list):
            _walk(value, at, document, filling, seen)
        elif isinstance(value, str) and "$" in value:
            container[step] = _filled(value, at, document, filling)


def _filled(text: str, path: Path, document: Document, filling: Filling) -> str:
    parts: list[str] = []
    names: list[str] = []
    unset = False
    end = 0
    for match in _REFERENCE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        body = match["body"]
        if match["dollar"]:
            parts.append("$")
        elif match["end"] and _NAME.fullmatch(body):
            names.append(body)
            value = _value(body, path, document, filling)
            unset = unset or value is None
            parts.append(value or _dummy(body, text, path, filling.mode))
        else:
            filling.findings.append(_bad(body, bool(match["end"]), path, document))
            return Filled("", _label(text, path), unset=True)
    whole = "".join((*parts, text[end:]))
    if not names:
        return whole
    filling.names.update(names)
    if unset and filling.mode is Variables.OPTIONAL:
        whole = ""
    return Filled(whole, _label(text, path), unset=unset)


def _value(name: str, path: Path, document: Document, filling: Filling) -> str | None:
    """The value of a variable; None, with a finding, if it has none."""
    value = filling.environ.get(name, "")
    if value and _is_text(value):
        return value
    place = document.place(path)
    if value:
        message = f"the value of the variable {name} is not UTF-8 text"
        filling.findings.append(Finding("bad-variable", message, place, path=path))
    elif filling.mode is not Variables.DUMMY:
        required = filling.mode is Variables.REQUIRED
        found = Finding(
            "unset-variable" if required else "unset-variable-note",
            f"the variable {name} is not set",
            place,
            hint=f"export {name} before running" if required else "",
            path=path,
        )
        filling.findings.append(found)
    return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _dummy(name: str, text: str, path: Path, mode: Variables) -> str:
    if mode is not Variables.DUMMY:
        return ""
    key = path[-1]
    if key == "hmac":
        return base64.b64encode(f"sandbox {name}".encode()).decode()
    if text == f"${{{name}}}":
        if key in _URLS:
            return f"https://sandbox.example.com/{name}"
        if "rtmp_config" in path:
            return f"rtmp://sandbox.example.com/{name}"
    return "sandbox-" + name.lower().replace("_", "-")


def _bad(body: str, closed: bool, path: Path, document: Document) -> Finding:
    # What follows the name may be a default, and a default may be a secret.
    name = _NAME.match(body)
    shown = f"${{{name[0]}" if name else "${"
    rest = body[len(name[0]) :] if name else body
    shown += ("…" if rest else "") + ("}" if closed else "")
    hint = "write ${NAME}; for a plain dollar write $$"
    if name and rest.startswith((":", "-", "=", "?", "+")):
        hint = f"there are no defaults: write ${{{name[0]}}} and set {name[0]}"
    elif not closed:
        hint = "close it with a '}'; for a plain dollar write $$"
    return Finding(
        "bad-variable",
        f"the reference '{shown}' cannot be read",
        document.place(path),
        hint=hint,
        path=path,
    )


def _label(text: str, path: Path) -> str:
    """What is shown instead: the text as written, without what may be secret in it."""
    if is_secret_key(path):
        names = [f"${{{match['body']}}}" for match in _REFERENCE.finditer(text)]
        return "…".join(names)
    return mask_address(text)
