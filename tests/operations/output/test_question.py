"""The question before a write: only a yes lets the run go on."""

from __future__ import annotations

import threading
from typing import Any

import click
import pytest

from reconciler.environment import real
from reconciler.errors import RefusedError
from reconciler.operations.options import Output, Target
from reconciler.operations.output.question import confirm
from reconciler.operations.session import Session

NO_TEXT = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


def _ask(monkeypatch: pytest.MonkeyPatch, answer: Any, *, signal: bool = False) -> None:
    """Ask, on a terminal that answers so."""

    def answered(_question: str, **_options: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("click.confirm", answered)
    stop = threading.Event()
    if signal:
        stop.set()
    session = Session(Output("text", False), Target(), stop, real(stop))
    confirm(session, "Apply?")


def test_a_yes_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """It returns, and nothing is raised."""
    _ask(monkeypatch, True)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(False, "declined", id="no"),
        pytest.param(click.Abort(), "declined", id="end-of-input"),
        pytest.param(NO_TEXT, "no text", id="no-text"),
        pytest.param(OSError(28, "disk full"), "disk full", id="stderr-gone"),
    ],
)
def test_whatever_is_no_yes_declines(
    monkeypatch: pytest.MonkeyPatch, answer: Any, why: str
) -> None:
    """The run is refused (4), and says that nothing was changed."""
    with pytest.raises(RefusedError, match=why) as refused:
        _ask(monkeypatch, answer)

    assert refused.value.statement.endswith("; nothing was changed")


def test_a_signal_interrupts_and_declines_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Click ends a question alike for Ctrl-C and for Ctrl-D."""
    with pytest.raises(KeyboardInterrupt):
        _ask(monkeypatch, click.Abort(), signal=True)
