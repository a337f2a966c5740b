"""Fingerprints of values that a plan file hides, so that an approval covers them.

A variable is compared by its name, which is shown. What the files write as a literal
and a plan masks has no name, so its plan file holds a fingerprint instead. It is slow
to make, so that a value cannot be guessed for free, and only made when a plan file is
written or checked.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from reconciler.core.compare.diff import FieldChange, Step
from reconciler.core.secrecy import Secret, labelled, secrets_of

_ROUNDS: Final = 100_000
_DIGITS: Final = 16
PIN: Final = ("dialin_code",)
"""Where a room's PIN stands among what a change removes."""
_DIGITS_OF_PIN: Final = 2
"""A longer one would single a PIN out: there are few enough to try them all."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Makes those of one resource: equal values elsewhere have other ones."""

    domain_id: str
    kind: str
    key: str

    def after(self, field: FieldChange) -> str:
        """That of what is sent; empty where all of it is shown."""
        return self._of(field.path, field.after)

    def before(self, field: FieldChange) -> str:
        """That of the live value; empty where all of it is shown.

        It is empty too where a variable gives the value, before or after: those are
        compared by name.
        """
        both = (*secrets_of(field.before), *secrets_of(field.after))
        named = any(secret.written for secret in both)
        return "" if named else self._of(field.path, field.before)

    def _of(self, path: tuple[Step, ...], value: object) -> str:
        if all(_written(secret) == secret.label for secret in secrets_of(value)):
            return ""
        text = json.dumps(labelled(_opened(value)), sort_keys=True)
        place = json.dumps([self.kind, self.key, *path]).encode()
        slow = _stretched(text, self.domain_id)
        return hmac.new(slow, place, hashlib.sha256).hexdigest()[
            : _DIGITS_OF_PIN if path == PIN else _DIGITS
        ]


@lru_cache(maxsize=1024)
def _stretched(text: str, salt: str) -> bytes:
    """The slow part. One default may stand in hundreds of rooms."""
    return hashlib.pbkdf2_hmac("sha256", text.encode(), salt.encode(), _ROUNDS)


def _written(secret: Secret) -> str | float:
    return secret.written or secret.value


def _opened(value: object) -> object:
    """The value as the files write it: literals open, variables as references."""
    if isinstance(value, Secret):
        return _written(value)
    if isinstance(value, Mapping):
        return {key: _opened(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_opened(item) for item in value]
    return value
