"""Reports show no more than the plans that they are about."""

from __future__ import annotations

import pytest
from plans import change, field, plan

from reconciler.core.plan.model import Action
from reconciler.core.report import Kept, Outcome, Report, Result, concealed
from reconciler.core.secrecy import Secret
from reconciler.render.json.documents import dump, report_document
from reconciler.render.markdown.report import report_markdown
from reconciler.render.text.report import report_text
from reconciler.render.words import Paint

LIVE = "https://hooks.example.com/T0/XSECRET"


@pytest.mark.parametrize("path", ["sip.hook", "sip"])
def test_a_value_that_the_plan_hides_is_in_no_report(path: str) -> None:
    """Though it was read again since, and the config has no secret there any more."""
    planned = plan(
        change(Action.UPDATE, "lobby", field("sip.hook", Secret(LIVE), None))
    )
    live: object = LIVE if path == "sip.hook" else {"hook": LIVE}
    again = change(
        Action.UPDATE,
        "lobby",
        field(path, live, None),
        carried=(field(path, live, live),),
        removed=(field(path, live, None),),
    )
    report = Report(
        results=(Result(again, Outcome.DONE),),
        kept=(Kept(again, field(path, live, None)),),
    )

    shown = concealed(report, planned)

    outputs = [
        report_text(shown, Paint()),
        report_markdown(shown, "acme"),
        dump(report_document(shown, "acme", 0, 3, tool="0")),
    ]
    assert all(path in output or "sip" in output for output in outputs)
    assert "XSECRET" not in "".join(outputs)


def test_other_values_stay_as_they_are() -> None:
    """Of other paths, and of the same path elsewhere."""
    planned = plan(change(Action.UPDATE, "lobby", field("hook", Secret(LIVE), None)))
    report = Report(
        kept=tuple(
            Kept(change(Action.UPDATE, room), field(path, "seen", "x"))
            for room, path in (("lobby", "lang"), ("studio", "hook"))
        )
    )

    assert concealed(report, planned) == report
