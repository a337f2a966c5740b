"""The command line in processes of their own, quickly.

Started once, it imports the program; for each line on stdin (JSON: `args`, `env`,
`folder`) it forks a process that runs the command line as its console script does,
and that may be killed like any other. It answers with the process id, then with how
the process ended. Waiting between tries is left out, the waits of the pace included.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import replace

from reconciler.cli import main
from reconciler.environment import Environment, real


def without_waiting(stop: threading.Event) -> Environment:
    """The real world, in which nothing sleeps."""
    return replace(real(stop), sleep=lambda _seconds: None)


def child(order: dict[str, object]) -> None:
    """Be one run of the command line; never returns."""
    folder = str(order["folder"])
    os.environ.update(order["env"])  # type: ignore[call-overload]
    os.chdir(folder)
    for number, name in ((0, os.devnull), (1, "stdout"), (2, "stderr")):
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        opened = os.open(f"{order['out']}.{name}" if number else name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    code = 70
    try:
        args = list(order["args"])  # type: ignore[call-overload]
        code = main.run(args, environment=without_waiting)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    """Run what is asked for until stdin ends, one or more at a time."""
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            child(order)
        print(pid, flush=True)  # noqa: T201
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
