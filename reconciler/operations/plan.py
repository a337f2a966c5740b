"""What `plan` and `apply` share: from files to a checked plan, and its rendering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import reconciler
from reconciler.core.clock import corrected
from reconciler.core.findings import counted, errors, first_of, in_order, urgent
from reconciler.core.model import Config, Live
from reconciler.core.plan import make_plan
from reconciler.core.plan.callers.busy import affected
from reconciler.core.plan.cost import Estimate, estimate
from reconciler.core.plan.gates import NAMES, Gate, check_gates
from reconciler.core.plan.model import Plan, Selection
from reconciler.core.plan.planner import concerns_callers
from reconciler.core.selectors import Choose, Key, Selector, choosing, parse_selectors
from reconciler.errors import UsageError
from reconciler.operations.base import Base, changed, compared, load_base
from reconciler.operations.callers.ledger import compare, proven
from reconciler.operations.files import (
    check_distinct,
    check_stdout_free,
    check_writable,
    write_private,
)
from reconciler.operations.metrics import READABLE, write_failed
from reconciler.operations.options import PlanOptions, parse_allow
from reconciler.operations.renew import Phase, known_config
from reconciler.operations.rescue.earlier import earlier_rescues, entries_lost
from reconciler.operations.rescue.place import check_spared
from reconciler.operations.session import (
    Session,
    connect,
    ledger_files,
    load_config,
    usable,
    with_commands,
)
from reconciler.render.plan_metrics import failed_plan_metrics, plan_metrics
from reconciler.render.text.findings import findings_text
from reconciler.render.words import Paint

if TYPE_CHECKING:
    from reconciler.config.load import Loaded
    from reconciler.daily.http.client import DailyClient


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with everything that is said about it. `seconds`: time to apply it."""

    plan: Plan
    gates: tuple[Gate, ...]
    estimated: Estimate
    seconds: float
    digest: str

    @property
    def closed(self) -> tuple[Gate, ...]:
        """The gates that refuse this plan."""
        return tuple(gate for gate in self.gates if not gate.open)


def run_plan(session: Session, paths: Sequence[Path], asked: PlanOptions) -> int:
    """Plan, show it, write the files that were asked for; returns the exit code."""
    allowed = parse_allow(asked.allow, NAMES)
    only = parse_selectors("--only", asked.only)
    files = _outputs(asked)
    check_distinct(files, {**session.target.files, **_base_files(asked.base)}, paths)
    check_spared(files)
    check_stdout_free(session.output.format, files)
    check_writable(files)
    try:
        made = _made(session, paths, asked, only, allowed)
        code = _exit_code(made, asked)
        _write_files(session, made, asked)
        _say(session, made, asked)
    except UsageError:
        raise
    except BaseException as error:
        write_failed(session, asked.metrics, error, failed_plan_metrics)
        raise
    if asked.metrics is not None:
        text = plan_metrics(made.plan, len(made.closed), code)
        write_private(asked.metrics, text, mode=READABLE)
    return code


def _outputs(asked: PlanOptions) -> dict[str, Path | None]:
    return {
        "--out": asked.out,
        "--markdown": asked.markdown,
        "--html": asked.html,
        "--metrics": asked.metrics,
    }


def _exit_code(made: Planned, asked: PlanOptions) -> int:
    if made.plan.blocked:
        return 1
    differs = made.plan.changes or counted(made.plan.findings)
    return 2 if asked.detailed_exitcode and differs else 0


def _say(session: Session, made: Planned, asked: PlanOptions) -> None:
    """Show the plan; in text, quietly, only one that has something to say."""
    plan, text = made.plan, session.output.format == "text"
    if not (asked.quiet and text) or plan.changes or made.closed or plan.blocked:
        session.result(show_plan(session, made))
    elif loud := urgent(plan.findings):
        session.say(findings_text(loud, session.paint), level="warning")


def _made(
    session: Session,
    paths: Sequence[Path],
    asked: PlanOptions,
    only: Sequence[Selector],
    allowed: Mapping[str, int],
) -> Planned:
    loaded = load_config(session, paths)
    check_distinct(_outputs(asked), ledger_files(loaded))
    config = usable(loaded)
    base = load_base(session, asked.base, paths, config) if asked.base else None
    selection = Selection(
        only=chosen(only, config, base.known if base else None),
        list_unmanaged=asked.show_unmanaged,
    )
    with connect(session, config) as client:
        return planned(
            session,
            client,
            loaded,
            selection,
            allowed,
            base=base,
            every_room=asked.metrics is not None,
        )


def _base_files(base: str | None) -> dict[str, Path]:
    """The files of a base that is a path, each with what it is called."""
    from reconciler.config.reading.files import listed

    if base is None or base.startswith("git:"):
        return {}
    return {f"the base {path}": path for path in listed([Path(base)])[0]}


def chosen(only: Sequence[Selector], *configs: Config | None) -> Choose:
    """What `--only` chooses of what the configs declare; without it, everything."""
    return choosing(only, keys(*configs)) if only else lambda _kind, _key: True


