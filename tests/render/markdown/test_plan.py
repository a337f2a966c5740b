"""A plan and a report as comments: order, sections, limits."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from corpus import EVERYTHING
from plans import (
    NEW_PIN,
    change,
    every_slot,
    field,
    of_rooms,
    plan,
    report_of,
    story,
)

from reconciler.core.compare.diff import ABSENT
from reconciler.core.dialin.sheet import Number
from reconciler.core.dialin.unmanaged import UnmanagedRoom
from reconciler.core.findings import Finding
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import Gate
from reconciler.core.plan.model import Action, Plan, Unmanaged
from reconciler.core.report import Kept, Outcome, PinFate, PinNews, Report, Result
from reconciler.render.markdown.plan import LIMIT, plan_markdown, report_markdown

GITHUB = 65_536
WHOLE = "artifact `plan.html` of this run"


def shown(made: Plan, gates: tuple[Gate, ...] = (), **more: object) -> str:
    """The plan as a comment."""
    return plan_markdown(made, gates, Estimate(40, 0), 5, **more)  # type: ignore[arg-type]


def test_the_first_line_is_the_marker_and_the_second_says_what_matters() -> None:
    """A comment can be found again, and leads with new PINs and other risks."""
    lines = shown(story()).split("\n")

    assert lines[0] == "<!-- daily-reconciler:plan:acme -->"
    assert lines[2] == (
        "**1 new PIN, 1 lost PIN, 1 number with failing calls, 1 public room.** "
        "Plan for `acme`: 1 to create, 2 to update, 1 to renew, 1 to replace, "
        "1 to delete; 4 in sync, 12 rooms and 0 assignments left alone."
    )


def test_a_marker_tells_comments_apart() -> None:
    """Several comments about one domain have markers of their own."""
    made = shown(story(), marker="nightly").split("\n")[0]

    assert made == "<!-- daily-reconciler:plan:acme:nightly -->"


def test_each_kind_of_change_is_one_collapsed_block() -> None:
    """Changes are grouped by what is done to what, each with before and after."""
    made = shown(story())

    titles = re.findall("<summary>(.*)</summary>", made)
    assert titles == [
        "1 room to create",
        "2 rooms to update",
        "1 room to renew",
        "1 number to replace",
        "1 room to delete",
    ]
    assert (
        "@@ update room lobby @@ differs from the file\n"
        "! is public: anyone with the link can join\n"
        '- privacy: "private"\n'
        '+ privacy: "public"\n'
    ) in made
    assert "- exp: 2027-01-16T08:00:00Z\n+ exp: 2027-07-14T08:00:00Z" in made
    assert "+ hmac: ${SUPPORT_HMAC}" in made
    assert "hush" not in made


def test_a_base_gives_sections() -> None:
    """Against a base, own changes, drift and what is dropped stand apart."""
    made = shown(story("git:main"))

    headings = re.findall("^### (.*)$", made, re.M)
    assert headings == ["Changes of this revision", "Drift", "No longer managed"]
    assert "Compared with `git:main`." in made
    own, drift = made.split("### Drift")
    assert "room lobby" in own
    assert "+ max_participants: 25  (drift)" in own
    assert "room studio" in drift
    assert (
        "- room `attic`: **its PIN ends on 2027-01-16T08:00:00Z, and nothing renews "
        "it**; likely renamed to `loft`, which is another room with another PIN; to "
        "remove it, write in `rooms`: `attic: {state: absent}`"
    ) in drift
    reset = "to reset it, write in `rooms.lobby.properties`: `lang: null`"
    assert f"- room `lobby lang`: {reset}" in drift


def test_gates_come_before_changes() -> None:
    """A closed gate shows its numbers and how to open it; an open one its numbers."""
    closed = Gate("delete", 12, 5, "12 to delete of 20 managed; at most 5")
    made = shown(story(), (closed, Gate("update", 3, 10, "")))

    assert "**Refused by 1 gate:**" in made
    assert "; to go on: `--allow delete=12`" in made
    assert "Within the limits: `update` 3 of 10." in made
    assert made.index("Refused") < made.index("<details>")


def test_errors_and_warnings_come_before_changes() -> None:
    """An error says that the plan cannot be applied, and what to do."""
    error = Finding("not-purchased", "+12095550109 is not yours", hint="buy it")
    made = shown(plan(*story().changes, findings=(error,)))

    assert "**1 error: this plan cannot be applied.**" in made
    assert "- `+12095550109 is not yours` (`not-purchased`); `buy it`" in made
    assert made.index("1 error") < made.index("<details>")


def test_nothing_to_do_is_one_line() -> None:
    """A domain in sync is told in one line after the marker."""
    made = shown(plan(findings=(Finding("unset-variable-note", "not set"),)))

    assert made == (
        "<!-- daily-reconciler:plan:acme -->\n\n"
        "`acme` is in sync: nothing to do; 4 in sync, 12 rooms and 0 assignments "
        "left alone.\n"
    )


@pytest.mark.parametrize("limit", [5_000, 20_000, LIMIT])
@pytest.mark.parametrize("base", ["", "git:main"])
def test_a_plan_over_5000_rooms_fits(limit: int, base: str) -> None:
    """A large plan gives its counts, the gravest changes, and where all of it is."""
    made = shown(of_rooms(5_003, base=base), whole=WHOLE, limit=limit)

    assert limit * 0.9 < len(made) < limit
    assert "Too much for a comment: 5,003 changes." in made
    assert "- 5,003 rooms to update" in made
    assert f"The whole plan: {WHOLE}." in made
    named = re.findall("room (room-[0-9]+) @@", made)
    risky = [name for name in named if name.endswith("07")]
    assert named[: len(risky)] == risky
    assert len(risky) == min(50, len(named))
    assert "(drift)" not in made


@pytest.mark.parametrize("limit", [5_000, 9_999, 30_000, LIMIT])
@pytest.mark.parametrize(
    "text",
    ["x" * 9_999, "`" * 600, "`a``b```c" * 99, "😀" * 600, EVERYTHING, "\u202e" * 99],
    ids=["long", "backticks", "fences", "astral", "everything", "bidi"],
)
def test_fits_whatever_it_holds(limit: int, text: str) -> None:
    """A comment is below its limit with the longest of everything, as UTF-16 too."""
    made, gates = every_slot(text, times=25)

    comment = shown(made, gates, whole=WHOLE, limit=limit, marker=text)

    assert len(comment.encode("utf-16-le")) // 2 < limit
    assert WHOLE in comment
    assert comment.count("\n<details>") == comment.count("\n</details>\n")
    report = report_markdown(report_of(text, times=25), text)
    assert len(report.encode("utf-16-le")) // 2 < GITHUB


def test_shows_the_difference_of_long_values_whatever_room_there_is() -> None:
    """Also a comment that is cut short shows no two different values alike."""
    old, new = ("x" * 1_500 + mark + "y" * 9_000 for mark in ("OLD", "NEW"))
    changes = [
        change(
            Action.UPDATE, f"room-{n}", *[field(f"key{k}", old, new) for k in range(30)]
        )
        for n in range(3)
    ]
    made = shown(plan(*changes))

    assert len(made) < LIMIT
    assert "Too much for a comment: 3 changes." in made
    values = [line for line in made.split("\n") if line.startswith(("- key", "+ key"))]
    assert values
    assert all(("OLD" if v[0] == "-" else "NEW") in v for v in values)
    assert all("(10,505 characters; --format json has all)" in v for v in values)


@pytest.mark.parametrize("times", [1, 20])
def test_a_report_tells_what_was_sent_from_what_was_kept(times: int) -> None:
    """Long values that differ late do not look the same in a report either."""
    sent, have = ("x" * 1_500 + mark for mark in ("SENT", "KEPT"))
    made = change(Action.UPDATE, "lobby")
    report = Report(kept=(Kept(made, field("lang", have, sent)),) * times)

    text = report_markdown(report, "acme")

    assert text.count("SENT") == text.count("KEPT") > 0
    assert len(text) < GITHUB


def test_values_that_are_carried_are_shown_whole() -> None:
    """What Daily has and gets back is shown like any other value, up to the limit."""
    carried = [field(f"dialin.key{n}", "v" * 300, f"{'v' * 300}{n}") for n in range(4)]
    made = shown(plan(change(Action.UPDATE, "lobby", carried=tuple(carried))))

    assert all(f'{"v" * 300}{n}"' in made for n in range(4))


def test_a_change_of_many_fields_does_not_crowd_out_the_others() -> None:
    """Of one change, a comment shows so many fields and the number of the rest."""
    fields = [field(f"key{n}", ABSENT, n) for n in range(1_000)]
    made = shown(plan(change(Action.CREATE, "big", *fields, risks=(NEW_PIN,))))

    assert "+ key39: 39\n# and 960 more fields\n" in made


def test_a_report_leads_with_pins() -> None:
    """A report says first who must be told a PIN, then what was not done."""
    made = change(Action.UPDATE, "lobby")
    report = Report(
        results=(
            Result(made, Outcome.DONE),
            Result(made, Outcome.FAILED, "Daily refused it"),
        ),
        pins=(PinNews("standup", PinFate.NEW), PinNews("lobby", PinFate.CHANGED)),
        requests=9,
        seconds=4,
    )

    lines = report_markdown(report, "acme").split("\n")

    assert lines[0] == "<!-- daily-reconciler:report:acme -->"
    assert lines[2] == (
        "**1 new PIN, 1 room whose callers cannot join.** Apply to `acme`: 1 done, "
        "1 failed (9 requests, 4 s)."
    )
    assert "- room `lobby` has another PIN now: callers with the old one" in lines[6]
    assert "- failed: update room `lobby`: `Daily refused it`" in lines
    assert "<details><summary>1 change done</summary>" in lines


def test_an_apply_that_did_all_is_told_in_one_line() -> None:
    """A report with nothing to add is its summary."""
    made = report_markdown(Report(requests=3), "acme")

    assert made == (
        "<!-- daily-reconciler:report:acme -->\n\n"
        "Apply to `acme`: 0 done (3 requests, 0 s).\n"
    )


def test_thousands_of_unmanaged_rooms_are_cut_from_their_end() -> None:
    """PIN rooms come first, and the changes keep their place."""
    pins = (UnmanagedRoom(f"pin-{n}", True, 9, (Number("+1"),)) for n in range(50))
    others = (UnmanagedRoom(f"hall-{n}", False) for n in range(9_000))
    lists = Unmanaged(9_050, (*pins, *others), (), listed=True)
    made = replace(story(), unmanaged=lists)

    comment = shown(made, whole=WHOLE)

    assert len(comment) < GITHUB
    assert all(f"`pin-{n}`: " in comment for n in range(50))
    assert "update room lobby" in comment
    assert re.search("and [0-9,]+ more", comment)
