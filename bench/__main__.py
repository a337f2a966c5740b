"""The command of the benchmark: `python -m bench [--quick] [ROW...]`, `make bench`.

A run writes `bench/results.json`, from which docs/speed.md is made; rows that are
measured again replace those of their name there. A quick run, which measures less often
and leaves the 1,000 rooms of the script out, is written to `build/` instead.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import reconciler
from bench import rows_apply, rows_engine, table
from bench.scene import ROOT, Scene

ROWS: Final[Mapping[str, Callable[[Scene], table.Row]]] = {
    "start": rows_engine.start,
    "validate": rows_engine.validate,
    "plan-light": rows_engine.plan_light,
    "plan-heavy": rows_engine.plan_heavy,
    "growth": rows_engine.growth,
    "requests": rows_engine.requests,
    "apply-rate": rows_apply.rate,
    "apply-new": rows_apply.apply_new,
    "per-room": rows_apply.per_room,
}
RESULTS: Final = ROOT / "bench" / "results.json"
BUILD: Final = ROOT / "build" / "bench"


def main() -> int:
    """Measure, print, write; 1 when a row was not met."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    asked = parser.parse_args()
    if unknown := [name for name in asked.rows if name not in ROWS]:
        parser.error(f"no such row: {', '.join(unknown)}; {', '.join(ROWS)}")
    folder = BUILD / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    scene = Scene(folder, BUILD / "others", asked.quick)
    path = BUILD / "quick.json" if asked.quick else RESULTS
    rows = []
    for name in asked.rows or ROWS:
        rows.append(_row(name, scene))
        # Written row by row: what was measured stays when a later one fails.
        document = _document(rows)
        whole = table.merged(_read(path), document, list(ROWS))
        path.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder)
    print(table.as_text(document))
    print(f"written to {path.relative_to(ROOT)}; `make docs` puts it in docs/speed.md")
    return int(any(row["met"] is False for row in document["rows"]))


def _row(name: str, scene: Scene) -> dict[str, Any]:
    started = time.monotonic()
    print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
    rows_apply.start_others(scene)
    row = ROWS[name](scene).as_json()
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    return row


def _document(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "version": reconciler.__version__,
        "taken": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "rows": rows,
    }


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    sys.exit(main())