def keys(*configs: Config | None) -> list[Key]:
    """The kind and key of all that is declared."""
    declared = (r for config in configs if config for r in config.resources)
    return list(dict.fromkeys((r.kind, r.key) for r in declared))


def _write_files(session: Session, made: Planned, asked: PlanOptions) -> None:
    files = {"json": asked.out, "markdown": asked.markdown, "html": asked.html}
    for format_, path in files.items():
        if path is not None:
            write_private(path, show_plan(session, made, format_))


def planned(
    session: Session,
    client: DailyClient,
    loaded: Loaded,
    selection: Selection,
    allow: Mapping[str, int],
    *,
    base: Base | None = None,
    rooms: Live | None = None,
    now: float | None = None,
    rescue_file: Path | None = None,
    every_room: bool = False,
) -> Planned:
    """Read the domain and plan. The config's findings join the plan's.

    `rooms`: the reading of the rooms, where there is one already. `now`: Unix seconds
    to plan for; without it, Daily's time. `rescue_file`: where that of this run goes.
    `every_room`: read those that no file names, too.
    """
    from reconciler.daily.read import read_live, with_every_room

    config = usable(loaded)
    wanted = _with_rooms_of(config, base.known if base else None)
    earlier = earlier_rescues(session, loaded.files, config.domain, rescue_file)
    every = selection.list_unmanaged
    live = read_live(
        client,
        wanted,
        every_room=every or every_room,
        every_assignment=every or bool(earlier.rescues),
        rooms=rooms,
    )
    now = corrected(session.now(), live.skew) if now is None else now
    selection = replace(selection, proven=proven(config, live))
    forced = replace(selection, forced=changed(base, config)) if base else selection
    plan = make_plan(config, live, now=now, selection=forced)
    if not live.complete and any(map(concerns_callers, plan.changes)):
        # Callers of any room may notice that, managed or not.
        live = with_every_room(client, wanted, live)
        plan = make_plan(config, live, now=now, selection=forced)
    if base is not None:
        plan = compared(plan, base, live, selection)
    plan = _with_presence(client, plan)
    told = compare(session, config, live, now, selection.only)
    lost = entries_lost(earlier, config, live)
    said = [*told, *lost, *loaded.findings, *plan.findings]
    said += base.findings if base else ()
    plan = replace(plan, findings=in_order(with_commands(session, said)))
    return weighed(plan, client.share, allow, loaded.digest)


def _with_presence(client: DailyClient, plan: Plan) -> Plan:
    """The plan with who is in which room, where it may end or interrupt calls."""
    from reconciler.daily.presence import read_presence

    if not any(map(affected, plan.changes)):
        return plan
    started = client.counters.requests
    presence = read_presence(client)
    requests = plan.live.requests + client.counters.requests - started
    return replace(plan, live=replace(plan.live, presence=presence, requests=requests))


def planned_renewals(
    session: Session,
    client: DailyClient,
    loaded: Loaded,
    phase: Phase,
    selection: Selection,
) -> Planned:
    """The plan of `--only-renewals`: no gate and no error of the files counts."""
    if wrong := errors(loaded.findings):
        text = findings_text(wrong, session.paint)
        session.say(f"{text}\nonly renewals: errors elsewhere do not stop them")
    config, plan = known_config(loaded), phase.plan
    told = compare(session, config, phase.live, plan.now, selection.only)
    if loaded.config is None:
        # Of files with errors not every room is known: only what is there counts.
        told = first_of(told)
    said = [*told, *(f for f in loaded.findings if f not in wrong), *plan.findings]
    plan = replace(plan, findings=in_order(with_commands(session, said)))
    made = weighed(plan, client.share, {}, loaded.digest)
    return replace(made, gates=())


def weighed(plan: Plan, share: float, allow: Mapping[str, int], digest: str) -> Planned:
    """A plan with its gates and its cost."""
    from reconciler.daily.http.pace import interval

    cost = estimate(plan)
    seconds = cost.general * interval("general", share)
    seconds += cost.deletion * interval("deletion", share)
    return Planned(plan, check_gates(plan, allow), cost, seconds, digest)


def _with_rooms_of(config: Config, base: Config | None) -> Config:
    """Both revisions need one reading: what only the base names is read too."""
    if base is None:
        return config
    declared = {(r.kind, r.key) for r in config.resources}
    more = tuple(r for r in base.resources if (r.kind, r.key) not in declared)
    return replace(config, resources=(*config.resources, *more))


def show_plan(session: Session, made: Planned, format_: str = "") -> str:
    """The plan in a format; in the session's without one."""
    format_ = format_ or session.output.format
    parts = (made.plan, made.gates, made.estimated, made.seconds)
    tool = reconciler.__version__
    if format_ == "json":
        from reconciler.render.json.documents import dump, plan_document

        return dump(plan_document(*parts, digest=made.digest, tool=tool))
    if format_ == "markdown":
        from reconciler.render.markdown.plan import plan_markdown

        return plan_markdown(*parts)
    if format_ == "html":
        from reconciler.render.html.plan import plan_html

        return plan_html(*parts, tool=tool)
    from reconciler.render.text.plan import plan_text

    return plan_text(*parts, Paint(session.output.colour))
