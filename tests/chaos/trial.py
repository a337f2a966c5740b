"""What all cases have in common: a scene, what was found in it, and how it must end.

What the domain must be is judged by `Scene`, from the sandbox's state.
"""

from __future__ import annotations

import functools
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from chaos.cases import ASSUMES
from chaos.running import Launcher, Ran, run_here, through
from chaos.scene import Scene, scene

PLAN = ("plan", "config.yaml", "--detailed-exitcode")


def applying(made: Scene) -> tuple[str, ...]:
    """An apply of the scene's file; its last word is the name of the lock."""
    allow = may_erase(made) if made.store == "legacy" else ()
    return ("apply", "config.yaml", "--yes", *allow, "--lock-file", "apply.lock")


def may_erase(made: Scene, more: int = 0) -> tuple[str, ...]:
    """Allow legacy lists to be written beside what the current store holds now.

    Exactly that: a gate that counts more than the raw state holds refuses the run.
    """
    count = made.only_current() + more
    return ("--allow", f"may-erase={count}") if count else ()


@dataclass
class Trial:
    """A case under way: what was found so far."""

    scene: Scene
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    overrun: bool = False

    def look(self, when: str) -> None:
        """Note what is hurt now."""
        for hurt in self.scene.hurt():
            self.problems.append(f"{when}: {hurt}")
            self.lost += "foreign" in hurt

    def expect(self, held: bool, said: str) -> None:
        """Note what does not hold."""
        if not held:
            self.problems.append(said)

    def here(self, *args: str) -> Ran:
        """Run the command line with nothing in its way."""
        return run_here(self.scene.folder, self.scene.sandbox.url, *args)

    def finish(self, *, in_sync: bool = False) -> None:
        """The next run brings the domain to what the file says, and all is there.

        `in_sync`: a plan has just found nothing to do, so there is nothing to run.
        """
        if not in_sync:
            ran = self.here(*applying(self.scene))
            said = f"the next run ended with {ran.code}: {tail_of(ran)}"
            self.expect(ran.code == 0, said)
            ran = self.here(*PLAN)
            said = f"the plan after it is not empty: {tail_of(ran)}"
            self.expect(ran.code == 0, said)
        self.problems += self.scene.unlike()
        self.look("at the end")


@functools.cache
def asked_in(store: str, plain: str = "batch", assume: str = "default") -> list[str]:
    """The kinds of requests of an apply that nothing disturbs, in their order."""
    with (
        tempfile.TemporaryDirectory() as folder,
        scene(Path(folder), store, plain, ASSUMES[assume]) as made,
        through(made.sandbox.url) as proxy,
    ):
        ran = run_here(made.folder, proxy.url, *applying(made))
        assert ran.code == 0, ran.out + ran.err
        return proxy.kinds


def pending(trial: Trial) -> set[str]:
    """What a plan would still do, asked with nothing in the way."""
    ran = trial.here(*PLAN, "--format", "json")
    return {f"{c['kind']} {c['key']}" for c in ran.json["changes"]}


def state_of(made: Scene) -> str:
    """Everything that a write could change."""
    ours = {
        name: [room.privacy, room.properties]
        for name, room in made.sandbox.store.rooms.items()
    }
    return json.dumps([made.strangers(), ours, made.assigned()], sort_keys=True)


def besides_renewals(made: Scene) -> str:
    """The same without the room that is renewed."""
    strangers, ours, assigned = json.loads(state_of(made))
    ours.pop("weekly", None)
    return json.dumps([strangers, ours, assigned])


def tail_of(ran: Ran) -> str:
    """The end of what a run said."""
    return f"{ran.out[-600:]} {ran.err[-600:]}".strip()


@functools.cache
def launcher() -> Launcher:
    """One for each process that works on cases; it ends with it."""
    return Launcher()
