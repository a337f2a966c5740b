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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.config.reading.positions import Document
from reconciler.config.schema import slots
from reconciler.core.findings import Finding
from reconciler.core.model import Path
from reconciler.core.secrecy import is_secret_key, mask_address
from reconciler.core.text import quote
from reconciler.core.times import DAY

_REFERENCE: Final = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<body>[^}]*)(?P<end>\}?))")
_LINE_END: Final = re.compile(r"\r?\n\Z")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TIMES: Final = {"nbf": 0, "exp": 30 * DAY}
_URLS: Final = frozenset({"room_creation_api", "hold_music_url", "meeting_join_hook"})


class Variables(enum.Enum):
    """What becomes of a variable that is not set."""

    REQUIRED = "an error"
    OPTIONAL = "a note, and an empty secret"
    DUMMY = "filled with something the sandbox takes"


class Filled(str):
    """A text into which variables were filled. Printing it shows its label.

    `unset` says that some variable had no value, so its content means nothing.
    `written`: the text of the file, with its references.
    """

    label: str
    unset: bool
    written: str

    def __new__(
        cls, value: str, label: str, *, unset: bool = False, written: str = ""
    ) -> Filled:
        """Keep the label beside the text."""
        made = super().__new__(cls, value)
        made.label, made.unset, made.written = label, unset, written or label
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
    """One pass over the files: what was referred to, and what is wrong with it.

    `now` is in Unix seconds; a dummy for a time counts from it.
    """

    environ: Mapping[str, str]
    mode: Variables
    now: float
    names: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def beside(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Of other findings, those that do not follow from a refused variable."""
        refused = {f.place for f in self.findings if f.id == "bad-variable"}
        return (f for f in findings if f.place not in refused)


def fill(document: Document, filling: Filling) -> None:
    """Replace every reference in the values of a document, in place."""
    if "$" in document.text:
        _Walk(document, filling).into(document.data, (), slots.top())


def is_unset(value: object) -> bool:
    """Tell whether a value stands for a variable without a value."""
    return isinstance(value, Filled) and value.unset


@dataclass(slots=True)
class _Walk:
    """One walk over a document; `seen` holds the containers and their schema nodes.

    Aliases share containers: each is filled once, or "$$" would shrink twice. Where
    two places share one, both decide whether a variable may stand there.
    """

    document: Document
    filling: Filling
    filled: set[int] = field(default_factory=set)
    seen: set[tuple[int, int]] = field(default_factory=set)

    def into(self, container: Any, path: Path, node: slots.Node) -> None:
        first = id(container) not in self.filled
        if (id(container), id(node)) in self.seen:
            return
        self.filled.add(id(container))
        self.seen.add((id(container), id(node)))
        is_mapping = isinstance(container, dict)
        for step, value in list(
            container.items() if is_mapping else enumerate(container)
        ):
            at, below = (*path, str(step)), slots.below(node, step)
            if first and is_mapping and "${" in step:
                self.filling.findings.append(_in_key(at, self.document))
            if isinstance(value, dict | list):
                self.into(value, at, below)
            elif isinstance(value, Filled):
                if not slots.takes_variable(below):
                    container[step] = self._misplaced(value.label, at)
            elif first and isinstance(value, str) and "$" in value:
                container[step] = self._value(value, at, below)

    def _value(self, text: str, path: Path, node: slots.Node) -> str:
        if _refers(text) and not slots.takes_variable(node):
            return self._misplaced(_label(text, path), path)
        return _filled(text, path, self.document, self.filling)

    def _misplaced(self, label: str, path: Path) -> Filled:
        name = next((step for step in reversed(path) if not step.isdecimal()), "")
        finding = Finding(
            "bad-variable",
            f"{quote(name)} cannot come from a variable",
            self.document.place(path),
            hint="write the value here: a variable stands only where any text may",
            path=path,
        )
        self.filling.findings.append(finding)
        return Filled("", label, unset=True)


def _refers(text: str) -> bool:
    """Tell whether a text refers to a variable, readably or not."""
    return any(not match["dollar"] for match in _REFERENCE.finditer(text))


def _in_key(path: Path, document: Document) -> Finding:
    return Finding(
        "bad-variable",
        "a key cannot hold a variable",
        document.key_place(path),
        hint="write the key out: a variable stands only in a value",
        path=path,
    )


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
            parts.append(value or _dummy(body, text, path, document, filling))
        else:
            filling.findings.append(_bad(body, bool(match["end"]), path, document))
            return Filled("", _label(text, path), unset=True)
    whole = "".join((*parts, text[end:]))
    if not names:
        return whole
    filling.names.update(names)
    if unset and filling.mode is Variables.OPTIONAL:
        whole = ""
    return Filled(whole, _label(text, path), unset=unset, written=text)


def _value(name: str, path: Path, document: Document, filling: Filling) -> str | None:
    """The value of a variable; None, with a finding, if it has none."""
    # Files and secret stores end a value with a line end that no one typed.
    value = _LINE_END.sub("", filling.environ.get(name, ""))
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


def _dummy(
    name: str, text: str, path: Path, document: Document, filling: Filling
) -> str:
    """What the sandbox takes in this place."""
    if filling.mode is not Variables.DUMMY:
        return ""
    key = path[-1]
    if key == "hmac":
        return base64.b64encode(f"sandbox {name}".encode()).decode()
    if text == f"${{{name}}}":
        if key in _URLS:
            return f"https://sandbox.example.com/{name}"
        if "rtmp_config" in path:
            return f"rtmp://sandbox.example.com/{name}"
        if key in _TIMES:
            return str(int(filling.now) + _TIMES[key])
        if "room_numbers" in path:
            return _pin_number(document)
    return "sandbox-" + name.lower().replace("_", "-")


def _pin_number(document: Document) -> str:
    """A number that this file gives the PIN role, or one for the sandbox alone."""
    numbers = document.data.get("phone_numbers")
    for number, body in numbers.items() if isinstance(numbers, dict) else ():
        if isinstance(body, dict) and "pin_dialin" in body:
            return str(number)
    return "+12095550100"


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
