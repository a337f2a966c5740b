"""Others at work while a write waits after a 429: nothing outdated is sent after it.

The waiting may take a minute, so what was read before it is read again: here even the
gap of the legacy lists is no excuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chaos.cases import Stale, Throttled, ThrottledRestore
from chaos.faults import FAULTS
from chaos.meanwhile import ACTS, QUIET, change_number
from chaos.proxy import Asked, Chooser, Exchange, Fault
from chaos.racing import judge_race
from chaos.restoring import entries_of, finish, lose, restoring
from chaos.running import run_here, through
from chaos.scene import DELETED, EXP, HOOK, REPLACED, UPDATED, Scene
from chaos.trial import Trial, applying, tail_of

DAY: Final = 86_400
MUSIC: Final = {"hold_music_url": f"{HOOK}/hold.mp3"}
WAITS: Final = {"wait_for_meeting_start": True}
MOVED: Final = {"name_prefix": "moved"}
IN_RESTORE: Final = ("number-made", "sip-made")


@dataclass(frozen=True, slots=True)
class Mark:
    """A change of what a write is about. `is_there`: it is as others left it.

    `write`: that write; of a number its method, for the current store.
    `ends`: the write takes the resource away, unless a reviewed plan forbids it.
    """

    key: str
    write: str
    change: Callable[[Scene], None]
    is_there: Callable[[Scene], bool]
    ends: bool = False


def _room(name: str, key: str, value: object, *, ends: bool = False) -> Mark:
    def change(made: Scene) -> None:
        made.sandbox.store.rooms[name].properties[key] = value
        if isinstance(value, dict):
            made.extra[name] = WAITS

    def is_there(made: Scene) -> bool:
        room = made.sandbox.store.rooms.get(name)
        held = room.properties.get(key) if room else None
        if isinstance(value, dict) and isinstance(held, dict):
            return held.items() >= WAITS.items()
        return held == value

    method = "DELETE" if ends else "POST"
    return Mark(name, f"{method} /rooms/{name}", change, is_there, ends)


def _number(number: str, method: str, fields: dict[str, str], *, ends: bool) -> Mark:
    def change(made: Scene) -> None:
        change_number(made, number, fields)
        if not ends:
            made.extra[number] = fields

    def is_there(made: Scene) -> bool:
        _, entry = made.assigned().get(number, ("", {}))
        return entry.items() >= fields.items()

    return Mark(number, method, change, is_there, ends)


MARKS: Final[Mapping[str, Mark]] = {
    "later-end": _room("weekly", "exp", EXP + 400 * DAY),
    "undeclared-key": _room("desk", "dialin", {"display_name": "Theirs", **WAITS}),
    "deleted-room-changed": _room("old-room", "lang", "it", ends=True),
    "undeclared-field": _number(UPDATED, "PUT", MUSIC, ends=False),
    "deleted-number-changed": _number(DELETED, "DELETE", MOVED, ends=True),
    "replaced-number-changed": _number(REPLACED, "DELETE", MOVED, ends=True),
}


def throttled(trial: Trial, case: Throttled) -> str:
    """Let others act while a write waits, judge the report, and apply again."""
    hits = 0

    def choose(asked: Asked) -> Fault | None:
        nonlocal hits
        # What is sent at the same time may come in another order.
        if hits or asked.number < case.number or asked.method == "GET":
            return None
        hits += 1
        return _held_up(trial, ACTS[case.act])

    code = _apply(trial, choose)
    if case.act in QUIET:
        trial.expect(code == 0, f"it ended with {code}")
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(code, "?")


def outdated(trial: Trial, case: Stale) -> str:
    """Let others change what a write is about while it waits."""
    made, mark = trial.scene, MARKS[case.act]
    write = _write(made, mark)
    hits = 0

    def choose(asked: Asked) -> Fault | None:
        nonlocal hits
        if hits or f"{asked.method} {asked.path}" != write:
            return None
        hits += 1
        return _held_up(trial, mark.change)

    def judge() -> None:
        if case.reviewed or not mark.ends:
            trial.expect(mark.is_there(made), f"what others did to {mark.key} is gone")

    options: tuple[str, ...] = ()
    if case.reviewed:
        planned = trial.here("plan", "config.yaml", "--out", "plan.json")
        trial.expect(planned.code == 0, f"no plan: {tail_of(planned)}")
        options = ("--plan", "plan.json")
    code = _apply(trial, choose, *options, judge=judge)
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(code, "?")


def _write(made: Scene, mark: Mark) -> str:
    if "/" in mark.write:
        return mark.write
    if made.store == "legacy":
        return "POST /"
    configs = made.sandbox.store.dialin_configs.values()
    [id_] = [c.id for c in configs if c.fields.get("phone_number") == mark.key]
    return f"{mark.write} /domain-dialin-config/{id_}"


def _held_up(trial: Trial, act: Callable[[Scene], None]) -> Fault:
    made = trial.scene

    def fault(exchange: Exchange) -> None:
        with made.sandbox.store.lock:
            act(made)
            # From here on, this is what must stay.
            made.remember()
        FAULTS["429-retry-after"](exchange)

    return fault


def _apply(
    trial: Trial,
    choose: Chooser,
    *options: str,
    judge: Callable[[], None] = lambda: None,
) -> int:
    made = trial.scene
    with through(made.sandbox.url, choose) as proxy:
        words = (*applying(made), *options, "--format", "json")
        ran = run_here(made.folder, proxy.url, *words)
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    judge()
    judge_race(trial, ran)
    return ran.code


def throttled_restore(trial: Trial, case: ThrottledRestore) -> str:
    """Let others act while a write of a restore waits: both are there in the end."""
    kept, made = lose(trial), trial.scene
    added: list[str] = []

    def hold_up(exchange: Exchange) -> None:
        with made.sandbox.store.lock:
            before = entries_of(made)
            ACTS[case.act](made)
            added.extend(set(entries_of(made)) - set(before))
        FAULTS["429-retry-after"](exchange)

    def choose(asked: Asked) -> Fault | None:
        return hold_up if asked.number == case.number else None

    with through(made.sandbox.url, choose) as proxy:
        ran = run_here(made.folder, proxy.url, *restoring(made, more=1))
    trial.expect(len(added) == 1, "others did not act")
    trial.expect(ran.code == 0, f"it ended with {ran.code}: {tail_of(ran)}")
    whole = sorted([*kept, *added])
    found = entries_of(made)
    trial.expect(found == whole, f"{set(whole) ^ set(found)} is not as it was")
    finish(trial, whole)
    return "converged"
