"""Bringing back what was lost, with the same things going wrong.

Right after the first write of assignments all foreign ones vanish, as nobody hopes
but nothing forbids; the apply names them, and its rescue file. `restore` must
bring them back, in the end and without harm to anything.
"""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path

from chaos.cases import KilledRestore, SignalledRestore, StruckRestore
from chaos.killing import run_killed
from chaos.proxy import Asked
from chaos.running import Reader, Victim, run_here, through
from chaos.scene import OURS, Scene, scene
from chaos.signalling import STREAMS, document, signaller
from chaos.striking import options_for, striker
from chaos.trial import Trial, applying, launcher, may_erase, state_of, tail_of


def restoring(made: Scene, *, more: int = 0) -> tuple[str, ...]:
    """A restore of what the apply saved; others may add so many entries."""
    allow = may_erase(made, more)
    return ("restore", "rescue.json", "--yes", *allow, "--lock-file", "apply.lock")


def killed_restore(trial: Trial, case: KilledRestore) -> str:
    """Kill a restore, and restore again."""
    kept = lose(trial)
    end = run_killed(trial, case.number, case.moment, *restoring(trial.scene))
    finish(trial, kept)
    return end


def struck_restore(trial: Trial, case: StruckRestore) -> str:
    """Meet a fault, judge what is said, and restore again."""
    kept, made = lose(trial), trial.scene
    before = state_of(made)
    choose = striker(case, asked_in_restore(case.store).count(case.kind))
    with through(made.sandbox.url, choose) as proxy:
        ran = run_here(
            made.folder, proxy.url, *restoring(made), *options_for(case.fault)
        )
    trial.expect(proxy.struck > 0, "the fault was never used")
    trial.expect("Traceback" not in ran.err, f"it crashed: {tail_of(ran)}")
    said = ran.json
    if ran.code == 0:
        trial.expect(entries_of(made) == kept, "code 0, and not all is back")
    elif ran.code == 1:
        trial.expect(state_of(made) == before, f"code 1, and it wrote: {ran.out}")
    else:
        trial.expect(ran.code == 3, f"it ended with {ran.code}: {tail_of(ran)}")
    if said["kind"] == "restored" and not said["still_missing"]:
        trial.expect(entries_of(made) == kept, "nothing is called missing, and is")
    finish(trial, kept)
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(ran.code, "?")


def signalled_restore(trial: Trial, case: SignalledRestore) -> str:
    """Ask a restore to end, judge what it says, and restore again."""
    kept, made = lose(trial), trial.scene
    before = entries_of(made)
    victim, reader = Victim(), Reader()
    streams = STREAMS[case.streams]
    with through(made.sandbox.url, signaller(case, victim, reader)) as proxy:
        ran = launcher().run(
            made.folder,
            victim,
            proxy.url,
            *(*restoring(made), "--format", "json"),
            streams=streams,
            reader=reader,
        )
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    trial.expect(ran.code in (0, 1, 3), f"it ended with {ran.code}: {tail_of(ran)}")
    wrote, whole = entries_of(made) != before, entries_of(made) == kept
    trial.expect(ran.code != 1 or not wrote, f"code 1, and it wrote: {tail_of(ran)}")
    trial.expect(ran.code != 0 or whole, "code 0, and not all is back")
    if "file" in streams:
        said = document(ran.out if streams[0] == "file" else ran.err)
        told = said.get("kind") == "restored" or (not wrote and "message" in said)
        trial.expect(told, f"no report: {tail_of(ran)}")
        silent = said.get("kind") == "restored" and not said["still_missing"]
        trial.expect(whole or not silent, "nothing is called missing, and is")
        named = {Path(said.get("rescue_file") or "").name}
        left = {file.name for file in made.folder.glob("daily-rescue-*")}
        trial.expect(left <= named, f"not named: {left - named}")
    elif wrote:
        trial.expect(ran.code == 3, f"the report was lost, and the code is {ran.code}")
    finish(trial, kept)
    return {0: "converged", 1: "nothing written", 3: "part-way"}.get(ran.code, "?")


@functools.cache
def asked_in_restore(store: str) -> list[str]:
    """The kinds of requests of a restore that nothing disturbs, in their order."""
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder), store) as made:
        lose(Trial(made))
        with through(made.sandbox.url) as proxy:
            ran = run_here(made.folder, proxy.url, *restoring(made))
        assert ran.code == 0, ran.out + ran.err
        return proxy.kinds


def lose(trial: Trial) -> list[str]:
    """Have a rescue file written, and lose everything foreign; returns what it was."""
    made = trial.scene
    kept = entries_of(made)
    written = False

    def vanish() -> None:
        held = made.sandbox.store
        held.legacy.update(
            {
                kind: [e for e in entries or () if e.get("phone_number") in OURS]
                for kind, entries in held.legacy.items()
            }
        )
        for config in list(held.dialin_configs.values()):
            if config.fields.get("phone_number") not in OURS:
                del held.dialin_configs[config.id]

    def choose(asked: Asked) -> None:
        nonlocal written
        if written and asked.method == "GET":
            # Right after the first write of assignments, before anybody looks.
            vanish()
            written = False
        written = written or (asked.method != "GET" and "/rooms" not in asked.path)

    with through(made.sandbox.url, choose) as proxy:
        rescue = ("--rescue-file", "rescue.json")
        ran = run_here(made.folder, proxy.url, *applying(made), *rescue)
    trial.expect(ran.code == 3, f"an apply that lost entries ended with {ran.code}")
    trial.expect("rescue.json" in ran.out, "the rescue file is not named")
    return kept


def entries_of(made: Scene) -> list[str]:
    """Foreign assignments in any order; Daily gives new ids to what comes back."""
    lists, configs, _ = json.loads(made.strangers())
    found = [["legacy", kind, e] for kind, list_ in lists.items() for e in list_]
    found += [["current", kind, fields] for _, kind, fields in configs]
    return sorted(json.dumps(entry, sort_keys=True) for entry in found)


def finish(trial: Trial, kept: list[str]) -> None:
    """The next restore brings back everything, once."""
    ran = trial.here(*restoring(trial.scene))
    trial.expect(
        ran.code == 0, f"the next restore ended with {ran.code}: {tail_of(ran)}"
    )
    found = entries_of(trial.scene)
    trial.expect(found == kept, f"{set(kept) ^ set(found)} is not as it was")
    trial.lost += bool(set(kept) - set(found))
    # From here on, an apply goes on as if nothing had happened.
    trial.scene.remember()
    trial.finish()
