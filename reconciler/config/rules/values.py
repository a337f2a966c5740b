"""Rules about single values: addresses, templates, times, secrets, property names.

They look at what is written, in a room or in the defaults, so that a value is
judged once wherever it applies. Values that wait for a variable are passed over.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from reconciler.config import words
from reconciler.config.entries import Defaults, Entry
from reconciler.config.rules import extra
from reconciler.config.rules.written import Written
from reconciler.config.schema import validator as schema
from reconciler.config.variables import Filled, is_unset
from reconciler.core.findings import Finding
from reconciler.core.model import Path, Place
from reconciler.core.text import brief, nearest, quote
from reconciler.core.times import is_date, moment

_MILLISECONDS: Final = 100_000_000_000
"""Seconds beyond this are in the year 5138; milliseconds beyond it, in 1973."""

_TEMPLATES: Final = {
    "recordings_template": "recording_id",
    "transcription_template": "transcript_id",
}
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDERS: Final = frozenset(
    {"epoch_time", "domain_name", "room_name", "mtg_session_id", "instance_id"}
)
_UNFIT: Final = re.compile(r"[^A-Za-z0-9./_-]")
_EXTENSION: Final = re.compile(r"\.(?!mp4$)[A-Za-z0-9]+$")


def of_defaults(defaults: Defaults) -> Iterator[Finding]:
    """Judge the values of the defaults, each in the document that wrote it."""

    def root(path: Path) -> Path:
        return ("defaults", "rooms", *path)

    def place(path: Path) -> Place:
        document = defaults.document(path)
        return document.place(root(path)) if document else Place("")

    def key_place(path: Path) -> Place:
        document = defaults.document(path)
        return document.key_place(root(path)) if document else Place("")

    yield from _values(Written(defaults.body, root(()), place, key_place))


def of_room(entry: Entry) -> Iterator[Finding]:
    """Judge the values that a room writes itself."""
    yield from _values(Written(entry.body, entry.root, entry.place, entry.key_place))


def _values(written: Written) -> Iterator[Finding]:
    properties = written.of("properties")
    for name in ("exp", "nbf"):
        yield from _time(written, name, properties.get(name))
    hook = properties.get("meeting_join_hook")
    yield from address(written, ("properties", "meeting_join_hook"), hook)
    for name in _TEMPLATES.keys() & properties.keys():
        yield from _template(written, name, properties[name])
    yield from _sip(written, properties.get("sip"))
    yield from extra.check(written)
    yield from _deprecated(written, properties)


def seconds_of(value: Any) -> int | None:
    """A time that rules can rely on: neither unset nor counted in milliseconds."""
    seconds = None if is_unset(value) else moment(value)
    return None if seconds is None or _in_milliseconds(value, seconds) else seconds


def _in_milliseconds(value: Any, seconds: int) -> bool:
    """Tell whether a count is one of milliseconds; a written date never is."""
    return abs(seconds) > _MILLISECONDS and not is_date(value)


def _time(written: Written, name: str, value: Any) -> Iterator[Finding]:
    if value is None or is_unset(value):
        return
    path = ("properties", name)
    seconds = moment(value)
    if isinstance(value, str) and seconds is None:
        message = f"{name} cannot be {words.value(value)}"
        hint = (
            "expected Unix seconds, or a date and time with an offset, "
            "such as 2099-12-31T18:00:00+01:00"
        )
        yield written.finding("wrong-format", message, path, hint)
    elif seconds is not None and _in_milliseconds(value, seconds):
        message = f"{name} is in milliseconds; Daily counts seconds"
        hint = f"write {seconds // 1000}"
        if isinstance(value, Filled):
            hint = "divide the value of the variable by 1000"
        yield written.finding("exp-in-milliseconds", message, path, hint)


def address(written: Written, path: Path, value: Any) -> Iterator[Finding]:
    """An address must be an http(s) URL with a host. Its text is never repeated."""
    if not isinstance(value, str) or is_unset(value) or _is_url(value):
        return
    hint = "write it in full, as in https://example.com/path"
    yield written.finding("not-a-url", f"{path[-1]} is not an http(s) URL", path, hint)


def _is_url(text: str) -> bool:
    raw = text.reveal() if isinstance(text, Filled) else text
    try:
        parts = urlsplit(raw)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and raw.isprintable()
            and " " not in raw
        )
    except ValueError:
        return False


def secret(written: Written, path: Path, value: Any) -> Iterator[Finding]:
    """An hmac must be base64, and should not stand in the file."""
    if not isinstance(value, str) or is_unset(value):
        return
    raw = value.reveal() if isinstance(value, Filled) else value
    try:
        good = bool(base64.b64decode(raw, validate=True))
    except (ValueError, binascii.Error):
        good = False
    if not good:
        # A new one would silence the webhook that checks with the old one.
        hint = "write the one that the webhook uses, as Daily shows it, without blanks"
        if isinstance(value, Filled):
            hint = "the variable must hold it as Daily shows it, without blanks"
        yield written.finding("hmac-not-base64", "hmac is not base64", path, hint)
    if not isinstance(value, Filled):
        message = "hmac is written in the file, where everybody can read it"
        hint = "write ${NAME} and set that variable"
        yield written.at_key("hmac-in-clear", message, path, hint)


def _template(written: Written, name: str, value: Any) -> Iterator[Finding]:
    if not isinstance(value, str) or is_unset(value):
        return
    path = ("properties", name)
    names = _PLACEHOLDER.findall(value)
    known = _PLACEHOLDERS | {_TEMPLATES[name]}
    if "epoch_time" not in names:
        message = (
            f"{name} lacks {{epoch_time}}, so that files would overwrite each other"
        )
        yield written.finding(
            "template-without-epoch", message, path, "add {epoch_time} to it"
        )
    unknown = [n for n in names if n not in known]
    unfit = _UNFIT.search(_PLACEHOLDER.sub("", value))
    message = hint = ""
    if unknown:
        near = nearest(unknown[0], known)
        message = f"{name} has the unknown placeholder {{{brief(unknown[0])}}}"
        hint = (
            f"did you mean {{{near}}}?"
            if near
            else f"known: {', '.join(sorted(known))}"
        )
    elif unfit:
        message = f"{name} holds {quote(unfit[0])}"
        hint = "letters, digits, '.', '/', '_', '-' and {placeholders} are allowed"
    elif name == "recordings_template" and _EXTENSION.search(value):
        message, hint = f"{name} ends in another extension than .mp4", "leave it out"
    if message:
        yield written.finding("template-characters", message, path, hint)


def _sip(written: Written, sip: Any) -> Iterator[Finding]:
    if not isinstance(sip, dict) or sip.get("force_digit_only_username") is not True:
        return
    count = sip.get("num_endpoints")
    if isinstance(count, int) and count > 1:
        yield written.finding(
            "sip-digits-endpoints",
            f"digits-only SIP names allow one endpoint, not {count}",
            ("properties", "sip", "num_endpoints"),
            "write 1, or leave out force_digit_only_username",
        )


def _deprecated(written: Written, properties: Mapping[str, Any]) -> Iterator[Finding]:
    for pattern, description in schema.deprecated().items():
        for path in _found(properties, pattern):
            match = re.search(r"[Ww]rite (.+?) instead", description)
            hint = f"write {match[1]} instead".replace("`", "'") if match else ""
            yield written.at_key(
                "deprecated-property",
                f"Daily no longer documents {'.'.join(path)}, and may refuse it",
                ("properties", *path),
                hint,
            )


def _found(container: Any, pattern: Path) -> Iterator[Path]:
    """The paths in the data that match a pattern, where "*" is any list item."""
    if not pattern:
        yield ()
        return
    step, rest = pattern[0], pattern[1:]
    if step == "*" and isinstance(container, list):
        steps = [(str(index), item) for index, item in enumerate(container)]
    elif isinstance(container, dict) and step in container:
        steps = [(step, container[step])]
    else:
        return
    for name, below in steps:
        for path in _found(below, rest):
            yield (name, *path)
