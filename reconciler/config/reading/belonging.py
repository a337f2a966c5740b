"""Which domain a file belongs to, told by its content alone, also when it is broken."""

from __future__ import annotations

import enum
import re
from typing import Any, Final

from reconciler.config.reading import limits
from reconciler.config.reading.parse import parse

_SECTIONS: Final = ("rooms", "phone_numbers")
_MARK: Final = re.compile(r"domain|rooms|phone_numbers")
_DOMAIN: Final = re.compile(
    r"""(?:^|[{,])\s*["']?domain["']?\s*:\s*["']?([\w-]+)""", re.M
)
_SECTION: Final = re.compile(r"^(?:rooms|phone_numbers)\s*:\s*(?:#.*)?$", re.M)


class Belongs(enum.Enum):
    """Whether a file is part of the config of a domain."""

    YES = "it declares this domain"
    ANOTHER = "it declares another domain"
    PART = "it declares rooms or numbers and no domain"
    NO = "it is something else"


def belongs(content: bytes, domain: str, *, is_yaml: bool) -> Belongs:
    """Tell from the bytes of a file; `is_yaml` says that its name ends like YAML.

    A file that cannot be read is judged by its lines: it may have been a config.
    """
    text = _text(content)
    if not _MARK.search(text):
        return Belongs.NO
    data = _data(content)
    if data:
        return _of_data(data, domain)
    return _of_lines(text, domain, is_yaml=is_yaml)


def entry_names(content: bytes) -> frozenset[tuple[str, str]]:
    """Each section and name of what a file declares; nothing of a broken one."""
    data = _data(content)
    return frozenset(
        (section, str(name))
        for section in _SECTIONS
        if isinstance(data.get(section), dict)
        for name in data[section]
    )


def _data(content: bytes) -> dict[str, Any]:
    if len(content) > limits.MAX_BYTES:
        return {}
    document = parse(_text(content), "").document
    return document.data if document else {}


def _text(content: bytes) -> str:
    # UTF-16 has a zero beside each letter.
    return content.replace(b"\0", b"").decode("utf-8", "replace")


def _of_data(data: dict[str, Any], domain: str) -> Belongs:
    declared = data.get("domain")
    sections = [name for name in _SECTIONS if isinstance(data.get(name), dict)]
    if isinstance(declared, str) and ("version" in data or sections):
        return Belongs.YES if declared == domain else Belongs.ANOTHER
    entries = [body for name in sections for body in data[name].values()]
    if declared is None and entries and all(isinstance(e, dict) for e in entries):
        return Belongs.PART
    return Belongs.NO


def _of_lines(text: str, domain: str, *, is_yaml: bool) -> Belongs:
    declared = set(_DOMAIN.findall(text))
    if not is_yaml or not (declared or _SECTION.search(text)):
        return Belongs.NO
    if not declared:
        return Belongs.PART
    return Belongs.YES if domain in declared else Belongs.ANOTHER
