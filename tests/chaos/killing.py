"""Ending the process at a request, and looking at what it leaves behind."""

from __future__ import annotations

import json
import stat
import time

from chaos.cases import Boundary, Moment
from chaos.proxy import Asked, Chooser, Exchange, Fault
from chaos.running import Victim, through
from chaos.trial import Trial, applying, launcher, tail_of

BESIDE = 0.02
"""Seconds in which the requests that go beside one another have all been sent."""


def killer(number: int, moment: Moment, victim: Victim) -> Chooser:
    """Kill at the n-th request."""

    def kill(exchange: Exchange) -> None:
        answer = exchange.forward() if moment != "before" else None
        if moment == "answered" and answer is not None:
            exchange.reply(answer)
        if moment == "underway":
            time.sleep(BESIDE)
            exchange.proxy.underway = True
        victim.kill(exchange.proxy)
        exchange.reset()

    def choose(asked: Asked) -> Fault | None:
        return kill if asked.number == number else None

    return choose


def run_killed(trial: Trial, number: int, moment: Moment, *args: str) -> str:
    """Run a command and kill it; says where."""
    victim, made = Victim(), trial.scene
    with through(made.sandbox.url, killer(number, moment, victim)) as proxy:
        ran = launcher().run(made.folder, victim, proxy.url, *args)
    # After the last answer the process may be gone before it can be killed.
    last = moment == "answered" and ran.code == 0
    trial.expect(proxy.struck == 1, f"only {len(proxy.asked)} requests were sent")
    trial.expect(ran.code == -9 or last, f"it ended with {ran.code}: {tail_of(ran)}")
    return f"killed at {proxy.asked[-1].kind}" if proxy.asked else "not started"


def killed(trial: Trial, case: Boundary) -> str:
    """Kill an apply, look, and apply again."""
    end = run_killed(trial, case.number, case.moment, *applying(trial.scene))
    trial.look("after the kill")
    check_rescue(trial)
    trial.finish()
    return end


def check_rescue(trial: Trial) -> None:
    """A file that a broken run leaves is whole, private, and holds what is foreign."""
    for file in trial.scene.folder.glob("daily-rescue-*"):
        mode = stat.S_IMODE(file.stat().st_mode)
        trial.expect(mode == 0o600, f"{file.name} has mode {mode:o}")
        saved = {
            (e["store"], e["phone_number"], json.dumps(e["fields"].get("hmac")))
            for e in json.loads(file.read_text())["assignments"]
        }
        lists, configs, _ = json.loads(trial.scene.foreign)
        entries = [("legacy", e) for list_ in lists.values() for e in list_]
        entries += [("current", fields) for _, _, fields in configs]
        for store, entry in entries:
            key = (store, entry.get("phone_number"), json.dumps(entry.get("hmac")))
            trial.expect(key in saved, f"{file.name} lacks {key[:2]}")
