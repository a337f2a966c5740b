"""`make fuzz SECONDS=600`: look for inputs that break reading, by coverage if possible.

With atheris (coverage-guided) where it is installed, else with mutations of our own.
An input that breaks something is kept under .tmp/fuzz; put it into the corpus with
the fix, and every test run tries it from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.mutate import mutated

# Named here, because atheris must see each import of what it is to follow.
_NAMES = ("config", "answer")
_CORPUS = Path(__file__).parent / "corpus"
_FOUND = Path(".tmp/fuzz")
_MEMORY = 2 * 1024**3
_SLOWEST = 5.0


def main() -> int:
    """Fuzz every target for its share of the time; the number of targets broken."""
    options = argparse.ArgumentParser(prog="make fuzz")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--target", choices=_NAMES)
    given = options.parse_args()
    if given.target:
        (_guided if _has_atheris() else _plain)(given.target, given.seconds)
        return 0
    share = given.seconds / len(_NAMES)
    return sum(not _survives(name, share) for name in _NAMES)


def _survives(name: str, seconds: float) -> bool:
    """Fuzz one target in a process of its own, which may crash, hang or grow."""
    command = [sys.executable, "-m", "tests.fuzz", f"--target={name}"]
    try:
        # A hang is a finding as well, so the wait is bounded.
        code = subprocess.run(
            [*command, f"--seconds={seconds}"], timeout=seconds + 60, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        code = -1
        _say(f"{name}: hangs")
    if code:
        _say(f"{name}: broken; the input is under {_FOUND / name}")
    return code == 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _has_atheris() -> bool:
    try:
        import atheris  # noqa: F401
    except ImportError:
        return False
    return True


def _guided(name: str, seconds: float) -> None:
    """Let libFuzzer look for new paths through the code."""
    import atheris

    with atheris.instrument_imports(include=["reconciler"]):
        from tests.fuzz import targets
    found = _FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    work = found / "corpus"
    work.mkdir(exist_ok=True)
    arguments = [
        *(
            "fuzz",
            f"-max_total_time={int(seconds)}",
            "-timeout=5",
            "-rss_limit_mb=2048",
        ),
        *("-max_len=20000", "-print_final_stats=1", f"-artifact_prefix={found}/"),
        *(str(work), str(_CORPUS / name)),
    ]
    atheris.Setup(arguments, targets.TARGETS[name])
    atheris.Fuzz()


def _plain(name: str, seconds: float) -> None:
    from tests.fuzz.targets import TARGETS, corpus

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    chance = random.Random()
    seeds, end, count = corpus(name), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        content = mutated(seeds, chance)
        count += 1
        started = time.monotonic()
        try:
            TARGETS[name](content)
        except BaseException:
            _keep(name, content)
            raise
        if time.monotonic() - started > _SLOWEST:
            _keep(name, content)
            sys.exit(f"{name}: took {time.monotonic() - started:.1f} s")
    _say(f"{name}: {count} inputs, none broke it")


def _keep(name: str, content: bytes) -> None:
    folder = _FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(content).hexdigest()[:12]).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
