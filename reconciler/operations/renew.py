"""Renewals as the first phase of every apply.

They need the domain, the rooms and the ends that the files declare, and nothing else:
what is wrong with the rest of a run comes after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.clock import corrected
from reconciler.core.findings import ConfigError
from reconciler.core.model import Config, Live
from reconciler.core.plan.model import Plan, Selection, Unmanaged
from reconciler.core.plan.pin_life import only_renewed
from reconciler.core.plan.renewals import renewals, waiting, waiting_finding
from reconciler.core.report import Renewals, Result
from reconciler.operations.callers.ledger import proven
from reconciler.operations.session import Session, usable
from reconciler.operations.signals import stop_on_signals

if TYPE_CHECKING:
    from reconciler.config.load import Loaded
    from reconciler.daily.http.client import DailyClient


@dataclass(frozen=True, slots=True)
class Phase:
    """What a run renews. `live` is the reading that the rest of the run goes on with.

    `left_out`: rooms that are due and that `--only` leaves out.
    """

    plan: Plan
    live: Live
    left_out: tuple[str, ...]


def known_config(loaded: Loaded) -> Config:
    """The config, or of a wrong one the part that is needed to renew rooms.

    Raises:
        ConfigError: the config is wrong, and no room of it can be renewed.
    """
    if loaded.config is not None:
        return loaded.config
    config = loaded.renewable.config
    return config if config and loaded.renewable.rooms else usable(loaded)


def read_phase(
    session: Session, client: DailyClient, loaded: Loaded, selection: Selection
) -> Phase:
    """Read the rooms, and find out which ones are to be renewed."""
    from reconciler.daily.read import read_only_rooms

    started = session.now()
    live = read_only_rooms(client, known_config(loaded))
    now = corrected(started, live.skew)
    config = loaded.renewable.config or known_config(loaded)
    # What is read after the renewals is the rooms, whatever else the files speak of.
    config = replace(config, resources=config.of_kind("room"), ledger="")
    known = proven(known_config(loaded), live)
    waits = waiting(config, live, now, known)
    due = [c for c in renewals(config, live, now) if c.key not in waits]
    chosen = tuple(c for c in due if selection.only("room", c.key))
    left = {k: s for k, s in waits.items() if selection.only("room", k)}
    declared = known_config(loaded)
    pins = only_renewed(declared, live, chosen, now, selection)
    said = (*waiting_finding(left), *pins)
    managed = len(live.rooms.keys() & {room.key for room in config.of_kind("room")})
    unmanaged = Unmanaged(max(0, live.total_rooms - managed))
    in_sync = managed - len(chosen)
    return Phase(
        Plan(config, live, now, chosen, in_sync, managed, unmanaged, said),
        live,
        tuple(c.key for c in due if c not in chosen),
    )


def renew(
    session: Session,
    client: DailyClient,
    phase: Phase,
    *,
    allowed: Mapping[str, int],
    reviewed: bool,
    on_result: Callable[[Result], None],
) -> Renewals:
    """Renew what is due. Errors of Daily are in the result, not raised."""
    from reconciler.daily.write.renewals import apply_renewals
    from reconciler.daily.write.run import Options

    if not phase.plan.changes:
        return Renewals()
    stop_on_signals(session)
    options = Options(
        now=lambda: corrected(session.now(), phase.live.skew),
        rescue_file=Path(),
        allow=allowed,
        on_result=on_result,
        stop=session.stop,
        reviewed=reviewed,
    )
    return apply_renewals(client, phase.plan, options)


def all_known(loaded: Loaded) -> bool:
    """Tell whether the files show of each room whether it is to be renewed."""
    return loaded.config is not None or not _unclear(loaded)


def check_all_known(loaded: Loaded) -> None:
    """Refuse to call a run complete that may have left out a room.

    Raises:
        ConfigError: with everything that was found.
    """
    if not all_known(loaded):
        names = ", ".join(_unclear(loaded))
        message = f"not renewed, because of errors in the files: {names}"
        raise ConfigError(message, findings=loaded.findings)


def _unclear(loaded: Loaded) -> tuple[str, ...]:
    return *loaded.renewable.unclear, *loaded.unread
