"""What a run sends is what its plan showed: key by key, no more and no less.

The requests of the run are compared with the plan's JSON document, which says for
each leaf what is sent. Secrets, which it does not show, are compared in this process.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import httpx
import pytest
from answers import client_on
from chaos import drawn
from chaos.drawn import ASSUMES, CONFIGS, NOW, STORES, Node, applied, config_from
from chaos.drawncase import Case
from chaos.judging import broken
from chaos.mixing import crossed, thinned, turned, with_new
from chaos.promise import tried
from chaos.sent import Leaves, differs, in_lists, sent, shown
from chaos.test_properties import holds
from hypothesis import strategies as st

from reconciler.core.plan import make_plan
from reconciler.core.plan.approval import read_approved, unapproved
from reconciler.core.plan.cost import Estimate
from reconciler.core.plan.gates import check_gates
from reconciler.core.plan.model import Selection
from reconciler.core.secrecy import reveal
from reconciler.daily.read import read_live
from reconciler.daily.write import Options, apply_plan
from reconciler.render.json.documents import plan_document
from reconciler.sandbox.settings import ASSUMPTIONS, Assume

EFFORT = [
    pytest.param(25, id="some"),
    pytest.param(2_000, id="many", marks=pytest.mark.chaos),
]


@pytest.mark.parametrize("examples", EFFORT)
def test_what_is_sent_is_what_the_plan_showed(examples: int) -> None:
    """For any config, domain and world, and what is sent again on request.

    The plan that was shown approves the run, and afterwards nothing is left to do.
    """

    def check(
        assume: Assume, chosen: str, before: Node, after: Node, resend: bool
    ) -> None:
        store = drawn.new_store(assume)
        with tempfile.TemporaryDirectory() as folder:
            rescue = Path(folder) / "rescue.json"
            applied(store, config_from(chosen, before), rescue)
            config = config_from(chosen, after)
            writes: list[tuple[httpx.Request, list[Leaves]]] = []

            def handler(request: httpx.Request) -> httpx.Response:
                if request.method in ("POST", "PUT"):
                    writes.append((request, in_lists(store)))
                return drawn.answer_of(store, request)

            with client_on(handler, writable=True) as client:
                selection = Selection(resend=lambda _kind, _key: resend)
                live = read_live(client, config)
                plan = make_plan(config, live, now=NOW, selection=selection)
                gates = check_gates(plan, {})
                document: Node = plan_document(
                    plan, gates, Estimate(), 0, digest="", tool="0"
                )
                options = Options(now=lambda: NOW, rescue_file=rescue, reviewed=True)
                report = apply_plan(client, plan, options)

        changes: dict[tuple[str, str], list[Leaves]] = {}
        for change in document["changes"]:
            entry = changes.setdefault((change["kind"], change["key"]), [])
            if change["action"] != "delete":
                entry.append(shown(change))
        legacy = chosen == "legacy"
        done: set[tuple[str, str]] = set()
        values = {
            (c.kind, c.key, f.path): reveal(f.after)
            for c in plan.changes
            for f in c.sent
        }
        for request, held in writes:
            for kind, key, body in sent(request):
                in_list = legacy and kind == "number"
                listed = changes.get((kind, key), [])
                own = {p: values.get((kind, key, p)) for p in body}
                if any(
                    not differs(one, body, [own], in_list=in_list) for one in listed
                ):
                    done.add((kind, key))
                    continue
                # A legacy list is written whole: the others stand in it as they were.
                assert in_list, (kind, key, body, listed)
                assert body in held, (key, body, listed)
        assert report.exit_code == 0, [
            (r.change.address, r.reason) for r in report.results
        ]
        assert {where for where, listed in changes.items() if listed} == done
        assert unapproved(plan, read_approved(document)) == ()
        again = drawn.plan_of(store, config)
        assert [(c.action, c.address, c.fields) for c in again.changes] == []

    holds(
        examples,
        check,
        assume=ASSUMES,
        chosen=STORES,
        before=CONFIGS,
        after=CONFIGS,
        resend=st.booleans(),
    )


TOUCHES = st.sampled_from(["due", "ends", "", "expired", "gone", "private"])
TOUCHED = st.fixed_dictionaries(
    dict.fromkeys(("phone-0", "phone-1", "phone-2", "room-0"), TOUCHES)
)
FLAGS = ("foreign", "hidden", "nulls", "reviewed", "pins")
ANY = st.one_of(drawn.WITH_CALLERS, CONFIGS)
DRAWN = st.fixed_dictionaries(
    {
        "chosen": STORES,
        "base": ANY,
        "live": ANY,
        "config": ANY,
        "touched": TOUCHED,
        **dict.fromkeys(FLAGS, st.booleans()),
    }
)


def completed(case: Node) -> Case:
    """The rest of a case by chance: hypothesis alone repeats a few."""
    chance = random.Random(repr(case))
    # Where the legacy lists are not shown, a gate ends most runs.
    worlds = {**ASSUMPTIONS, "lists": ("shown", "shown", "shown", "absent")}
    assume = Assume(**{n: chance.choice(v) for n, v in worlds.items()})
    case = dict(case)
    if chance.random() < 0.6:
        for name in ("base", "live"):
            case[name] = crossed(case["config"], case[name], chance)
        case["live"] = thinned(case["live"], chance)
    if chance.random() < 0.3:
        for name in ("base", "live", "config"):
            case[name] = with_new(case[name], chance)
    if chance.random() < 0.2:
        case["live"] = turned(case["live"])
    return Case(
        assume=assume,
        **case,
        beside=chance.random() < 0.3,
        rolling=chance.choice(["", "", "phones", "some"]),
        unseen=chance.random() < 0.25,
        layout=chance.choice(["one", "defaults", "files"]),
        skip=chance.random() < 0.4,
        meddled=chance.choice([0, 0, 1, chance.randrange(2, 20)]),
        only=_patterns(case["config"], chance, 0.7) if chance.random() < 0.2 else (),
        resend=_patterns(case["config"], chance, 0.3) if chance.random() < 0.2 else (),
        allow=chance.choice(["", "exact", "exact", "short"]),
    )


def _patterns(config: Node, chance: random.Random, share: float) -> tuple[str, ...]:
    """Patterns of `--only` or `--resend` for about this share of a config."""
    keys = [f"room:{name}" for name in config["rooms"]]
    keys += [f"number:{number}" for number in config["phone_numbers"]]
    return tuple(key for key in keys if chance.random() < share)


CASES = DRAWN.map(completed)


@pytest.mark.parametrize(
    "examples",
    [
        pytest.param(15, id="some"),
        pytest.param(2_000, id="many", marks=pytest.mark.chaos),
    ],
)
def test_a_run_keeps_its_promise(examples: int) -> None:
    """For any base, config, live domain and world, with and without a reviewed plan.

    What is sent was shown, the exit code agrees with what the domain holds then, what
    is left is named, and every PIN and foreign entry is as it was or is named too.
    """

    def check(case: Case) -> None:
        with tempfile.TemporaryDirectory() as folder:
            trial = tried(case, Path(folder))
        assert list(broken(case, trial)) == []

    holds(examples, check, case=CASES)
