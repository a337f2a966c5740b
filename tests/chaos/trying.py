"""One case from its beginning to its end: break something, look, run again, look."""

from __future__ import annotations

import tempfile
from pathlib import Path

from chaos.cases import (
    ASSUMES,
    Boundary,
    Case,
    KilledRestore,
    Meanwhile,
    Refusal,
    Second,
    Signalled,
    SignalledRestore,
    Stale,
    Strike,
    StruckRestore,
    Throttled,
    ThrottledRestore,
    Unread,
    Verdict,
)
from chaos.killing import killed
from chaos.racing import disturbed_by_others, overtaken
from chaos.restoring import killed_restore, signalled_restore, struck_restore
from chaos.scene import scene
from chaos.signalling import signalled, unread
from chaos.striking import refused, struck
from chaos.throttling import outdated, throttled, throttled_restore
from chaos.trial import Trial


def tried(case: Case) -> Verdict:
    """Do one case from its beginning to its end."""
    store = case.store
    plain, assume = "batch", ASSUMES["default"]
    if isinstance(case, Boundary | Signalled):
        plain, assume = case.plain, ASSUMES[case.assume]
    with (
        tempfile.TemporaryDirectory() as folder,
        scene(Path(folder), store, plain, assume) as made,
    ):
        trial = Trial(made)
        end = _end(trial, case)
        return Verdict(case, end, tuple(trial.problems), trial.lost, trial.overrun)


def counted(case: Case) -> Verdict:
    """The same, for many: one that breaks the harness does not hide the others."""
    try:
        return tried(case)
    except Exception as error:
        return Verdict(case, "broken", (f"{type(error).__name__}: {error}"[:500],))


def _end(trial: Trial, case: Case) -> str:
    match case:
        case Boundary():
            return killed(trial, case)
        case Signalled():
            return signalled(trial, case)
        case Unread():
            return unread(trial, case)
        case Strike():
            return struck(trial, case)
        case Refusal():
            return refused(trial, case)
        case Meanwhile():
            return disturbed_by_others(trial, case)
        case Throttled():
            return throttled(trial, case)
        case Stale():
            return outdated(trial, case)
        case ThrottledRestore():
            return throttled_restore(trial, case)
        case Second():
            return overtaken(trial, case)
        case KilledRestore():
            return killed_restore(trial, case)
        case SignalledRestore():
            return signalled_restore(trial, case)
        case StruckRestore():
            return struck_restore(trial, case)
