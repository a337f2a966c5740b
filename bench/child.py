"""Runs one command and prints what it cost, as JSON: `python child.py COMMAND...`.

A process of its own, and a small one: the peak memory that the system tells of a
child starts with that of the process it was forked from.
"""

import json
import os
import subprocess
import sys
import time

KIB = 1 if sys.platform == "darwin" else 1024
"""`ru_maxrss` is in bytes there, and in KiB elsewhere."""


def main() -> None:
    """Run, wait, print."""
    started = time.perf_counter()
    child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    cost = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * KIB,
        "code": child.returncode,
    }
    print(json.dumps(cost))


main()
