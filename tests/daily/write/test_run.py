"""How one change of a run ends, and when the whole run does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from answers import Script, client_on, refusal

from reconciler.core.model import Config, Desired, Live, LiveDomain
from reconciler.core.plan import make_plan
from reconciler.core.report import Outcome
from reconciler.daily.http.client import DailyClient
from reconciler.daily.write.run import Options, Run
from reconciler.errors import (
    AnswerLostError,
    DailyAnswerError,
    DailyError,
    DailyFailingError,
    DailyRejectedError,
    DailyUnreachableError,
    NotSentError,
)

CONFIG = Config("acme", resources=(Desired("room", "lobby", {"privacy": "private"}),))


def run_on(client: DailyClient) -> Run:
    """A run that has one room to create."""
    plan = make_plan(CONFIG, Live(LiveDomain("acme", "id", {})), now=0)
    return Run(client, plan, Options(now=lambda: 0, rescue_file=Path("unused")))


@pytest.mark.parametrize(
    ("answers", "outcome", "wrote"),
    [
        pytest.param([], Outcome.NOT_TRIED, False, id="nothing-was-sent"),
        pytest.param([{"ok": True}], Outcome.FAILED, True, id="the-first-was-done"),
        pytest.param([refusal(500)], Outcome.FAILED, True, id="the-first-was-lost"),
        pytest.param([refusal(400)], Outcome.NOT_TRIED, False, id="it-was-refused"),
    ],
)
def test_a_change_that_was_begun_is_never_called_not_tried(
    answers: list[Any], outcome: Outcome, wrote: bool
) -> None:
    """When a later write of one change is held back, the earlier one is not hidden."""
    with client_on(Script(answers), writable=True) as client:
        run = run_on(client)

        def work() -> None:
            for _ in answers:
                try:
                    client.send("POST", "/rooms/lobby", {})
                except DailyError:
                    continue
            raise NotSentError("held back")

        run.attempt(run.plan.changes[0], work)

    (result,) = run.results
    assert (result.outcome, result.wrote) == (outcome, wrote)


def _lost(cause: DailyError) -> DailyError:
    error = AnswerLostError("lost, and could not be read")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("wrapped", [lambda error: error, _lost], ids=["", "read-back"])
@pytest.mark.parametrize(
    ("error", "stopped"),
    [
        (DailyFailingError("x"), "Daily keeps failing"),
        (DailyUnreachableError("x"), "Daily can no longer be reached"),
        (NotSentError("x"), "Daily can no longer be reached"),
        (DailyRejectedError("x", status=401), "Daily no longer accepts the API key"),
        (DailyRejectedError("x", status=403), ""),
        (DailyAnswerError("x"), ""),
    ],
)
def test_what_ends_a_run(
    error: DailyError, stopped: str, wrapped: Callable[[DailyError], DailyError]
) -> None:
    """An error that all further requests would meet ends it, any other does not."""
    with client_on(Script([{}])) as client:
        run = run_on(client)

        run.stop_if_hopeless(wrapped(error))

    assert run.stopped == stopped
