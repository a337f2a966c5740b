"""Every file under cases/plan: a config, what lives in Daily, and the plan.

A file has these keys; what is left out is empty.

* `about`: the behaviour, in one sentence.
* `config`: the text of a config file; version and domain are put before it.
* `env`: variables. Their values must show up nowhere in the plan.
* `secrets`: further texts that must show up nowhere in the plan.
* `now`: Unix seconds; 1800000000 (2027-01-15) unless written.
* `only`, `resend`: as the options, one each. `unmanaged: true` lists everything.
* `allow`: gates opened by hand.
* `live`: the domain as Daily's JSON: `config` (its settings and legacy lists),
  `rooms`, `configs` (entries of /domain-dialin-config), `purchased`, `folded`.
* `plan`: what must come out:
  * `changes`: each `{create: room lobby}` with `reason` (a usual one may be left
    out), `fields` (path: [before, after]), `also_sent`, `carried` and `removed`
    (path: value), `risks`, and `send` where it matters;
  * `findings`: ids of the findings, those of the config included;
  * `gates`: the closed ones, each with the option that opens it;
  * `in_sync`, `rooms` and `assignments` (unmanaged), `requests`: where written.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from answers import Domain, client_on

from reconciler.config.load import Variables, load
from reconciler.core.plan import make_plan
from reconciler.core.plan.cost import estimate
from reconciler.core.plan.gates import check_gates
from reconciler.core.plan.model import Action, Change, Plan, Selection
from reconciler.core.secrecy import labelled, reveal
from reconciler.daily.read import read_live
from reconciler.render.html.plan import plan_html
from reconciler.render.json.documents import dump, plan_document
from reconciler.render.markdown.plan import plan_markdown
from reconciler.render.text.plan import plan_text
from reconciler.render.words import Paint, path_text

FOLDER = Path(__file__).parents[2] / "cases" / "plan"
CASES = sorted(FOLDER.glob("*.yaml"))
HEAD = "version: 1\ndomain: acme\n"
KEYS = {
    *("about", "config", "env", "secrets", "now", "only", "resend", "unmanaged"),
    *("allow", "live", "plan"),
}
USUAL_REASONS = {
    Action.CREATE: "not in Daily",
    Action.UPDATE: "differs from the file",
    Action.REPLACE: "differs from the file",
    Action.RENEW: "renewal",
    Action.DELETE: "state: absent",
}

Case = dict[str, Any]


def selected(pattern: str) -> Any:
    """`room:GLOB` as a question about a kind and a key."""
    want, _, glob = pattern.partition(":")
    return lambda kind, key: kind == want and fnmatch.fnmatchcase(key, glob)


def planned(case: Case) -> Plan:
    """The plan of a case, by way of the real loader and the real reader."""
    loaded = load(
        [Path("config.yaml")],
        environ=case.get("env", {}),
        now=case.get("now", 1_800_000_000),
        variables=Variables.REQUIRED,
        read=lambda _path: (HEAD + case.get("config", ""), None),
    )
    assert loaded.config is not None, loaded.findings
    selection = Selection(
        only=selected(case["only"]) if "only" in case else lambda _k, _n: True,
        resend=selected(case["resend"]) if "resend" in case else lambda _k, _n: False,
        list_unmanaged=case.get("unmanaged", False),
    )
    with client_on(Domain(**case.get("live", {}))) as client:
        live = read_live(client, loaded.config, every_room=case.get("unmanaged", False))
    now = case.get("now", 1_800_000_000)
    made = make_plan(loaded.config, live, now=now, selection=selection)
    findings = (*loaded.findings, *made.findings)
    assert {f.id for f in made.findings} <= set(FINDINGS_OF_PLANNING)
    return Plan(
        **{
            name: getattr(made, name)
            for name in made.__dataclass_fields__
            if name != "findings"
        },
        findings=findings,
    )


FINDINGS_OF_PLANNING = (
    *(
        "unverified",
        "other-dialin-number",
        "stores-differ",
        "number-twice",
        "other-store",
        "not-purchased",
    ),
    *("orphaned-assignment", "room-number-unassigned", "room-number-gone"),
    *("case-folded", "same-room-twice", "live-pin-expiry"),
    *("no-phone-slot", "account-suspended"),
    *("pin-ends", "no-pin", "renewal-waits", "renewal-waits-long"),
)


def changes_of(plan: Plan, expected: list[Case]) -> Iterator[Case]:
    """The plan's changes in the words of a case file."""
    for index, change in enumerate(plan.changes):
        said = {
            str(change.action): f"{change.kind} {change.key}",
            "reason": change.reason,
            "fields": {
                path_text(f): [labelled(f.before), labelled(f.after)]
                for f in change.fields
            },
            "also_sent": {path_text(f): labelled(f.after) for f in change.also_sent},
            "carried": {path_text(f): labelled(f.after) for f in change.carried},
            "removed": {path_text(f): labelled(f.before) for f in change.removed},
            "risks": [risk.id for risk in change.risks],
        }
        if index < len(expected) and "send" in expected[index]:
            said["send"] = reveal(change.send)
        yield said


