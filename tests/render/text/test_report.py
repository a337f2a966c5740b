"""Reports as text: what is left, and what to do about it."""

from __future__ import annotations

import shlex

import pytest

from reconciler.core.commands import Invocation
from reconciler.core.compare.diff import FieldChange
from reconciler.core.model import Desired
from reconciler.core.plan.model import Action, Change
from reconciler.core.report import Outcome, Report, Result
from reconciler.render.json.documents import report_document
from reconciler.render.markdown.report import report_markdown
from reconciler.render.text.report import report_text
from reconciler.render.words import Paint

CHANGE = Change(Action.UPDATE, "room", "lobby", "differs", Desired("room", "lobby", {}))
DONE = (Result(CHANGE, Outcome.DONE),)


@pytest.mark.parametrize("file", ["rescue.json", "a folder/it's.json", "-x.json"])
@pytest.mark.parametrize("lost", [(), ("+12095550101 is gone",)])
def test_the_last_line_names_the_command_that_restores(
    file: str, lost: tuple[str, ...]
) -> None:
    """While a rescue file is left, its command comes last and can be pasted."""
    report = Report(DONE, lost=lost, rescue_file=file, verified=bool(lost))

    last = report_text(report, Paint(False)).splitlines()[-1]

    command = last.split("`")[1]
    words = shlex.split(command)
    assert words[:2] == ["daily-reconciler", "restore"]
    assert words[-1] == file
    # What begins with a dash is not read as an option.
    assert ("--" in words) == file.startswith("-")


def test_commands_are_about_the_files_of_the_run() -> None:
    """A report names the config and the Daily of its run in what it suggests."""
    run = Invocation("apply", ("a b.yaml",), (("--yes",), ("--sandbox",)))
    failed = (Result(CHANGE, Outcome.FAILED, reason="no"),)
    report = Report(failed, rescue_file="rescue.json")

    for shown in (
        report_text(report, Paint(False), run),
        report_markdown(report, "acme", run),
    ):
        assert "`daily-reconciler plan 'a b.yaml' --sandbox`" in shown
        restore = "daily-reconciler restore rescue.json --sandbox --config 'a b.yaml'"
        assert f"`{restore}`" in shown


def test_what_is_left_is_in_every_format() -> None:
    """The room, the action and the fields."""
    field = FieldChange(("enable_chat",), False, True)
    left = Change(
        Action.UPDATE,
        "room",
        "other",
        "differs",
        Desired("room", "other", {}),
        fields=(field,),
    )
    report = Report(DONE, left=(left,))

    text = report_text(report, Paint(False))
    markdown = report_markdown(report, "acme")
    document = report_document(report, "acme", 0, report.exit_code, tool="1")

    assert report.exit_code == 3
    assert "left: room other: differs from the config after the last write" in text
    assert "update (enable_chat)" in text
    assert "room `other`" in markdown
    assert "`enable_chat`" in markdown
    assert document["left"] == [
        {
            "action": "update",
            "kind": "room",
            "key": "other",
            "paths": [["enable_chat"]],
        }
    ]
