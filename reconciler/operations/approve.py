"""`apply --plan`: a new plan held against one that was reviewed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.core.plan.approval import (
    Approved,
    attributed,
    check_usable,
    concealed,
    dependents,
    read_approved,
    unapproved,
    without,
)
from reconciler.core.plan.model import Unapproved
from reconciler.errors import ReconcilerError, RefusedError
from reconciler.operations.options import ApplyOptions
from reconciler.operations.plan import Planned, weighed
from reconciler.operations.session import Session
from reconciler.paths import read_text
from reconciler.render.text.report import unapproved_text
from reconciler.render.words import count


def load_approved(session: Session, path: Path) -> Approved:
    """Read a plan file and check its shape.

    Raises:
        ReconcilerError: it cannot be read, or is not a plan that this tool wrote.
    """
    from reconciler.config.schema.validator import check_document

    try:
        document = json.loads(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise ReconcilerError(f"cannot read the plan file {path}: {why}") from error
    except (ValueError, RecursionError) as error:
        raise ReconcilerError(f"{path} is not a plan file: it is not JSON") from error
    if problem := check_document("plan", document):
        raise ReconcilerError(
            f"{path} is not a plan file of this version: {problem}",
            tip=f"`{session.invocation.other('plan', '--out', str(path))}` writes one",
        )
    return read_approved(document)


def approve(
    session: Session,
    made: Planned,
    approved: Approved,
    asked: ApplyOptions,
    *,
    share: float,
    allowed: Mapping[str, int],
) -> tuple[Planned, tuple[Unapproved, ...]]:
    """The part of the plan that was approved, and what was left out.

    Raises:
        RefusedError: the plan holds more than was approved and that is not to be
            skipped, or the approved plan is stale, of another domain, or stands
            before a gate.
    """
    check_usable(approved, made.plan, asked.max_plan_age)
    _check_gates(session, approved, allowed)
    made = replace(made, plan=attributed(concealed(made.plan, approved), approved))
    extra = unapproved(made.plan, approved)
    if not extra:
        return made, ()
    session.say(unapproved_text(extra, session.paint), level="warning")
    if not asked.skip_unapproved:
        raise RefusedError(
            f"the plan holds {count(len(extra), 'change')} that nobody approved",
            tip="have a new plan reviewed, or apply the rest: "
            f"`{session.invocation.again('--skip-unapproved')}`",
        )
    if more := dependents(made.plan, extra):
        session.say(unapproved_text(more, session.paint), level="warning")
        extra += more
    rest = without(made.plan, extra)
    return weighed(rest, share, allowed, made.digest), extra


def _check_gates(
    session: Session, approved: Approved, allowed: Mapping[str, int]
) -> None:
    """Gates that only a base shows cannot be checked again: the plan's word counts."""
    gate = "lost-entries"
    count = approved.closed.get(gate, 0)
    if count > allowed.get(gate, 0):
        again = session.invocation.again("--allow", f"{gate}={count}")
        raise RefusedError(
            "the approved plan has lost most entries of its base, or cannot read it",
            tip=f"if that is what you want: `{again}`",
        )