def completed(change: Case) -> Case:
    """An expected change with what may be left out."""
    action = next(Action(key) for key in change if key in set(Action))
    usual = {"reason": USUAL_REASONS[action], "fields": {}, "risks": []}
    usual |= {"also_sent": {}, "carried": {}, "removed": {}}
    return {**usual, **change}


def outcome(plan: Plan, case: Case) -> Case:
    """Everything that the case speaks of, as it came out."""
    expected = case["plan"]
    gates = check_gates(plan, case.get("allow", {}))
    everything = {
        "changes": list(changes_of(plan, expected.get("changes", []))),
        "findings": sorted(f.id for f in plan.findings),
        "gates": {g.name: g.hint for g in gates if not g.open},
        "in_sync": plan.in_sync,
        "rooms": [room.name for room in plan.unmanaged.rooms or ()]
        if plan.unmanaged.listed
        else plan.unmanaged.room_count,
        "assignments": None
        if (entries := plan.unmanaged.assignments) is None
        else [entry.number or entry.id for entry in entries],
        "requests": plan.live.requests,
    }
    always = {"changes", "findings", "gates"}
    return {k: v for k, v in everything.items() if k in always | expected.keys()}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plans_what_the_case_says(path: Path) -> None:
    """A case's config and live domain give exactly the plan that it shows."""
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert case.keys() <= KEYS
    expected = {"changes": [], "findings": [], "gates": {}, **case["plan"]}
    expected["changes"] = [completed(change) for change in expected["changes"]]
    expected["findings"] = sorted(expected["findings"])

    plan = planned(case)

    assert outcome(plan, case) == expected
    assert_no_secret(plan, case)


def assert_no_secret(plan: Plan, case: Case) -> None:
    """No format shows a variable's value, nor does a value's own text form."""
    gates = check_gates(plan, {})
    cost = estimate(plan)
    document = plan_document(plan, gates, cost, 0, digest="", tool="0")
    shown = [
        dump(document),
        plan_text(plan, gates, cost, 0, Paint()),
        plan_markdown(plan, gates, cost, 0),
        plan_html(plan, gates, cost, 0, tool="0"),
        repr(plan),
        *map(repr_of_change, plan.changes),
    ]
    for secret in (*case.get("env", {}).values(), *case.get("secrets", ())):
        assert not [text for text in shown if secret in text]


def repr_of_change(change: Change) -> str:
    """A change as a traceback or a log would show it."""
    return repr(change) + json.dumps(labelled([f.after for f in change.fields]))


def test_every_case_is_found() -> None:
    """The folder holds cases, and each one says what it is about."""
    cases = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in CASES]

    assert len(cases) > 50
    assert all(case["about"].endswith(".") for case in cases)
