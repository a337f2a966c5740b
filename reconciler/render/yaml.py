"""Config files as text: values to YAML that reads back as exactly these values.

Plain text is written plain only where every YAML reader, of version 1.1 or 1.2, takes
it for text; everything else is put in double quotes: numbers with a plus, `no`,
dates, leading zeros, braces. `$` is doubled, since `${...}` refers to a variable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reconciler.core.export.model import Entry, Export
from reconciler.core.export.values import Reference
from reconciler.core.model import KindName

SECTIONS: Final[Mapping[KindName, str]] = {"number": "phone_numbers", "room": "rooms"}
_WIDE: Final = 88
_LONG_KEY: Final = 200
_PLAIN: Final = re.compile(
    r"(?:https?://)?[A-Za-z_][A-Za-z0-9_./@!?()'+;=-]*"
    r"(?: [A-Za-z0-9_./@!?()'+;=-]+)*"
    r"|(?:[1-9][0-9]*[wdhms])+"
)
_WORDS: Final = frozenset(
    {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}
)
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FLAT: Final = (str, int, float, bool, type(None), Reference)


def document(made: Export, step: int = 2) -> str:
    """A whole config file. Nothing in it depends on when it was made."""
    lines = [
        f"# What the Daily domain {_comment(made.domain)} has, as "
        "daily-reconciler import found it.",
        "# What is not written here is left alone.",
        "version: 1",
        f"domain: {scalar(made.domain)}",
    ]
    if made.of_kind("number"):
        lines.append(f"dialin_store: {made.store}")
    if made.defaults:
        lines += ["", "defaults:", " " * step + "rooms:"]
        lines += _indented(block(made.defaults, step), 2 * step)
    for kind, section in SECTIONS.items():
        entries = made.of_kind(kind)
        if entries:
            lines += ["", f"{section}:"]
        for entry in entries:
            lines += _indented(entry_lines(entry, step), step)
    return "\n".join(lines) + "\n"


def entry_lines(entry: Entry, step: int = 2) -> list[str]:
    """One room or number as a block, from the first column."""
    pad = " " * step
    remarks = [f"{pad}# {_comment(remark)}" for remark in entry.remarks]
    if not entry.body:
        return [f"{key_text(entry.key)}: {{}}", *remarks]
    return [
        f"{key_text(entry.key)}:",
        *remarks,
        *_indented(block(entry.body, step), step),
    ]


def entry_flow(entry: Entry) -> str:
    """One room or number on one line, in braces."""
    return f"{key_text(entry.key)}: {flow(entry.body)}"


def block(value: Mapping[str, object], step: int = 2) -> list[str]:
    """A mapping as lines, one key each, nested ones `step` further in."""
    lines: list[str] = []
    for key, item in value.items():
        lines += _keyed(key, item, step)
    return lines


def _keyed(key: str, item: object, step: int) -> list[str]:
    text = key_text(key)
    if len(text) > _LONG_KEY:
        # YAML promises to look for the colon of a key this far only.
        return [f"? {text}", *_after(":", item, step)]
    return _after(f"{text}:", item, step)


def _after(head: str, item: object, step: int) -> list[str]:
    """What stands behind a key or a dash."""
    if isinstance(item, Mapping) and item:
        if _is_expires(item):
            return [f"{head} {flow(item)}"]
        return [head, *_indented(block(item, step), step)]
    if isinstance(item, list) and item:
        short = flow(item)
        if all(isinstance(i, _FLAT) for i in item) and len(short) < _WIDE - len(head):
            return [f"{head} {short}"]
        return [head, *_indented(_items(item, step), step)]
    if isinstance(item, Mapping | list):
        return [f"{head} {flow(item)}"]
    return [f"{head} {scalar(item)}"]


def _items(items: list[object], step: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        if isinstance(item, Mapping) and item:
            first, *rest = _indented(block(item, step), 2)
            lines += [f"- {first[2:]}", *rest]
        else:
            lines += _after("-", item, max(step, 2))
    return lines


def _is_expires(item: Mapping[str, object]) -> bool:
    return item.keys() == {"after", "renew_before"}


def flow(value: object) -> str:
    """Any value on one line."""
    if isinstance(value, Mapping):
        pairs = (f"{key_text(k, inside=True)}: {flow(v)}" for k, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value, inside=True)


def key_text(text: str, *, inside: bool = False) -> str:
    """A key. References stand in values only, so a dollar is itself here."""
    return text if _is_plain(text, inside=inside) else _quoted(text)


def scalar(value: object, *, inside: bool = False) -> str:
    """A text, number, boolean or null. `inside`: between brackets or braces."""
    if isinstance(value, Reference):
        text = f"${{{value.name}}}"
        return f'"{text}"' if inside else text
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return key_text(value.replace("$", "$$"), inside=inside)
    return repr(value)


def _is_plain(text: str, *, inside: bool) -> bool:
    if not _PLAIN.fullmatch(text) or text.lower() in _WORDS:
        return False
    return not (inside and (":" in text or "?" in text))


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and char != "\ufeff":
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


def _indented(lines: list[str], by: int) -> list[str]:
    return [" " * by + line for line in lines]


def variables_text(values: Mapping[str, str]) -> str:
    """Variables with their values, for a shell to read: `. FILE`."""
    return "".join(
        f"export {name}={_for_shell(value)}\n" for name, value in sorted(values.items())
    )


def _for_shell(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
