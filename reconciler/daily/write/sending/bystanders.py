"""What an apply does when assignments that it does not write are in danger, or lost."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.plan.model import Change
from reconciler.core.report import Outcome
from reconciler.daily.write.run import Run, explain
from reconciler.daily.write.stores import StoresError
from reconciler.errors import DailyError


def stop_unsafe(run: Run, changes: Sequence[Change], error: StoresError) -> None:
    """Write none of these changes, and nothing after them."""
    run.lose(error.lost)
    run.stop(str(error))
    for change in changes:
        run.note(change, Outcome.BLOCKED, f"{error}; plan again")


def look_after(run: Run) -> None:
    """Read both stores after a write; a lost bystander stops the run."""
    try:
        lost = run.stores.look()
    except DailyError as error:
        run.stop(
            f"the dial-in stores could not be read after a write: {explain(error)}"
        )
        return
    except StoresError as error:
        run.stop(str(error))
        return
    if lost:
        run.lose(lost)
        run.stop(f"assignments that the file does not mention were lost: {lost[0]}")
