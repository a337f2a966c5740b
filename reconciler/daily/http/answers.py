"""What an answer of Daily says: JSON, a refusal, or nothing that can be read.

Knows no HTTP library: it is handed the status, three headers and the body.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NoReturn
from urllib.parse import urlsplit

from reconciler.core.secrecy import Secret
from reconciler.daily.http.redaction import redact
from reconciler.errors import AnswerLostError, DailyRejectedError


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read whole. The headers are as they came, or empty."""

    status: int
    content_type: str
    body: bytes
    retry_after: str = ""
    date: str = ""


def parsed(answer: Answer) -> tuple[object] | None:
    """The JSON of an answer, in a tuple since it may be null; None when unreadable."""
    try:
        text = answer.body
        return (json.loads(text, parse_constant=_finite, parse_float=_finite),)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("no such number in JSON")
    return number


def is_refusal(answer: Answer) -> bool:
    """An answer that says no, and will say so again. A damaged one says nothing."""
    if answer.status == 429 or not 300 <= answer.status < 500:
        return False
    damaged = "json" in answer.content_type
    return not damaged or parsed(answer) is not None


def is_error(found: tuple[object] | None) -> bool:
    """An error of Daily's by its body, whatever the status says."""
    return bool(found and isinstance(found[0], Mapping) and found[0].get("error"))


def written(
    answer: Answer, found: tuple[object] | None, method: str, path: str
) -> object:
    """The JSON that answers a write; AnswerLostError when that tells nothing."""
    if found is None or answer.status >= 500:
        raise AnswerLostError(f"{method} {path} -> {describe(answer)}")
    return found[0]


def contradiction(
    answer: Answer, method: str, path: str, secrets: Iterable[str]
) -> AnswerLostError:
    """An error inside a 200 to a write: whether it was done, only a reading tells."""
    code, info = _words(answer, secrets)
    return AnswerLostError(
        f"{method} {path} -> {answer.status}, with an error in it: {info or code}"
    )


def reject(answer: Answer, method: str, path: str, secrets: Iterable[str]) -> NoReturn:
    """Raise what Daily refused, in its own words but without any secret in them."""
    code, info = _words(answer, secrets)
    request = f"{method} {path} -> {answer.status} {code}".rstrip()
    said = info or code or describe(answer)
    raise DailyRejectedError(
        f"Daily refused: {said}",
        tip=_tip(answer.status),
        status=answer.status,
        code=code,
        info=info,
        request=request,
    )


def _words(answer: Answer, secrets: Iterable[str]) -> tuple[str, str]:
    found = parsed(answer)
    body = found[0] if found else None
    if not isinstance(body, Mapping):
        return "", ""
    return _text(body.get("error"), secrets), _text(body.get("info"), secrets)


def _tip(status: int) -> str:
    if status == 401:
        return "check DAILY_API_KEY: a key belongs to one domain"
    if 300 <= status < 400:
        return "check DAILY_API_URL: redirects are never followed with a key"
    return ""


def _text(value: object, secrets: Iterable[str]) -> str:
    """Daily's words on one line, without secrets and control characters, not too long.

    Secrets go first: cutting or cleaning one would leave a part that is not found.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = redact(text, secrets)
    clean = "".join(char if char.isprintable() else " " for char in text)
    return clean if len(clean) <= 500 else clean[:497] + "..."


_SHORTEST_NUMBER = 6


def secrets(body: object) -> tuple[str, ...]:
    """Every secret in a body, and the parts of it that are secret by themselves."""
    if isinstance(body, Secret):
        text = str(body.value)
        if isinstance(body.value, str):
            return (text, *_parts(text)) if text else ()
        # A short number would mask itself wherever it stands for something else.
        return (text,) if len(text) >= _SHORTEST_NUMBER else ()
    if isinstance(body, str):
        return tuple(_parts(body))
    values: Iterable[object] = ()
    if isinstance(body, Mapping):
        values = body.values()
    elif isinstance(body, list | tuple):
        values = body
    return tuple(secret for value in values for secret in secrets(value))


def _parts(secret: str) -> Iterator[str]:
    """What is secret in a URL by itself, should Daily quote only that."""
    try:
        url = urlsplit(secret)
    except ValueError:
        return
    # A short part would mask ordinary words wherever they hold it.
    parts = (url.query, url.password, url.username) if url.netloc else ()
    yield from (part for part in parts if part and len(part) >= 4)


def retry_after(answer: Answer, now: float) -> float | None:
    """Seconds from Retry-After: a number, or a date against the answer's own.

    Daily does not document the header, but a proxy may send it. `now` (Unix seconds)
    stands in for a missing Date. None when there is no such header, or it cannot be
    read.
    """
    text = answer.retry_after.strip()
    if re.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]*)?", text):
        return max(0.0, float(text))
    until = http_date(text)
    if until is None:
        return None
    since = http_date(answer.date)
    return max(0.0, until - (now if since is None else since))


def http_date(text: str) -> float | None:
    """Unix seconds from a date of HTTP; None when it is none."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def describe(answer: Answer) -> str:
    """Status and kind of an answer: all that is said of one that is not JSON."""
    kind = answer.content_type.partition(";")[0] or "no content type"
    if "json" in kind and parsed(answer) is None:
        kind = "JSON that is cut off or damaged"
    return f"status {answer.status}, {kind}"
