"""Known vulnerabilities of the pinned packages, as pip-audit finds them.

pip-audit calls a list clean of which it could ask about nothing, so that what it
skipped is counted here: an audit that did not take place is not a good one.

Exit codes: 0 all asked about and none vulnerable, 1 some are vulnerable, 2 some or all
could not be asked about.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_OPTIONS = ("--require-hashes", "--disable-pip", "--progress-spinner=off")


def main(lock: str) -> int:
    """Audit one lock file; returns the exit code."""
    tool = Path(sys.executable).with_name("pip-audit")
    ran = subprocess.run(  # noqa: S603  a list of arguments of ours
        [str(tool), *_OPTIONS, "--format=json", "-r", lock],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(ran.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (ran.stderr.strip().splitlines() or ["no word"])[-1]
        said, code = f"pip-audit could not ask anybody: {last[:200]}", 2
    else:
        said, code = verdict(found)
    sys.stdout.write(f"{said}\n")
    return code


def verdict(found: list[dict[str, Any]]) -> tuple[str, int]:
    """What pip-audit's list of packages comes to: a text, and an exit code."""
    lines = [
        f"{package['name']} {package['version']}: {flaw['id']}"
        f", fixed in {', '.join(flaw['fix_versions']) or 'no release'}"
        for package in found
        for flaw in package.get("vulns", ())
    ]
    skipped = [package["name"] for package in found if "skip_reason" in package]
    asked = len(found) - len(skipped)
    if skipped or not found:
        names = ", ".join(skipped[:5]) + (", ..." if len(skipped) > 5 else "")
        lines.append(
            f"NOT audited: {len(skipped)} of {len(found)} packages ({names}). "
            "Is the database of advisories in reach?"
        )
    if any(package.get("vulns") for package in found):
        return "\n".join(lines), 1
    if skipped or not found:
        return "\n".join(lines), 2
    return f"{asked} packages audited, no known vulnerability", 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
