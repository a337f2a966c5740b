"""What holds for any config, any domain and any answer.

The sandbox answers as a function here: no sockets, so that hundreds of domains are
tried in seconds. `make chaos` tries more of them.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
from answers import client_on
from chaos import drawn
from chaos.drawn import ASSUMES, CONFIGS, NOW, STORES, Node, applied, config_from
from chaos.layout import spread, under_defaults
from chaos.running import run_here
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.core.plan import make_plan
from reconciler.core.secrecy import reveal
from reconciler.daily.read import read_live
from reconciler.daily.write import Options, apply_plan
from reconciler.errors import ReconcilerError
from reconciler.sandbox.server import serve
from reconciler.sandbox.settings import Assume, Settings
from reconciler.sandbox.state.store import Store

EFFORT = [
    pytest.param(1, id="some"),
    pytest.param(20, id="many", marks=pytest.mark.chaos),
]


def holds(examples: int, check: Callable[..., None], **strategies: Any) -> None:
    """Try a property on so many examples."""
    quiet = list(HealthCheck)
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=quiet,
        phases=(Phase.generate, Phase.shrink),
    )
    chosen(given(**strategies)(check))()


def apply_well(store: Store, config: Any) -> None:
    """Apply a config and expect that all of it was done."""
    with tempfile.TemporaryDirectory() as folder:
        _, report = applied(store, config, Path(folder) / "rescue.json")
    assert report.exit_code == 0, [
        (r.change.address, r.outcome, r.reason) for r in report.results
    ] + [(k.change.address, k.field) for k in report.kept]


@pytest.mark.parametrize("effort", EFFORT)
def test_what_is_applied_is_what_is_declared(effort: int) -> None:
    """After an apply the domain holds what the file says, and nothing is left to do.

    From an empty domain, and from one where another file was applied before.
    """

    def check(assume: Assume, chosen: str, before: Node, after: Node) -> None:
        store = drawn.new_store(assume)
        for config in (before, after):
            declared = config_from(chosen, config)

            apply_well(store, declared)

            assert list(drawn.differences(store, chosen, config)) == []
            again = drawn.plan_of(store, declared)
            assert [(c.action, c.address, c.fields) for c in again.changes] == []

    holds(
        25 * effort,
        check,
        assume=ASSUMES,
        chosen=STORES,
        before=CONFIGS,
        after=CONFIGS,
    )


@pytest.mark.parametrize("effort", EFFORT)
def test_the_layout_of_a_file_does_not_matter(effort: int) -> None:
    """Order of keys, division into files, style and defaults plan to the same."""

    def check(chosen: str, live: Node, config: Node, seed: int) -> None:
        store = drawn.new_store()
        apply_well(store, config_from(chosen, live))
        chance = random.Random(seed)

        def planned(*texts: str) -> list[Any]:
            plan = drawn.plan_of(store, drawn.config_of(*texts))
            return [
                (c.action, c.address, c.reason, c.risks, reveal(dict(c.send)))
                for c in plan.changes
            ]

        plain = planned(json.dumps({**drawn.head(chosen), **config}))
        moved = planned(*spread(under_defaults(config, chance), chosen, chance))

        assert sorted(moved, key=repr) == sorted(plain, key=repr)

    holds(
        20 * effort,
        check,
        chosen=STORES,
        live=CONFIGS,
        config=CONFIGS,
        seed=st.integers(0, 2**32),
    )


@pytest.mark.parametrize("effort", EFFORT)
def test_an_import_plans_to_nothing(tmp_path: Path, effort: int) -> None:
    """What `import` writes of any domain is valid, and `plan` finds it in sync."""
    with serve(Settings(numbers=drawn.NUMBERS, rate_limit_scale=0)) as sandbox:

        def check(assume: Assume, chosen: str, live: Node) -> None:
            store = drawn.new_store(assume)
            apply_well(store, config_from(chosen, live))
            sandbox.store = store
            wrote = ("--out", "made.yaml", "--secrets-out", "secrets.sh", "--force")
            ran = run_here(tmp_path, sandbox.url, "import", *wrote)
            assert ran.code == 0, ran.err
            text = (tmp_path / "secrets.sh").read_text(encoding="utf-8")
            words = [w for w in shlex.split(text) if "=" in w]
            values = dict(word.split("=", 1) for word in words)

            with mock.patch.dict(os.environ, values):
                args = ("plan", "made.yaml", "--detailed-exitcode")
                plan = run_here(tmp_path, sandbox.url, *args)

            assert plan.code == 0, plan.out + plan.err

        holds(6 * effort, check, assume=ASSUMES, chosen=STORES, live=CONFIGS)


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "lobby", "+12095550100", "pin_dialin", "\x1b[2J", "é"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("id", "name", "privacy", "config", "data", "total_count", "url"),
                    *("type", "phone_number", "number", "pagination_id", "hmac"),
                    *("domain_name", "pin_dialin", "pinless_dialin", "error", "info"),
                    *("dialin", "dialin_code", "exp", "room_numbers", "sip_uri"),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
STATUS = st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 404, 409, 422, 500])
ODD = st.dictionaries(st.integers(0, 60), st.tuples(STATUS, ANY_JSON), max_size=8)


@pytest.mark.parametrize("effort", EFFORT)
def test_no_answer_is_more_than_an_error_of_ours(tmp_path: Path, effort: int) -> None:
    """Any JSON at any request ends in a plan and a report, or in our own error."""

    def check(chosen: str, before: Node, config: Node, odd: Any) -> None:
        store = drawn.new_store()
        apply_well(store, config_from(chosen, before))
        asked = iter(range(10_000))

        def handler(request: httpx.Request) -> httpx.Response:
            made = drawn.answer_of(store, request)
            status, body = odd.get(next(asked), (0, None))
            return httpx.Response(status, json=body) if status else made

        declared = config_from(chosen, config)
        options = Options(now=lambda: NOW, rescue_file=tmp_path / "rescue.json")
        with client_on(handler, writable=True) as client:
            try:
                plan = make_plan(declared, read_live(client, declared), now=NOW)
                report = apply_plan(client, plan, options)
            except ReconcilerError:
                return
        assert "internal error" not in report.stopped
        assert report.exit_code in (0, 1, 3)
        for file in tmp_path.iterdir():
            file.unlink()

    holds(25 * effort, check, chosen=STORES, before=CONFIGS, config=CONFIGS, odd=ODD)
