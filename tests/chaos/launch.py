"""The command line in processes of their own, quickly.

Started once, it imports the program; for each line on stdin (JSON: `args`, `env`,
`folder`) it forks a process that runs the command line as its console script does,
and that may be killed like any other. It answers with the process id, then with how
the process ended. Waiting between tries is left out, the waits of the pace included.
"""

from __future__ import annotations

import json
import os
import signal
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
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        redirect(number, order["streams"][number - 1], f"{order['out']}.{name}")  # type: ignore[index]
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # What runs the tests may have been told to ignore some of them.
        signal.signal(ending, signal.SIG_DFL)
    code = 70
    try:
        args = list(order["args"])  # type: ignore[call-overload]
        code = main.run(args, environment=without_waiting)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def redirect(number: int, kind: str, path: str) -> None:
    """Lead stdout or stderr into a file or a pipe, nowhere, or to a full disk.

    The stream is made anew, as Python does when it starts.
    """
    stream = None
    if kind == "closed":
        os.close(number)
    else:
        flags = os.O_WRONLY if kind == "pipe" else os.O_RDWR | os.O_CREAT | os.O_APPEND
        opened = os.open("/dev/full" if kind == "full" else path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
        stream = os.fdopen(number, "w", buffering=number - 1 or -1, closefd=False)
    name = {1: "stdout", 2: "stderr"}[number]
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)


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
