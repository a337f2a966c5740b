"""A write whose answer was lost: read, then decide."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.daily.write.sending.settle import TRIES, no_error_when_gone, settle
from reconciler.errors import (
    AnswerLostError,
    DailyError,
    DailyRejectedError,
    DailyUnreachableError,
)

Step = str | DailyError
LOST = AnswerLostError("the answer was lost")
REFUSED = DailyRejectedError("no", status=400)
GONE = DailyUnreachableError("cannot reach it")


def script(steps: list[Step], log: list[str], name: str) -> Callable[[], str]:
    """A call that gives or raises one step after the other, and is logged."""
    left = iter(steps)

    def call() -> str:
        log.append(name)
        step = next(left)
        if isinstance(step, DailyError):
            raise step
        return step

    return call


@pytest.mark.parametrize(
    ("sent", "read", "result", "calls"),
    [
        pytest.param(["made"], [], "made", "send", id="answered"),
        pytest.param([LOST], ["there"], "there", "send read", id="done-though-lost"),
        pytest.param(
            [LOST, "made"], ["not there"], "made", "send read send", id="sent-again"
        ),
        pytest.param(
            [LOST, LOST],
            ["not there", "there"],
            "there",
            "send read send read",
            id="lost-twice",
        ),
    ],
)
def test_a_write_is_sent_again_only_after_a_reading(
    sent: list[Step], read: list[Step], result: str, calls: str
) -> None:
    """Each lost answer is followed by a reading, which decides."""
    log: list[str] = []

    got = settle(
        script(sent, log, "send"),
        script(read, log, "read"),
        lambda seen: seen == "there",
    )

    assert (got, " ".join(log)) == (result, calls)


@pytest.mark.parametrize(
    ("sent", "read", "error", "calls"),
    [
        pytest.param([REFUSED], [], REFUSED, ["send"], id="refused"),
        pytest.param([GONE], [], GONE, ["send"], id="never-sent"),
        pytest.param(
            [LOST, REFUSED],
            ["not there"],
            REFUSED,
            ["send", "read", "send"],
            id="refused-when-sent-again",
        ),
        pytest.param(
            [LOST] * TRIES,
            ["not there"] * TRIES,
            LOST,
            ["send", "read"] * TRIES,
            id="lost-each-time",
        ),
        pytest.param([LOST], ["neither"], LOST, ["send", "read"], id="no-use"),
    ],
)
def test_what_cannot_be_settled_is_raised(
    sent: list[Step], read: list[Step], error: DailyError, calls: list[str]
) -> None:
    """A refusal as it is; a write that nothing settles as one with an unknown fate."""
    log: list[str] = []
    done = {"there": True, "not there": False, "neither": None}

    with pytest.raises(type(error)) as caught:
        settle(script(sent, log, "send"), script(read, log, "read"), done.__getitem__)

    assert caught.value is error
    assert log == calls


@pytest.mark.parametrize("error", [REFUSED, GONE])
def test_a_write_whose_reading_fails_has_an_unknown_fate(error: DailyError) -> None:
    """Whatever stops the reading, the write may have been done: both are named."""
    with pytest.raises(AnswerLostError) as caught:
        settle(script([LOST], [], "send"), script([error], [], "read"), bool)

    assert LOST.message in caught.value.message
    assert error.message in caught.value.message
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(("status", "raises"), [(404, False), (400, True), (401, True)])
def test_what_is_gone_needs_no_deletion(status: int, raises: bool) -> None:
    """404 answers a deletion as well as yes does; every other refusal stands."""
    caught = None
    try:
        with no_error_when_gone():
            raise DailyRejectedError("no", status=status)
    except DailyRejectedError as error:
        caught = error

    assert (caught is not None) is raises
