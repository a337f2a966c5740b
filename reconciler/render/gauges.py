"""The parts of metrics of runs that only read, in Prometheus' text format.

Their names are not those of an apply: a run that looks must not hide a sync that does
not run, and all may write into the folder of one node_exporter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

PREFIX = "daily_reconciler"


def escaped(label: str) -> str:
    """The value of a label, as Prometheus reads it."""
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def run_of(kind: str, domain: str, now: float, exit_code: int) -> Iterator[str]:
    """When a run of this kind (`check`, `plan`) ended, and with which code.

    `domain`: the whole label, as `domain="acme"`.
    """
    values = {
        "last_run_timestamp_seconds": (f"When a {kind} last ran.", f"{now:.0f}"),
        "exit_code": (f"Exit code of the last {kind}.", str(exit_code)),
    }
    for name, (text, value) in values.items():
        name = f"{PREFIX}_{kind}_{name}"
        yield from heading(name, text)
        yield f"{name}{{{domain}}} {value}"


def counts(
    name: str, text: str, domain: str, label: str, numbers: Mapping[str, int]
) -> Iterator[str]:
    """One gauge with a value for each of a label's."""
    name = f"{PREFIX}_{name}"
    yield from heading(name, text)
    for value, number in numbers.items():
        yield f'{name}{{{domain},{label}="{value}"}} {number}'


def heading(name: str, text: str) -> Iterator[str]:
    """What stands before the values of a gauge."""
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"


def failed(
    kind: str, names: Iterable[str], earlier: str, now: float, exit_code: int
) -> str:
    """The metrics of a run that an error ended.

    The gauges with these `names` stay as the run before, whose file is `earlier`, left
    them, so that an alert on them does not end.
    """
    last_run = rf'^{PREFIX}_{kind}_last_run_timestamp_seconds\{{(domain="[^"\n]*")\}}'
    known = re.search(last_run, earlier, re.MULTILINE)
    domain = known[1] if known else 'domain=""'
    kept = re.compile(
        rf"^(?:# (?:HELP|TYPE) )?{PREFIX}_(?:{'|'.join(names)})\b[^\n]*$", re.MULTILINE
    )
    return lines([*run_of(kind, domain, now, exit_code), *kept.findall(earlier)])


def lines(given: Iterable[str]) -> str:
    """A file of these lines."""
    return "".join(f"{line}\n" for line in given)
