"""What a plain YAML scalar means: the YAML 1.2 core schema, read strictly.

Decided here: a leading plus is text (a phone number is not a count), and so is a
number with a leading zero. `no`, `off`, `22:30`, `1_000` and dates are text as
well, as in every YAML 1.2 reader; what the user sees is what is meant.
"""

from __future__ import annotations

import math
import re
from typing import Final

_NUMBER: Final = re.compile(
    r"-?(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]*)?(?P<exponent>[eE][-+]?[0-9]+)?"
    r"|-?(?P<bare>\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
)
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_UNFIT: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST: Final = 64

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_STARTS: Final = frozenset("0123456789-+.")


class NotJsonNumberError(ValueError):
    """A number that JSON, and so Daily, cannot carry: infinite, or endless."""


def resolve(text: str) -> str | int | float | bool | None:
    """Read a plain (unquoted, untagged) scalar.

    Raises:
        NotJsonNumberError: for infinities, nan, and numbers of over 64 digits.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS:
        return text
    if match := _NUMBER.fullmatch(text):
        if any(match.group("fraction", "exponent", "bare")):
            return _finite(text)
        return int(_short(text))
    if _BASED.fullmatch(text):
        return int(_short(text), 0)
    if _UNFIT.fullmatch(text):
        raise NotJsonNumberError(text)
    return text


def _finite(text: str) -> float:
    number = float(_short(text))
    if math.isinf(number):
        raise NotJsonNumberError(text)
    return number


def _short(text: str) -> str:
    if len(text) > _LONGEST:
        raise NotJsonNumberError(text)
    return text
