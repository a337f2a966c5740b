"""A mistake in this program after a write: the report arrives, and nothing is hidden.

Each test breaks one place, and holds what the broad `except` there keeps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kit import World

from reconciler.operations.session import connect

MakeWorld = Callable[..., World]
CONFIG = "rooms:\n  lobby: {privacy: private}\n  den: {privacy: private}\n"
SECRET = "what it read"


def _fail(*_args: object, **_options: object) -> Any:
    raise KeyError(SECRET)


@pytest.mark.parametrize(
    ("place", "format_"),
    [
        ("daily.write.create_rooms.wait_for_numbers", "text"),
        ("daily.write.create_rooms.wait_for_numbers", "json"),
        ("daily.write.verify.read_live", "text"),
        ("daily.write.verify.read_live", "json"),
        ("operations.output.deliver.report_markdown", "text"),
        ("operations.output.deliver.report_markdown", "json"),
        # It is the report on stdout, or the file of --report as well.
        ("operations.output.deliver.report_text", "text"),
        ("operations.output.deliver.report_document", "text"),
        ("operations.output.deliver.report_document", "json"),
    ],
)
def test_a_mistake_loses_no_report(
    make_world: MakeWorld, place: str, format_: str
) -> None:
    """Code 3 where something was written, each change named, and no value quoted."""
    world = make_world()
    world.write(CONFIG)
    world.monkeypatch.setattr(f"reconciler.{place}", _fail)
    files = ("--report", "report.json", "--markdown", "report.md")

    ran = world.run("apply", "config.yaml", "--yes", "--format", format_, *files)

    assert ran.code == 3, ran.out + ran.err
    assert "internal error: KeyError" in ran.out + ran.err
    assert SECRET not in ran.out + ran.err
    for room in ("lobby", "den"):
        assert room in ran.out
    if format_ == "json":
        assert json.loads(ran.out)["exit_code"] == 3


def test_a_mistake_after_the_report_changes_no_code(make_world: MakeWorld) -> None:
    """What closing the connection meets comes late: it is a warning."""
    world = make_world()
    world.write(CONFIG)

    @contextmanager
    def closing_badly(*args: Any, **options: Any) -> Iterator[Any]:
        with connect(*args, **options) as client:
            yield client
        _fail()

    world.monkeypatch.setattr("reconciler.operations.apply.connect", closing_badly)

    ran = world.run("apply", "config.yaml", "--yes")

    assert ran.code == 0
    assert "after the report: KeyError" in ran.err
    assert SECRET not in ran.err
