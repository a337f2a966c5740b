"""The error answers of the API, as one exception.

Codes, and the `info` texts marked as recorded where they are raised, are
protocol: clients read them. Any other `info` is in the sandbox's own words,
because Daily's are not known.
"""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):  # noqa: N818 - an answer, not a failure of the sandbox
    """An answer other than 200: status, stable code, and prose if there is any."""

    def __init__(
        self,
        status: int,
        code: str,
        info: str | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {info}")
        self.status = status
        self.body: dict[str, object] = {"error": code}
        if info is not None:
            self.body["info"] = info
        self.body.update(extra or {})


def invalid(info: str) -> Refusal:
    """Build the 400 that covers nearly every mistake in a request."""
    return Refusal(400, "invalid-request-error", info)


def missing(info: str, extra: Mapping[str, object] | None = None) -> Refusal:
    """Build the 404 for a thing or a path that does not exist."""
    return Refusal(404, "not-found", info, extra)
